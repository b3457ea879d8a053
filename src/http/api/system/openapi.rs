//! `GET /openapi.json`: the OpenAPI document.

use std::sync::Arc;

use axum::extract::Extension;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::http::openapi::Document;

/// The OpenAPI document
#[utoipa::path(
    get,
    path = "/openapi.json",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value))
)]
pub async fn handler(Extension(document): Extension<Arc<Document>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], document.text.clone())
}
