//! `PATCH /v1/customers/{id}`: a person edits a customer.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::record_id;
use crate::commands::Wish;
use crate::commands::person_record::Command;
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::Problem;
use crate::services::Services;

/// Edit a customer
///
/// The body holds only what changes; `null` clears, a list replaces. What is edited here is an observation like any
/// other, made now by a person: the survivorship policy says what the golden record shows.
#[utoipa::path(
    patch,
    path = "/v1/customers/{id}",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read: refused when it changed since"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"email": "new@example.fi", "phone": null})),
    responses(
        (status = 200, description = "Done, and the position to wait for", body = serde_json::Value),
        (status = 412, description = "It changed since it was read", body = crate::http::openapi::ProblemBody),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule or an older decision forbids it", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "The command is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let command = Command::Edit { attributes: asked.body.clone() };
    asked.run(&services, &Wish::Change { id: record_id(&id)?, if_match: asked.if_match()?, command }).await
}
