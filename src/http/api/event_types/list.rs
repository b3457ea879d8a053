//! `GET /v1/event-types`: what can be published.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::vocabulary::{EventType, Importance};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::page::Paged;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

/// An event type.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventType)]
pub struct Summary {
    /// Its name, `family.past_tense`.
    #[serde(rename = "type")]
    pub name: &'static str,
    /// What it says.
    pub title: &'static str,
    /// The newest version of its data.
    pub dataversion: u16,
    /// How it ranks in a timeline: `low`, `normal` or `high`.
    #[schema(value_type = String)]
    pub importance: Importance,
    /// Whether sources may publish it; the others are made by people in kulta.
    pub publishable: bool,
    /// Whether it was registered at run time; the others are built in.
    pub registered: bool,
    /// Where its JSON Schema is.
    pub schema: String,
}

impl From<&EventType> for Summary {
    fn from(event_type: &EventType) -> Self {
        Self {
            name: event_type.name,
            title: event_type.title,
            dataversion: event_type.version,
            importance: event_type.importance,
            publishable: !event_type.is_command_only(),
            registered: event_type.registered,
            schema: format!("/v1/event-types/{}", event_type.name),
        }
    }
}

/// List the event types
#[utoipa::path(
    get,
    path = "/v1/event-types",
    params(
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page, by name", body = crate::http::openapi::ListOf<Summary>))
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    mut params: Params,
) -> Result<Json<Paged<Summary>>, Problem> {
    let part = params.part("event-types", &services.settings.limits)?;
    params.finish()?;
    services.intake.refresh_event_types().await?;
    Ok(Json(part.of(services.vocabulary.now().types().map(Summary::from).collect(), |summary| summary.name.to_owned())))
}
