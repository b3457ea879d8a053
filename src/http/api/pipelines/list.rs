//! `GET /v1/pipelines`: those in force.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_projections::pipeline::definition::{Definition, Passing, Stage};
use serde::Serialize;
use utoipa::ToSchema;

use super::moment;
use crate::http::page::Paged;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

/// A pipeline.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pipeline)]
pub struct View {
    /// Its id.
    pub pipeline: String,
    /// What people call it.
    pub name: String,
    /// What passes through it: `offers` or `leads`.
    #[serde(rename = "for")]
    #[schema(value_type = String)]
    pub passing: Passing,
    /// Whether it is that of what names no pipeline.
    pub default: bool,
    /// Whether nothing new may enter it.
    pub retired: bool,
    /// Nobody defined one: kulta's own stands in.
    pub built_in: bool,
    /// Its stages, in their order.
    pub stages: Vec<StageView>,
}

/// A stage.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stage)]
pub struct StageView {
    /// Its id in the pipeline.
    pub stage: String,
    /// What people call it.
    pub name: String,
    /// How probable it is, in percent, that what stands here is won.
    pub probability: Option<String>,
    /// What stands here for more than so many days of 24 hours is stale.
    pub stale_after_days: Option<u32>,
}

impl StageView {
    /// A stage.
    pub fn of(stage: &Stage) -> Self {
        Self {
            stage: stage.stage.to_string(),
            name: stage.name.to_string(),
            probability: stage.probability.map(|percent| percent.0.normalize().to_string()),
            stale_after_days: stage.stale_after_days,
        }
    }
}

/// List the pipelines
///
/// Each as it was defined before `as_of`, or, when it was defined only later, at first. While nobody defined one, kulta's own
/// stands in.
#[utoipa::path(
    get,
    path = "/v1/pipelines",
    tag = "pipelines",
    params(
        ("as_of" = Option<String>, Query, description = "As they were before this time"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page", body = inline(crate::http::openapi::ListOf<View>))),
)]
pub async fn handler(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<Paged<View>>, Problem> {
    let moment = moment(&services, &mut params).await?;
    let part = params.part("pipelines", &services.settings.limits)?;
    params.finish()?;
    let pipelines = services.work.pipelines(moment);
    let view = |definition: &Definition| View {
        pipeline: definition.pipeline.to_string(),
        name: definition.name.to_string(),
        passing: definition.passing,
        default: pipelines.default_id(definition.passing) == &*definition.pipeline,
        retired: definition.retired,
        built_in: pipelines.is_built_in(definition.passing, &definition.pipeline),
        stages: definition.stages.iter().map(StageView::of).collect(),
    };
    let items = [Passing::Offers, Passing::Leads].into_iter().flat_map(|passing| pipelines.all(passing).map(&view));
    Ok(Json(part.of(items.collect(), |view| format!("{:?} {}", view.passing, view.pipeline))))
}
