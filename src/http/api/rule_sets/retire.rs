//! `POST /v1/rule-sets/{name}/retire`: a rule set is no longer used.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::commands::Wish;
use crate::commands::rule_set::Command;
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::Problem;
use crate::services::Services;

/// Retire a rule set
///
/// It is no longer the one that scores are told by when none is named. Its versions stay, and scores by it can be asked
/// for; publishing again brings it back.
#[utoipa::path(
    post,
    path = "/v1/rule-sets/{name}/retire",
    tag = "rule sets",
    params(
        ("name" = String, Path, description = "The rule set"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({"note": "replaced"})),
    responses(
        (status = 200, description = "Done, and the position", body = serde_json::Value),
        (status = 404, description = "There is no such rule set", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "It is retired already", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(name): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.only(&["note"])?;
    let note = asked.optional_text("note")?;
    asked.run(&services, &Wish::RuleSet(Command::Retire { name, note })).await
}
