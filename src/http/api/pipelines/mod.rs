//! Pipelines, and the offers that pass through them.

pub mod board;
pub mod define;
pub mod list;
pub mod offer;
pub mod offers;
pub mod sell;

use std::collections::HashMap;

use kulta_events::{CustomerId, Instant, RecordId};
use kulta_projections::pipeline::board::placed;
use kulta_projections::pipeline::card::OfferCard;
use kulta_projections::pipeline::definition::{Passing, Pipelines};
use kulta_projections::pipeline::offer::Status;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::pipeline::{Filter, Moment};
use crate::services::Services;

/// An offer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Offer)]
pub struct OfferView {
    /// Its id here, which is that of its stream.
    #[schema(value_type = String)]
    pub offer_id: Uuid,
    /// What it is called; null when it was not said, or is erased.
    pub title: Option<String>,
    /// The customer that holds the record now.
    #[schema(value_type = Option<String>)]
    pub customer_id: Option<CustomerId>,
    /// The record that it is about.
    #[schema(value_type = Option<String>)]
    pub record_id: Option<RecordId>,
    /// In which pipeline it stands.
    pub pipeline: String,
    /// In which stage.
    pub stage: Option<String>,
    /// `open`, `won` or `lost`.
    #[schema(value_type = String)]
    pub status: Status,
    /// The sum, a decimal.
    pub amount: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// In percent: its own, or that of its stage.
    pub probability: Option<String>,
    /// Who works on it.
    pub owner: Option<String>,
    /// Whose it is.
    pub team: Option<String>,
    /// What is to be sold.
    pub product: Option<String>,
    /// To which group that belongs.
    pub product_group: Option<String>,
    /// Where the business came from.
    pub origin: Option<String>,
    /// When it began.
    #[schema(value_type = String)]
    pub opened_at: Instant,
    /// Since when it stands in its stage.
    #[schema(value_type = String)]
    pub stage_since: Instant,
    /// Whole days of 24 hours since then.
    pub days_in_stage: i64,
    /// Whether it stands there for longer than the stage allows; of an open one.
    pub stale: bool,
    /// When it was decided.
    #[schema(value_type = Option<String>)]
    pub closed_at: Option<Instant>,
    /// Why, as systems count it.
    pub reason_code: Option<String>,
    /// When it is expected to be decided.
    pub expected_close: Option<String>,
}

/// Whose offers are, and where.
pub(super) struct Around<'a> {
    pub pipelines: &'a Pipelines,
    pub customers: &'a HashMap<RecordId, CustomerId>,
    pub now: Instant,
}

impl OfferView {
    fn of(card: &OfferCard, around: &Around<'_>) -> Self {
        let (pipeline, definition) = around.pipelines.of(Passing::Offers, card.pipeline.as_deref());
        let stage = around.pipelines.stage_of(Passing::Offers, card.pipeline.as_deref(), card.stage.as_deref());
        let known = stage.and_then(|stage| definition?.stage(stage)).map(|(_, stage)| stage);
        let placed = placed(known, card.tile(), around.now);
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        Self {
            offer_id: card.id,
            title: text(&card.title),
            customer_id: card.record.and_then(|record| around.customers.get(&record).copied()),
            record_id: card.record,
            pipeline: pipeline.to_owned(),
            stage: stage.map(str::to_owned),
            status: card.status,
            amount: card.amount.map(|amount| amount.normalize().to_string()),
            currency: text(&card.currency),
            probability: placed.probability.map(|percent| percent.normalize().to_string()),
            owner: text(&card.owner),
            team: text(&card.team),
            product: text(&card.product),
            product_group: text(&card.product_group),
            origin: text(&card.origin),
            opened_at: card.opened_at,
            stage_since: card.stage_since,
            days_in_stage: placed.days_in_stage,
            stale: placed.stale && card.status == Status::Open,
            closed_at: card.closed_at,
            reason_code: text(&card.reason_code),
            expected_close: text(&card.expected_close),
        }
    }
}

/// The customers that hold the records of these offers now.
pub(super) async fn customers(
    services: &Services,
    cards: &[OfferCard],
) -> Result<HashMap<RecordId, CustomerId>, Problem> {
    let mut records: Vec<RecordId> = cards.iter().filter_map(|card| card.record).collect();
    records.sort_unstable();
    records.dedup();
    let rows = services.reads.projections.live().records(&records).await?;
    Ok(rows.into_iter().map(|row| (row.record, row.customer)).collect())
}

/// Reads `as_of`, `known_at` and `after`, and waits.
pub(super) async fn moment(services: &Services, params: &mut Params) -> Result<Moment, Problem> {
    let at = super::customers::at(params)?;
    let after = params.number("after")?;
    if let Some(position) = after {
        services.reads.after(position).await?;
    }
    let head = *services.log.head().borrow();
    services.sales.after(after.unwrap_or(0).max(head)).await?;
    Ok(services.sales.moment(at).await?)
}

/// Reads which offers are meant.
pub(super) async fn filter(services: &Services, params: &mut Params) -> Result<Filter, Problem> {
    let records = match params.text("customer")? {
        None => None,
        Some(id) => {
            let id = super::customers::record_id(&id)?;
            let customer = services.reads.record_by_id(id).await?.ok_or_else(super::customers::unknown)?.customer;
            let members = services.reads.projections.live().members(customer).await?;
            Some(members.into_iter().map(|row| row.record).collect())
        }
    };
    let (owner, team) = (params.text("owner")?, params.text("team")?);
    Ok(Filter { owner, team, records, ..Filter::default() })
}
