//! `GET /v1/replays/{id}`: how a replay stands.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::{job, view};
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

/// Get a replay
///
/// Its state (`waiting`, `running` with progress, `done`, `failed` with the reason, `cancelled`) and, when it is done, the
/// position of the log that it reflects, the hash of the rules, customers by grade, what rules did not apply to, and, when
/// it was compared, who gains and loses, between which grades customers move, and the points of all customers by rule
/// (`by_rule`; null: there is no such rule on that side) and by business unit (`by_unit`; null: events without a unit, and
/// gaps), before and after: sums of exact parts, which with `rounding` add up to `points`. The same rules, position, as-of
/// and known-at give the same scores.
#[utoipa::path(
    get,
    path = "/v1/replays/{id}",
    tag = "replays",
    params(("id" = String, Path, description = "The replay's id")),
    responses(
        (status = 200, description = "The replay", body = serde_json::Value),
        (status = 404, description = "There is no such replay any more", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    params: Params,
) -> Result<Json<Value>, Problem> {
    params.finish()?;
    Ok(Json(view(&*job(&services, &id)?)))
}
