//! `POST /v1/customers/{id}/verify` and `/decline`: somebody asked the customer.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::record_id;
use crate::commands::Wish;
use crate::commands::person_record::Command;
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::{Problem, codes};
use crate::services::Services;

/// Verify a field
///
/// Somebody made sure that a field holds this value. It confirms equal values, whichever record says them, and no others.
#[utoipa::path(
    post,
    path = "/v1/customers/{id}/verify",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read: refused when it changed since"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"field": "email", "value": "aino@example.fi", "method": "phone"})),
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
    asked.only(&["field", "value", "method"])?;
    let value = asked.body.get("value").cloned();
    let value = value.ok_or_else(|| Problem::new(codes::INVALID, "a value is needed").at("/value", "required"))?;
    let command = Command::Verify { field: asked.text("field")?, value, method: asked.optional_text("method")? };
    asked.run(&services, &Wish::Change { id: record_id(&id)?, if_match: asked.if_match()?, command }).await
}

/// Decline a field
///
/// The customer does not want to tell this field: it is not asked for again.
#[utoipa::path(
    post,
    path = "/v1/customers/{id}/decline",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"field": "birth_date", "reason": "prefers not to"})),
    responses(
        (status = 200, description = "Done, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule or an older decision forbids it", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "The command is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn decline(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.only(&["field", "reason"])?;
    let command = Command::Decline { field: asked.text("field")?, reason: asked.optional_text("reason")? };
    asked.run(&services, &Wish::Change { id: record_id(&id)?, if_match: asked.if_match()?, command }).await
}
