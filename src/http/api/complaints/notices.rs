//! `GET /v1/notices`: answers that are due soon, or late; values that were told in vain.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::{CustomerId, Instant, RecordId};
use kulta_projections::pipeline::complaint::{Alarm, Complaint, Notice, notices};
use kulta_projections::propagation::index::Open;
use kulta_projections::propagation::notices::What;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::hours;
use crate::http::api::pipelines::{customers, moment};
use crate::http::page::{Paged, write_cursor};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;
use crate::work::Moment;

const LIST: &str = "notices";

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An answer is due soon, or late.
    Answer,
    /// A customer told what was known already, and a subscriber holds old data still.
    ReportedAgain,
    /// A subscriber sent a value that had been replaced.
    OldValueBack,
}

/// Something that somebody is to be told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Notice)]
pub struct View {
    /// The same for the same cause, for ever: whoever was told once knows it.
    pub notice_id: String,
    /// `answer`, `reported_again` or `old_value_back`.
    #[schema(value_type = String)]
    pub kind: Kind,
    /// Since when.
    #[schema(value_type = String)]
    pub at: Instant,
    /// The customer that holds the record now.
    #[schema(value_type = Option<String>)]
    pub customer_id: Option<CustomerId>,
    /// Of answers. `warning`: little time is left; `breach`: it was not answered in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub alarm: Option<Alarm>,
    /// Of answers: the complaint.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub complaint_id: Option<Uuid>,
    /// Of answers: until when it was to be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub due: Option<Instant>,
    /// Of answers: whether the customer still waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<bool>,
    /// Of values: the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    /// Of values: the source that told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Of values: since when the value is known, or the one that replaced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub known_since: Option<Instant>,
    /// Of values: the subscribers that hold old data, or sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscribers: Option<Vec<String>>,
}

/// List notices
///
/// Oldest first, each once for its cause. They follow from facts alone: an answer that is told late takes its notice away.
///
/// `answer`: warnings and breaches of the answer clock, by default only while the customer waits. `reported_again`: somebody
/// told what was known already while a subscriber holds old data still, so the customer had to say it in vain.
/// `old_value_back`: a subscriber's source sends a value that was replaced before. These two are told as of now only, and by
/// field, without the values.
#[utoipa::path(
    get,
    path = "/v1/notices",
    tag = "complaints",
    params(
        ("kind" = Option<String>, Query, description = "`answer`, `reported_again` or `old_value_back`"),
        ("alarm" = Option<String>, Query, description = "Answers only: `warning` or `breach`"),
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
    let kinds =
        [("answer", Kind::Answer), ("reported_again", Kind::ReportedAgain), ("old_value_back", Kind::OldValueBack)];
    let kind = params.one_of("kind", &kinds)?;
    let alarm = params.one_of("alarm", &[("warning", Alarm::Warning), ("breach", Alarm::Breach)])?;
    let answered = params.one_of("answered", &[("true", true), ("false", false)])?.unwrap_or(false);
    let moment = moment(&services, &mut params).await?;
    params.finish()?;
    let mut found = Vec::new();
    if kind.is_none_or(|kind| kind == Kind::Answer) {
        found.extend(answers(&services, moment, alarm, answered)?);
    }
    if alarm.is_none() && moment.is_now() && kind != Some(Kind::Answer) {
        services.propagation.after(services.projector.projections().position()).await?;
        let open = tokio::task::block_in_place(|| services.propagation.look(|index, ledger| index.open(ledger)));
        let views = open.into_iter().flat_map(of_value).filter(|(view, _)| kind.is_none_or(|kind| kind == view.kind));
        found.extend(views);
    }
    found.sort_by(|(one, _), (other, _)| (one.at, &one.notice_id).cmp(&(other.at, &other.notice_id)));
    let seen = |behind: &(Instant, String)| {
        found.partition_point(|(view, _)| (view.at, &view.notice_id) <= (behind.0, &behind.1))
    };
    let seen = behind.as_ref().map_or(0, seen);
    found.drain(..seen);
    let more = found.len() > limit;
    found.truncate(limit);
    let holders = customers(&services, found.iter().filter_map(|(_, record)| *record)).await?;
    let last = found.last().filter(|_| more);
    let next = last.map(|(view, _)| write_cursor(LIST, format!("{} {}", view.at.micros(), view.notice_id)));
    let items = found.into_iter().map(|(view, record)| {
        let customer_id = record.and_then(|record| holders.get(&record).copied());
        View { customer_id, ..view }
    });
    Ok(Json(Paged { items: items.collect(), next }))
}

