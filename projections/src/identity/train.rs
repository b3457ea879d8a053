//! A policy from the records themselves, without labels.

use std::collections::BTreeSet;

use super::compare::{self, Compared, slots};
use super::hash::{self, Map};
use super::pairs::{Index, Pair, Pairs, allowed, of_pattern, pattern};
use super::policy::MatchPolicy;
use super::prepared::{Kind, Prepared};
use super::terms::{Term, Terms};
use super::weights::em::{self, Pattern};
use super::weights::{Scorer, Weights};

/// Random pairs that are compared to learn what strangers agree in.
const RANDOM_PAIRS: u64 = 400_000;

/// Pairs that fall short of being asked about by so many bits under built-in weights are of no account to training.
const MARGIN: f32 = 8.0;

/// In a file of fewer records a family name is frequent also by the given names that stand beside it.
const FEW: usize = 1_000;
/// So many that they sound different are not one customer's.
const MANY_GIVEN: usize = 5;

/// A policy and the pairs that it was learned from.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The policy.
    pub policy: MatchPolicy,
    /// The pairs that reach its `ask`, or nearly.
    pub pairs: Vec<Pair>,
    /// How many pairs were compared.
    pub compared: u64,
}

/// Learns a policy from records that were prepared under `start`, whose thresholds, limit and strong ids it keeps. The
/// records' rarities are set by the counts found.
pub fn train(
    records: &mut [Prepared],
    ids: &[u128],
    start: &MatchPolicy,
    index: &Index,
    between: bool,
    threads: usize,
) -> Trained {
    let terms = count(records);
    in_parts(records, threads, |part| part.iter_mut().for_each(|record| record.weigh(&terms)));
    let records = &*records;
    let mut policy = MatchPolicy { terms, ..start.clone() };
    let of_kind = |organisations: bool| {
        records.iter().filter(|record| (record.kind == Kind::Organisation) == organisations).count() as u64
    };
    policy.persons = Weights::built_in(false, of_kind(false));
    policy.organisations = Weights::built_in(true, of_kind(true));
    let rough = Scorer::of(&policy);
    let keep = |compared: &Compared| rough.score(compared).bits >= policy.ask - MARGIN;
    let pairs = Pairs::find(records, ids, index, between, threads, keep);
    let random = random(records, index, between);
    for organisations in [false, true] {
        let patterns = patterns(&pairs, &random, organisations);
        let trained =
            em::train(slots::slots(organisations), organisations, of_kind(organisations), &patterns, &policy.terms);
        *(if organisations { &mut policy.organisations } else { &mut policy.persons }) = trained;
    }
    let Pairs { kept: mut pairs, compared } = pairs;
    let scorer = Scorer::of(&policy);
    pairs.retain(|pair| scorer.score(&pair.compared).bits >= policy.ask);
    Trained { policy, pairs, compared }
}

/// Frequent values.
fn count(records: &[Prepared]) -> Terms {
    let mut counts: [Map<u64, u32>; Term::ALL.len()] = Default::default();
    let mut totals = [0_u64; Term::ALL.len()];
    let mut beside: Map<u64, BTreeSet<u32>> = Map::default();
    for record in records {
        record.values(|term, value| {
            *counts[term as usize].entry(value).or_default() += 1;
            totals[term as usize] += 1;
        });
        if records.len() < FEW {
            record.names_beside(|family, given| beside.entry(family).or_default().extend([given]));
        }
    }
    beside.retain(|_, given| given.len() >= MANY_GIVEN);
    let mut terms = Terms::default();
    for term in Term::ALL {
        let known = |value: u64| term == Term::Family && beside.contains_key(&value);
        terms.list(term, &counts[term as usize], totals[term as usize], known);
    }
    terms
}

fn in_parts(records: &mut [Prepared], threads: usize, work: impl Fn(&mut [Prepared]) + Sync) {
    let size = records.len().div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        for part in records.chunks_mut(size) {
            let work = &work;
            scope.spawn(move || work(part));
        }
    });
}

/// Patterns of random pairs: all pairs of a small file, else as many as are enough, by a fixed sequence.
fn random(records: &[Prepared], index: &Index, between: bool) -> Map<(u64, u32), u64> {
    let mut found: Map<(u64, u32), u64> = Map::default();
    let crowded = |key: u64| index.crowded(key);
    let mut add = |one: usize, other: usize| {
        let (a, b) = (&records[one], &records[other]);
        if allowed(a, b, between) {
            *found.entry(pattern(&compare::compare(a, b, &crowded))).or_default() += 1;
        }
    };
    let count = records.len() as u64;
    if count * count.saturating_sub(1) / 2 <= RANDOM_PAIRS {
        (0..records.len()).for_each(|one| (one + 1..records.len()).for_each(|other| add(one, other)));
    } else {
        for number in 0..RANDOM_PAIRS {
            let place = |salt: u64| ((u128::from(hash::pair(number, salt)) * u128::from(count)) >> 64) as usize;
            let (one, other) = (place(1), place(2));
            if one != other {
                add(one, other);
            }
        }
    }
    found
}

fn patterns(pairs: &Pairs, random: &Map<(u64, u32), u64>, organisations: bool) -> Vec<Pattern> {
    let mut found: std::collections::BTreeMap<(u64, u32), (u64, u64)> = std::collections::BTreeMap::new();
    let mut blocked: Vec<_> = pairs.kept.iter().map(|pair| pattern(&pair.compared)).collect();
    blocked.sort_unstable();
    for same in blocked.chunk_by(|a, b| a == b) {
        found.entry(same[0]).or_default().0 = same.len() as u64;
    }
    for (pattern, count) in random {
        found.entry(*pattern).or_default().1 = *count;
    }
    let of = |(pattern, (blocked, random)): ((u64, u32), (u64, u64))| Pattern {
        compared: of_pattern(pattern),
        blocked: blocked as f64,
        random: random as f64,
    };
    found.into_iter().map(of).filter(|pattern| pattern.compared.agreement.organisations() == organisations).collect()
}
