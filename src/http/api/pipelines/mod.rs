//! Pipelines, and what passes through them: offers, leads.

pub mod act;
pub mod board;
pub mod define;
pub mod funnel;
pub mod lead;
pub mod list;
pub mod offer;
pub mod offers;

use std::collections::HashMap;

use kulta_events::{CustomerId, Instant, RecordId};
use kulta_projections::pipeline::board::placed;
use kulta_projections::pipeline::card::{Card, LeadCard, OfferCard};
use kulta_projections::pipeline::definition::Pipelines;
use kulta_projections::pipeline::lead::{self as leads, Lead};
use kulta_projections::pipeline::offer::{self as sold, Offer};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;
use crate::work::{Filter, Kind, Moment};

/// What stands in a pipeline.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Standing)]
pub struct CardView {
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
}

/// An offer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Offer)]
pub struct OfferView {
    /// Its id here, which is that of its stream.
    #[schema(value_type = String)]
    pub offer_id: Uuid,
    /// `open`, `won` or `lost`.
    #[schema(value_type = String)]
    pub status: sold::Status,
    /// Where it stands.
    #[serde(flatten)]
    pub card: CardView,
    /// To which group its product belongs.
    pub product_group: Option<String>,
    /// When it is expected to be decided.
    pub expected_close: Option<String>,
}

/// A lead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lead)]
pub struct LeadView {
    /// Its id here, which is that of its stream.
    #[schema(value_type = String)]
    pub lead_id: Uuid,
    /// `open`, `qualified` or `disqualified`.
    #[schema(value_type = String)]
    pub status: leads::Status,
    /// Where it stands.
    #[serde(flatten)]
    pub card: CardView,
}

/// Whose things are, and where.
pub(super) struct Around<'a> {
    pub pipelines: &'a Pipelines,
    pub customers: &'a HashMap<RecordId, CustomerId>,
    pub now: Instant,
}

/// What is shown of offers and leads.
pub(super) trait Shown: Kind {
    /// On lists and boards.
    type View: Serialize + ToSchema;

    fn view(card: &Card<Self::Status>, around: &Around<'_>) -> Self::View;
}

impl Shown for Offer {
    type View = OfferView;

    fn view(card: &OfferCard, around: &Around<'_>) -> OfferView {
        OfferView {
            offer_id: card.id,
            status: card.status,
            card: CardView::of::<Self>(card, around),
            product_group: text(&card.product_group),
            expected_close: text(&card.expected_close),
        }
    }
}

impl Shown for Lead {
    type View = LeadView;

    fn view(card: &LeadCard, around: &Around<'_>) -> LeadView {
        LeadView { lead_id: card.id, status: card.status, card: CardView::of::<Self>(card, around) }
    }
}

impl CardView {
    fn of<K: Kind>(card: &Card<K::Status>, around: &Around<'_>) -> Self {
        let named = card.pipeline.as_deref();
        let (pipeline, definition) = around.pipelines.of(K::PASSING, named);
        let stage = around.pipelines.stage_of(K::PASSING, named, card.stage.as_deref());
        let known = stage.and_then(|stage| definition?.stage(stage)).map(|(_, stage)| stage);
        let placed = placed(known, card.tile(), around.now);
        Self {
            title: text(&card.title),
            customer_id: card.record.and_then(|record| around.customers.get(&record).copied()),
            record_id: card.record,
            pipeline: pipeline.to_owned(),
            stage: stage.map(str::to_owned),
            amount: card.amount.map(|amount| amount.normalize().to_string()),
            currency: text(&card.currency),
            probability: placed.probability.map(|percent| percent.normalize().to_string()),
            owner: text(&card.owner),
            team: text(&card.team),
            product: text(&card.product),
            origin: text(&card.origin),
            opened_at: card.opened_at,
            stage_since: card.stage_since,
            days_in_stage: placed.days_in_stage,
            stale: placed.stale && card.status == K::OPEN,
            closed_at: card.closed_at,
            reason_code: text(&card.reason_code),
        }
    }
}

fn text(text: &Option<Box<str>>) -> Option<String> {
    text.as_deref().map(str::to_owned)
}

/// The customers that hold these records now.
pub(in crate::http::api) async fn customers(
    services: &Services,
    records: impl IntoIterator<Item = RecordId>,
) -> Result<HashMap<RecordId, CustomerId>, Problem> {
    let mut records: Vec<RecordId> = records.into_iter().collect();
    records.sort_unstable();
    records.dedup();
    let mut rows = services.reads.projections.live().records(&records).await?;
    if rows.len() < records.len() {
        // Work is known a moment before whose it is. What was named and never spoken of stays unknown.
        drop(services.reads.after(services.work.position()).await);
        rows = services.reads.projections.live().records(&records).await?;
    }
    Ok(rows.into_iter().map(|row| (row.record, row.customer)).collect())
}

/// Reads `as_of`, `known_at` and `after`, and waits.
pub(in crate::http::api) async fn moment(services: &Services, params: &mut Params) -> Result<Moment, Problem> {
    let at = super::customers::at(params)?;
    up_to_date(services, params).await?;
    Ok(services.work.moment(at).await?)
}

/// Reads `after`, and waits: of what is only known as it is now.
pub(in crate::http::api) async fn up_to_date(services: &Services, params: &mut Params) -> Result<(), Problem> {
    super::customers::after(services, params).await?;
    let head = *services.log.head().borrow();
    Ok(services.work.after(head).await?)
}

/// Reads which offers or leads are meant.
pub(super) async fn filter<S>(services: &Services, params: &mut Params, moment: Moment) -> Result<Filter<S>, Problem> {
    let records = records_of(services, params, moment).await?;
    let (owner, team, origin) = (params.text("owner")?, params.text("team")?, params.text("origin")?);
    Ok(Filter { owner, team, origin, records, ..Filter::default() })
}

/// The records of the customer that `customer` names, as far as was known at a moment, for which somebody has waited.
pub(in crate::http::api) async fn records_of(
    services: &Services,
    params: &mut Params,
    moment: Moment,
) -> Result<Option<Vec<RecordId>>, Problem> {
    let Some(id) = params.text("customer")? else { return Ok(None) };
    let id = super::customers::record_id(&id)?;
    let members = match moment.until {
        Some(until) => {
            services.reads.after(until).await?;
            services.reads.customer_then(id, until).await?
        }
        None => {
            let customer = services.reads.record_by_id(id).await?.ok_or_else(super::customers::unknown)?.customer;
            services.reads.projections.live().members(customer).await?
        }
    };
    if members.is_empty() {
        return Err(super::customers::unknown());
    }
    Ok(Some(members.into_iter().map(|row| row.record).collect()))
}
