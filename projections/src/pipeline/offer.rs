//! An offer, from its events.
//!
//! Facts count in their order (time, source, id), however they arrived. Whatever that order is, it ends in a defined
//! state:
//!
//! - `created` tells how the offer stood when it began. It fills in what no earlier fact spoke of and overrides
//!   nothing, so an offer that was won "before it was created" is won.
//! - `amended`, and members that stand beside a move or a win, replace; `null` clears.
//! - A move to another stage drops the offer's own probability, unless it brings one along. Moves of a closed offer are
//!   kept and do not open it.
//! - Of `won` and `lost` the later holds. The same once more changes the terms it names, never the time of closing.
//! - `reopened` opens a closed offer, and its days in the stage begin anew. What is open stays so.

use kulta_events::{Instant, Recorded};
use serde::Serialize;

use super::history::{Fact, History, Told};
use super::standing::{Passes, Standing, Weight};
use super::terms::{Number, Terms, word};

/// What happened to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// `offer.created`
    Created,
    /// `offer.amended`
    Amended,
    /// `offer.stage_changed`
    StageChanged,
    /// `offer.won`
    Won,
    /// `offer.lost`
    Lost,
    /// `offer.reopened`
    Reopened,
    /// `offer.commented`
    Commented,
    /// `offer.document_attached`
    DocumentAttached,
}

/// What one event says of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferFact {
    /// What happened.
    pub what: What,
    /// The offer's own id in the system that says so.
    pub name: Option<Box<str>>,
    /// What it says of the offer's terms.
    pub terms: Terms,
    /// Why, as systems count it.
    pub reason_code: Option<Box<str>>,
    /// The hash of a document.
    pub hash: Option<Box<str>>,
}

impl Fact for OfferFact {
    fn read(event: &Recorded) -> Option<Self> {
        let what = match event.type_name.strip_prefix("offer.")? {
            "created" => What::Created,
            "amended" => What::Amended,
            "stage_changed" => What::StageChanged,
            "won" => What::Won,
            "lost" => What::Lost,
            "reopened" => What::Reopened,
            "commented" => What::Commented,
            "document_attached" => What::DocumentAttached,
            _ => return None,
        };
        // A comment and a document say nothing of the terms; a document's title is its own.
        let speaks = !matches!(what, What::Commented | What::DocumentAttached);
        Some(Self {
            what,
            name: word(event, "offer"),
            terms: if speaks { Terms::read(event) } else { Terms::default() },
            reason_code: word(event, "reason_code"),
            hash: word(event, "hash"),
        })
    }
}

/// All that was told of one offer.
pub type OfferHistory = History<OfferFact>;

/// Whether an offer is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not yet.
    Open,
    /// The customer took it.
    Won,
    /// It came to nothing.
    Lost,
}

/// What an offer was worth from a time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Since when.
    pub at: Instant,
    /// By which event: its place in the log.
    pub position: u64,
    /// How much; `None`: nobody knew.
    pub amount: Option<Number>,
    /// ISO 4217.
    pub currency: Option<Box<str>>,
}

/// A document that belongs to an offer. Its name stands in the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// When it was attached.
    pub at: Instant,
    /// By which event: its place in the log.
    pub position: u64,
    /// The hash of its content.
    pub hash: Option<Box<str>>,
}

/// How an offer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Where it stands, whose it is, what is agreed, and how it came there.
    pub standing: Standing<Status>,
    /// The history of its sum; the first is the beginning.
    pub sums: Vec<Sum>,
    /// Positions of the comments, in the order of facts.
    pub comments: Vec<u64>,
    /// Its documents, in the order of facts.
    pub documents: Vec<Document>,
}

impl Passes for Offer {
    type Fact = OfferFact;
    type Status = Status;

    fn begin(first: &Told<OfferFact>) -> Self {
        let standing = Standing::begin(&first.order, first.fact.name.clone(), Status::Open);
        let mut offer = Self { standing, sums: Vec::new(), comments: Vec::new(), documents: Vec::new() };
        offer.apply(first);
        offer
    }

    fn apply(&mut self, told: &Told<OfferFact>) {
        let (at, fact, position) = (told.order.time, &told.fact, told.position);
        let weight = match fact.what {
            What::Amended => Weight::Amended,
            What::Created => Weight::Created,
            _ => Weight::Named,
        };
        let standing = &mut self.standing;
        standing.meet(at, position);
        standing.belong(told.record, weight);
        match fact.what {
            What::Created => standing.create(at, &fact.terms),
            What::Amended => standing.terms.take(fact.terms.clone()),
            What::StageChanged => standing.go(at, &fact.terms),
            What::Won => standing.close(at, Status::Won, &fact.terms, fact.reason_code.as_deref()),
            What::Lost => standing.close(at, Status::Lost, &fact.terms, fact.reason_code.as_deref()),
            What::Reopened => {
                standing.go(at, &fact.terms);
                standing.open(at, Status::Open);
            }
            What::Commented => self.comments.push(position),
            What::DocumentAttached => self.documents.push(Document { at, position, hash: fact.hash.clone() }),
        }
        standing.note_turn(at, position, fact.reason_code.as_deref());
        self.note_sum(at, position);
    }

    fn standing(&self) -> &Standing<Status> {
        &self.standing
    }
}

impl Offer {
    fn note_sum(&mut self, at: Instant, position: u64) {
        let terms = &self.standing.terms;
        let (amount, currency) = (terms.amount.value(), terms.currency.value());
        let same =
            self.sums.last().is_some_and(|last| last.amount.as_ref() == amount && last.currency.as_ref() == currency);
        if !same {
            self.sums.push(Sum { at, position, amount: amount.copied(), currency: currency.cloned() });
        }
    }
}

#[cfg(test)]
mod tests;
