//! `GET /v1/goals` and `PUT /v1/goals/{id}`: what is to be won, and how far that is.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use kulta_projections::pipeline::definition::Passing;
use kulta_projections::pipeline::offer::{Offer, Status};
use kulta_projections::pipeline::wins::{Goal, Measure, goals_at};
use serde::Serialize;
use utoipa::ToSchema;

use super::zone;
use crate::commands::Wish;
use crate::commands::document::Kind;
use crate::http::api::pipelines::moment;
use crate::http::command::Asked;
use crate::http::page::Paged;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;
use crate::work::Filter;

/// A goal, and how far it is reached.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Goal)]
pub struct View {
    /// Its id.
    pub goal: String,
    /// `count`: offers that are won; `money`: their sums.
    #[schema(value_type = String)]
    pub measure: Measure,
    /// How much is to be won.
    pub target: String,
    /// ISO 4217; of money.
    pub currency: Option<String>,
    /// The first day.
    pub from: String,
    /// The first day after it.
    pub until: String,
    /// Only offers of this pipeline.
    pub pipeline: Option<String>,
    /// Only offers of this owner.
    pub owner: Option<String>,
    /// Only offers of this team.
    pub team: Option<String>,
    /// Only offers of this product.
    pub product: Option<String>,
    /// How much was won.
    pub reached: String,
    /// That, over the target.
    pub share: Option<String>,
    /// How much is missing.
    pub missing: String,
    /// Offers won that could not be counted: without an amount, or in another currency.
    pub left_out: u64,
}

/// List the goals
///
/// Each with its progress, from the offers that were won in its period. As of any past date, and as far as was known then.
#[utoipa::path(
    get,
    path = "/v1/goals",
    tag = "reports",
    params(
        ("owner" = Option<String>, Query, description = "Only goals of this owner"),
        ("team" = Option<String>, Query, description = "Only goals of this team"),
        ("time_zone" = Option<String>, Query, description = "Whose days; default: that of the configuration"),
        ("as_of" = Option<String>, Query, description = "As it was before this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page", body = inline(crate::http::openapi::ListOf<View>))),
)]
pub async fn list(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<Paged<View>>, Problem> {
    let (owner, team) = (params.text("owner")?, params.text("team")?);
    let zone = zone(&services, &mut params)?;
    let moment = moment(&services, &mut params).await?;
    let part = params.part("goals", &services.settings.limits)?;
    params.finish()?;
    let items = tokio::task::block_in_place(|| {
        let goals = services.work.goals(moment);
        let won = Filter { status: Some(Status::Won), ..Filter::default() };
        let cards = services.work.cards::<Offer>(&won, moment);
        let pipelines = services.work.pipelines(moment);
        let is =
            |wanted: &Option<String>, has: &Option<Box<str>>| wanted.is_none() || wanted.as_deref() == has.as_deref();
        let meant = goals_at(&goals, moment.as_of).into_values();
        let meant = meant.filter(|goal| is(&owner, &goal.owner) && is(&team, &goal.team));
        let view = |goal: &Goal| {
            let progress = goal.progress(&cards, &zone, pipelines.default_id(Passing::Offers));
            let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
            View {
                goal: goal.goal.to_string(),
                measure: goal.measure,
                target: goal.target.0.normalize().to_string(),
                currency: text(&goal.currency),
                from: goal.from.to_string(),
                until: goal.until.to_string(),
                pipeline: text(&goal.pipeline),
                owner: text(&goal.owner),
                team: text(&goal.team),
                product: text(&goal.product),
                reached: progress.reached.normalize().to_string(),
                share: progress.share.map(|share| share.normalize().to_string()),
                missing: progress.missing.normalize().to_string(),
                left_out: progress.left_out,
            }
        };
        meant.map(view).collect()
    });
    Ok(Json(part.of(items, |view| view.goal.clone())))
}

/// Set a goal
///
/// So many offers, or so much money, are to be won from a day to before another: by a seller, a team or everybody. The later word
/// holds; `retired` ends it.
#[utoipa::path(
    put,
    path = "/v1/goals/{id}",
    tag = "reports",
    params(
        ("id" = String, Path, description = "The goal"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "measure": "money", "target": "250000", "currency": "EUR", "from": "2026-01-01", "until": "2026-04-01",
        "team": "north"})),
    responses(
        (status = 200, description = "Done, and its position", body = serde_json::Value),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn set(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.run(&services, &Wish::define(Kind::Goal, &id, &asked.body, None)).await
}
