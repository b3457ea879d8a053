//! `GET /v1/replays`: the replays that are kept.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::view;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

/// List replays
///
/// The last eight of this node, the latest first.
#[utoipa::path(
    get,
    path = "/v1/replays",
    tag = "replays",
    responses((status = 200, description = "Replays", body = serde_json::Value))
)]
pub async fn handler(State(services): State<Arc<Services>>, params: Params) -> Result<Json<Value>, Problem> {
    params.finish()?;
    let items: Vec<Value> = services.replays.all().iter().map(|job| view(job)).collect();
    Ok(Json(json!({"items": items, "next": null})))
}
