//! Why two records are, or are not, one customer.

use serde::Serialize;

use super::compare::{self, slots};
use super::policy::MatchPolicy;
use super::prepared::{Kind, Prepared};
use super::terms::EIGHTHS;
use super::weights::Scorer;

/// Two records, and what is known of them beside what they say.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// The one.
    pub one: &'a Prepared,
    /// The other.
    pub other: &'a Prepared,
    /// Whether they are in one cluster.
    pub together: bool,
    /// Whether blocking compares them at all.
    pub meet: bool,
}

/// One comparison of two records.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// What is compared.
    pub comparison: &'static str,
    /// How they agree.
    pub level: &'static str,
    /// What that says for one customer, in bits.
    pub bits: f32,
}

/// Why, in bits that add up to the total.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// Whether the configuration for organisations was used.
    pub organisations: bool,
    /// Odds before anything is compared.
    pub prior: f32,
    /// The comparisons in which both say something.
    pub lines: Vec<Line>,
    /// What the frequency of shared values adds: more than the mean for rare ones, less for frequent ones.
    pub frequency: f32,
    /// What is taken off because the two may be of one household or group of companies.
    pub household: f32,
    /// The sum.
    pub total: f32,
    /// From which bits records are linked.
    pub link: f32,
    /// From which bits a steward is asked.
    pub ask: f32,
    /// What forbids the two to be one customer.
    pub vetoes: Vec<&'static str>,
    /// Whether blocking compares them at all: they share a key that is not crowded.
    pub compared: bool,
    /// Keys that both have, and how many of them are crowded.
    pub shared_keys: usize,
    /// Of these the crowded ones.
    pub crowded_keys: usize,
    /// Whether they are one customer now.
    pub together: bool,
}

/// Explains a pair. `crowded` tells of a blocking key whether more records share it than the limit.
pub fn explain(sides: &Sides<'_>, policy: &MatchPolicy, crowded: &impl Fn(u64) -> bool) -> Explanation {
    let (one, other) = (sides.one, sides.other);
    let compared = compare::compare(one, other, crowded);
    let organisations = compared.agreement.organisations();
    let scorer = Scorer::of(policy);
    let table = scorer.table(&compared);
    let score = table.score(&compared);
    let lines = slots::slots(organisations).iter().enumerate().filter_map(|(at, slot)| {
        let level = compared.agreement.level(at);
        let named = slot.levels.get(level).filter(|_| level != 0)?;
        Some(Line { comparison: slot.name, level: named.name, bits: table.bits(at, level) })
    });
    let shared: Vec<u64> = one.keys().iter().filter(|key| other.keys().contains(key)).copied().collect();
    Explanation {
        organisations,
        prior: table.prior,
        lines: lines.collect(),
        frequency: f32::from(compared.common + compared.own) / EIGHTHS,
        household: -score.household,
        total: score.bits,
        link: policy.link,
        ask: policy.ask,
        vetoes: vetoes(one, other),
        compared: sides.meet,
        shared_keys: shared.len(),
        crowded_keys: shared.iter().filter(|key| crowded(**key)).count(),
        together: sides.together,
    }
}

/// What forbids two records to be one customer by themselves.
fn vetoes(one: &Prepared, other: &Prepared) -> Vec<&'static str> {
    let mut found = Vec::new();
    if one.kind != other.kind && one.kind != Kind::Unknown && other.kind != Kind::Unknown {
        found.push("one is a person, the other an organisation");
    }
    if one.generation != other.generation && one.generation != 0 && other.generation != 0 {
        found.push("they are said to be of different generations");
    } else if one.contradicts(other) {
        found.push("they hold different valid values of an id of which a customer has one");
    }
    found
}
