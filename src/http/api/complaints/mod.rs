//! Complaints against the clock.

pub mod act;
pub mod get;
pub mod list;
pub mod notices;

use kulta_events::{CustomerId, Instant, RecordId};
use kulta_projections::pipeline::business::BusinessHours;
use kulta_projections::pipeline::complaint::{Clock, Complaint, Round, Status, What};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::problem::Problem;
use crate::services::Services;

/// A complaint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Complaint)]
pub struct View {
    /// Its id here, which is that of its stream.
    #[schema(value_type = String)]
    pub complaint_id: Uuid,
    /// The system that named it first.
    pub source: String,
    /// Its id there.
    pub name: Option<String>,
    /// The customer that holds the record now.
    #[schema(value_type = Option<String>)]
    pub customer_id: Option<CustomerId>,
    /// The record that complains.
    #[schema(value_type = Option<String>)]
    pub record_id: Option<RecordId>,
    /// `waiting`, `answered` or `closed`.
    #[schema(value_type = String)]
    pub status: Status,
    /// About what.
    pub topic: Option<String>,
    /// How it came in.
    pub channel: Option<String>,
    /// What came of it last.
    pub outcome: Option<String>,
    /// When the first fact about it happened.
    #[schema(value_type = String)]
    pub opened_at: Instant,
    /// Since when it is closed.
    #[schema(value_type = Option<String>)]
    pub closed_at: Option<Instant>,
    /// How the customer waits, while they do.
    pub waiting: Option<RoundView>,
    /// Whether any answer came too late, or is too late.
    pub breached: bool,
    /// The highest position that shaped it.
    pub position: u64,
}

/// A time of waiting against the clock.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Round)]
pub struct RoundView {
    /// Since when.
    #[schema(value_type = String)]
    pub from: Instant,
    /// What began it: `opened`, `customer_reacted`, `reopened` …
    #[schema(value_type = String)]
    pub began: What,
    /// When it was answered; null: the customer waits.
    #[schema(value_type = Option<String>)]
    pub until: Option<Instant>,
    /// Until when it was to be answered.
    #[schema(value_type = Option<String>)]
    pub due: Option<Instant>,
    /// Minutes of opening hours that are left, or were when it was answered; negative: by how much it is too late.
    pub minutes_left: Option<i64>,
    /// Whether it was not answered in time.
    pub breached: bool,
}

impl RoundView {
    fn of(round: &Round, hours: &BusinessHours, now: Instant) -> Self {
        let Clock { due, left, breached } = round.clock(hours, now);
        let (from, began, until) = (round.from, round.began, round.until);
        let minutes_left = left.map(|micros| micros.div_euclid(60 * Instant::SECOND));
        Self { from, began, until, due, minutes_left, breached }
    }
}

impl View {
    fn of(id: Uuid, complaint: &Complaint, customer: Option<CustomerId>, hours: &BusinessHours, now: Instant) -> Self {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        Self {
            complaint_id: id,
            source: complaint.name.0.clone(),
            name: text(&complaint.name.1),
            customer_id: customer,
            record_id: complaint.record,
            status: complaint.status,
            topic: text(&complaint.topic),
            channel: text(&complaint.channel),
            outcome: text(&complaint.outcome),
            opened_at: complaint.opened_at,
            closed_at: complaint.closed_at,
            waiting: complaint.waiting().map(|round| RoundView::of(round, hours, now)),
            breached: is_breached(complaint, hours, now),
            position: complaint.position,
        }
    }
}

fn is_breached(complaint: &Complaint, hours: &BusinessHours, now: Instant) -> bool {
    complaint.rounds.iter().any(|round| round.clock(hours, now).breached)
}

/// When the company works.
pub(super) fn hours(services: &Services) -> Result<BusinessHours, Problem> {
    services.settings.business.hours().map_err(|error| Problem::internal(&error))
}
