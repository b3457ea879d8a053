//! Weights of evidence (Fellegi and Sunter 1969), and what they make of two records.
//!
//! Three classes of pairs are told apart: of one customer, of strangers, and of two customers of one household (two
//! companies of one group), who share family name, address and telephone without being one. With two classes only,
//! those three would outweigh a different given name; with three, what a household shares counts up to the odds that
//! the two are of one household, and the rest decides. All priors are shares of all pairs of the file, so they fall as
//! it grows, and the threshold keeps its meaning.
//!
//! Bits: `log2(λ/σ) + Σ log2(m/u) - log2(1 + ν/σ · Π h/u)`, with λ, ν and σ = 1 - λ - ν the shares of the classes.

use serde::{Deserialize, Serialize};

use super::compare::Compared;
use super::compare::slots::{Level, Shared, Slot, slots};
use super::policy::MatchPolicy;
use super::terms::{EIGHTHS, Term, Terms};

pub mod em;

/// Other records of its own customer that a record is expected to have, before a file tells.
pub const EXPECTED_DUPLICATES: f64 = 1.0;
/// Records of others of its household that a record is expected to have.
pub const EXPECTED_HOUSEHOLD: f64 = 0.6;
/// Records of others of its group that an organisation is expected to have: most companies belong to none.
pub const EXPECTED_GROUP: f64 = 0.2;

/// Namesakes of its region that a record is expected to have.
pub const EXPECTED_NAMESAKES: f64 = 0.2;

/// How pairs of one kind are weighed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// How many records they were made for.
    pub records: u64,
    /// Share of all pairs that are of one customer.
    pub customer: f64,
    /// Share of all pairs that are of one household or group.
    pub household: f64,
    /// Share of all pairs that are of strangers of one name and region.
    pub namesakes: f64,
    /// The comparisons.
    pub slots: Vec<SlotWeights>,
}

/// A comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotWeights {
    /// Its name.
    pub name: String,
    /// Its levels, "missing" first.
    pub levels: Vec<LevelWeights>,
}

/// A level's shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelWeights {
    /// Its name.
    pub name: String,
    /// Among pairs of one customer.
    pub m: f64,
    /// Among pairs of strangers.
    pub u: f64,
    /// Among pairs of one household or group.
    pub h: f64,
    /// Among pairs of namesakes.
    pub k: f64,
}

pub(crate) fn expected_household(organisations: bool) -> f64 {
    if organisations { EXPECTED_GROUP } else { EXPECTED_HOUSEHOLD }
}

/// The share of pairs in which each of `records` has `expected` partners.
pub(crate) fn share(expected: f64, records: u64) -> f64 {
    (expected / records.saturating_sub(1).max(1) as f64).min(0.25)
}

/// The share of a level in a household: of those who share the value as among one customer, of the others as among
/// strangers; `learned` in place of the built-in share of the former.
fn household(slot: &Slot, level: usize, m: f64, u: f64, learned: Option<f64>) -> f64 {
    match slot.shared {
        Shared::Value(share) | Shared::Fixed(share) => {
            let share = learned.unwrap_or(share);
            share * m + (1.0 - share) * u
        }
        Shared::Levels(shares) => shares[level],
    }
}

/// The share of a level among namesakes, before a file tells.
fn namesakes(slot: &Slot, level: usize, m: f64, u: f64) -> f64 {
    match slot.namesakes {
        Some(levels) if levels.contains(&level) => 0.7 * m + 0.3 * u,
        _ => u,
    }
}

impl Weights {
    /// The weights before training, for a file of so many records.
    pub fn built_in(organisations: bool, records: u64) -> Self {
        let of = |slot: &Slot| {
            let total = |part: fn(&Level) -> f64| slot.levels.iter().skip(1).map(part).sum::<f64>();
            let (m, u) = (total(|level| level.m), total(|level| level.u));
            let level = |(at, level): (usize, &Level)| {
                let name = level.name.to_owned();
                if at == 0 {
                    return LevelWeights { name, m: 1.0, u: 1.0, h: 1.0, k: 1.0 };
                }
                let (m, u) = (level.m / m, level.u / u);
                LevelWeights { name, m, u, h: household(slot, at, m, u, None), k: namesakes(slot, at, m, u) }
            };
            SlotWeights { name: slot.name.to_owned(), levels: slot.levels.iter().enumerate().map(level).collect() }
        };
        Self {
            records,
            customer: share(EXPECTED_DUPLICATES, records),
            household: share(expected_household(organisations), records),
            namesakes: share(EXPECTED_NAMESAKES, records),
            slots: slots(organisations).iter().map(of).collect(),
        }
    }

