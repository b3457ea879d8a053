//! The scores of all customers by some rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kulta_events::Instant;
use kulta_projections::expr::Scope;
use kulta_projections::scores::customer::OfCustomer;
use kulta_projections::scores::diff::Scores;
use kulta_projections::scores::facts::Wanted;
use kulta_projections::scores::interpret::ScoreError;
use kulta_projections::scores::replay::{Asked, Breakdown, OfCustomers, Stopped, Sum, Sums, Unscored, replay};
use kulta_projections::scores::rules::{Facets, Reads, RuleSet};
use rust_decimal::Decimal;

use super::Error;
use super::data::{Over, People, Progress, Step};
use super::read::Cancel;
use crate::scores::Compiled;
use crate::scores::rule_sets::hash;

/// By which rules.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Rules and the times of events that they see, the earliest first.
    pub spans: Vec<Span>,
}

/// Rules over the events of some time.
#[derive(Clone, Debug)]
pub struct Span {
    /// They see events from then on (microseconds since 1970-01-01T00:00:00Z).
    pub from: i64,
    /// They see events before then.
    pub until: i64,
    /// Which version of a rule set they are; `None`: not published.
    pub version: Option<u64>,
    /// The rules.
    pub compiled: Arc<Compiled>,
}

/// What a rule did not apply to.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LeftOut {
    /// The rule.
    pub rule: Box<str>,
    /// Events, or gaps, that lack a value which it reads.
    pub missing: u64,
    /// Events whose money could not be converted.
    pub without_rate: u64,
}

/// Scores, and what is to be said about them.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The scores.
    pub scores: Scores,
    /// By rule; only where something was left out.
    pub left_out: Vec<LeftOut>,
    /// Currencies that were taken as written though there are several.
    pub mixed: BTreeSet<Box<str>>,
    /// Customers that have no score, in their order; where that is tolerated.
    pub refused: Vec<Unscored>,
    /// What rules and business units gave, where it was asked for.
    pub breakdown: Option<Breakdown>,
}

impl Rules {
    /// Rules for all of history.
    pub fn all(compiled: Arc<Compiled>) -> Self {
        Self { spans: vec![Span { from: i64::MIN, until: i64::MAX, version: None, compiled }] }
    }

    /// What tells them from other rules: the hash of the rules, or of all versions with their times.
    pub fn hash(&self) -> String {
        match self.spans.as_slice() {
            [Span { from: i64::MIN, until: i64::MAX, compiled, .. }] => compiled.hash.clone(),
            spans => {
                let line = |span: &Span| format!("{} {} {}\n", span.from, span.until, span.compiled.hash);
                hash(&spans.iter().map(line).collect::<String>())
            }
        }
    }

    /// The rules that say the grade: those in force at as-of, which are the last that count.
    fn grading(&self) -> Option<&RuleSet> {
        self.spans.last().map(|span| &span.compiled.rules)
    }

    /// What they read of events.
    pub fn reads(&self, facets: &Facets) -> Vec<Reads> {
        self.spans.iter().map(|span| span.compiled.rules.reads(facets)).collect()
    }
}

/// What of the facts several rule sets read.
pub fn wanted<'a>(reads: impl IntoIterator<Item = &'a Reads>) -> Wanted {
    let (mut facets, mut types) = (BTreeSet::<Box<str>>::new(), BTreeSet::<Box<str>>::new());
    for reads in reads {
        types.extend(reads.types.keys().cloned());
        facets.extend(reads.types.values().flatten().cloned());
    }
    // Whoever reads money is told which currencies there were.
    facets.insert("currency".into());
    Wanted { facets: Some(facets), types: Some(types) }
}

/// What rules read of customers, by their places; empty where no rule reads any.
#[derive(Clone, Debug, Default)]
pub struct Known(pub Vec<OfCustomer>);

impl OfCustomers for Known {
    fn scope(&self, customer: usize) -> Box<dyn Scope + '_> {
        Box::new(self.0.get(customer).cloned().unwrap_or_default())
    }
}

