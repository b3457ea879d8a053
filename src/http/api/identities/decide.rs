//! `POST /v1/reviews/{id}`: a steward answers.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use kulta_events::Json;
use kulta_events::payload::Verdict;

use super::sides;
use crate::commands::Wish;
use crate::http::api::customers::merge::say;
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::{Problem, codes};
use crate::services::Services;

/// Answer a question
///
/// `link`: the customers that hold the two records now are one. `separate`: they are two, for ever. `later`: the question
/// goes to the end of the queue. Each answer is a decision that can be withdrawn (`DELETE /v1/decisions/{id}`).
#[utoipa::path(
    post,
    path = "/v1/reviews/{id}",
    tag = "reviews",
    params(
        ("id" = String, Path, description = "The question's id, or any two record ids joined by `~`"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"decision": "link", "reason": "called her", "override": false})),
    responses(
        (status = 200, description = "The decision's id, the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such question", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "They are one customer already, or an older decision says otherwise", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "The command is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let [id, with] = sides(&id).ok_or_else(|| Problem::not_found("there is no such question"))?;
    asked.only(&["decision", "reason", "override"])?;
    let say = say(&asked)?;
    let wish = match asked.body.get("decision").and_then(Json::as_str) {
        Some("link") => Wish::Merge { id, with, say },
        Some("separate") => Wish::Answer { id, with, verdict: Verdict::Separate, say },
        Some("later") => Wish::Answer { id, with, verdict: Verdict::Later, say },
        _ => {
            let problem = Problem::new(codes::INVALID, "the decision is missing or unknown");
            return Err(problem.at("/decision", "expected link, separate or later"));
        }
    };
    asked.run(&services, &wish).await
}
