//! `POST /v1/event-types`: an event type is registered.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use crate::commands::Wish;
use crate::commands::event_type::Command;
use crate::http::api::customers::done;
use crate::http::command::Asked;
use crate::http::problem::Problem;
use crate::services::Services;

/// Register an event type
///
/// From now on sources may publish events of this type. `schema` is a JSON Schema of `data`: properties marked
/// `x-facet` are facts, which rules and reports read (amounts of money are marked `x-money` too); all others are
/// personal, and sealed. The same type again with more properties is its next version, for later events; what a
/// property holds cannot change.
#[utoipa::path(
    post,
    path = "/v1/event-types",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer")),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "type": "loyalty.points_redeemed", "title": "The customer redeemed points.", "importance": "normal",
        "schema": {"type": "object", "required": ["points"], "properties": {
            "points": {"type": "integer", "x-facet": true},
            "remark": {"type": "string", "maxLength": 500, "x-personal": true}}}})),
    responses(
        (status = 200, description = "Done: the type, its version, where its schema is", body = serde_json::Value),
        (status = 422, description = "The name is not free, the schema is not one that can be checked, or it changes \
            what a property holds: each with its place", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(State(services): State<Arc<Services>>, asked: Asked) -> Result<Response, Problem> {
    asked.only(&["type", "schema", "title", "importance"])?;
    let wish = Wish::EventType(Command::Register { data: asked.body.clone() });
    let mut answer = services.customers.run(&asked.context()?, &wish).await?;
    services.intake.refresh_event_types().await?;
    let name = answer.body["type"].as_str().unwrap_or_default();
    if let Some(event_type) = services.vocabulary.get(name) {
        answer.body["dataversion"] = json!(event_type.version);
        answer.body["schema"] = json!(format!("/v1/event-types/{}", event_type.name));
        answer.body["registered"] = json!(event_type.registered);
    }
    Ok(done(answer))
}
