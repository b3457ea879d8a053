//! `POST /v1/dead-letters/{id}`: send it again, corrected or as it is, or put it aside.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use kulta_events::Json as Value;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::api::customers::no_key;
use crate::http::api::events::Verdict;
use crate::http::auth::Caller;
use crate::http::body::JsonBody;
use crate::http::params::{Params, Place};
use crate::http::problem::{Problem, codes};
use crate::intake::Status;
use crate::services::Services;

/// The door of what is sent again, in the numbers of the node.
const DOOR: &str = "letter";

/// What became of a dead letter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettledDeadLetter)]
pub struct Settled {
    /// Its number.
    pub id: i64,
    /// `resubmitted`, `dismissed`, or still `open` when the event was refused again.
    pub state: &'static str,
    /// The log's last position after it; only of a resubmission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// What became of the event; only of a resubmission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<Vec<Verdict>>,
}

/// Settle a dead letter
///
/// `{"action": "resubmit"}` publishes what came, or with `"event": {…}` a corrected event in its place; the letter is
/// settled when the event is accepted or a duplicate, and stays open when it is refused again.
/// `{"action": "dismiss"}` puts it aside for good. A letter is settled once, so no answer is kept under an
/// `Idempotency-Key`: one is refused.
#[utoipa::path(
    post,
    path = "/v1/dead-letters/{id}",
    params(("id" = i64, Path, description = "Its number")),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"action": "dismiss"})),
    responses(
        (status = 200, description = "What became of it", body = Settled),
        (status = 400, description = "The command is wrong", body = crate::http::openapi::ProblemBody),
        (status = 404, description = "There is none of this number", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "It was settled before", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<i64>,
    params: Params,
    caller: Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Result<Json<Settled>, Problem> {
    params.finish()?;
    no_key(&headers, "a dead letter is settled once, and says how")?;
    let command = Command::read(&body)?;
    let letter = services.log.dead_letter(id).await?;
    let letter = letter.ok_or_else(|| Problem::not_found("there is no dead letter of this number"))?;
    if letter.state != "open" {
        let problem = Problem::new(codes::ALREADY_SETTLED, format!("the dead letter was {} before", letter.state));
        return Err(problem.member("state", letter.state));
    }
    match command {
        Command::Dismiss => {
            services.intake.dismiss(id).await?;
            Ok(Json(Settled { id, state: "dismissed", position: None, results: None }))
        }
        Command::Resubmit(event) => {
            let published = services.intake.resubmit(id, event, caller.actor, caller.sources).await?;
            services.metrics.published(DOOR, &published);
            let stored = |result: &crate::intake::EventResult| {
                matches!(result.status, Status::Accepted(_) | Status::Duplicate(_))
            };
            let state = if published.results.iter().all(stored) { "resubmitted" } else { "open" };
            let results = published.results.into_iter().map(Verdict::from).collect();
            Ok(Json(Settled { id, state, position: Some(published.position), results: Some(results) }))
        }
    }
}

enum Command {
    Resubmit(Option<Arc<str>>),
    Dismiss,
}

impl Command {
    fn read(body: &Value) -> Result<Self, Problem> {
        let wrong = |pointer: &str, detail: &'static str| Problem::new(codes::MALFORMED, detail).at(pointer, detail);
        let known = |name: &str| matches!(name, "action" | "event");
        if let Some((name, _)) = body.members().iter().find(|(name, _)| !known(name)) {
            return Err(wrong(&format!("/{name}"), "there is no such member here"));
        }
        match (body.get("action").and_then(Value::as_str), body.get("event")) {
            (Some("dismiss"), None) => Ok(Self::Dismiss),
            (Some("dismiss"), Some(_)) => Err(wrong("/event", "only a resubmission has an event")),
            (Some("resubmit"), event) => Ok(Self::Resubmit(event.map(|event| event.to_string().into()))),
            _ => Err(wrong("/action", "expected resubmit or dismiss")),
        }
    }
}
