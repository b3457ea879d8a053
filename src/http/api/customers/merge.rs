//! `POST /v1/customers/{id}/merge`: a steward says that two customers are one.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use kulta_events::Json;

use super::record_id;
use crate::commands::{Say, Wish};
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::{Problem, codes};
use crate::services::Services;

/// Merge two customers
///
/// All records of both become one customer, whose id is that of its founding record. Nothing is rewritten: a split
/// gives both back as they were.
#[utoipa::path(
    post,
    path = "/v1/customers/{id}/merge",
    tag = "identities",
    params(
        ("id" = String, Path, description = "Any record id of one"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the customer that was read"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"with": "6fa459ea-ee8a-5ca4-894e-db77e160355e", "reason": "same phone", "override": false})),
    responses(
        (status = 200, description = "The customer's id, the decision's id, the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule or an older decision forbids it", body = crate::http::openapi::ProblemBody),
        (status = 412, description = "The customer changed since", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "The command is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let id = record_id(&id)?;
    asked.only(&["with", "reason", "override"])?;
    let with = asked.body.get("with").and_then(Json::as_str).and_then(|text| record_id(text).ok());
    let with = with.ok_or_else(|| {
        Problem::new(codes::INVALID, "the other customer is missing").at("/with", "expected a record id")
    })?;
    asked.run(&services, &Wish::Merge { id, with, say: Say { if_match: asked.if_match()?, ..say(&asked)? } }).await
}

/// `reason` and `override` of a steward's command.
///
/// # Errors
/// When they are of the wrong type.
pub fn say(asked: &Asked) -> Result<Say, Problem> {
    let reason = asked.optional_text("reason")?;
    let overrule = match asked.body.get("override") {
        None | Some(Json::Bool(false)) => false,
        Some(Json::Bool(true)) => true,
        Some(_) => {
            return Err(Problem::new(codes::INVALID, "override is wrong").at("/override", "expected true or false"));
        }
    };
    Ok(Say { reason, overrule, if_match: None })
}
