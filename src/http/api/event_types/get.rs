//! `GET /v1/event-types/{type}`: the JSON Schema of a type.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

/// Get the JSON Schema of an event type
///
/// The schema (2020-12) of the newest version of `data`. Members marked `x-personal` are sealed at rest; those marked
/// `x-facet` are facts, which rules and reports read. A type that was registered at run time says `x-registered`.
#[utoipa::path(
    get,
    path = "/v1/event-types/{type}",
    params(("type" = String, Path, description = "The type, such as `purchase.made`")),
    responses(
        (status = 200, description = "The schema", content_type = "application/schema+json", body = serde_json::Value),
        (status = 404, description = "There is no such type", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(name): Place<String>,
    params: Params,
) -> Result<impl IntoResponse, Problem> {
    params.finish()?;
    let mut event_type = services.vocabulary.get(&name);
    if event_type.is_none_or(|known| known.registered) {
        services.intake.refresh_event_types().await?;
        event_type = services.vocabulary.get(&name);
    }
    let event_type = event_type.ok_or_else(|| Problem::not_found("there is no such event type"))?;
    Ok(([(CONTENT_TYPE, "application/schema+json")], event_type.schema().to_string()))
}
