//! `POST /v1/tasks` and `/v1/tasks/{id}/…`: what people do with tasks.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use kulta_projections::pipeline::task::What;

use crate::http::api::things::{change, create_thing};
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::Problem;
use crate::services::Services;
use crate::work::Deed;

/// Raise a task
///
/// About a customer; `due` is a day or a time. It may name the offer, lead or complaint that it is about, by its own id.
#[utoipa::path(
    post,
    path = "/v1/tasks",
    tag = "tasks",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer")),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "customer": "6fa459ea-ee8a-5ca4-894e-db77e160355e", "title": "Call about the contract", "due": "2026-03-31",
        "owner": "maija", "kind": "call", "priority": 2})),
    responses(
        (status = 201, description = "Its id, the customer's, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn raise(State(services): State<Arc<Services>>, asked: Asked) -> Result<Response, Problem> {
    create_thing(&services, Deed::Task(What::Raised), asked).await
}

/// Do something to a task
///
/// `assign` gives it to an `owner` or a `team` (null: nobody), `snooze` lets it rest `until` a day or a time, `done` (with `outcome`,
/// `minutes`, `text`) and `cancel` end it.
#[utoipa::path(
    post,
    path = "/v1/tasks/{id}/{action}",
    tag = "tasks",
    params(
        ("id" = String, Path, description = "The task"),
        ("action" = String, Path, description = "`assign`, `snooze`, `done` or `cancel`"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read: refused when it changed since"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({"until": "2026-04-07"})),
    responses(
        (status = 200, description = "Done, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such task", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
        (status = 412, description = "It changed since it was read", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn act(
    State(services): State<Arc<Services>>,
    Place((id, action)): Place<(String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    let what = match action.as_str() {
        "assign" => What::Assigned,
        "snooze" => What::Snoozed,
        "done" => What::Done,
        "cancel" => What::Cancelled,
        _ => return Err(Problem::not_found("there is no such address")),
    };
    change(&services, &id, Deed::Task(what), asked).await
}
