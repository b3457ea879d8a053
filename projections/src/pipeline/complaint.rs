//! Complaints: who waits for an answer, until when, and which answers came too late. All from facts; the opening hours
//! and the time are handed in.
//!
//! Facts count in their order (time, source, id), however they arrived. The customer waits, in rounds:
//!
//! - `opened` begins the first round. It fills in topic and channel, and begins none when earlier facts are known: what
//!   was answered "before it was opened" is answered.
//! - `answered` and `closed` end the round.
//! - `customer_reacted` begins another one, also after closing, unless its outcome settles the matter
//!   ([`SETTLED`]). `reopened` begins one as well. Who waits already, waits since before.

use kulta_events::{Instant, RecordId, Recorded};
use serde::Serialize;
use uuid::Uuid;

use super::business::BusinessHours;
use super::history::{Fact, History, Told};
use super::terms::word;

/// Outcomes of a customer's reaction that need no answer.
pub const SETTLED: [&str; 4] = ["accepted", "satisfied", "settled", "withdrawn"];

/// What happened to a complaint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// `complaint.opened`
    Opened,
    /// `complaint.answered`
    Answered,
    /// `complaint.customer_reacted`
    CustomerReacted,
    /// `complaint.reopened`
    Reopened,
    /// `complaint.closed`
    Closed,
}

/// What one event says of a complaint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComplaintFact {
    /// What happened.
    pub what: What,
    /// The complaint's own id in the system that says so.
    pub name: Option<Box<str>>,
    /// About what.
    pub topic: Option<Box<str>>,
    /// How it came in.
    pub channel: Option<Box<str>>,
    /// What came of it.
    pub outcome: Option<Box<str>>,
}

impl Fact for ComplaintFact {
    fn read(event: &Recorded) -> Option<Self> {
        let what = match event.type_name.strip_prefix("complaint.")? {
            "opened" => What::Opened,
            "answered" => What::Answered,
            "customer_reacted" => What::CustomerReacted,
            "reopened" => What::Reopened,
            "closed" => What::Closed,
            _ => return None,
        };
        Some(Self {
            what,
            name: word(event, "complaint"),
            topic: word(event, "topic"),
            channel: word(event, "channel"),
            outcome: word(event, "outcome"),
        })
    }
}

/// All that was told of one complaint.
pub type ComplaintHistory = History<ComplaintFact>;

/// How a complaint stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The customer waits.
    Waiting,
    /// It was answered.
    Answered,
    /// It was closed.
    Closed,
}

/// A time of waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// Since when.
    pub from: Instant,
    /// The event that began it: its place in the log.
    pub position: u64,
    /// What that was.
    pub began: What,
    /// When it was answered or closed; `None`: the customer waits.
    pub until: Option<Instant>,
}

/// A complaint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The source that named it first, and its own id there.
    pub name: (String, Option<Box<str>>),
    /// The record that complains.
    pub record: Option<RecordId>,
    /// How it stands.
    pub status: Status,
    /// About what.
    pub topic: Option<Box<str>>,
    /// How it came in.
    pub channel: Option<Box<str>>,
    /// What came of it last.
    pub outcome: Option<Box<str>>,
    /// When the first fact about it happened.
    pub opened_at: Instant,
    /// Since when it is closed.
    pub closed_at: Option<Instant>,
    /// The times of waiting, the last one last.
    pub rounds: Vec<Round>,
    /// The highest position that shaped it.
    pub position: u64,
}

impl Complaint {
    /// How it stands after these facts, which are in their order; `None` without any.
    pub fn of(told: &[Told<ComplaintFact>]) -> Option<Self> {
        let first = told.first()?;
        let mut complaint = Self {
            name: (first.order.source.clone(), first.fact.name.clone()),
            record: None,
            status: Status::Answered,
            topic: None,
            channel: None,
            outcome: None,
            opened_at: first.order.time,
            closed_at: None,
            rounds: Vec::new(),
            position: 0,
        };
        for (index, told) in told.iter().enumerate() {
            complaint.apply(told, index == 0);
        }
        Some(complaint)
    }

    /// How it stood before a time (`None`: how it stands).
    pub fn at(history: &ComplaintHistory, as_of: Option<Instant>) -> Option<Self> {
        Self::of(history.before(as_of))
    }

