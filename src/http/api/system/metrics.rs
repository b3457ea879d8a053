//! `GET /metrics`: the node's numbers.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use kulta_events::Instant;

use crate::http::api::projections::standing::{self, Standing};
use crate::metrics::Observed;
use crate::services::Services;

/// The node's numbers
///
/// OpenMetrics text, as Prometheus reads it.
#[utoipa::path(
    get,
    path = "/metrics",
    responses((status = 200, description = "The numbers", content_type = "application/openmetrics-text", body = String))
)]
pub async fn handler(State(services): State<Arc<Services>>) -> impl IntoResponse {
    let head = *services.log.head().borrow();
    // A log that does not answer must not hide the other numbers.
    let open_letters = services.log.open_dead_letters().await.ok();
    let matching = tokio::task::block_in_place(|| services.reads.counts());
    services.metrics.observe(head, open_letters, matching);
    if let Some(archive) = &services.archive {
        let kept = archive.kept();
        services.metrics.archive.observe(kept.position, kept.bytes, head);
    }
    services.metrics.projections.observe(&projections(&services).await);
    let now = services.clock.now();
    let behind = tokio::task::block_in_place(|| {
        services.propagation.look(|index, ledger| {
            let enabled = ledger.subscribers().values().filter(|subscriber| subscriber.version.enabled);
            let behind = enabled.map(|subscriber| {
                let tally = index.tally(ledger, subscriber, now);
                let age = tally.oldest.map_or(0, |oldest| (now.micros() - oldest.micros()) / Instant::SECOND);
                let name = subscriber.version.subscriber.to_string();
                (name, tally.customers, u64::try_from(age).unwrap_or(0))
            });
            behind.collect()
        })
    });
    services.metrics.deliveries.observe(behind);
    ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], services.metrics.text())
}

/// How far the projections are; without lists of scores while the store does not tell.
async fn projections(services: &Services) -> Vec<Observed> {
    let found = standing::all(services).await.unwrap_or_else(|_| standing::known(services, None));
    let observed = |found: Standing| Observed {
        name: found.name,
        reached: found.position.zip(found.lag),
        failing: found.state.is_failing(),
    };
    found.into_iter().map(observed).collect()
}