    /// Whether they are of these comparisons, and all shares can be weighed.
    pub(crate) fn fit(&self, slots: &[Slot]) -> bool {
        let share = |share: f64| share > 0.0 && share <= 1.0;
        let level = |level: &LevelWeights| share(level.m) && share(level.u) && share(level.h) && share(level.k);
        let slot = |(slot, found): (&Slot, &SlotWeights)| {
            slot.name == found.name && slot.levels.len() == found.levels.len() && found.levels.iter().all(level)
        };
        let all = [self.customer, self.household, self.namesakes];
        let priors = all.into_iter().all(share) && all.into_iter().sum::<f64>() < 1.0;
        priors && self.slots.len() == slots.len() && slots.iter().zip(&self.slots).all(slot)
    }
}

const SLOTS: usize = 12;
const LEVELS: usize = 32;

/// The weights of one kind as tables, in bits.
#[derive(Clone, Debug)]
pub struct Table {
    /// log2(λ/σ).
    pub prior: f32,
    /// log2(ν/σ).
    pub household: f32,
    /// log2(κ/σ).
    pub namesakes: f32,
    customer: [[f32; LEVELS]; SLOTS],
    shared: [[f32; LEVELS]; SLOTS],
    chance: [[f32; LEVELS]; SLOTS],
    /// Whether a household shares values of the comparison.
    common: [bool; SLOTS],
    /// What of the first stands for the mean rarity of values.
    bases: [[f32; LEVELS]; SLOTS],
    /// The most that a comparison can say for one customer.
    most: [f32; SLOTS],
    slots: usize,
}

impl Table {
    /// Weights as tables. `terms` say what the mean rarity is that a level's share among strangers stands for.
    pub fn of(weights: &Weights, terms: &Terms, organisations: bool) -> Self {
        let strangers = 1.0 - weights.customer - weights.household - weights.namesakes;
        let mut table = Self {
            prior: (weights.customer / strangers).log2() as f32,
            household: (weights.household / strangers).log2() as f32,
            namesakes: (weights.namesakes / strangers).log2() as f32,
            customer: [[0.0; LEVELS]; SLOTS],
            shared: [[0.0; LEVELS]; SLOTS],
            chance: [[0.0; LEVELS]; SLOTS],
            bases: [[0.0; LEVELS]; SLOTS],
            common: [false; SLOTS],
            most: [0.0; SLOTS],
            slots: weights.slots.len(),
        };
        let bases = Term::ALL.map(|term| terms.base(term));
        for (at, (slot, known)) in weights.slots.iter().zip(slots(organisations)).enumerate() {
            table.common[at] = known.common();
            for (level, (found, named)) in slot.levels.iter().zip(known.levels).enumerate().skip(1) {
                let base = named.term.map_or(0.0, |term| bases[term as usize]);
                table.customer[at][level] = (found.m / found.u).log2() as f32 + base;
                table.bases[at][level] = base;
                // That namesakes share a value is chance as among strangers, whatever the value: no base, no rarity.
                table.chance[at][level] = (found.k / found.u).log2() as f32;
                let common = if known.common() { base } else { 0.0 };
                table.shared[at][level] = (found.h / found.u).log2() as f32 + common;
            }
            // A frequent value never says more than a rare one, whose weight has no base.
            let rare = slot.levels.iter().zip(known.levels).skip(1).filter(|(_, named)| named.term.is_none());
            table.most[at] = rare.map(|(found, _)| (found.m / found.u).log2() as f32).fold(0.0, f32::max);
        }
        table
    }

    /// What a level says for one customer, before the rarity of the value.
    pub fn bits(&self, slot: usize, level: usize) -> f32 {
        self.customer[slot][level]
    }

    /// Odds of one customer, of one household and of namesakes against strangers.
    fn odds(&self, compared: &Compared) -> (f64, f64, f64) {
        let sums = self.sums(compared);
        let odds = |bits: f32| f64::from(bits).exp2().min(1e30);
        (odds(self.prior + sums.customer), odds(self.household + sums.shared), odds(self.namesakes + sums.chance))
    }

