//! `POST /v1/rule-sets/{name}/publish`: rules come into force.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use kulta_events::{Instant, Json};
use serde_json::json;

use super::{compiled, history, rules_of};
use crate::commands::Wish;
use crate::commands::rule_set::Command;
use crate::http::api::customers::done;
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::{Problem, codes};
use crate::services::Services;

/// Publish a version of a rule set
///
/// The rules that are given, those of an older version (to go back to it), or else the draft. They are in force from
/// `effective_from` (default: now) until the next version is; backdating is allowed, and shows.
#[utoipa::path(
    post,
    path = "/v1/rule-sets/{name}/publish",
    tag = "rule sets",
    params(
        ("name" = String, Path, description = "The name in the rules"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "effective_from": "2026-01-01T00:00:00+02:00", "note": "agreed for this year"})),
    responses(
        (status = 200, description = "The version, the rules in words, the position", body = serde_json::Value),
        (status = 404, description = "There is no such version", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "The rules do not compile, or have another name",
            body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(name): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.only(&["rules", "version", "effective_from", "note"])?;
    let effective_from = effective_from(&services, &name, &asked).await?;
    let rules = rules(&services, &name, &asked).await?;
    let (given, _) = compiled(&services, &rules).await?;
    if *given.rules.name != *name {
        let detail = format!("the name in the rules is {}, not {name}", given.rules.name);
        return Err(invalid("/rules", detail));
    }
    let note = asked.optional_text("note")?;
    let wish = Wish::RuleSet(Command::Publish { name: name.clone(), rules: Some(rules), effective_from, note });
    let mut answer = services.customers.run(&asked.context()?, &wish).await?;
    // A repetition answers what was published then, whatever the draft is now.
    if let Some(version) = services.scores.version_up_to(&name, answer.position).await? {
        let (published, warnings) = compiled(&services, &version.rules).await?;
        answer.body["version"] = json!(version.version);
        answer.body["effective_from"] = json!(version.effective_from);
        answer.body["hash"] = json!(published.hash);
        answer.body["warnings"] = json!(warnings);
        answer.body["words"] = json!(published.rules.in_words());
    }
    Ok(done(answer))
}

async fn effective_from(services: &Services, name: &str, asked: &Asked) -> Result<Instant, Problem> {
    let Some(text) = asked.optional_text("effective_from")? else {
        return Ok(services.scores.from_now(name, services.clock.now()).await?);
    };
    Instant::parse(&text).map_err(|error| invalid("/effective_from", error.to_string()))
}

/// The text to publish.
async fn rules(services: &Services, name: &str, asked: &Asked) -> Result<String, Problem> {
    let version = match asked.body.get("version") {
        None | Some(Json::Null) => None,
        Some(Json::Number(number)) => Some(number.parse::<u64>().ok()),
        Some(_) => Some(None),
    };
    match (rules_of(&asked.body)?, version) {
        (Some(_), Some(_)) => Err(invalid("/version", "expected either `rules` or `version`".to_owned())),
        (Some(rules), None) => Ok(rules),
        (None, Some(number)) => {
            let history = history(services, name).await?;
            let found = history.versions.into_iter().find(|version| Some(version.version) == number);
            let missing =
                || Problem::not_found("there is no such version").at("/version", "expected a version's number");
            found.map(|version| version.rules).ok_or_else(missing)
        }
        (None, None) => {
            let missing =
                || invalid("/rules", "there is no draft of this rule set: draft one, or give the rules".to_owned());
            let draft = services.scores.history(name, None).await?.and_then(|history| history.draft);
            draft.map(|draft| draft.rules).ok_or_else(missing)
        }
    }
}

fn invalid(pointer: &str, detail: String) -> Problem {
    Problem::new(codes::INVALID, "the request is not valid").at(pointer, detail)
}
