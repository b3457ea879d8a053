//! Tasks, and the list that somebody works from.

pub mod act;
pub mod get;
pub mod list;

use kulta_events::{CustomerId, Instant, RecordId};
use kulta_projections::pipeline::task::{Status, Task, When};
use kulta_projections::pipeline::terms::Said;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A task.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Task)]
pub struct View {
    /// Its id here, which is that of its stream.
    #[schema(value_type = String)]
    pub task_id: Uuid,
    /// The system that named it first.
    pub source: String,
    /// Its id there.
    pub name: Option<String>,
    /// The customer that holds the record now.
    #[schema(value_type = Option<String>)]
    pub customer_id: Option<CustomerId>,
    /// The record that it is about.
    #[schema(value_type = Option<String>)]
    pub record_id: Option<RecordId>,
    /// `open`, `done` or `cancelled`.
    #[schema(value_type = String)]
    pub status: Status,
    /// What is to be done; null when it was not said, or is erased.
    pub title: Option<String>,
    /// Until when: a day, or a time.
    pub due: Option<String>,
    /// Until when it rests: a day, or a time.
    pub snoozed_until: Option<String>,
    /// Who is to do it.
    pub owner: Option<String>,
    /// Whose it is.
    pub team: Option<String>,
    /// The larger, the sooner.
    pub priority: i64,
    /// Of what kind it is.
    pub kind: Option<String>,
    /// What raised it, if no person did.
    pub cause: Option<String>,
    /// The own id of the offer that it is about.
    pub offer: Option<String>,
    /// The own id of the lead that it is about.
    pub lead: Option<String>,
    /// The own id of the complaint that it is about.
    pub complaint: Option<String>,
    /// When the first fact about it happened.
    #[schema(value_type = String)]
    pub raised_at: Instant,
    /// When it was done or cancelled.
    #[schema(value_type = Option<String>)]
    pub closed_at: Option<Instant>,
    /// What came of it.
    pub outcome: Option<String>,
    /// The highest position that shaped it.
    pub position: u64,
}

impl View {
    fn of(id: Uuid, task: &Task, customer: Option<CustomerId>) -> Self {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        let said = |said: &Said<Box<str>>| said.value().map(ToString::to_string);
        let when = |when: &Option<When>| {
            when.as_ref().map(|when| match when {
                When::At(micros) => Instant::from_micros(*micros).to_string(),
                When::Day(day) => day.to_string(),
            })
        };
        Self {
            task_id: id,
            source: task.name.0.clone(),
            name: text(&task.name.1),
            customer_id: customer,
            record_id: task.record,
            status: task.status,
            title: text(&task.title),
            due: when(&task.due),
            snoozed_until: when(&task.snoozed),
            owner: said(&task.owner),
            team: said(&task.team),
            priority: task.priority,
            kind: text(&task.kind),
            cause: text(&task.cause),
            offer: text(&task.about.offer),
            lead: text(&task.about.lead),
            complaint: text(&task.about.complaint),
            raised_at: task.raised_at,
            closed_at: task.closed_at,
            outcome: text(&task.outcome),
            position: task.position,
        }
    }
}
