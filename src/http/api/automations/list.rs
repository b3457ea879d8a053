//! `GET /v1/automations`: all of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::View;
use crate::http::api::pipelines::moment;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

/// All automations.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Automations)]
pub struct All {
    /// By id.
    pub items: Vec<View>,
    /// Always null: there is one page.
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
    params(("after" = Option<u64>, Query, description = "Wait until everything up to this position is known")),
    responses((status = 200, description = "All of them", body = All)),
)]
pub async fn handler(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<All>, Problem> {
    let moment = moment(&services, &mut params).await?;
    params.finish()?;
    let known = services.work.automations(moment);
    let items = known.by_id.values().map(|automation| View::of(&services, automation)).collect();
    Ok(Json(All { items, next: None, timers: services.automator.waiting() }))
}
