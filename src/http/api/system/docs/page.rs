//! `GET /docs`: the documentation to browse.

use std::sync::Arc;

use axum::extract::Extension;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;

use super::render;
use crate::http::openapi::Document;

/// Nothing but the page's own style: no scripts, no fonts, nothing from elsewhere, in nobody's frame.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The documentation to browse
#[utoipa::path(
    get,
    path = "/docs",
    responses((status = 200, description = "A page", content_type = "text/html", body = String))
)]
pub async fn handler(Extension(document): Extension<Arc<Document>>) -> impl IntoResponse {
    let page = render::page(&document.value).into_string();
    ([(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)], page)
}
