//! The score of one customer: the total, by rules, by units, and part by part.

use std::collections::{BTreeMap, BTreeSet};

use bigdecimal::BigDecimal;
use rust_decimal::Decimal;

use super::facts::Facts;
use super::interpret::{self, InForce, IsMoney, ScoreError, ScoredInForce};
use super::replay::RowScope;
use super::rules::{Grade, RuleSet};
use crate::expr::Scope;

/// A score, told.
#[derive(Clone, Debug)]
pub struct Summary<'a> {
    /// The sum rounded half-even to 4 decimals.
    pub total: Decimal,
    /// The sum of all parts.
    pub exact: BigDecimal,
    /// What rounding added to the sum; `None` where it added nothing.
    pub rounding: Option<BigDecimal>,
    /// The grade of the total, by the version in force at as-of.
    pub grade: Option<&'a Grade>,
    /// Every rule of every version that counts.
    pub rules: Vec<OfRule<'a>>,
    /// Points by business unit; `None`: of events without one, and of gaps.
    pub units: BTreeMap<Option<Box<str>>, BigDecimal>,
    /// The currencies of money that a rule read.
    pub currencies: BTreeSet<Box<str>>,
    /// By version, rule and time; none with zero points.
    pub parts: Vec<Part<'a>>,
}

/// What a rule gave.
#[derive(Clone, Debug)]
pub struct OfRule<'a> {
    /// The version, by its place.
    pub version: usize,
    /// The rule.
    pub rule: &'a str,
    /// Its points.
    pub points: BigDecimal,
    /// Events, or gaps, to which it did not apply because a value that it came to read is missing.
    pub missing: u64,
    /// Events that it left out because their money could not be converted.
    pub without_rate: u64,
}

/// What a rule gave for one event or one gap.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// The version, by its place.
    pub version: usize,
    /// The rule.
    pub rule: &'a str,
    /// The row of the event; `None` for a gap.
    pub row: Option<u32>,
    /// See [`interpret::Part`].
    pub at: i64,
    /// See [`interpret::Part`].
    pub credited: BigDecimal,
    /// See [`interpret::Part`].
    pub factor: Option<Decimal>,
    /// See [`interpret::Part`].
    pub points: BigDecimal,
}

/// Why there is no score.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct NoScore {
    /// The version, by its place.
    pub version: usize,
    /// The log position of the event for which a rule failed.
    pub position: Option<u64>,
    /// What failed.
    #[source]
    pub error: ScoreError,
}

/// A customer's events, in the order of facts.
#[derive(Clone, Copy, Debug)]
pub struct Events<'a> {
    /// The columns.
    pub facts: &'a Facts,
    /// The rows.
    pub rows: &'a [u32],
}

impl<'a> Summary<'a> {
    /// The score of a customer as of a time, by versions of a rule set, each with the time from which on it is in
    /// force, the earliest first (microseconds since 1970-01-01T00:00:00Z).
    ///
    /// # Errors
    /// As [`interpret::Interpreter::score`].
    pub fn of(
        versions: &[(i64, &'a RuleSet)],
        is_money: IsMoney<'_>,
        events: Events<'_>,
        customer: &dyn Scope,
        as_of: i64,
    ) -> Result<Self, NoScore> {
        let scopes: Vec<RowScope<'_>> = events.rows.iter().map(|row| RowScope::new(events.facts, *row)).collect();
        let seen: Vec<_> = scopes.iter().map(RowScope::event).collect();
        let scored = InForce::new(versions, is_money, as_of).score(&seen, customer).map_err(|(version, error)| {
            let event = match &error {
                ScoreError::Refused(refusal) => refusal.event,
                ScoreError::TotalTooLong => None,
            };
            let row = event.and_then(|event| events.rows.get(event));
            NoScore { version, position: row.map(|row| events.facts.positions[*row as usize]), error }
        })?;
        let grading = interpret::in_force_at(versions, as_of).map(|place| versions[place].1);
        let mut summary = Self::without_parts(versions, &scored);
        summary.grade = grading.and_then(|set| set.grade(scored.total));
        for (version, scored) in scored.versions.into_iter().enumerate() {
            let set = versions[version].1;
            scored.parts.into_iter().for_each(|part| summary.add(version, set, events, part));
            summary.currencies.extend(scored.currencies);
        }
        Ok(summary)
    }

    fn without_parts(versions: &[(i64, &'a RuleSet)], scored: &ScoredInForce) -> Self {
        let of_version = |(version, (_, set)): (usize, &(i64, &'a RuleSet))| {
            let scored = &scored.versions[version];
            let set: &'a RuleSet = set;
            let of_rule = |(place, rule): (usize, &'a super::rules::Rule)| {
                let of_this = scored.parts.iter().filter(|part| part.rule == place);
                let points = of_this.map(|part| &part.points).sum();
                let (missing, without_rate) = (scored.missing[place], scored.without_rate[place]);
                OfRule { version, rule: &rule.id, points, missing, without_rate }
            };
            set.rules.iter().enumerate().map(of_rule).collect::<Vec<_>>()
        };
        Self {
            total: scored.total,
            exact: scored.exact.clone(),
            rounding: scored.rounding.clone(),
            grade: None,
            rules: versions.iter().enumerate().flat_map(of_version).collect(),
            units: BTreeMap::new(),
            currencies: BTreeSet::new(),
            parts: Vec::new(),
        }
    }

    fn add(&mut self, version: usize, set: &'a RuleSet, events: Events<'_>, part: interpret::Part) {
        let interpret::Part { rule, event, at, credited, factor, points } = part;
        let row = event.and_then(|event| events.rows.get(event)).copied();
        let unit = row.map(|row| events.facts.units.get(row as usize)).filter(|unit| !unit.is_empty());
        *self.units.entry(unit.map(Into::into)).or_default() += &points;
        let rule = &*set.rules[rule].id;
        self.parts.push(Part { version, rule, row, at, credited, factor, points });
    }

    /// The next grade up, and the points that are missing to it; `None` at the top, and where there are no grades.
    pub fn next_grade(&self, grades: &'a [Grade]) -> Option<(&'a Grade, Decimal)> {
        let next = grades.iter().rev().find(|grade| grade.from > self.total)?;
        Some((next, next.from.checked_sub(self.total)?.normalize()))
    }
}
