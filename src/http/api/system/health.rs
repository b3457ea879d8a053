//! `GET /healthz`: the process lives.

use axum::Json;
use serde_json::{Value, json};

/// Whether the process lives
///
/// Always 200; whether the log answers is told by `/readyz`.
#[utoipa::path(
    get,
    path = "/healthz",
    responses((status = 200, description = "It lives", body = serde_json::Value, example = json!({"status": "up"})))
)]
pub async fn handler() -> Json<Value> {
    Json(json!({"status": "up"}))
}
