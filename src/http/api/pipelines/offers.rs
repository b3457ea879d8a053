//! `GET /v1/offers`, `GET /v1/leads`: those that are meant.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::RecordId;
use kulta_projections::pipeline::lead::{self, Lead};
use kulta_projections::pipeline::offer::{self, Offer};
use uuid::Uuid;

use super::{Around, LeadView, OfferView, Shown, customers, filter, moment};
use crate::http::page::{Paged, write_cursor};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::reads::relations::Stretch;
use crate::services::Services;
use crate::work::Filter;

/// List offers
///
/// By id. Of any status, pipeline, stage, owner, team or customer; as of any past date, and as far as was known then.
#[utoipa::path(
    get,
    path = "/v1/offers",
    tag = "offers",
    params(
        ("status" = Option<String>, Query, description = "`open`, `won` or `lost`"),
        ("pipeline" = Option<String>, Query, description = "In this pipeline"),
        ("stage" = Option<String>, Query, description = "In this stage"),
        ("owner" = Option<String>, Query, description = "Of this owner"),
        ("team" = Option<String>, Query, description = "Of this team"),
        ("origin" = Option<String>, Query, description = "From there"),
        ("customer" = Option<String>, Query, description = "To this customer: any record id"),
        ("contacts" = Option<String>, Query, description = "`true`: also those of the customer's contacts, if they began while \
            they were; not with `known_at`"),
        ("as_of" = Option<String>, Query, description = "As they were before this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses((status = 200, description = "A page", body = inline(crate::http::openapi::ListOf<OfferView>))),
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    mut params: Params,
) -> Result<Json<Paged<OfferView>>, Problem> {
    use offer::Status::{Lost, Open, Won};
    let status = params.one_of("status", &[("open", Open), ("won", Won), ("lost", Lost)])?;
    list::<Offer>(&services, params, "offers", status).await
}

/// List leads
///
/// By id. Of any status, pipeline, stage, owner, team, origin or customer; as of any past date, and as far as was known then.
#[utoipa::path(
    get,
    path = "/v1/leads",
    tag = "leads",
    params(
        ("status" = Option<String>, Query, description = "`open`, `qualified` or `disqualified`"),
        ("pipeline" = Option<String>, Query, description = "In this pipeline"),
        ("stage" = Option<String>, Query, description = "In this stage"),
        ("owner" = Option<String>, Query, description = "Of this owner"),
        ("team" = Option<String>, Query, description = "Of this team"),
        ("origin" = Option<String>, Query, description = "From there"),
        ("customer" = Option<String>, Query, description = "About this customer: any record id"),
        ("contacts" = Option<String>, Query, description = "`true`: also those of the customer's contacts, if they began while \
            they were; not with `known_at`"),
        ("as_of" = Option<String>, Query, description = "As they were before this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses((status = 200, description = "A page", body = inline(crate::http::openapi::ListOf<LeadView>))),
)]
pub async fn leads(
    State(services): State<Arc<Services>>,
    mut params: Params,
) -> Result<Json<Paged<LeadView>>, Problem> {
    use lead::Status::{Disqualified, Open, Qualified};
    let words = [("open", Open), ("qualified", Qualified), ("disqualified", Disqualified)];
    let status = params.one_of("status", &words)?;
    list::<Lead>(&services, params, "leads", status).await
}

/// The records of a company's contacts, each with when it was.
async fn contacts(services: &Services, own: Option<&[RecordId]>) -> Result<HashMap<RecordId, Vec<Stretch>>, Problem> {
    let own = own.ok_or_else(|| Problem::parameter("contacts", "of which customer: `customer` is missing"))?;
    Ok(services.reads.contacts(own).await?.stretches())
}

async fn list<K: Shown>(
    services: &Services,
    mut params: Params,
    list: &str,
    status: Option<K::Status>,
) -> Result<Json<Paged<K::View>>, Problem> {
    let limit = params.limit(&services.settings.limits)?;
    let behind = params.cursor(list)?.map(|text| text.parse::<Uuid>()).transpose();
    let behind = behind.map_err(|_| Problem::parameter("cursor", "is not from this list"))?;
    let (pipeline, stage) = (params.text("pipeline")?, params.text("stage")?);
    let wants_contacts = params.one_of("contacts", &[("true", true), ("false", false)])?.unwrap_or_default();
    let moment = moment(services, &mut params).await?;
    if wants_contacts && moment.until.is_some() {
        return Err(Problem::parameter("contacts", "who was a contact is read as it is known now, without known_at"));
    }
    let mut filter = Filter { status, pipeline, stage, ..filter(services, &mut params, moment).await? };
    params.finish()?;
    if wants_contacts {
        filter.contacts = contacts(services, filter.records.as_deref()).await?;
    }
    let mut cards = tokio::task::block_in_place(|| services.work.cards::<K>(&filter, moment));
    let first = behind.map_or(0, |behind| cards.partition_point(|card| card.id <= behind));
    cards.drain(..first);
    let more = cards.len() > limit;
    cards.truncate(limit);
    let customers = customers(services, cards.iter().filter_map(|card| card.record)).await?;
    let pipelines = services.work.pipelines(moment);
    let now = moment.as_of.unwrap_or_else(|| services.clock.now());
    let around = Around { pipelines: &pipelines, customers: &customers, now };
    let next = cards.last().filter(|_| more).map(|card| write_cursor(list, card.id));
    Ok(Json(Paged { items: cards.iter().map(|card| K::view(card, &around)).collect(), next }))
}
