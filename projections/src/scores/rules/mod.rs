//! A rule set: what a rule file says, parsed and checked. INTERFACES section 5 has the form and its semantics.
//!
//! | where | what |
//! |---|---|
//! | [`Facets`] | which event types there are, and what a rule may read of each |
//! | [`RuleSet::parse`] | from the text of a file, or everything that is wrong with it |
//! | [`RuleSet::in_words`] | what it does, for people who did not write it |
//! | [`RuleSet::canonical`] | the same text for files that say the same |
//! | [`RuleSet::reads`] | what has to be loaded for it |
//! | [`RuleSet::warnings`] | what is allowed and yet worth a second look |
//!
//! To add a key to a rule: a field here, its reading under `parse/`, its line in `canonical.rs` and its words in
//! `words.rs`, and refusals in the table of `parse/tests`.

mod canonical;
mod error;
mod facets;
mod parse;
mod reads;
mod warnings;
mod words;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

pub use error::RuleError;
pub(crate) use facets::kind_of;
pub use facets::{Facet, Facets};
pub use reads::{Reads, RuleReads};
pub use warnings::Warning;

use crate::expr::Expression;

/// A checked rule set.
#[derive(Clone, Debug)]
pub struct RuleSet {
    /// Its name; every version of a rule set has the same.
    pub name: Box<str>,
    /// In which calendar windows and whole days are counted.
    pub zone: TimeZone,
    /// The one currency that money facets are converted to; `None`: amounts are taken as written.
    pub money: Option<Money>,
    /// In the order of the file.
    pub rules: Vec<Rule>,
    /// The highest first.
    pub grades: Vec<Grade>,
}

/// How money facets become amounts of one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Money {
    /// The currency, which needs no rate.
    pub currency: Box<str>,
    /// For other currencies, by code: the rates, the earliest first.
    pub rates: Vec<(Box<str>, Vec<Rate>)>,
}

/// What one unit of a currency is worth from a moment on, until the next rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub from: i64,
    /// In the currency of the rule set.
    pub rate: Decimal,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Unique in its rule set.
    pub id: Box<str>,
    /// For what it gives points.
    pub pays: Pays,
    /// Times of events (or of the ends of gaps) that count, half-open, microseconds since 1970-01-01T00:00:00Z;
    /// `i64::MIN` and `i64::MAX` where an end is open.
    pub valid: (i64, i64),
    /// The most that a window may give or take.
    pub cap: Option<Cap>,
    /// Days after which points are worth half, above zero.
    pub half_life_days: Option<Decimal>,
    /// The age in days at which points are dropped, above zero.
    pub expires_after_days: Option<u32>,
}

/// For what a rule gives points.
#[derive(Clone, Debug)]
pub enum Pays {
    /// For events.
    Events(ForEvents),
    /// For what did not happen.
    Absence(ForAbsence),
}

/// Points for events.
#[derive(Clone, Debug)]
pub struct ForEvents {
    /// Event types, at least one, none twice.
    pub on: Vec<Box<str>>,
    /// Those of them whose points, or measure, count with the other sign.
    pub negated: Vec<Box<str>>,
    /// Which events count.
    pub when: Option<Expression>,
    /// How many events of a window count, the first ones.
    pub limit: Option<Limit>,
    /// How many of them it takes.
    pub at_least: Option<AtLeast>,
    /// What an event that counts is worth.
    pub worth: Worth,
}

/// What an event is worth.
#[derive(Clone, Debug)]
pub enum Worth {
    /// These points.
    Points(Expression),
    /// Marginal tiers over a sum.
    Tiers(Tiers),
}

/// Marginal tiers over the sum of a measure: an event is credited T(sum after) − T(sum before), T = 0 below zero.
#[derive(Clone, Debug)]
pub struct Tiers {
    /// What is summed.
    pub measure: Expression,
    /// Over which window.
    pub per: Window,
    /// The lowest first; beyond the last one's end nothing more is earned.
    pub tiers: Vec<Tier>,
}

/// Points per unit of a part of a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Where the tier ends; `None`: nowhere (only the last).
    pub up_to: Option<Decimal>,
    /// Points per unit.
    pub rate: Decimal,
}

/// Points for gaps of so many whole days without an event.
#[derive(Clone, Debug)]
pub struct ForAbsence {
    /// The event types that end a gap, at least one, none twice.
    pub on: Vec<Box<str>>,
    /// The length of a gap in calendar days, above zero.
    pub days: u32,
    /// Whether counting starts at the customer's first event of any type, not at the first of these.
    pub from_first_event: bool,
    /// What a gap is worth; reads nothing but `customer.…`.
    pub points: Expression,
}

/// A stretch of the calendar, in the rule set's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// A day.
    Day,
    /// An ISO week, from Monday.
    Week,
    /// A month.
    Month,
    /// A quarter.
    Quarter,
    /// A year.
    Year,
    /// All time.
    Lifetime,
}

/// The most events that count in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Above zero.
    pub count: u32,
    /// The window.
    pub per: Window,
}

/// Pays once, at the event that completes the count; the events counted are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtLeast {
    /// Above zero.
    pub count: u32,
    /// The first and the last of them lie on days fewer than this apart, above zero.
    pub within_days: u32,
}

/// Keeps a window's running sum of points within −points … +points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// Zero or above.
    pub points: Decimal,
    /// The window.
    pub per: Window,
}

/// A grade, and what it promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grade {
    /// Unique in its rule set.
    pub name: Box<str>,
    /// From how many points on.
    pub from: Decimal,
    /// The level of service, in words.
    pub service: Option<Box<str>>,
    /// What serving such a customer may take in a year.
    pub allows: Allowance,
}

/// What serving a customer may take in a year; `None`: not said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Minutes of work.
    pub minutes_per_year: Option<Decimal>,
    /// Cost, in the currency of the rule set or, without one, as written.
    pub cost_per_year: Option<Decimal>,
}

impl Window {
    /// Every window, the shortest first.
    pub const ALL: [Window; 6] =
        [Window::Day, Window::Week, Window::Month, Window::Quarter, Window::Year, Window::Lifetime];

    /// Its name in a rule file.
    pub fn name(self) -> &'static str {
        match self {
            Window::Day => "day",
            Window::Week => "week",
            Window::Month => "month",
            Window::Quarter => "quarter",
            Window::Year => "year",
            Window::Lifetime => "lifetime",
        }
    }
}

impl RuleSet {
    /// The grade of so many points; `None` below the lowest.
    pub fn grade(&self, points: Decimal) -> Option<&Grade> {
        self.grades.iter().find(|grade| points >= grade.from)
    }
}
