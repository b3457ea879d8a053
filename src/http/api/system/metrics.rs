//! `GET /metrics`: the node's numbers.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

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
    ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], services.metrics.text())
}