    /// What a level says for one customer, one household and namesakes, in the mean over its values, as odds.
    fn mean_odds(&self, slot: usize, level: usize) -> (f64, f64, f64) {
        let odds = |bits: f32| f64::from(bits).exp2();
        let base = self.bases[slot][level];
        let common = if self.common[slot] { base } else { 0.0 };
        (
            odds(self.customer[slot][level] - base),
            odds(self.shared[slot][level] - common),
            odds(self.chance[slot][level]),
        )
    }

    /// What a pair says.
    pub fn score(&self, compared: &Compared) -> Score {
        let sums = self.sums(compared);
        // What has to be outweighed, in the order of the sums: household and namesakes.
        let (one, other) = (self.household + sums.shared, self.namesakes + sums.chance);
        let household = log2_1p(one.max(other) + log2_1p(one.min(other) - one.max(other)));
        let bits = self.prior + sums.customer - household;
        Score { bits, evidence: sums.customer, household, possible: self.prior + sums.most }
    }

    /// See [`lift`].
    fn above(&self, old: &Self) -> f32 {
        let rises = |new: &[[f32; LEVELS]; SLOTS], old: &[[f32; LEVELS]; SLOTS]| -> f32 {
            let of = |(new, old): (&[f32; LEVELS], &[f32; LEVELS])| {
                new.iter().zip(old).map(|(new, old)| new - old).fold(0.0, f32::max)
            };
            new.iter().zip(old).map(of).sum()
        };
        let customer = self.prior - old.prior + rises(&self.customer, &old.customer);
        let household = old.household - self.household + rises(&old.shared, &self.shared);
        let namesakes = old.namesakes - self.namesakes + rises(&old.chance, &self.chance);
        customer.max(0.0) + household.max(namesakes).max(0.0)
    }

    fn sums(&self, compared: &Compared) -> Sums {
        let mut sums = Sums { customer: 0.0, shared: 0.0, chance: 0.0, most: 0.0 };
        for slot in 0..self.slots {
            let level = compared.agreement.level(slot);
            if level != 0 {
                sums.customer += self.customer[slot][level];
                sums.shared += self.shared[slot][level];
                sums.chance += self.chance[slot][level];
                sums.most += self.most[slot];
            }
        }
        let common = f32::from(compared.common) / EIGHTHS;
        sums.customer += common + f32::from(compared.own) / EIGHTHS;
        sums.shared += common;
        sums
    }
}

/// By how many bits a pair may rise at most under other weights for the same comparisons: the sum of the largest rises
/// of each comparison, and of what household and namesakes may weigh less. (log2(1 + 2^a + 2^b) moves by no more than the
/// larger of the moves of a and b.)
pub fn lift(old: &MatchPolicy, new: &MatchPolicy) -> f32 {
    let of = |organisations: bool| {
        let old = Table::of(old.weights(organisations), &old.terms, organisations);
        Table::of(new.weights(organisations), &new.terms, organisations).above(&old)
    };
    of(false).max(of(true))
}

struct Sums {
    customer: f32,
    shared: f32,
    chance: f32,
    most: f32,
}

/// log2(1 + 2^x).
fn log2_1p(x: f32) -> f32 {
    if x > 24.0 {
        x
    } else if x < -24.0 {
        0.0
    } else {
        x.exp2().ln_1p() * std::f32::consts::LOG2_E
    }
}

/// What a pair says, in bits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Odds that the two are one customer.
    pub bits: f32,
    /// Of these, what the comparisons say.
    pub evidence: f32,
    /// What is taken off because the two may be of one household, or namesakes.
    pub household: f32,
    /// What two equal records with these fields would say at most.
    pub possible: f32,
}

/// Both kinds' tables.
#[derive(Clone, Debug)]
pub struct Scorer {
    persons: Table,
    organisations: Table,
}

impl Scorer {
    /// The tables of a policy.
    pub fn of(policy: &MatchPolicy) -> Self {
        Self {
            persons: Table::of(&policy.persons, &policy.terms, false),
            organisations: Table::of(&policy.organisations, &policy.terms, true),
        }
    }

    /// The table for a pair.
    pub fn table(&self, compared: &Compared) -> &Table {
        if compared.agreement.organisations() { &self.organisations } else { &self.persons }
    }

    /// What a pair says.
    pub fn score(&self, compared: &Compared) -> Score {
        self.table(compared).score(compared)
    }
}

#[cfg(test)]
mod tests;
