//! `PUT /v1/automations/{id}`: one is defined, or defined anew.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::commands::Wish;
use crate::commands::document::Kind;
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::Problem;
use crate::services::Services;

/// Define an automation
///
/// `definition` says what it waits for (`when`: `in_stage`, `unanswered`, `no_contact`, `nothing`, `not_opened`, `count`, `points` or
/// `grade`) and what it does then (`then`: `task`, `lead`, `tag`, `untag`, `enter_list`, `leave_list`, `message`, `webhook`). It fires once per cause,
/// for what comes to be from now on, or from the time that `from` names. `enabled` false stops it.
#[utoipa::path(
    put,
    path = "/v1/automations/{id}",
    tag = "automations",
    params(
        ("id" = String, Path, description = "The automation"),
        ("If-Match" = Option<String>, Header, description = "Only if it is as it was read"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "name": "Gone quiet", "definition": {
            "when": {"no_contact": {"days": 90}}, "time_zone": "Europe/Helsinki",
            "then": [{"task": {"title": "Call them", "team": "north", "due_days": 7}}]}})),
    responses(
        (status = 200, description = "Done, and its position", body = serde_json::Value),
        (status = 412, description = "It was defined anew since", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.only(&["name", "definition", "enabled", "reason"])?;
    // It may name a type that was registered at another node.
    services.intake.refresh_event_types().await?;
    asked.run(&services, &Wish::define(Kind::Automation, &id, &asked.body, asked.if_match()?)).await
}
