//! `GET /v1/automations`: all of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::View;
use crate::http::api::pipelines::moment;
use crate::http::page::Paged;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

/// All automations.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Automations)]
pub struct All {
    /// By id.
    pub items: Vec<View>,
    /// Where the next page starts; null: this is the last.
    pub next: Option<String>,
    /// How many timers wait on this node; none where another node projects.
    pub timers: usize,
}

/// List the automations
///
/// Each as it is defined now, with how often it fired.
#[utoipa::path(
    get,
    path = "/v1/automations",
    tag = "automations",
    params(
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page", body = All)),
)]
pub async fn handler(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<All>, Problem> {
    let moment = moment(&services, &mut params).await?;
    let part = params.part("automations", &services.settings.limits)?;
    params.finish()?;
    let known = services.work.automations(moment);
    let items = known.by_id.values().map(|automation| View::of(&services, automation)).collect();
    let Paged { items, next } = part.of(items, |view: &View| view.automation.clone());
    Ok(Json(All { items, next, timers: services.automator.waiting() }))
}
