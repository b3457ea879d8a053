//! `POST /v1/subscribers/{name}/disable` and `…/enable`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::commands::Wish;
use crate::commands::subscriber::Command;
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::Problem;
use crate::services::Services;

/// Disable a subscriber
///
/// Nothing is sent to it, and it counts no longer among those who hold old data.
#[utoipa::path(
    post,
    path = "/v1/subscribers/{name}/disable",
    tag = "subscribers",
    params(
        ("name" = String, Path, description = "The subscriber"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({"reason": "Replaced."})),
    responses(
        (status = 200, description = "Done", body = serde_json::Value),
        (status = 404, description = "There is no such subscriber", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn disable(
    State(services): State<Arc<Services>>,
    Place(name): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    switch(&services, name, asked, false).await
}

/// Enable a subscriber
///
/// It gets what it missed.
#[utoipa::path(
    post,
    path = "/v1/subscribers/{name}/enable",
    tag = "subscribers",
    params(
        ("name" = String, Path, description = "The subscriber"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({})),
    responses(
        (status = 200, description = "Done", body = serde_json::Value),
        (status = 404, description = "There is no such subscriber", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn enable(
    State(services): State<Arc<Services>>,
    Place(name): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    switch(&services, name, asked, true).await
}

async fn switch(services: &Services, name: String, asked: Asked, enabled: bool) -> Result<Response, Problem> {
    asked.only(&["reason"])?;
    let reason = asked.optional_text("reason")?;
    asked.run(services, &Wish::Subscriber(Command::Switch { name, enabled, reason_code: None, reason })).await
}
