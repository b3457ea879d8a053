//! An offer or a lead as boards and reports take it, and how it stood at any time.

use kulta_events::{Instant, RecordId};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::history::History;
use super::standing::{Passes, Standing};
use super::terms::{Number, Said};
use super::{lead, offer};

/// A thing as boards and reports take it. `S` says
/// whether it is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card<S> {
    /// The thing: the UUID of its stream.
    pub id: Uuid,
    /// The record that it is about.
    pub record: Option<RecordId>,
    /// Which pipeline; `None`: the default one.
    pub pipeline: Option<Box<str>>,
    /// Which stage; `None`: the first.
    pub stage: Option<Box<str>>,
    /// Whether it is decided.
    pub status: S,
    /// The sum, in `currency`.
    pub amount: Option<Decimal>,
    /// ISO 4217.
    pub currency: Option<Box<str>>,
    /// Its own probability, in percent; `None`: that of its stage.
    pub probability: Option<Decimal>,
    /// Who works on it.
    pub owner: Option<Box<str>>,
    /// Whose it is.
    pub team: Option<Box<str>>,
    /// What is to be sold.
    pub product: Option<Box<str>>,
    /// To which group that belongs.
    pub product_group: Option<Box<str>>,
    /// Where the business came from.
    pub origin: Option<Box<str>>,
    /// Why it was decided so, as systems count it, while it is.
    pub reason_code: Option<Box<str>>,
    /// What it is called; `None` when it is erased.
    pub title: Option<Box<str>>,
    /// When it began.
    pub opened_at: Instant,
    /// Since when it stands in its stage.
    pub stage_since: Instant,
    /// When it was decided, while it is.
    pub closed_at: Option<Instant>,
    /// When it is expected to be decided, `YYYY-MM-DD`.
    pub expected_close: Option<Box<str>>,
}

/// The card of an offer.
pub type OfferCard = Card<offer::Status>;
/// The card of a lead.
pub type LeadCard = Card<lead::Status>;

/// What a board needs of a thing, borrowed from wherever it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile<'a> {
    /// Which stage; `None`: the first.
    pub stage: Option<&'a str>,
    /// The sum, in `currency`.
    pub amount: Option<Decimal>,
    /// ISO 4217.
    pub currency: Option<&'a str>,
    /// Its own probability, in percent; `None`: that of its stage.
    pub probability: Option<Decimal>,
    /// Since when it stands in its stage.
    pub stage_since: Instant,
}

impl<S: Copy + PartialEq> Card<S> {
    /// The card of a thing.
    pub fn of(id: Uuid, standing: &Standing<S>) -> Self {
        fn text(said: &Said<Box<str>>) -> Option<Box<str>> {
            said.value().cloned()
        }
        fn number(said: &Said<Number>) -> Option<Decimal> {
            said.value().map(|number| number.0)
        }
        let terms = &standing.terms;
        Self {
            id,
            record: standing.record,
            pipeline: text(&terms.pipeline),
            stage: text(&terms.stage),
            status: standing.status,
            amount: number(&terms.amount),
            currency: text(&terms.currency),
            probability: number(&terms.probability),
            owner: text(&terms.owner),
            team: text(&terms.team),
            product: text(&terms.product),
            product_group: text(&terms.product_group),
            origin: text(&terms.origin),
            reason_code: standing.reason_code.clone(),
            title: text(&terms.title),
            opened_at: standing.opened_at,
            stage_since: standing.stage_since,
            closed_at: standing.closed_at,
            expected_close: text(&terms.expected_close),
        }
    }

    /// The card as it was before a time (`None`: as it is); `None` when there was no such thing then.
    pub fn at<P: Passes<Status = S>>(id: Uuid, history: &History<P::Fact>, as_of: Option<Instant>) -> Option<Self> {
        P::at(history, as_of).map(|thing| Self::of(id, thing.standing()))
    }

    /// What a board needs of it.
    pub fn tile(&self) -> Tile<'_> {
        Tile {
            stage: self.stage.as_deref(),
            amount: self.amount,
            currency: self.currency.as_deref(),
            probability: self.probability,
            stage_since: self.stage_since,
        }
    }
}
