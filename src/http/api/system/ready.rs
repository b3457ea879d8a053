//! `GET /readyz`: the log answers.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::http::problem::{Problem, codes};
use crate::services::Services;

/// How long the log may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the node can serve
///
/// 200 when the log answers and the node is not stopping.
#[utoipa::path(
    get,
    path = "/readyz",
    responses(
        (status = 200, description = "It can", body = serde_json::Value,
            example = json!({"status": "ready", "position": 4711})),
        (status = 503, description = "It cannot", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(State(services): State<Arc<Services>>) -> Result<Json<Value>, Problem> {
    if *services.stopping().borrow() {
        return Err(Problem::new(codes::UNAVAILABLE, "the node is stopping"));
    }
    match tokio::time::timeout(PATIENCE, services.log.ping()).await {
        Ok(pong) => pong?,
        Err(_) => return Err(Problem::new(codes::UNAVAILABLE, "the log does not answer in time")),
    }
    let position = *services.log.head().borrow();
    Ok(Json(json!({"status": "ready", "position": position})))
}
