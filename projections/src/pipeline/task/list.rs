//! The list that somebody works from.

use jiff::tz::TimeZone;
use kulta_events::Instant;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Status, Task};
use crate::pipeline::period::{date_of, midnight};

/// How pressing an open task is; the more pressing is the smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// It should be done by now.
    Overdue,
    /// It is due today.
    Today,
    /// It is due within seven days.
    Soon,
    /// It is due later.
    Later,
    /// Nobody said until when.
    Someday,
}

/// An open task on a list, with the reasons for its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked<'t> {
    /// The task: the UUID of its stream.
    pub id: Uuid,
    /// The task.
    pub task: &'t Task,
    /// How pressing it is: counts first.
    pub urgency: Urgency,
    /// The customer's points: count after the priority.
    pub score: Option<Decimal>,
    /// When it is due.
    pub due: Option<Instant>,
}

/// The open tasks that do not rest, the first to do first: by urgency, priority, the customer's points, due time,
/// age, id. Days are those of the time zone.
pub fn rank<'t>(
    tasks: impl IntoIterator<Item = (Uuid, &'t Task, Option<Decimal>)>,
    as_of: Instant,
    zone: &TimeZone,
) -> Vec<Ranked<'t>> {
    let today = date_of(as_of, zone);
    let ends_in = |days: i32| {
        let date = today.and_then(|today| today.checked_add(jiff::Span::new().days(days)).ok());
        date.and_then(|date| midnight(date, zone))
    };
    let (tomorrow, week) = (ends_in(1), ends_in(8));
    let urgency = |due: Option<Instant>| match due {
        None => Urgency::Someday,
        Some(due) if due <= as_of => Urgency::Overdue,
        Some(due) if tomorrow.is_some_and(|end| due <= end) => Urgency::Today,
        Some(due) if week.is_some_and(|end| due <= end) => Urgency::Soon,
        Some(_) => Urgency::Later,
    };
    let rests =
        |task: &Task| task.snoozed.as_ref().and_then(|until| until.begin(zone)).is_some_and(|until| as_of < until);
    let mut ranked: Vec<_> = tasks
        .into_iter()
        .filter(|(_, task, _)| task.status == Status::Open && !rests(task))
        .map(|(id, task, score)| {
            let due = task.due.as_ref().and_then(|due| due.end(zone));
            Ranked { id, task, urgency: urgency(due), score, due }
        })
        .collect();
    ranked.sort_by(|a, b| {
        let pressing = a.urgency.cmp(&b.urgency).then(b.task.priority.cmp(&a.task.priority));
        let due = |ranked: &Ranked<'_>| (ranked.due.is_none(), ranked.due, ranked.task.raised_at, ranked.id);
        pressing.then(b.score.cmp(&a.score)).then(due(a).cmp(&due(b)))
    });
    ranked
}
