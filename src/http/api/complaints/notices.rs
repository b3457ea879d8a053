//! `GET /v1/notices`: answers that are due soon, or late.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::{CustomerId, Instant};
use kulta_projections::pipeline::complaint::{Alarm, Complaint, Notice, notices};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::hours;
use super::list::read;
use crate::http::api::pipelines::{customers, moment};
use crate::http::page::{Paged, write_cursor};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

const LIST: &str = "notices";

/// Something that somebody is to be told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Notice)]
pub struct View {
    /// The same for the same cause, for ever: whoever was told once knows it.
    pub notice_id: String,
    /// `warning`: little time is left; `breach`: it was not answered in time.
    #[schema(value_type = String)]
    pub alarm: Alarm,
    /// Since when.
    #[schema(value_type = String)]
    pub at: Instant,
    /// The complaint.
    #[schema(value_type = String)]
    pub complaint_id: Uuid,
    /// The customer that holds the record now.
    #[schema(value_type = Option<String>)]
    pub customer_id: Option<CustomerId>,
    /// Until when it was to be answered.
    #[schema(value_type = Option<String>)]
    pub due: Option<Instant>,
    /// Whether the customer still waits.
    pub waiting: bool,
}

/// List notices
///
/// Warnings and breaches of the answer clock, oldest first; each once for its cause. They follow from facts alone: an answer that is
/// told late takes its notice away. By default only while the customer waits.
#[utoipa::path(
    get,
    path = "/v1/notices",
    tag = "complaints",
    params(
        ("alarm" = Option<String>, Query, description = "`warning` or `breach`"),
        ("answered" = Option<String>, Query, description = "`true`: also those of complaints that were answered since"),
        ("as_of" = Option<String>, Query, description = "As they were before this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses((status = 200, description = "A page", body = inline(crate::http::openapi::ListOf<View>))),
)]
pub async fn handler(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<Paged<View>>, Problem> {
    let limit = params.limit(&services.settings.limits)?;
    let behind = params.cursor(LIST)?.map(|text| place(&text)).transpose()?;
    let alarm = params.one_of("alarm", &[("warning", Alarm::Warning), ("breach", Alarm::Breach)])?;
    let answered = params.one_of("answered", &[("true", true), ("false", false)])?.unwrap_or(false);
    let moment = moment(&services, &mut params).await?;
    params.finish()?;
    let (hours, now) = (hours(&services)?, moment.as_of.unwrap_or_else(|| services.clock.now()));
    let warn_before = services.settings.business.warn_before_micros();
    let means = |complaint: &Complaint| answered || complaint.waiting().is_some();
    let mut found = tokio::task::block_in_place(|| {
        let mut found = Vec::new();
        for (id, complaint) in services.work.complaints(moment, means) {
            for notice in notices(id, &complaint, &hours, warn_before, now) {
                let round = complaint.rounds.iter().find(|round| round.position == notice.round);
                let waiting = round.is_some_and(|round| round.until.is_none());
                if alarm.is_none_or(|alarm| alarm == notice.alarm) && (answered || waiting) {
                    found.push((notice, complaint.record, round.and_then(|round| hours.due(round.from)), waiting));
                }
            }
        }
        found
    });
    let key = |notice: &Notice| (notice.at, notice.complaint, notice.alarm);
    found.sort_by_key(|(notice, ..)| key(notice));
    found.drain(..behind.map_or(0, |behind| found.partition_point(|(notice, ..)| key(notice) <= behind)));
    let more = found.len() > limit;
    found.truncate(limit);
    let holders = customers(&services, found.iter().filter_map(|(_, record, ..)| *record)).await?;
    let next = found.last().filter(|_| more).map(|(notice, ..)| {
        write_cursor(
            LIST,
            format!("{} {} {}", u8::from(notice.alarm == Alarm::Breach), notice.at.micros(), notice.complaint),
        )
    });
    let items = found.into_iter().map(|(notice, record, due, waiting)| View {
        notice_id: format!("{}/{}/{}", notice.complaint, notice.round, word(notice.alarm)),
        alarm: notice.alarm,
        at: notice.at,
        complaint_id: notice.complaint,
        customer_id: record.and_then(|record| holders.get(&record).copied()),
        due,
        waiting,
    });
    Ok(Json(Paged { items: items.collect(), next }))
}

fn word(alarm: Alarm) -> &'static str {
    match alarm {
        Alarm::Warning => "warning",
        Alarm::Breach => "breach",
    }
}

fn place(text: &str) -> Result<(Instant, Uuid, Alarm), Problem> {
    let (alarm, rest) = text.split_once(' ').unwrap_or_default();
    let (at, id) = read(rest)?;
    Ok((at, id, if alarm == "1" { Alarm::Breach } else { Alarm::Warning }))
}
