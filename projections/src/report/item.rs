//! What reports count: offers, leads and complaints as they stood at a time.

use std::borrow::Cow;

use kulta_events::{Instant, RecordId};
use rust_decimal::Decimal;

use super::field::Over;
use crate::pipeline::business::BusinessHours;
use crate::pipeline::card::Card;
use crate::pipeline::complaint::{self, Complaint, Round};
use crate::pipeline::definition::{Passing, Pipelines, Stage};
use crate::pipeline::{lead, offer};

/// One thing that a report counts, by the fields of its kind ([`Over::field`]).
pub trait Item {
    /// What it is.
    fn over(&self) -> Over;
    /// The record that it is about.
    fn record(&self) -> Option<RecordId>;
    /// A word.
    fn text(&self, field: &str) -> Option<Cow<'_, str>>;
    /// A number, or an amount of money.
    fn number(&self, field: &str) -> Option<Decimal>;
    /// A moment.
    fn time(&self, field: &str) -> Option<Instant>;
    /// In which currency its money is; `None`: nobody said.
    fn currency(&self) -> Option<&str>;
    /// How probable it is, in percent.
    fn probability(&self) -> Option<Decimal> {
        None
    }
    /// Whether sums lose by it: it was given back or called off.
    fn is_taken_back(&self) -> bool {
        false
    }
}

/// A status that cards have.
pub trait Decided: Copy {
    /// What passes through pipelines with it.
    const PASSING: Passing;
    /// Its word.
    fn word(self) -> &'static str;
}

impl Decided for offer::Status {
    const PASSING: Passing = Passing::Offers;

    fn word(self) -> &'static str {
        match self {
            offer::Status::Open => "open",
            offer::Status::Won => "won",
            offer::Status::Lost => "lost",
        }
    }
}

impl Decided for lead::Status {
    const PASSING: Passing = Passing::Leads;

    fn word(self) -> &'static str {
        match self {
            lead::Status::Open => "open",
            lead::Status::Qualified => "qualified",
            lead::Status::Disqualified => "disqualified",
        }
    }
}

/// An offer or a lead in its pipeline at a time. What names no pipeline is in the default one, what names no stage in
/// the first, and what has no probability of its own has that of its stage.
#[derive(Clone, Copy, Debug)]
pub struct Thing<'a, S> {
    card: &'a Card<S>,
    pipeline: &'a str,
    stage_name: Option<&'a str>,
    stage: Option<&'a Stage>,
    as_of: Instant,
}

impl<'a, S: Decided> Thing<'a, S> {
    /// The thing of a card, which stood so at the as-of.
    pub fn new(card: &'a Card<S>, pipelines: &'a Pipelines, as_of: Instant) -> Self {
        let (pipeline, definition) = pipelines.of(S::PASSING, card.pipeline.as_deref());
        let first = || definition.and_then(|known| known.stages.first()).map(|stage| &*stage.stage);
        let stage_name = card.stage.as_deref().or_else(first);
        let stage = definition.zip(stage_name).and_then(|(known, name)| known.stage(name)).map(|(_, stage)| stage);
        Self { card, pipeline, stage_name, stage, as_of }
    }
}

