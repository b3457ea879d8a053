//! `GET /v1/subscribers`: all of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{View, after};
use crate::http::page::Paged;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

/// List the subscribers
///
/// Each with how many customers it holds as they were, and since when the oldest.
#[utoipa::path(
    get,
    path = "/v1/subscribers",
    tag = "subscribers",
    params(
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page", body = inline(crate::http::openapi::ListOf<View>))),
)]
pub async fn handler(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<Paged<View>>, Problem> {
    after(&services, &mut params).await?;
    let part = params.part("subscribers", &services.settings.limits)?;
    params.finish()?;
    let now = services.clock.now();
    let items = tokio::task::block_in_place(|| {
        services.propagation.look(|index, ledger| {
            let all = ledger.subscribers().values();
            all.map(|subscriber| View::of(subscriber, index, ledger, now)).collect()
        })
    });
    Ok(Json(part.of(items, |view| view.subscriber.clone())))
}
