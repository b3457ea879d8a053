//! An offer, from its events.
//!
//! Facts count in their order (time, source, id), however they arrived. Whatever that order is, it ends in a defined
//! state:
//!
//! - `created` tells how the offer stood when it began. It fills in what no earlier fact spoke of and overrides nothing,
//!   so an offer that was won "before it was created" is won.
//! - `amended`, and members that stand beside a move or a win, replace; `null` clears.
//! - A move to another stage drops the offer's own probability, unless it brings one along. Moves of a closed offer are
//!   kept and do not open it.
//! - Of `won` and `lost` the later holds. The same once more changes the terms it names, never the time of closing.
//! - `reopened` opens a closed offer, and its days in the stage begin anew. What is open stays so.

use kulta_events::{Instant, RecordId, Recorded};
use serde::{Deserialize, Serialize};

use super::history::{Fact, History, Told};
use super::terms::{Number, Said, Terms, text};

/// What happened to an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferFact {
    /// What happened.
    #[serde(rename = "w")]
    pub what: What,
    /// The offer's own id in the system that says so.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Box<str>>,
    /// What it says of the offer's terms.
    #[serde(flatten)]
    pub terms: Terms,
    /// Why, as systems count it.
    #[serde(rename = "rc", default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<Box<str>>,
    /// The hash of a document.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
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
        let data = &event.payload.data;
        // A comment and a document say nothing of the terms; a document's title is its own.
        let speaks = !matches!(what, What::Commented | What::DocumentAttached);
        Some(Self {
            what,
            name: text(data, "offer"),
            terms: if speaks { Terms::read(event) } else { Terms::default() },
            reason_code: text(data, "reason_code"),
            hash: text(data, "hash").filter(|_| what == What::DocumentAttached),
        })
    }
}

/// All that was told of one offer; a row of the store.
pub type OfferHistory = History<OfferFact>;

/// Whether an offer is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not yet.
    Open,
    /// The customer took it.
    Won,
    /// It came to nothing.
    Lost,
}

/// How an offer stood from a time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Since when.
    pub at: Instant,
    /// By which event: its place in the log.
    pub position: u64,
    /// Whether it was decided.
    pub status: Status,
    /// In which pipeline; `None`: the default one.
    pub pipeline: Option<Box<str>>,
    /// In which stage; `None`: the first.
    pub stage: Option<Box<str>>,
    /// Why, as systems count it.
    pub reason_code: Option<Box<str>>,
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
    /// The source that named it first, and its own id there.
    pub name: (String, Option<Box<str>>),
    /// The record that it is made to: as amended last, else as created, else as first told.
    pub record: Option<RecordId>,
    record_by: Option<What>,
    /// Whether it is decided.
    pub status: Status,
    /// What is agreed or known.
    pub terms: Terms,
    /// When the first fact about it happened.
    pub opened_at: Instant,
    /// When `offer.created` happened, if it did.
    pub created_at: Option<Instant>,
    /// Since when it stands in its stage.
    pub stage_since: Instant,
    /// When it was won or lost, while it is.
    pub closed_at: Option<Instant>,
    /// Why it was won or lost, as systems count it, while it is.
    pub reason_code: Option<Box<str>>,
    /// The history of moves and decisions; the first is the beginning.
    pub turns: Vec<Turn>,
    /// The history of its sum; the first is the beginning.
    pub sums: Vec<Sum>,
    /// Positions of the comments, in the order of facts.
    pub comments: Vec<u64>,
    /// Its documents, in the order of facts.
    pub documents: Vec<Document>,
    /// When the last fact about it happened.
    pub changed_at: Instant,
    /// The highest position that shaped it.
    pub position: u64,
}

impl Offer {
    /// How it stands after these facts, which are in their order; `None` without any.
    pub fn of(told: &[Told<OfferFact>]) -> Option<Self> {
        let (first, later) = told.split_first()?;
        let mut offer = Self::begin(first);
        for told in later {
            offer.apply(told);
        }
        Some(offer)
    }

    /// How it stood before a time (`None`: how it stands).
    pub fn at(history: &OfferHistory, as_of: Option<Instant>) -> Option<Self> {
        Self::of(history.before(as_of))
    }