/// How customers are scored.
#[derive(Clone, Copy)]
pub struct How<'a> {
    /// Events at or after it are left out.
    pub as_of: Instant,
    /// What there is to be read.
    pub facets: &'a Facets,
    /// Whether to go on when a customer has no score.
    pub tolerant: bool,
    /// Whether to sum up what rules and business units gave.
    pub breakdown: bool,
    /// Whether to go on at all.
    pub cancel: &'a Cancel,
    /// Is told how far it is.
    pub progress: Progress<'a>,
}

/// Scores all customers.
///
/// # Errors
/// When a customer has no score and that is not tolerated, rows cannot be read, or it was cancelled.
pub fn score<'a>(over: impl Into<Over<'a>>, customers: &Known, rules: &Rules, how: &How<'_>) -> Result<Outcome, Error> {
    score_over(over.into(), customers, rules, how)
}

fn score_over(over: Over<'_>, customers: &Known, rules: &Rules, how: &How<'_>) -> Result<Outcome, Error> {
    let people = over.people;
    let How { facets, tolerant, cancel, progress, .. } = *how;
    let done = AtomicU64::new(0);
    let total = people.ids.len() as u64 * rules.spans.len() as u64;
    let go_on = |count: usize| {
        progress(Step::Scoring(done.fetch_add(count as u64, Ordering::Relaxed) + count as u64, total));
        cancel.check().is_ok()
    };
    let (mut sums, mut left_out, mut mixed): (Option<Sums>, Vec<LeftOut>, _) = (None, Vec::new(), BTreeSet::new());
    let mut refused: BTreeMap<usize, Unscored> = BTreeMap::new();
    let mut breakdown = how.breakdown.then(Breakdown::default);
    for span in &rules.spans {
        let set = &span.compiled.rules;
        let asked = Asked {
            rules: set,
            is_money: &|type_name, facet| facets.is_money(type_name, facet),
            seen: (span.from, span.until),
            as_of: how.as_of.micros(),
            position: None,
            customer: customers,
            breakdown: how.breakdown,
            threads: crate::threads(),
            tolerant,
            go_on: &go_on,
        };
        let found = replay(over.columns, &asked).map_err(|stopped| stopped_by(people, stopped))?;
        let counts = set.rules.iter().zip(found.missing.iter().zip(&found.without_rate));
        let counts = counts.filter(|(_, (missing, without_rate))| **missing + **without_rate > 0);
        left_out.extend(counts.map(|(rule, (missing, without_rate))| LeftOut {
            rule: rule.id.clone(),
            missing: *missing,
            without_rate: *without_rate,
        }));
        if set.money.is_none() && found.currencies.len() > 1 {
            mixed.extend(found.currencies);
        }
        for unscored in found.refused {
            refused.entry(unscored.customer).or_insert(unscored);
        }
        if let (Some(sum), Some(found)) = (&mut breakdown, &found.breakdown) {
            sum.add(found);
        }
        match &mut sums {
            Some(sums) => sums.add(&found.sums),
            None => sums = Some(found.sums),
        }
    }
    let points = match sums {
        Some(sums) if tolerant => rounded(&sums, &mut refused),
        Some(sums) => sums.totals().map_err(|customer| Error::TooLong(people.ids[customer]))?,
        None => vec![Decimal::ZERO; people.ids.len()],
    };
    let scores = match rules.grading() {
        Some(grading) => Scores::of(points, grading),
        None => Scores { graded: vec![None; points.len()], points, grades: Vec::new() },
    };
    Ok(Outcome { scores, left_out, mixed, refused: refused.into_values().collect(), breakdown })
}

/// The totals, 0 where there is none; whose is too long is refused.
fn rounded(sums: &Sums, refused: &mut BTreeMap<usize, Unscored>) -> Vec<Decimal> {
    let total = |customer| {
        let total = sums.get(customer).and_then(Sum::total);
        if total.is_none() {
            let error = ScoreError::TotalTooLong;
            refused.entry(customer).or_insert(Unscored { customer, position: None, error });
        }
        total.unwrap_or_default()
    };
    (0..sums.len()).map(total).collect()
}

fn stopped_by(people: &People, stopped: Stopped) -> Error {
    match stopped {
        Stopped::Cancelled => Error::Cancelled,
        Stopped::Unread(unread) => Error::Unread(unread),
        Stopped::Refused(Unscored { customer, position, error }) => {
            Error::Refused { customer: people.ids.get(customer).copied(), position, error: Box::new(error) }
        }
    }
}
