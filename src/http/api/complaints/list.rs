//! `GET /v1/complaints`: those that are meant; those that wait as a queue.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::Instant;
use kulta_projections::pipeline::complaint::{Complaint, Status};
use uuid::Uuid;

use super::{View, hours, is_breached};
use crate::http::api::pipelines::{customers, moment, records_of};
use crate::http::page::{Paged, write_cursor};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

const LIST: &str = "complaints";

/// List complaints
///
/// Those that wait for an answer (`status=waiting`) as a queue: least time left first. Others by when they were opened. The
/// answer clock runs in the opening hours of the configuration.
#[utoipa::path(
    get,
    path = "/v1/complaints",
    tag = "complaints",
    params(
        ("status" = Option<String>, Query, description = "`waiting`, `answered` or `closed`"),
        ("breached" = Option<String>, Query, description = "`true`: an answer came too late, or is too late; `false`: none"),
        ("topic" = Option<String>, Query, description = "About this"),
        ("customer" = Option<String>, Query, description = "Of this customer: any record id"),
        ("as_of" = Option<String>, Query, description = "As they were before this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses((status = 200, description = "A page", body = inline(crate::http::openapi::ListOf<View>))),
)]
pub async fn handler(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<Paged<View>>, Problem> {
    use Status::{Answered, Closed, Waiting};
    let limit = params.limit(&services.settings.limits)?;
    let behind = params.cursor(LIST)?.map(|text| read(&text)).transpose()?;
    let status = params.one_of("status", &[("waiting", Waiting), ("answered", Answered), ("closed", Closed)])?;
    let breached = params.one_of("breached", &[("true", true), ("false", false)])?;
    let topic = params.text("topic")?;
    let moment = moment(&services, &mut params).await?;
    let records = records_of(&services, &mut params, moment).await?;
    params.finish()?;
    let (hours, now) = (hours(&services)?, moment.as_of.unwrap_or_else(|| services.clock.now()));
    let means = |complaint: &Complaint| {
        status.is_none_or(|status| status == complaint.status)
            && topic.as_deref().is_none_or(|topic| complaint.topic.as_deref() == Some(topic))
            && records.as_ref().is_none_or(|records| complaint.record.is_some_and(|record| records.contains(&record)))
            && breached.is_none_or(|breached| breached == is_breached(complaint, &hours, now))
    };
    let mut found = tokio::task::block_in_place(|| services.work.complaints(moment, means));
    // What waits longer is never due later: since when it waits decides, under any opening hours.
    let key = |(id, complaint): &(Uuid, Complaint)| match complaint.waiting() {
        Some(round) if status == Some(Waiting) => (round.from, *id),
        _ => (complaint.opened_at, *id),
    };
    found.sort_by_key(key);
    found.drain(..behind.map_or(0, |behind| found.partition_point(|complaint| key(complaint) <= behind)));
    let more = found.len() > limit;
    found.truncate(limit);
    let holders = customers(&services, found.iter().filter_map(|(_, complaint)| complaint.record)).await?;
    let view = |(id, complaint): &(Uuid, Complaint)| {
        let customer = complaint.record.and_then(|record| holders.get(&record).copied());
        View::of(*id, complaint, customer, &hours, now)
    };
    let place = |(at, id): (Instant, Uuid)| write_cursor(LIST, format!("{} {id}", at.micros()));
    let next = found.last().filter(|_| more).map(|last| place(key(last)));
    Ok(Json(Paged { items: found.iter().map(view).collect(), next }))
}

/// Where a page of things goes on that stand by time and id.
pub(in crate::http::api) fn read(text: &str) -> Result<(Instant, Uuid), Problem> {
    let parts = text.split_once(' ').and_then(|(micros, id)| Some((micros.parse().ok()?, id.parse().ok()?)));
    let (micros, id) = parts.ok_or_else(|| Problem::parameter("cursor", "is not from this list"))?;
    Ok((Instant::from_micros(micros), id))
}
