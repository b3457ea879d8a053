//! `GET /v1/pipelines/{id}/board`: what stands in each stage.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::Instant;
use kulta_projections::pipeline::board::Column;
use kulta_projections::pipeline::card::Card;
use kulta_projections::pipeline::definition::{Passing, Pipelines};
use kulta_projections::pipeline::lead::Lead;
use kulta_projections::pipeline::money::Sums;
use kulta_projections::pipeline::offer::Offer;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::StageView;
use super::{Around, LeadView, OfferView, Shown, customers, filter, moment};
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;
use crate::work::Moment;

/// A board.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Board)]
pub struct View {
    /// The pipeline.
    pub pipeline: String,
    /// What people call it.
    pub name: String,
    /// As of when.
    #[schema(value_type = String)]
    pub as_of: Instant,
    /// The position of the log up to which it was made.
    pub position: u64,
    /// How many open offers, or leads, there are.
    pub count: u64,
    /// Their sums by currency.
    pub sums: Vec<SumView>,
    /// The stages in their order, then those that only facts name.
    pub columns: Vec<ColumnView>,
}

/// Sums of one currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BoardSum)]
pub struct SumView {
    /// ISO 4217; null: not said.
    pub currency: Option<String>,
    /// How many.
    pub count: u64,
    /// Their sum.
    pub amount: String,
    /// The same, each by its probability.
    pub weighted: String,
}

/// A stage, and what stands in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BoardColumn)]
pub struct ColumnView {
    /// The stage.
    #[serde(flatten)]
    pub stage: StageView,
    /// Whether the pipeline defines it.
    pub defined: bool,
    /// How many stand here.
    pub count: u64,
    /// How many of them for too long.
    pub stale: u64,
    /// How many without a sum.
    pub without_amount: u64,
    /// Their sums by currency.
    pub sums: Vec<SumView>,
    /// The first `limit` of them, those that stand here longest first; of a pipeline for offers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offers: Option<Vec<OfferView>>,
    /// The same of a pipeline for leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leads: Option<Vec<LeadView>>,
}

/// Get the board of a pipeline
///
/// All open offers, or leads, by stage: counts, sums and weighted sums by currency, days in stage, stale ones. As of any past date, and
/// as far as was known then.
#[utoipa::path(
    get,
    path = "/v1/pipelines/{id}/board",
    tag = "pipelines",
    params(
        ("id" = String, Path, description = "The pipeline"),
        ("as_of" = Option<String>, Query, description = "As it was before this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("for" = Option<String>, Query, description = "`offers` or `leads`, where both have a pipeline of this id"),
        ("owner" = Option<String>, Query, description = "Only those of this owner"),
        ("team" = Option<String>, Query, description = "Only those of this team"),
        ("origin" = Option<String>, Query, description = "Only those from there"),
        ("customer" = Option<String>, Query, description = "Only those about this customer: any record id"),
        ("limit" = Option<u64>, Query, description = "At most so many in a column"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses(
        (status = 200, description = "The board", body = View),
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
        Passing::Offers => {
            board::<Offer>(&services, id, params, moment, |column, offers| column.offers = Some(offers)).await
        }
        Passing::Leads => {
            board::<Lead>(&services, id, params, moment, |column, leads| column.leads = Some(leads)).await
        }
    }
}

/// Reads `for`.
pub(super) fn passing(params: &mut Params) -> Result<Option<Passing>, Problem> {
    params.one_of("for", &[("offers", Passing::Offers), ("leads", Passing::Leads)])
}

/// What passes through a pipeline: as was asked for, else as it is defined.
pub(super) fn passing_of(asked: Option<Passing>, id: &str, pipelines: &Pipelines) -> Passing {
    let defined = || pipelines.defined(id).map(|definition| definition.passing);
    asked.or_else(defined).unwrap_or(Passing::Offers)
}

async fn board<K: Shown>(
    services: &Services,
    id: String,
    mut params: Params,
    moment: Moment,
    put: impl Fn(&mut ColumnView, Vec<K::View>) + Send,
) -> Result<Json<View>, Problem> {
    let limit = params.limit(&services.settings.limits)?;
    let filter = filter(services, &mut params, moment).await?;
    params.finish()?;
    let now = moment.as_of.unwrap_or_else(|| services.clock.now());
    let position = moment.until.unwrap_or_else(|| services.work.position());
    let filled = tokio::task::block_in_place(|| services.work.board::<K>(&id, &filter, moment, (now, limit)));
    let filled = filled.ok_or_else(|| Problem::not_found("there is no such pipeline"))?;
    let pipelines = services.work.pipelines(moment);
    let of = |column: &Column| filled.longest.get(&column.stage).map(Vec::as_slice).unwrap_or_default();
    let columns: Vec<(&Column, &[Card<K::Status>])> =
        filled.board.columns().into_iter().map(|column| (column, of(column))).collect();
    let records = columns.iter().flat_map(|(_, cards)| *cards).filter_map(|card| card.record);
    let customers = customers(services, records).await?;
    let around = Around { pipelines: &pipelines, customers: &customers, now };
    let (count, sums) = filled.board.total();
    let shown = |(column, cards): &(&Column, &[Card<K::Status>])| {
        let mut view = view(column);
        put(&mut view, cards.iter().map(|card| K::view(card, &around)).collect());
        view
    };
    Ok(Json(View {
        pipeline: id,
        name: filled.definition.name.to_string(),
        as_of: now,
        position,
        count,
        sums: sums_of(&sums),
        columns: columns.iter().map(shown).collect(),
    }))
}

fn view(column: &Column) -> ColumnView {
    let unknown = || StageView {
        stage: column.stage.to_string(),
        name: column.stage.to_string(),
        probability: None,
        stale_after_days: None,
    };
    ColumnView {
        stage: column.definition.as_ref().map_or_else(unknown, StageView::of),
        defined: column.definition.is_some(),
        count: column.count,
        stale: column.stale,
        without_amount: column.without_amount,
        sums: sums_of(&column.sums),
        offers: None,
        leads: None,
    }
}

pub(in crate::http::api) fn sums_of(sums: &Sums) -> Vec<SumView> {
    let view = |sum: &kulta_projections::pipeline::money::Sum| SumView {
        currency: sum.currency.as_deref().map(str::to_owned),
        count: sum.count,
        amount: sum.amount().to_string(),
        weighted: sum.weighted().to_string(),
    };
    sums.iter().map(view).collect()
}
