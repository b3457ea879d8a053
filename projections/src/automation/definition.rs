//! An automation as people define it: when what happens, then that is done.
//!
//! ```json
//! { "when": { "no_contact": { "days": 90 } },
//!   "then": [ { "task": { "title": "Call them", "due_days": 7 } } ],
//!   "time_zone": "Europe/Helsinki", "from": "2026-03-01T00:00:00+02:00", "cap": { "count": 1, "per_days": 30 } }
//! ```
//!
//! `when` names one condition ([`When`]), `then` one action at least ([`Action`]). Days are those of `time_zone`,
//! default UTC. Causes that came to be before `from` are not fired for; default: before the automation was enabled.
//! `cap` is how often a person may be contacted over a channel, default [`Cap::default`]; it counts every message over
//! that channel, not only those of this automation. A definition stays readable to people: no member has a value that
//! has to be looked up in code.

mod document;
mod then;
mod when;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use kulta_events::{Instant, Json, Problem};
use rust_decimal::Decimal;

use self::document::{Place, Problems, optional};
use super::facets::Condition;
use crate::pipeline::definition::Passing;
use crate::scores::rules::Facets;

/// A checked automation.
#[derive(Clone, Debug)]
pub struct Definition {
    /// What it waits for.
    pub when: When,
    /// What is done then, in this order; at least one.
    pub then: Vec<Action>,
    /// Whose days count.
    pub zone: TimeZone,
    /// Causes that came to be earlier are not fired for; `None`: earlier than it was enabled.
    pub from: Option<Instant>,
    /// How often a person may be contacted over one channel.
    pub cap: Cap,
}

/// What an automation waits for.
#[derive(Clone, Debug)]
pub enum When {
    /// An offer or a lead stays in a stage for longer than so many days.
    InStage {
        /// What passes through the pipeline.
        passing: Passing,
        /// The pipeline.
        pipeline: Box<str>,
        /// The stage.
        stage: Box<str>,
        /// How many days are not yet too long.
        days: u32,
    },
    /// An answer to a complaint is due in that much open time or less, and not given.
    Unanswered {
        /// How much; 0: it is too late.
        hours_before_due: u32,
    },
    /// Nobody spoke to the customer for longer than so many days.
    NoContact {
        /// How many.
        days: u32,
    },
    /// None of these events for longer than so many days since the last one.
    Nothing {
        /// Event types, at least one, none twice.
        on: Vec<Box<str>>,
        /// How many.
        days: u32,
        /// Which of them count; `None`: all.
        only: Option<Condition>,
    },
    /// A mail was sent, and not opened, clicked or replied to within so many days.
    NotOpened {
        /// How many.
        days: u32,
    },
    /// So many of these events within so many days, at the one that completes the number. They are used up then.
    Count {
        /// Event types, at least one, none twice.
        on: Vec<Box<str>>,
        /// How many events.
        count: u32,
        /// The first and the last of them lie on days fewer than this apart.
        within_days: u32,
        /// Which of them count; `None`: all.
        only: Option<Condition>,
    },
    /// The points of a customer come to a bar.
    Points {
        /// By which rules.
        rule_set: Box<str>,
        /// The bar.
        bar: Bar,
    },
    /// A customer comes into one of these grades from outside.
    Grade {
        /// By which rules.
        rule_set: Box<str>,
        /// The grades.
        to: Vec<Box<str>>,
    },
}

/// A bar for points. Between its two numbers nothing happens, so that points that tremble about one of them do not fire
/// again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    /// Rises to or above.
    Above {
        /// This.
        above: Decimal,
        /// And fires again only after it was below this, which is no more than `above`.
        again_below: Decimal,
    },
    /// Falls below.
    Below {
        /// This.
        below: Decimal,
        /// And fires again only after it was at or above this, which is no less than `below`.
        again_above: Decimal,
    },
}

/// What an automation does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// A task is raised.
    Task(Task),
    /// A lead is created.
    Lead(Lead),
    /// A tag is put on the customer.
    Tag(Box<str>),
    /// A tag is taken off.
    Untag(Box<str>),
    /// The customer comes onto a list.
    EnterList(Box<str>),
    /// The customer is taken off a list.
    LeaveList(Box<str>),
    /// A message is sent, if the customer may be contacted ([`super::consent`]).
    Message(Message),
    /// A subscriber is told.
    Webhook {
        /// The subscriber.
        subscriber: Box<str>,
    },
}

