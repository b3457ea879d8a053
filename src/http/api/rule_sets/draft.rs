//! `POST /v1/rule-sets`: rules are written down.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use super::{compiled, required, rules_of};
use crate::commands::Wish;
use crate::commands::rule_set::Command;
use crate::http::api::customers::done;
use crate::http::command::Asked;
use crate::http::problem::Problem;
use crate::services::Services;

/// Draft a rule set
///
/// The name is the one in the rules. A draft is in force only when it is published; a later draft takes its place.
#[utoipa::path(
    post,
    path = "/v1/rule-sets",
    tag = "rule sets",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer")),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "rules": "name = \"value\"\n[[rule]]\nid = \"buying\"\non = \"purchase.made\"\npoints = \"floor(amount)\"\n",
        "note": "a first idea"})),
    responses(
        (status = 200, description = "The name, warnings, the rules in words, the position", body = serde_json::Value),
        (status = 422, description = "The rules do not compile: line and column of everything that is wrong",
            body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(State(services): State<Arc<Services>>, asked: Asked) -> Result<Response, Problem> {
    asked.only(&["rules", "note"])?;
    let rules = rules_of(&asked.body)?.ok_or_else(|| required("/rules"))?;
    let (compiled, warnings) = compiled(&services, &rules).await?;
    let name = compiled.rules.name.to_string();
    let wish = Wish::RuleSet(Command::Draft { name, rules, note: asked.optional_text("note")? });
    let mut answer = services.customers.run(&asked.context()?, &wish).await?;
    answer.body["hash"] = json!(compiled.hash);
    answer.body["warnings"] = json!(warnings);
    answer.body["words"] = json!(compiled.rules.in_words());
    Ok(done(answer))
}
