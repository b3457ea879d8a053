//! `GET /v1/pipelines/{id}/funnel`: how far things come, and how long they stay.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_projections::pipeline::definition::Passing;
use kulta_projections::pipeline::funnel::Step;
use kulta_projections::pipeline::lead::Lead;
use kulta_projections::pipeline::offer::Offer;
use serde::Serialize;
use utoipa::ToSchema;

use super::board::{passing, passing_of};
use super::{filter, moment};
use crate::http::api::reports::period;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;
use crate::work::{Kind, Moment};

/// A funnel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Funnel)]
pub struct View {
    /// The pipeline.
    pub pipeline: String,
    /// What people call it.
    pub name: String,
    /// How many were in it.
    pub count: u64,
    /// How many ended well in it: won, qualified.
    pub won: u64,
    /// How many came to nothing in it.
    pub lost: u64,
    /// The stages in their order.
    pub steps: Vec<StepView>,
    /// Stages that only facts name; they have no place in the order.
    pub unknown: Vec<StepView>,
}

/// A stage of a funnel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FunnelStep)]
pub struct StepView {
    /// The stage.
    pub stage: String,
    /// How many came here or further.
    pub reached: u64,
    /// How many really stayed here.
    pub entered: u64,
    /// The share of those that came here which came further.
    pub conversion: Option<String>,
    /// How many stays are over.
    pub stays: u64,
    /// The median of the stays that are over, in days of 24 hours.
    pub median_days: Option<f64>,
}

/// Get the funnel of a pipeline
///
/// How many offers, or leads, came to each stage or further, which share of them came further, and how long they stayed:
/// of those that began in a period, as of any past date, and as far as was known then.
#[utoipa::path(
    get,
    path = "/v1/pipelines/{id}/funnel",
    tag = "pipelines",
    params(
        ("id" = String, Path, description = "The pipeline"),
        ("for" = Option<String>, Query, description = "`offers` or `leads`, where both have a pipeline of this id"),
        ("from" = Option<String>, Query, description = "Only what began on this day or later"),
        ("until" = Option<String>, Query, description = "Only what began before this day"),
        ("time_zone" = Option<String>, Query, description = "Whose days; default: that of the configuration"),
        ("owner" = Option<String>, Query, description = "Only those of this owner"),
        ("team" = Option<String>, Query, description = "Only those of this team"),
        ("origin" = Option<String>, Query, description = "Only those from there"),
        ("customer" = Option<String>, Query, description = "Only those about this customer: any record id"),
        ("as_of" = Option<String>, Query, description = "As it was before this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses(
        (status = 200, description = "The funnel", body = View),
        (status = 404, description = "There is no such pipeline", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    mut params: Params,
) -> Result<Json<View>, Problem> {
    let passing = passing(&mut params)?;
    let moment = moment(&services, &mut params).await?;
    match passing_of(passing, &id, &services.work.pipelines(moment)) {
        Passing::Offers => funnel::<Offer>(&services, &id, params, moment).await,
        Passing::Leads => funnel::<Lead>(&services, &id, params, moment).await,
    }
}

async fn funnel<K: Kind>(
    services: &Services,
    id: &str,
    mut params: Params,
    moment: Moment,
) -> Result<Json<View>, Problem> {
    let filter = filter::<K::Status>(services, &mut params, moment).await?;
    let period = period(services, &mut params)?;
    params.finish()?;
    let found =
        tokio::task::block_in_place(|| services.work.funnel::<K>(id, &filter, moment, |opened| period.holds(opened)));
    let (definition, funnel) = found.ok_or_else(|| Problem::not_found("there is no such pipeline"))?;
    Ok(Json(View {
        pipeline: id.to_owned(),
        name: definition.name.to_string(),
        count: funnel.count,
        won: funnel.won,
        lost: funnel.lost,
        steps: funnel.steps.iter().map(StepView::of).collect(),
        unknown: funnel.unknown.iter().map(StepView::of).collect(),
    }))
}

impl StepView {
    fn of(step: &Step) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a duration for people")]
        let days = |micros: i64| (micros as f64 / 86_400e6 * 100.0).round() / 100.0;
        Self {
            stage: step.stage.to_string(),
            reached: step.reached,
            entered: step.entered,
            conversion: step.conversion.map(|share| share.normalize().to_string()),
            stays: step.stays,
            median_days: step.median.map(days),
        }
    }
}
