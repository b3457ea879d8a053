//! The scores of all customers by some rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kulta_events::Instant;
use kulta_projections::expr::{Scope, Value};
use kulta_projections::scores::diff::Scores;
use kulta_projections::scores::facts::Wanted;
use kulta_projections::scores::replay::{Asked, OfCustomers, Stopped, Sums, replay};
use kulta_projections::scores::rules::{Facets, Reads, RuleSet};

use super::Error;
use super::data::{Data, Progress, Step};
use super::read::Cancel;

/// By which rules.
#[derive(Clone, Debug)]
pub enum Rules {
    /// These, for all of history.
    All(Arc<RuleSet>),
    /// Versions, each from its time on (microseconds since 1970-01-01T00:00:00Z) until that of the next, the earliest
    /// first.
    InForce(Vec<(i64, Arc<RuleSet>)>),
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
}

impl Rules {
    /// Each rule set with the times of events that it sees.
    fn spans(&self) -> Vec<((i64, i64), &Arc<RuleSet>)> {
        match self {
            Rules::All(rules) => vec![((i64::MIN, i64::MAX), rules)],
            Rules::InForce(versions) => {
                let ends = versions.iter().skip(1).map(|(from, _)| *from).chain([i64::MAX]);
                versions.iter().zip(ends).map(|((from, rules), until)| ((*from, until), rules)).collect()
            }
        }
    }

    /// The rules that say the grade: those in force at a time.
    fn grading(&self, as_of: i64) -> Option<&RuleSet> {
        match self {
            Rules::All(rules) => Some(rules),
            Rules::InForce(versions) => {
                versions.iter().rev().find(|(from, _)| *from <= as_of).map(|(_, rules)| &**rules)
            }
        }
    }

    /// What they read of events.
    pub fn reads(&self, facets: &Facets) -> Vec<Reads> {
        self.spans().iter().map(|(_, rules)| rules.reads(facets)).collect()
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

/// What is known of customers, by their places: facts by their names with `customer.` in front. Empty where no rule reads
/// any.
#[derive(Clone, Debug, Default)]
pub struct Known(pub Vec<BTreeMap<Box<str>, Box<str>>>);

struct OfCustomer<'a>(Option<&'a BTreeMap<Box<str>, Box<str>>>);

impl Scope for OfCustomer<'_> {
    fn get(&self, path: &str) -> Option<Value<'_>> {
        self.0?.get(path).map(|text| Value::from(&**text))
    }
}

impl OfCustomers for Known {
    fn scope(&self, customer: usize) -> Box<dyn Scope + '_> {
        Box::new(OfCustomer(self.0.get(customer)))
    }
}

/// Scores all customers.
///
/// # Errors
/// When a customer has no score, or it was cancelled.
pub fn score(
    data: &Data,
    customers: &Known,
    rules: &Rules,
    as_of: Instant,
    facets: &Facets,
    cancel: &Cancel,
    progress: Progress<'_>,
) -> Result<Outcome, Error> {
    let (done, spans) = (AtomicU64::new(0), rules.spans());
    let total = data.ids.len() as u64 * spans.len() as u64;
    let go_on = |count: usize| {
        progress(Step::Scoring(done.fetch_add(count as u64, Ordering::Relaxed) + count as u64, total));
        cancel.check().is_ok()
    };
    let (mut sums, mut left_out, mut mixed): (Option<Sums>, Vec<LeftOut>, _) = (None, Vec::new(), BTreeSet::new());
    for (seen, set) in spans {
        let asked = Asked {
            rules: set,
            is_money: &|type_name, facet| facets.is_money(type_name, facet),
            seen,
            as_of: as_of.micros(),
            position: None,
            customer: customers,
            threads: crate::threads(),
            go_on: &go_on,
        };
        let found = replay(&data.facts, &data.customers, &asked).map_err(|stopped| refused(data, stopped))?;
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
        match &mut sums {
            Some(sums) => sums.add(&found.sums),
            None => sums = Some(found.sums),
        }
    }
    let points = match sums {
        Some(sums) => sums.totals().map_err(|customer| Error::TooLong(data.ids[customer]))?,
        None => vec![rust_decimal::Decimal::ZERO; data.ids.len()],
    };
    let scores = match rules.grading(as_of.micros()) {
        Some(grading) => Scores::of(points, grading),
        None => Scores { graded: vec![None; points.len()], points, grades: Vec::new() },
    };
    Ok(Outcome { scores, left_out, mixed })
}

fn refused(data: &Data, stopped: Stopped) -> Error {
    match stopped {
        Stopped::Cancelled => Error::Cancelled,
        Stopped::Refused { customer, position, error } => {
            Error::Refused { customer: data.ids.get(customer).copied(), position, error: Box::new(error) }
        }
    }
}