impl<S: Decided> Item for Thing<'_, S> {
    fn over(&self) -> Over {
        match S::PASSING {
            Passing::Offers => Over::Offers,
            Passing::Leads => Over::Leads,
        }
    }

    fn record(&self) -> Option<RecordId> {
        self.card.record
    }

    fn text(&self, field: &str) -> Option<Cow<'_, str>> {
        let card = self.card;
        let found = match field {
            "currency" => card.currency.as_deref(),
            "expected_close" => card.expected_close.as_deref(),
            "origin" => card.origin.as_deref(),
            "owner" => card.owner.as_deref(),
            "pipeline" => Some(self.pipeline),
            "product" => card.product.as_deref(),
            "product_group" => card.product_group.as_deref(),
            "reason_code" => card.reason_code.as_deref(),
            "stage" => self.stage_name,
            "status" => Some(card.status.word()),
            "team" => card.team.as_deref(),
            _ => None,
        };
        found.map(Cow::Borrowed)
    }

    fn number(&self, field: &str) -> Option<Decimal> {
        match field {
            "amount" => self.card.amount,
            "probability" => self.probability(),
            "days_in_stage" => Some(days(self.card.stage_since, self.card.closed_at.unwrap_or(self.as_of))),
            "days_open" => Some(days(self.card.opened_at, self.card.closed_at.unwrap_or(self.as_of))),
            _ => None,
        }
    }

    fn time(&self, field: &str) -> Option<Instant> {
        match field {
            "closed_at" => self.card.closed_at,
            "opened_at" => Some(self.card.opened_at),
            "stage_since" => Some(self.card.stage_since),
            _ => None,
        }
    }

    fn currency(&self) -> Option<&str> {
        self.card.currency.as_deref()
    }

    fn probability(&self) -> Option<Decimal> {
        let of_stage = || self.stage.and_then(|stage| stage.probability).map(|number| number.0);
        self.card.probability.or_else(of_stage)
    }
}

/// A complaint at a time, against the clock where opening hours are known.
#[derive(Clone, Copy, Debug)]
pub struct Complained<'a> {
    complaint: &'a Complaint,
    hours: Option<&'a BusinessHours>,
    as_of: Instant,
}

impl<'a> Complained<'a> {
    /// A complaint which stood so at the as-of. Without opening hours nobody can say what was `breached`.
    pub fn new(complaint: &'a Complaint, hours: Option<&'a BusinessHours>, as_of: Instant) -> Self {
        Self { complaint, hours, as_of }
    }

    fn breached(&self) -> Option<usize> {
        let hours = self.hours?;
        let breached = |round: &&Round| round.clock(hours, self.as_of).breached;
        Some(self.complaint.rounds.iter().filter(breached).count())
    }

    fn minutes_waited(&self) -> i64 {
        let waited = |round: &Round| {
            let until = round.until.map_or(self.as_of, |until| until.min(self.as_of));
            until.micros().saturating_sub(round.from.micros()).max(0)
        };
        let micros = self.complaint.rounds.iter().map(waited).fold(0, i64::saturating_add);
        micros / (60 * Instant::SECOND)
    }
}

impl Item for Complained<'_> {
    fn over(&self) -> Over {
        Over::Complaints
    }

    fn record(&self) -> Option<RecordId> {
        self.complaint.record
    }

    fn text(&self, field: &str) -> Option<Cow<'_, str>> {
        let found = match field {
            "channel" => self.complaint.channel.as_deref(),
            "outcome" => self.complaint.outcome.as_deref(),
            "source" => Some(&*self.complaint.name.0),
            "status" => Some(match self.complaint.status {
                complaint::Status::Waiting => "waiting",
                complaint::Status::Answered => "answered",
                complaint::Status::Closed => "closed",
            }),
            "topic" => self.complaint.topic.as_deref(),
            _ => None,
        };
        found.map(Cow::Borrowed)
    }

    fn number(&self, field: &str) -> Option<Decimal> {
        match field {
            "breached" => self.breached().map(Decimal::from),
            "days_open" => Some(days(self.complaint.opened_at, self.complaint.closed_at.unwrap_or(self.as_of))),
            "minutes_waited" => Some(self.minutes_waited().into()),
            "rounds" => Some(self.complaint.rounds.len().into()),
            _ => None,
        }
    }

    fn time(&self, field: &str) -> Option<Instant> {
        match field {
            "closed_at" => self.complaint.closed_at,
            "opened_at" => Some(self.complaint.opened_at),
            _ => None,
        }
    }

    fn currency(&self) -> Option<&str> {
        None
    }
}

/// Whole days of 24 hours; none when the second moment is not later.
fn days(from: Instant, until: Instant) -> Decimal {
    (until.micros().saturating_sub(from.micros()).max(0) / Instant::DAY).into()
}