/// Warnings and breaches, with the records that they are about.
fn answers(
    services: &Services,
    moment: Moment,
    alarm: Option<Alarm>,
    answered: bool,
) -> Result<Vec<(View, Option<RecordId>)>, Problem> {
    let (hours, now) = (hours(services)?, moment.as_of.unwrap_or_else(|| services.clock.now()));
    let warn_before = services.settings.business.warn_before_micros();
    let means = |complaint: &Complaint| answered || complaint.waiting().is_some();
    Ok(tokio::task::block_in_place(|| {
        let mut found = Vec::new();
        for (id, complaint) in services.work.complaints(moment, means) {
            for notice in notices(id, &complaint, &hours, warn_before, now) {
                let round = complaint.rounds.iter().find(|round| round.position == notice.round);
                let waiting = round.is_some_and(|round| round.until.is_none());
                if alarm.is_none_or(|alarm| alarm == notice.alarm) && (answered || waiting) {
                    let due = round.and_then(|round| hours.due(round.from));
                    found.push((of_answer(&notice, due, waiting), complaint.record));
                }
            }
        }
        found
    }))
}

fn of_answer(notice: &Notice, due: Option<Instant>, waiting: bool) -> View {
    View {
        notice_id: format!("{}/{}/{}", notice.complaint, notice.round, word(notice.alarm)),
        kind: Kind::Answer,
        at: notice.at,
        customer_id: None,
        alarm: Some(notice.alarm),
        complaint_id: Some(notice.complaint),
        due,
        waiting: Some(waiting),
        field: None,
        source: None,
        known_since: None,
        subscribers: None,
    }
}

/// What was reported again is told once for all subscribers; an old value that came back, to each.
fn of_value(open: Open) -> Vec<(View, Option<RecordId>)> {
    let Open { customer, notice, subscribers } = open;
    let view = |notice_id: String, kind: Kind, subscribers: Vec<String>| {
        let view = View {
            notice_id,
            kind,
            at: notice.at,
            customer_id: None,
            alarm: None,
            complaint_id: None,
            due: None,
            waiting: None,
            field: Some(notice.field),
            source: Some(notice.source.to_string()),
            known_since: Some(notice.known_at),
            subscribers: Some(subscribers),
        };
        (view, Some(RecordId::from(customer)))
    };
    let names = subscribers.iter().map(ToString::to_string);
    match notice.what {
        What::ReportedAgain => {
            let id = format!("reported_again/{}/{}", notice.position, notice.field);
            vec![view(id, Kind::ReportedAgain, names.collect())]
        }
        What::OldValueBack => {
            let id = |name: &str| format!("old_value_back/{name}/{}/{}", notice.known_position, notice.field);
            names.map(|name| view(id(&name), Kind::OldValueBack, vec![name])).collect()
        }
    }
}

fn word(alarm: Alarm) -> &'static str {
    match alarm {
        Alarm::Warning => "warning",
        Alarm::Breach => "breach",
    }
}

fn place(text: &str) -> Result<(Instant, String), Problem> {
    let parts = text.split_once(' ').and_then(|(at, id)| Some((Instant::from_micros(at.parse().ok()?), id.to_owned())));
    parts.ok_or_else(|| Problem::parameter("cursor", "is not from this list"))
}
