//! `POST /v1/replays`: a replay begins.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use kulta_events::{Instant, Json as Body};
use kulta_projections::scores::history::Reading;

use super::view;
use crate::commands::Context;
use crate::http::api::customers::{only, optional_text};
use crate::http::command::Asked as Command;
use crate::http::problem::{Problem, codes};
use crate::replay::ask::Given;
use crate::replay::jobs::{Asked, Key, NotBegun};
use crate::services::Services;

/// Begin a replay
///
/// All customers are scored by all of history, under the rules given as text (`rules`) or published (`rule_set`, with
/// `version`, or `reading`: `newest` takes the version in force at as-of for everything, `in-force` each version over the
/// events of its own time). `against` names in the same way what to compare with; `"current"`: what is published under the
/// name of the rules. One replay runs at a time; follow it at its address. The last eight are kept. An `Idempotency-Key`
/// counts at this node while the replay is kept that was asked for under it: the same request gets that one.
#[utoipa::path(
    post,
    path = "/v1/replays",
    tag = "replays",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer")),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "rules": "name = \"value\"\n[[rule]]\nid = \"buying\"\non = \"purchase.made\"\npoints = 'floor(amount)'\n",
        "against": "current", "as_of": "2026-07-01T00:00:00Z"})),
    responses(
        (status = 202, description = "It waits or runs; its address stands in Location", body = serde_json::Value),
        (status = 422, description = "The rules do not compile, or the key was used for another request", body = crate::http::openapi::ProblemBody),
        (status = 503, description = "Too many replays wait", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(State(services): State<Arc<Services>>, command: Command) -> Result<Response, Problem> {
    let body = &command.body;
    only(body, &["rules", "rule_set", "version", "reading", "against", "as_of", "known_at"])?;
    services.intake.refresh_event_types().await?;
    let rules = given(&services, body, "")?
        .ok_or_else(|| invalid("/rules", "expected the text of a rule file, or a published rule set in rule_set"))?;
    let against = match body.get("against") {
        None | Some(Body::Null) => None,
        Some(Body::String(text)) if text == "current" => Some(current(&services, &rules)?),
        Some(other) => Some(
            given(&services, other, "/against")?
                .ok_or_else(|| invalid("/against", "expected \"current\", or an object with rules or rule_set"))?,
        ),
    };
    let as_of = time(body, "as_of")?.unwrap_or_else(|| services.clock.now());
    let known_at = time(body, "known_at")?;
    let Context { actor, idempotency_key, request } = command.context()?;
    let key = idempotency_key.map(|key| Key { actor, key, request });
    let job = services.replays.begin(Asked { rules, against, as_of, known_at }, key).map_err(|error| match error {
        NotBegun::TooMany => Problem::new(codes::OVERLOADED, error.to_string()),
        NotBegun::KeyReused => Problem::new(codes::KEY_REUSED, error.to_string()),
    })?;
    let location = format!("/v1/replays/{}", job.id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(view(&job))).into_response())
}

/// The rules that an object names; `None`: it names none.
fn given(services: &Services, body: &Body, under: &str) -> Result<Option<Given>, Problem> {
    if !under.is_empty() {
        only(body, &["rules", "rule_set", "version", "reading"])?;
    }
    let (text, name) = (optional_text(body, "rules")?, optional_text(body, "rule_set")?);
    let version = match body.get("version") {
        None | Some(Body::Null) => None,
        Some(Body::Number(number)) => {
            Some(number.parse().map_err(|_| invalid(&format!("{under}/version"), "expected a whole number from 1"))?)
        }
        Some(_) => return Err(invalid(&format!("{under}/version"), "expected a whole number from 1")),
    };
    let reading = match optional_text(body, "reading")?.as_deref() {
        None | Some("newest") => Reading::Newest,
        Some("in-force") => Reading::InForce,
        Some(_) => return Err(invalid(&format!("{under}/reading"), "expected newest or in-force")),
    };
    match (text, name) {
        (Some(_), Some(_)) => Err(invalid(&format!("{under}/rules"), "give either rules or rule_set")),
        (Some(text), None) => {
            if let Err(errors) = services.scores.compile(&text) {
                let problem = Problem::new(codes::RULES, "the rules do not compile");
                let pointer = format!("{under}/rules");
                return Err(errors.iter().fold(problem, |problem, error| problem.at(&pointer, error.to_string())));
            }
            Ok(Some(Given::Text(text)))
        }
        (None, Some(name)) => Ok(Some(Given::Published { name, version, reading })),
        (None, None) => Ok(None),
    }
}

/// What is published under the name of these rules.
fn current(services: &Services, rules: &Given) -> Result<Given, Problem> {
    let name = match rules {
        Given::Published { name, .. } => name.clone(),
        Given::Text(text) => {
            let compiled = services.scores.compile(text);
            compiled.map(|compiled| compiled.rules.name.to_string()).map_err(|_| invalid("/rules", "do not compile"))?
        }
    };
    Ok(Given::Published { name, version: None, reading: Reading::Newest })
}

fn time(body: &Body, name: &str) -> Result<Option<Instant>, Problem> {
    let Some(text) = optional_text(body, name)? else { return Ok(None) };
    let read = Instant::parse(&text);
    read.map(Some).map_err(|_| invalid(&format!("/{name}"), "expected an RFC 3339 time with offset"))
}

fn invalid(pointer: &str, detail: &str) -> Problem {
    Problem::new(codes::INVALID, "the request is not valid").at(pointer, detail)
}
