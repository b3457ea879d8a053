//! `POST /v1/complaints` and `/v1/complaints/{id}/…`: what people write down of complaints.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use kulta_projections::pipeline::complaint::What;

use crate::http::api::things::{change, create_thing};
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::Problem;
use crate::services::Services;
use crate::work::Deed;

/// Open a complaint
///
/// Of a customer; its text is personal, its topic is not. The answer clock runs from now on.
#[utoipa::path(
    post,
    path = "/v1/complaints",
    tag = "complaints",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer")),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "customer": "6fa459ea-ee8a-5ca4-894e-db77e160355e", "topic": "delivery", "channel": "phone",
        "text": "The pump came without its seal"})),
    responses(
        (status = 201, description = "Its id, the customer's, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn open(State(services): State<Arc<Services>>, asked: Asked) -> Result<Response, Problem> {
    create_thing(&services, Deed::Complaint(What::Opened), asked).await
}

/// Do something to a complaint
///
/// `answer` ends the waiting, `react` tells what the customer said to it (who is not content waits again, unless the `outcome` is
/// `accepted`, `satisfied`, `settled` or `withdrawn`), `close` ends it, `reopen` takes it up again.
#[utoipa::path(
    post,
    path = "/v1/complaints/{id}/{action}",
    tag = "complaints",
    params(
        ("id" = String, Path, description = "The complaint"),
        ("action" = String, Path, description = "`answer`, `react`, `close` or `reopen`"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read: refused when it changed since"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"outcome": "replacement", "minutes": 20, "text": "A new seal is on its way"})),
    responses(
        (status = 200, description = "Done, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such complaint", body = crate::http::openapi::ProblemBody),
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
        "answer" => What::Answered,
        "react" => What::CustomerReacted,
        "close" => What::Closed,
        "reopen" => What::Reopened,
        _ => return Err(Problem::not_found("there is no such address")),
    };
    change(&services, &id, Deed::Complaint(what), asked).await
}
