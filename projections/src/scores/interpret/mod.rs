//! The score of one customer, by the letter of the rules, with every part of it explained.
//!
//! This is the meaning of a rule set: rule by rule, event by event, in decimals of any length. What computes the scores
//! of many customers at once must give the same parts.
//!
//! Per rule: type, `valid`, `when`, `limit`, `at_least`, points or tiers (with their sign), `cap`; then half-life or
//! expiry at as-of. An event without a facet that the rule came to read, and one whose money cannot be converted, is
//! none of that rule's events: it fills no limit and completes no count. It is counted, so that a report can say so.
//! Any other fault of an expression refuses the score, when the points in question come to be credited.

mod absence;
pub(crate) mod counts;
mod error;
mod events;
mod in_force;
mod ledger;
mod scope;

use std::collections::BTreeSet;

use bigdecimal::BigDecimal;
use rust_decimal::Decimal;

pub use error::{Fault, Refusal, ScoreError};
pub use in_force::{InForce, ScoredInForce, in_force_at};

use super::calendar::Calendar;
use super::exact::{exact, total};
use super::half_life::HalfLife;
use super::rules::{Pays, Rule, RuleSet};
use crate::expr::Scope;

/// An event of the customer as the rules see it.
#[derive(Clone, Copy)]
pub struct Event<'a> {
    /// When it happened, microseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
    /// Its type, such as `purchase.made`.
    pub kind: &'a str,
    /// Facets by name, `attributes.x`, `type`, `source`, `unit` and `time`.
    pub facts: &'a dyn Scope,
}

/// Whether a facet (second) of an event type (first) is an amount of the event's currency.
pub type IsMoney<'a> = &'a (dyn Fn(&str, &str) -> bool + Sync);

/// Computes scores by one rule set at one as-of.
pub struct Interpreter<'a> {
    set: &'a RuleSet,
    is_money: IsMoney<'a>,
    calendar: Calendar,
    /// Times of events that are seen, half-open.
    seen: (i64, i64),
    /// The day of as-of.
    today: i32,
    /// By rule.
    half_lives: Vec<Option<HalfLife>>,
}

/// A part of a score: what one rule gave for one event or one gap.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The rule, by its place in the rule set.
    pub rule: usize,
    /// The event, by its place in the list that was handed in; `None` for a gap.
    pub event: Option<usize>,
    /// When the event happened, or when the gap had its length; microseconds since 1970-01-01T00:00:00Z.
    pub at: i64,
    /// Points as credited, before age took from them.
    pub credited: BigDecimal,
    /// What age left of a point, where the rule has a half-life.
    pub factor: Option<Decimal>,
    /// Points at as-of.
    pub points: BigDecimal,
}

/// A score and what it consists of.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// In the order of the rules, and for each rule of time; none with zero points.
    pub parts: Vec<Part>,
    /// The sum of the parts.
    pub exact: BigDecimal,
    /// The sum rounded half-even to 4 decimals.
    pub total: Decimal,
    /// What rounding added to the sum of the parts; `None` where it added nothing.
    pub rounding: Option<BigDecimal>,
    /// By rule: events, or gaps, to which it did not apply because a value that it came to read is missing.
    pub missing: Vec<u64>,
    /// By rule: events that it left out because their money could not be converted.
    pub without_rate: Vec<u64>,
    /// The currencies of money that a rule read.
    pub currencies: BTreeSet<Box<str>>,
}

impl<'a> Interpreter<'a> {
    /// An interpreter of a rule set.
    ///
    /// Events and ends of gaps are seen from `seen.0` until `seen.1`, and none at or after `as_of`, at which ages are
    /// measured (microseconds since 1970-01-01T00:00:00Z; `i64::MIN` and `i64::MAX` where an end is open).
    pub fn new(set: &'a RuleSet, is_money: IsMoney<'a>, seen: (i64, i64), as_of: i64) -> Self {
        let seen = (seen.0, seen.1.min(as_of));
        let calendar = Calendar::new(set.zone.clone(), seen.0, as_of);
        let today = calendar.day(as_of);
        let oldest = age(today, calendar.day(seen.0));
        let half_life = |rule: &Rule| rule.half_life_days.and_then(|days| HalfLife::new(days, oldest));
        let half_lives = set.rules.iter().map(half_life).collect();
        Self { set, is_money, calendar, seen, today, half_lives }
    }

    /// The score of a customer with these events, in (time, source, id) order. `customer` holds the facts of the
    /// customer, under their names as expressions write them, `customer.…`.
    ///
    /// # Errors
    /// When an expression fails for an event or a gap that it is to give points for (the first rule, its first event),
    /// and when the total has more than 28 digits.
    pub fn score(&self, events: &[Event<'_>], customer: &dyn Scope) -> Result<Scored, ScoreError> {
        let mut found = Found { missing: vec![0; self.set.rules.len()], ..Found::default() };
        found.without_rate = found.missing.clone();
        for (index, rule) in self.set.rules.iter().enumerate() {
            let run = Run { interpreter: self, index, rule, events, customer };
            match &rule.pays {
                Pays::Events(pays) => run.events(pays, &mut found)?,
                Pays::Absence(pays) => run.absence(pays, &mut found)?,
            }
        }
        found.scored()
    }

    fn sees(&self, at: i64) -> bool {
        (self.seen.0..self.seen.1).contains(&at)
    }
}

/// One rule over the events of one customer.
struct Run<'r, 'a> {
    interpreter: &'r Interpreter<'a>,
    index: usize,
    rule: &'r Rule,
    events: &'r [Event<'r>],
    customer: &'r dyn Scope,
}

impl<'r> Run<'r, '_> {
    /// The events that are seen, with their places.
    fn seen(&self) -> impl Iterator<Item = (usize, &'r Event<'r>)> {
        self.events.iter().enumerate().filter(|(_, event)| self.interpreter.sees(event.at))
    }

    fn is_valid(&self, at: i64) -> bool {
        let (from, to) = self.rule.valid;
        from <= at && (at < to || to == i64::MAX)
    }
}

/// What is found on the way.
#[derive(Default)]
struct Found {
    parts: Vec<Part>,
    missing: Vec<u64>,
    without_rate: Vec<u64>,
    currencies: BTreeSet<Box<str>>,
}

impl Found {
    fn scored(self) -> Result<Scored, ScoreError> {
        let sum = self.parts.iter().map(|part| &part.points).sum();
        let (total, rounding) = rounded(&sum)?;
        let Self { parts, missing, without_rate, currencies } = self;
        Ok(Scored { parts, exact: sum, total, rounding, missing, without_rate, currencies })
    }
}

/// The total of a sum, and what rounding added, where it added anything.
fn rounded(sum: &BigDecimal) -> Result<(Decimal, Option<BigDecimal>), ScoreError> {
    let total = total(sum).ok_or(ScoreError::TotalTooLong)?;
    let rounding = exact(total) - sum;
    Ok((total, (rounding != BigDecimal::default()).then_some(rounding)))
}

/// Calendar days from one day to another; none where clocks that were set back across midnight made the day come again.
fn age(today: i32, day: i32) -> u32 {
    u32::try_from(i64::from(today) - i64::from(day)).unwrap_or(0)
}

#[cfg(test)]
mod tests;
