//! `POST /v1/customers/{id}/verify` and `/decline`: somebody asked the customer.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use kulta_events::Json;

use super::{context, done, if_match, only, optional_text, record_id};
use crate::commands::Wish;
use crate::commands::person_record::Command;
use crate::http::auth::Caller;
use crate::http::body::JsonBody;
use crate::http::params::{Params, Place};
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
    caller: Caller,
    Place(id): Place<String>,
    params: Params,
    headers: HeaderMap,
    uri: Uri,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    params.finish()?;
    only(&body, &["field", "value", "method"])?;
    let value = body.get("value").cloned();
    let value = value.ok_or_else(|| Problem::new(codes::INVALID, "a value is needed").at("/value", "required"))?;
    let command = Command::Verify { field: text(&body, "field")?, value, method: optional_text(&body, "method")? };
    change(&services, &caller, &id, &headers, &uri, (&body, command)).await
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
    caller: Caller,
    Place(id): Place<String>,
    params: Params,
    headers: HeaderMap,
    uri: Uri,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    params.finish()?;
    only(&body, &["field", "reason"])?;
    let command = Command::Decline { field: text(&body, "field")?, reason: optional_text(&body, "reason")? };
    change(&services, &caller, &id, &headers, &uri, (&body, command)).await
}

async fn change(
    services: &Services,
    caller: &Caller,
    id: &str,
    headers: &HeaderMap,
    uri: &Uri,
    (body, command): (&Json, Command),
) -> Result<Response, Problem> {
    let context = context(caller, headers, uri, &body.canonical())?;
    let wish = Wish::Change { id: record_id(id)?, if_match: if_match(headers)?, command };
    Ok(done(services.customers.run(&context, &wish).await?))
}

fn text(body: &Json, name: &str) -> Result<String, Problem> {
    let text = body.get(name).and_then(Json::as_str).map(str::to_owned);
    text.ok_or_else(|| Problem::new(codes::INVALID, "a text is missing").at(format!("/{name}"), "expected text"))
}
