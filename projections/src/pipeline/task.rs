//! Tasks: what is to be done, by whom, until when; and the list that somebody works from.
//!
//! Facts count in their order (time, source, id), however they arrived. `raised` fills in what no earlier fact spoke
//! of; of `done` and `cancelled` the first closes the task for good, since no type opens it again; `assigned` and
//! `snoozed` count also afterwards, and open nothing.

use jiff::civil;
use jiff::tz::TimeZone;
use kulta_events::{Instant, Json, RecordId, Recorded};
use serde::Serialize;

use super::history::{Fact, History, Told};
use super::period::midnight;
use super::terms::{Said, date, known, word};

/// What happened to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// `task.raised`
    Raised,
    /// `task.assigned`
    Assigned,
    /// `task.snoozed`
    Snoozed,
    /// `task.done`
    Done,
    /// `task.cancelled`
    Cancelled,
}

/// A day, or a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Microseconds since 1970-01-01T00:00:00Z.
    At(i64),
    /// `YYYY-MM-DD`, of the reader's time zone.
    Day(Box<str>),
}

impl When {
    fn read(value: &Json) -> Option<Self> {
        if let Some(day) = date(value) {
            return Some(When::Day(day));
        }
        Instant::parse(value.as_str()?).ok().map(|at| When::At(at.micros()))
    }

    /// When it begins: of a day its midnight. `None` for a day that no time zone has.
    pub fn begin(&self, zone: &TimeZone) -> Option<Instant> {
        match self {
            When::At(micros) => Some(Instant::from_micros(*micros)),
            When::Day(day) => midnight(day.parse().ok()?, zone),
        }
    }

    /// When it is over: of a day the next midnight.
    pub fn end(&self, zone: &TimeZone) -> Option<Instant> {
        match self {
            When::At(micros) => Some(Instant::from_micros(*micros)),
            When::Day(day) => midnight(day.parse::<civil::Date>().ok()?.tomorrow().ok()?, zone),
        }
    }
}

/// What one event says of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskFact {
    /// What happened.
    pub what: What,
    /// The task's own id in the system that says so.
    pub name: Option<Box<str>>,
    /// Until when it is to be done; of a snooze: until when it rests.
    pub when: Option<When>,
    /// Who is to do it.
    pub owner: Said<Box<str>>,
    /// Whose it is.
    pub team: Said<Box<str>>,
    /// The larger, the sooner.
    pub priority: Option<i64>,
    /// Of what kind it is.
    pub kind: Option<Box<str>>,
    /// What raised it.
    pub cause: Option<Box<str>>,
    /// Own ids of the offer, the lead and the complaint that it is about.
    pub about: About,
    /// What came of it.
    pub outcome: Option<Box<str>>,
    /// What is to be done; `None` when it is erased.
    pub title: Option<Box<str>>,
}

/// Own ids of things in the source that names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// An offer.
    pub offer: Option<Box<str>>,
    /// A lead.
    pub lead: Option<Box<str>>,
    /// A complaint.
    pub complaint: Option<Box<str>>,
}

impl About {
    /// What an event names by the members that its type knows.
    pub(super) fn read(event: &Recorded) -> Self {
        Self { offer: word(event, "offer"), lead: word(event, "lead"), complaint: word(event, "complaint") }
    }

    /// Whether it names nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Fact for TaskFact {
    fn read(event: &Recorded) -> Option<Self> {
        let what = match event.type_name.strip_prefix("task.")? {
            "raised" => What::Raised,
            "assigned" => What::Assigned,
            "snoozed" => What::Snoozed,
            "done" => What::Done,
            "cancelled" => What::Cancelled,
            _ => return None,
        };
        let said = |name| match known(event, name) {
            Some(Json::Null) => Said::Cleared,
            _ => word(event, name).map_or(Said::Silent, Said::Is),
        };
        let priority = known(event, "priority").and_then(Json::as_decimal);
        Some(Self {
            what,
            name: word(event, "task"),
            when: known(event, "due").or_else(|| known(event, "until")).and_then(When::read),
            owner: said("owner"),
            team: said("team"),
            priority: priority.and_then(|number| i64::try_from(number).ok()),
            kind: word(event, "kind"),
            cause: word(event, "cause"),
            about: About::read(event),
            outcome: word(event, "outcome").or_else(|| word(event, "reason_code")),
            title: word(event, "title"),
        })
    }
}