    /// The round in which the customer waits.
    pub fn waiting(&self) -> Option<&Round> {
        self.rounds.last().filter(|last| last.until.is_none())
    }

    fn apply(&mut self, told: &Told<ComplaintFact>, first: bool) {
        let (at, fact) = (told.order.time, &told.fact);
        self.position = self.position.max(told.position);
        self.record = self.record.or(told.record);
        if fact.outcome.is_some() {
            self.outcome.clone_from(&fact.outcome);
        }
        let settled = fact.outcome.as_deref().is_some_and(|outcome| SETTLED.contains(&outcome));
        match fact.what {
            What::Opened => {
                self.topic = self.topic.take().or_else(|| fact.topic.clone());
                self.channel = self.channel.take().or_else(|| fact.channel.clone());
                if first {
                    self.wait(told);
                }
            }
            What::CustomerReacted if settled => {}
            What::CustomerReacted | What::Reopened => self.wait(told),
            What::Answered => self.end(at),
            What::Closed => {
                self.end(at);
                self.closed_at = self.closed_at.or(Some(at));
                self.status = Status::Closed;
            }
        }
    }

    fn wait(&mut self, told: &Told<ComplaintFact>) {
        (self.status, self.closed_at) = (Status::Waiting, None);
        if self.waiting().is_none() {
            let (from, position, began) = (told.order.time, told.position, told.fact.what);
            self.rounds.push(Round { from, position, began, until: None });
        }
    }

    fn end(&mut self, at: Instant) {
        if self.status == Status::Waiting {
            self.status = Status::Answered;
        }
        if let Some(last) = self.rounds.last_mut() {
            last.until = last.until.or(Some(at));
        }
    }
}

/// A round against the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Until when it was to be answered; `None`: never.
    pub due: Option<Instant>,
    /// Open time that is left, or was left when it was answered, in microseconds; negative: by how much it is too late.
    pub left: Option<i64>,
    /// Whether it was not answered in time.
    pub breached: bool,
}

impl Round {
    /// How it is with the answer at a time. An answer at the due time itself is in time.
    pub fn clock(&self, hours: &BusinessHours, as_of: Instant) -> Clock {
        let due = hours.due(self.from);
        let until = self.until.map_or(as_of, |until| until.min(as_of));
        let left = due.map(|due| hours.left(until, due));
        Clock { due, left, breached: due.is_some_and(|due| until > due) }
    }
}

/// Why somebody is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Alarm {
    /// Little time is left.
    Warning,
    /// It was not answered in time.
    Breach,
}

/// Something that somebody is to be told once. Those of a complaint follow from its facts: one that was given and no
/// longer follows, since a late fact came in, is to be taken back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Notice {
    /// Of which complaint: the UUID of its stream.
    pub complaint: Uuid,
    /// Of which round: the position of the event that began it.
    pub round: u64,
    /// Why.
    pub alarm: Alarm,
    /// Since when.
    pub at: Instant,
}

/// The notices that a complaint calls for at a time. `warn_before` is how much open time before the end of a round a
/// warning is due, in microseconds.
pub fn notices(
    id: Uuid,
    complaint: &Complaint,
    hours: &BusinessHours,
    warn_before: i64,
    as_of: Instant,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    for round in &complaint.rounds {
        let Some(due) = hours.due(round.from) else { continue };
        let until = round.until.map_or(as_of, |until| until.min(as_of));
        let notice = |alarm, at| Notice { complaint: id, round: round.position, alarm, at };
        let warn_at = warning_time(hours, round.from, due, warn_before);
        if until > warn_at {
            notices.push(notice(Alarm::Warning, warn_at));
        }
        if until > due {
            notices.push(notice(Alarm::Breach, due));
        }
    }
    notices
}

/// The first moment, from the beginning of the round on, at which no more than `before` is left.
fn warning_time(hours: &BusinessHours, from: Instant, due: Instant, before: i64) -> Instant {
    let (mut early, mut late) = (from.micros(), due.micros());
    if hours.left(from, due) <= before {
        return from;
    }
    // Open time never grows towards the end.
    while late - early > 1 {
        let middle = early + (late - early) / 2;
        if hours.left(Instant::from_micros(middle), due) <= before {
            late = middle;
        } else {
            early = middle;
        }
    }
    Instant::from_micros(late)
}

#[cfg(test)]
mod tests;
