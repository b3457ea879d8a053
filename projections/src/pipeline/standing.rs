//! Where an offer or a lead stands in its pipeline, and how it came there.

use kulta_events::{Instant, Order, RecordId};

use super::history::{History, Told};
use super::terms::{Said, Terms};

/// How much a fact's word on whose the thing is counts; of equal ones the later holds, except that the first that was
/// created stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// It only names the thing: the first does.
    Named,
    /// It tells of the beginning.
    Created,
    /// It changes.
    Amended,
}

/// How a thing stood from a time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn<S> {
    /// Since when.
    pub at: Instant,
    /// By which event: its place in the log.
    pub position: u64,
    /// Whether it was decided.
    pub status: S,
    /// In which pipeline; `None`: the default one.
    pub pipeline: Option<Box<str>>,
    /// In which stage; `None`: the first.
    pub stage: Option<Box<str>>,
    /// Why, as systems count it.
    pub reason_code: Option<Box<str>>,
}

/// Where a thing stands. `S` says whether it is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing<S> {
    /// The source that named it first, and its own id there.
    pub name: (String, Option<Box<str>>),
    /// The record that it is about: as amended last, else as created, else as first told.
    pub record: Option<RecordId>,
    record_by: Option<Weight>,
    /// Whether it is decided.
    pub status: S,
    /// What is agreed or known.
    pub terms: Terms,
    /// When the first fact about it happened.
    pub opened_at: Instant,
    /// When its creation happened, if that was told.
    pub created_at: Option<Instant>,
    /// Since when it stands in its stage.
    pub stage_since: Instant,
    /// When it was decided, while it is.
    pub closed_at: Option<Instant>,
    /// Why it was decided so, as systems count it, while it is.
    pub reason_code: Option<Box<str>>,
    /// The history of moves and decisions; the first is the beginning.
    pub turns: Vec<Turn<S>>,
    /// When the last fact about it happened.
    pub changed_at: Instant,
    /// The highest position that shaped it.
    pub position: u64,
}

/// What passes through a pipeline: an offer, a lead.
pub trait Passes: Sized {
    /// What one event says of it.
    type Fact;
    /// Whether it is decided.
    type Status: Copy + PartialEq;

    /// How it stands after the first fact.
    fn begin(first: &Told<Self::Fact>) -> Self;

    /// How it stands after one more fact, which is later than all others.
    fn apply(&mut self, told: &Told<Self::Fact>);

    /// Where it stands.
    fn standing(&self) -> &Standing<Self::Status>;

    /// How it stands after these facts, which are in their order; `None` without any.
    fn of(told: &[Told<Self::Fact>]) -> Option<Self> {
        let (first, later) = told.split_first()?;
        let mut thing = Self::begin(first);
        for told in later {
            thing.apply(told);
        }
        Some(thing)
    }

    /// How it stood before a time (`None`: how it stands).
    fn at(history: &History<Self::Fact>, as_of: Option<Instant>) -> Option<Self> {
        Self::of(history.before(as_of))
    }
}

impl<S: Copy + PartialEq> Standing<S> {
    /// A thing of which nothing is known yet but who named it first, and when.
    pub(super) fn begin(order: &Order, name: Option<Box<str>>, open: S) -> Self {
        let at = order.time;
        Self {
            name: (order.source.clone(), name),
            record: None,
            record_by: None,
            status: open,
            terms: Terms::default(),
            opened_at: at,
            created_at: None,
            stage_since: at,
            closed_at: None,
            reason_code: None,
            turns: Vec::new(),
            changed_at: at,
            position: 0,
        }
    }

    pub(super) fn meet(&mut self, at: Instant, position: u64) {
        self.changed_at = at;
        self.position = self.position.max(position);
    }

    /// Whose it is.
    pub(super) fn belong(&mut self, record: Option<RecordId>, weight: Weight) {
        let holds = self.record_by.is_none_or(|by| weight > by || weight == Weight::Amended);
        if holds && record.is_some() {
            (self.record, self.record_by) = (record, Some(weight));
        }
    }

    /// Takes what is said of the beginning.
    pub(super) fn create(&mut self, at: Instant, begun: &Terms) {
        self.created_at = self.created_at.or(Some(at));
        self.terms.fill(begun.clone());
        // The place where it began is that of all turns that name none.
        for turn in &mut self.turns {
            turn.pipeline = turn.pipeline.take().or_else(|| begun.pipeline.value().cloned());
            turn.stage = turn.stage.take().or_else(|| begun.stage.value().cloned());
        }
    }

    /// Takes the terms that stand beside a move; another place begins at `at`.
    pub(super) fn go(&mut self, at: Instant, terms: &Terms) {
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

    /// It is decided.
    pub(super) fn close(&mut self, at: Instant, status: S, terms: &Terms, reason_code: Option<&str>) {
        self.terms.take(terms.clone());
        if self.status != status {
            (self.status, self.closed_at, self.reason_code) = (status, Some(at), None);
        }
        if let Some(code) = reason_code {
            self.reason_code = Some(code.into());
        }
    }

    /// It is open again; what is open stays so.
    pub(super) fn open(&mut self, at: Instant, open: S) {
        if self.status != open {
            (self.status, self.closed_at, self.reason_code) = (open, None, None);
            self.stage_since = at;
        }
    }

    /// Notes how it stands now, when that is news.
    pub(super) fn note_turn(&mut self, at: Instant, position: u64, reason_code: Option<&str>) {
        let (pipeline, stage) = (self.terms.pipeline.value(), self.terms.stage.value());
        let same = self.turns.last().is_some_and(|last| {
            last.status == self.status && last.pipeline.as_ref() == pipeline && last.stage.as_ref() == stage
        });
        if !same {
            let (pipeline, stage, status) = (pipeline.cloned(), stage.cloned(), self.status);
            self.turns.push(Turn { at, position, status, pipeline, stage, reason_code: reason_code.map(Into::into) });
        }
    }
}
