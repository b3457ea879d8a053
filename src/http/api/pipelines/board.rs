//! `GET /v1/pipelines/{id}/board`: what stands in each stage.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::Instant;
use kulta_projections::pipeline::board::Column;
use kulta_projections::pipeline::card::OfferCard;
use kulta_projections::pipeline::money::Sums;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::StageView;
use super::{Around, OfferView, customers, filter, moment};
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

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
    /// How many open offers there are.
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
    /// How many offers.
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
    /// The first `limit` of them, those that stand here longest first.
    pub offers: Vec<OfferView>,
}

/// Get the board of a pipeline
///
/// All open offers by stage: counts, sums and weighted sums by currency, days in stage, stale ones. As of any past date, and
/// as far as was known then.
#[utoipa::path(
    get,
    path = "/v1/pipelines/{id}/board",
    tag = "pipelines",
    params(
        ("id" = String, Path, description = "The pipeline"),
        ("as_of" = Option<String>, Query, description = "As it was before this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("owner" = Option<String>, Query, description = "Only offers of this owner"),
        ("team" = Option<String>, Query, description = "Only offers of this team"),
        ("customer" = Option<String>, Query, description = "Only offers to this customer: any record id"),
        ("limit" = Option<u64>, Query, description = "At most so many offers in a column"),
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
    let limit = params.limit(&services.settings.limits)?;
    let filter = filter(&services, &mut params).await?;
    let moment = moment(&services, &mut params).await?;
    params.finish()?;
    let now = moment.as_of.unwrap_or_else(|| services.clock.now());
    let position = moment.until.unwrap_or_else(|| services.sales.position());
    let filled = tokio::task::block_in_place(|| services.sales.board(&id, &filter, moment, (now, limit)));
    let filled = filled.ok_or_else(|| Problem::not_found("there is no such pipeline"))?;
    let pipelines = services.sales.pipelines(moment);
    let of = |column: &Column| filled.longest.get(&column.stage).map(Vec::as_slice).unwrap_or_default();
    let columns: Vec<(&Column, &[OfferCard])> =
        filled.board.columns().into_iter().map(|column| (column, of(column))).collect();
    let shown: Vec<OfferCard> = columns.iter().flat_map(|(_, cards)| *cards).cloned().collect();
    let customers = customers(&services, &shown).await?;
    let around = Around { pipelines: &pipelines, customers: &customers, now };
    let (count, sums) = filled.board.total();
    Ok(Json(View {
        pipeline: id,
        name: filled.definition.name.to_string(),
        as_of: now,
        position,
        count,
        sums: sums_of(&sums),
        columns: columns.iter().map(|(column, cards)| view(column, cards, &around)).collect(),
    }))
}

fn view(column: &Column, cards: &[OfferCard], around: &Around<'_>) -> ColumnView {
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
        offers: cards.iter().map(|card| OfferView::of(card, around)).collect(),
    }
}

fn sums_of(sums: &Sums) -> Vec<SumView> {
    let view = |sum: &kulta_projections::pipeline::money::Sum| SumView {
        currency: sum.currency.as_deref().map(str::to_owned),
        count: sum.count,
        amount: sum.amount().to_string(),
        weighted: sum.weighted().to_string(),
    };
    sums.iter().map(view).collect()
}