/// All that was told of one task.
pub type TaskHistory = History<TaskFact>;

/// Whether a task is still to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is.
    Open,
    /// It is done.
    Done,
    /// It need not be done any more.
    Cancelled,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The source that named it first, and its own id there.
    pub name: (String, Option<Box<str>>),
    /// The record that it is about.
    pub record: Option<RecordId>,
    /// Whether it is still to be done.
    pub status: Status,
    /// Until when.
    pub due: Option<When>,
    /// Until when it rests.
    pub snoozed: Option<When>,
    /// Who is to do it.
    pub owner: Said<Box<str>>,
    /// Whose it is.
    pub team: Said<Box<str>>,
    /// The larger, the sooner; 0 when nobody said.
    pub priority: i64,
    /// Of what kind it is.
    pub kind: Option<Box<str>>,
    /// What raised it.
    pub cause: Option<Box<str>>,
    /// What else it is about.
    pub about: About,
    /// What is to be done; `None` when it is erased.
    pub title: Option<Box<str>>,
    /// When the first fact about it happened.
    pub raised_at: Instant,
    /// When it was done or cancelled.
    pub closed_at: Option<Instant>,
    /// What came of it.
    pub outcome: Option<Box<str>>,
    /// The highest position that shaped it.
    pub position: u64,
}

impl Task {
    /// How it stands after these facts, which are in their order; `None` without any.
    pub fn of(told: &[Told<TaskFact>]) -> Option<Self> {
        let first = told.first()?;
        let mut task = Self {
            name: (first.order.source.clone(), first.fact.name.clone()),
            record: None,
            status: Status::Open,
            due: None,
            snoozed: None,
            owner: Said::Silent,
            team: Said::Silent,
            priority: 0,
            kind: None,
            cause: None,
            about: About::default(),
            title: None,
            raised_at: first.order.time,
            closed_at: None,
            outcome: None,
            position: 0,
        };
        let mut raised = false;
        for told in told {
            task.apply(told, &mut raised);
        }
        Some(task)
    }

    /// How it stood before a time (`None`: how it stands).
    pub fn at(history: &TaskHistory, as_of: Option<Instant>) -> Option<Self> {
        Self::of(history.before(as_of))
    }

    fn apply(&mut self, told: &Told<TaskFact>, raised: &mut bool) {
        let fact = told.fact.clone();
        self.position = self.position.max(told.position);
        self.record = self.record.or(told.record);
        match fact.what {
            What::Raised if *raised => {}
            What::Raised => {
                *raised = true;
                (self.due, self.kind, self.cause, self.about) = (fact.when, fact.kind, fact.cause, fact.about);
                (self.title, self.priority) = (fact.title, fact.priority.unwrap_or(0));
                for (known, said) in [(&mut self.owner, fact.owner), (&mut self.team, fact.team)] {
                    if known.is_silent() {
                        *known = said;
                    }
                }
            }
            What::Assigned => {
                for (known, said) in [(&mut self.owner, fact.owner), (&mut self.team, fact.team)] {
                    if !said.is_silent() {
                        *known = said;
                    }
                }
            }
            What::Snoozed => self.snoozed = fact.when.or(self.snoozed.take()),
            What::Done => self.close(told, Status::Done),
            What::Cancelled => self.close(told, Status::Cancelled),
        }
    }

    fn close(&mut self, told: &Told<TaskFact>, status: Status) {
        if self.status == Status::Open {
            self.status = status;
            self.closed_at = Some(told.order.time);
            self.outcome.clone_from(&told.fact.outcome);
        }
    }
}

mod list;

pub use list::{Ranked, Urgency, rank};

#[cfg(test)]
mod tests;