    /// How it stands after the first fact.
    pub(super) fn begin(first: &Told<OfferFact>) -> Self {
        let at = first.order.time;
        let mut offer = Self {
            name: (first.order.source.clone(), first.fact.name.clone()),
            record: None,
            record_by: None,
            status: Status::Open,
            terms: Terms::default(),
            opened_at: at,
            created_at: None,
            stage_since: at,
            closed_at: None,
            reason_code: None,
            turns: Vec::new(),
            sums: Vec::new(),
            comments: Vec::new(),
            documents: Vec::new(),
            changed_at: at,
            position: 0,
        };
        offer.apply(first);
        offer
    }

    /// How it stands after one more fact, which is later than all others.
    pub(super) fn apply(&mut self, told: &Told<OfferFact>) {
        let at = told.order.time;
        self.changed_at = at;
        self.position = self.position.max(told.position);
        self.belong(told);
        let fact = &told.fact;
        match fact.what {
            What::Created => self.create(at, &fact.terms),
            What::Amended => self.terms.take(fact.terms.clone()),
            What::StageChanged => self.go(at, &fact.terms),
            What::Won => self.close(told, Status::Won),
            What::Lost => self.close(told, Status::Lost),
            What::Reopened => self.reopen(at, &fact.terms),
            What::Commented => self.comments.push(told.position),
            What::DocumentAttached => {
                self.documents.push(Document { at, position: told.position, hash: fact.hash.clone() });
            }
        }
        self.note_turn(told);
        self.note_sum(told);
    }

    /// Whose offer it is.
    fn belong(&mut self, told: &Told<OfferFact>) {
        let holds = match (told.fact.what, self.record_by) {
            (_, None) | (What::Amended, _) => true,
            (What::Created, by) => !matches!(by, Some(What::Created | What::Amended)),
            _ => false,
        };
        if holds && told.record.is_some() {
            self.record = told.record;
            self.record_by = Some(told.fact.what);
        }
    }

    fn create(&mut self, at: Instant, begun: &Terms) {
        self.created_at = self.created_at.or(Some(at));
        self.terms.fill(begun.clone());
        // The place where it began is that of all turns that name none.
        for turn in &mut self.turns {
            turn.pipeline = turn.pipeline.take().or_else(|| begun.pipeline.value().cloned());
            turn.stage = turn.stage.take().or_else(|| begun.stage.value().cloned());
        }
    }

    /// Takes the terms that stand beside a move; another place begins at `at`.
    fn go(&mut self, at: Instant, terms: &Terms) {
        let place = |terms: &Terms| (terms.pipeline.clone(), terms.stage.clone());
        let before = place(&self.terms);
        self.terms.take(terms.clone());
        if place(&self.terms) != before {
            self.stage_since = at;
            if terms.probability.is_silent() && !self.terms.probability.is_silent() {
                self.terms.probability = Said::Cleared;
            }
        }
    }

    fn close(&mut self, told: &Told<OfferFact>, status: Status) {
        self.terms.take(told.fact.terms.clone());
        if self.status != status {
            self.status = status;
            self.closed_at = Some(told.order.time);
            self.reason_code = None;
        }
        if told.fact.reason_code.is_some() {
            self.reason_code.clone_from(&told.fact.reason_code);
        }
    }

    fn reopen(&mut self, at: Instant, terms: &Terms) {
        self.go(at, terms);
        if self.status != Status::Open {
            self.status = Status::Open;
            self.closed_at = None;
            self.reason_code = None;
            self.stage_since = at;
        }
    }

    fn note_turn(&mut self, told: &Told<OfferFact>) {
        let (pipeline, stage) = (self.terms.pipeline.value(), self.terms.stage.value());
        let same = self.turns.last().is_some_and(|last| {
            last.status == self.status && last.pipeline.as_ref() == pipeline && last.stage.as_ref() == stage
        });
        if !same {
            self.turns.push(Turn {
                at: told.order.time,
                position: told.position,
                status: self.status,
                pipeline: pipeline.cloned(),
                stage: stage.cloned(),
                reason_code: told.fact.reason_code.clone(),
            });
        }
    }

    fn note_sum(&mut self, told: &Told<OfferFact>) {
        let (amount, currency) = (self.terms.amount.value(), self.terms.currency.value());
        let same =
            self.sums.last().is_some_and(|last| last.amount.as_ref() == amount && last.currency.as_ref() == currency);
        if !same {
            let (amount, currency) = (amount.copied(), currency.cloned());
            self.sums.push(Sum { at: told.order.time, position: told.position, amount, currency });
        }
    }
}
