//! The rules in force then: every published version over the events of its own time.

use bigdecimal::BigDecimal;
use rust_decimal::Decimal;

use super::{Event, Interpreter, IsMoney, ScoreError, Scored, rounded};
use crate::expr::Scope;
use crate::scores::rules::{Grade, RuleSet};

/// Computes scores by the versions of a rule set, each in force from its time until that of the next.
pub struct InForce<'a> {
    versions: Vec<Interpreter<'a>>,
    grading: Option<&'a RuleSet>,
}

/// A score by several versions of a rule set.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredInForce {
    /// What each version gave, with a total of its own; those totals do not sum to the total where they were rounded.
    pub versions: Vec<Scored>,
    /// The sum of all parts.
    pub exact: BigDecimal,
    /// The sum rounded half-even to 4 decimals.
    pub total: Decimal,
    /// What rounding added to the sum of the parts; `None` where it added nothing.
    pub rounding: Option<BigDecimal>,
}

/// The version in force at a time (microseconds since 1970-01-01T00:00:00Z), by its place; `versions` hold when each
/// comes into force, the earliest first, and of two at the same time the later one holds.
pub fn in_force_at<T>(versions: &[(i64, T)], at: i64) -> Option<usize> {
    versions.partition_point(|(from, _)| *from <= at).checked_sub(1)
}

impl<'a> InForce<'a> {
    /// An interpreter of versions, each with the time (microseconds since 1970-01-01T00:00:00Z) from which on it is in
    /// force, the earliest first. A version sees events and ends of gaps of its time only, and none at or after
    /// `as_of`.
    pub fn new(versions: &[(i64, &'a RuleSet)], is_money: IsMoney<'a>, as_of: i64) -> Self {
        let until = |index: usize| versions.get(index + 1).map_or(i64::MAX, |(from, _)| *from);
        let interpreter = |(index, (from, set)): (usize, &(i64, &'a RuleSet))| {
            Interpreter::new(set, is_money, (*from, until(index)), as_of)
        };
        let grading = in_force_at(versions, as_of).map(|index| versions[index].1);
        Self { versions: versions.iter().enumerate().map(interpreter).collect(), grading }
    }

    /// The score of a customer; see [`Interpreter::score`].
    ///
    /// # Errors
    /// As [`Interpreter::score`], with the place of the version.
    pub fn score(&self, events: &[Event<'_>], customer: &dyn Scope) -> Result<ScoredInForce, (usize, ScoreError)> {
        let mut versions = Vec::with_capacity(self.versions.len());
        for (index, version) in self.versions.iter().enumerate() {
            versions.push(version.score(events, customer).map_err(|error| (index, error))?);
        }
        let sum = versions.iter().map(|scored| &scored.exact).sum();
        let last = versions.len().saturating_sub(1);
        let (total, rounding) = rounded(&sum).map_err(|error| (last, error))?;
        Ok(ScoredInForce { versions, exact: sum, total, rounding })
    }

    /// The grade of a total by the version in force at as-of.
    pub fn grade(&self, total: Decimal) -> Option<&'a Grade> {
        self.grading.and_then(|set| set.grade(total))
    }
}