/// A task to be raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// What is to be done.
    pub title: Box<str>,
    /// In more words.
    pub text: Option<Box<str>>,
    /// Who is to do it.
    pub owner: Option<Box<str>>,
    /// Whose task it is.
    pub team: Option<Box<str>>,
    /// Of which kind.
    pub kind: Option<Box<str>>,
    /// The larger, the sooner.
    pub priority: Option<u32>,
    /// In how many days it is due.
    pub due_days: Option<u32>,
}

/// A lead to be created.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lead {
    /// In which pipeline; `None`: the default one.
    pub pipeline: Option<Box<str>>,
    /// In which stage; `None`: the first.
    pub stage: Option<Box<str>>,
    /// What it is called.
    pub title: Option<Box<str>>,
    /// Who works on it.
    pub owner: Option<Box<str>>,
    /// Whose it is.
    pub team: Option<Box<str>>,
    /// Where it came from.
    pub origin: Option<Box<str>>,
}

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// How.
    pub channel: Box<str>,
    /// What for: the purpose to which the customer has to have agreed.
    pub purpose: Box<str>,
    /// With which words.
    pub template: Box<str>,
}

/// How often a person may be contacted over one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// So many messages.
    pub count: u32,
    /// Within so many days.
    pub per_days: u32,
}

impl Default for Cap {
    /// One message in a week.
    fn default() -> Self {
        Self { count: 1, per_days: 7 }
    }
}

impl Definition {
    /// Reads a definition. `facets` says which event types there are, and what conditions may read of each.
    ///
    /// # Errors
    /// Everything that is wrong with it and can be told independently, by pointers into it; never empty.
    pub fn parse(document: &Json, facets: &Facets) -> Result<Self, Vec<Problem>> {
        let mut problems = Problems::default();
        let definition = Self::read(&Place::root(document), facets, &mut problems);
        let problems = problems.into_vec();
        match definition {
            Some(definition) if problems.is_empty() => Ok(definition),
            _ => Err(problems),
        }
    }

    fn read(root: &Place<'_>, facets: &Facets, problems: &mut Problems) -> Option<Self> {
        root.only(&["when", "then", "time_zone", "from", "cap"], problems)?;
        let when = root.need("when", problems).and_then(|place| when::read(&place, facets, problems));
        let then = root.need("then", problems).and_then(|place| then::read(&place, problems));
        let zone = optional(root.get("time_zone"), |place| time_zone(&place, problems));
        let from = optional(root.get("from"), |place| instant(&place, problems));
        let cap = optional(root.get("cap"), |place| cap(&place, problems));
        Some(Self {
            when: when?,
            then: then?,
            zone: zone?.unwrap_or(TimeZone::UTC),
            from: from?,
            cap: cap?.unwrap_or_default(),
        })
    }
}

fn time_zone(place: &Place<'_>, problems: &mut Problems) -> Option<TimeZone> {
    // Not the machine's own database: two machines must count the same days.
    let found = place.value.as_str().and_then(|name| TimeZoneDatabase::bundled().get(name).ok());
    let found = found.filter(|zone| !zone.is_unknown());
    found.or_else(|| place.refuse("the name of a time zone such as Europe/Helsinki or UTC", problems))
}

fn instant(place: &Place<'_>, problems: &mut Problems) -> Option<Instant> {
    let found = place.value.as_str().and_then(|text| Instant::parse(text).ok());
    found.or_else(|| place.refuse("an RFC 3339 time with offset, such as 2026-03-02T10:15:00+02:00", problems))
}

fn cap(place: &Place<'_>, problems: &mut Problems) -> Option<Cap> {
    place.only(&["count", "per_days"], problems)?;
    let count = place.need_whole("count", when::COUNTS, problems);
    let per_days = place.need_whole("per_days", when::DAYS, problems);
    Some(Cap { count: count?, per_days: per_days? })
}

#[cfg(test)]
mod tests;
