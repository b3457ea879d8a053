//! Training: the shares of all levels from counts of agreement patterns, by expectation maximisation (Dempster, Laird,
//! Rubin 1977; for record linkage Winkler 1988), without any labels.
//!
//! Two counts are given for each pattern: among the pairs that blocking found, and among pairs drawn at random. Pairs
//! of one customer and of one household are taken to be among the first; what strangers agree in is learned from the
//! second, each pair weighed by its odds of being strangers, because in a small file with many duplicates random pairs
//! are not all strangers. A comparison's shares among pairs of one customer are learned from the pairs that all *other*
//! comparisons make nearly sure: so they do not drift as a file grows, where plain EM takes ever more namesakes for one
//! customer and then finds that customers seldom agree. The built-in shares weigh as pseudo-counts, so that a file of a hundred records, or one
//! without duplicates, moves them little.

use super::{
    EXPECTED_DUPLICATES, EXPECTED_NAMESAKES, LevelWeights, Table, Weights, expected_household, household, share,
};
use crate::identity::compare::Compared;
use crate::identity::compare::slots::{Shared, Slot};
use crate::identity::terms::Terms;

/// How often a pattern was met.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    /// The pattern; rarities in whole bits.
    pub compared: Compared,
    /// Among blocked pairs.
    pub blocked: f64,
    /// Among random pairs.
    pub random: f64,
}

const ITERATIONS: usize = 15;
/// Odds from which the other comparisons make a pair sure. High, and a cut: comparisons are not quite independent (names
/// go with towns and with the language spoken there), so there are many strangers for whom odds look better than even.
const SURE: f64 = 256.0;
/// Odds from which a pair counts as one customer's when these are counted.
const LIKELY: f64 = 8.0;
/// Pairs of one customer, of one household and of strangers that the built-in shares stand for. Of 20, 40,
/// 60 and 80 pairs of one customer, 60 gave the highest mean F1 over sixty generated files of some 150 records.
const CUSTOMER_PSEUDO: f64 = 60.0;
const HOUSEHOLD_PSEUDO: f64 = 40.0;
/// The built-in share of households with one value weighs as so many of those found: without labels the two kinds of
/// pairs that agree in it are told apart by little else.
const HOUSEHOLD_WEIGHT: f64 = 0.5;
const STRANGER_PSEUDO: f64 = 1_000.0;
/// Records that the built-in expectation of duplicates stands for.
const RECORDS_PSEUDO: f64 = 40.0;

/// Weights for `records` records from the counts of their patterns.
pub fn train(
    slots: &'static [Slot],
    organisations: bool,
    records: u64,
    patterns: &[Pattern],
    terms: &Terms,
) -> Weights {
    let start = Weights::built_in(organisations, records);
    let mut weights = start.clone();
    for _ in 0..ITERATIONS {
        let table = Table::of(&weights, terms, organisations);
        let mut sums = Sums::new(slots);
        patterns.iter().for_each(|pattern| sums.add(&table, pattern));
        sums.maximise(&start, slots, expected_household(organisations), &mut weights);
    }
    weights
}

#[derive(Clone, Copy, Default)]
struct Cell {
    customer: f64,
    household: f64,
    namesakes: f64,
    stranger: f64,
    blocked_stranger: f64,
}

struct Sums {
    cells: Vec<Vec<Cell>>,
    customers: f64,
    households: f64,
    namesakes: f64,
    strangers: f64,
}

impl Sums {
    fn new(slots: &[Slot]) -> Self {
        let cells = slots.iter().map(|slot| vec![Cell::default(); slot.levels.len()]).collect();
        Self { cells, customers: 0.0, households: 0.0, namesakes: 0.0, strangers: 0.0 }
    }

    /// Expectation: what the pairs of a pattern are, by the weights so far.
    fn add(&mut self, table: &Table, pattern: &Pattern) {
        let (customer, household_odds, namesakes_odds) = table.odds(&pattern.compared);
        let strange = 1.0 + household_odds + namesakes_odds;
        let whole = strange + customer;
        let stranger = pattern.random / whole;
        self.strangers += stranger;
        let households = pattern.blocked * household_odds / whole;
        let namesakes = pattern.blocked * namesakes_odds / whole;
        if customer >= LIKELY * strange {
            self.customers += pattern.blocked;
        }
        self.households += households;
        self.namesakes += namesakes;
        for (slot, levels) in self.cells.iter_mut().enumerate() {
            let level = pattern.compared.agreement.level(slot);
            if level == 0 {
                continue;
            }
            // By what all other comparisons say: whom this one told apart would say nothing of it.
            let (own, shared, chance) = table.mean_odds(slot, level);
            let sum = &mut levels[level];
            if customer / own >= SURE * (1.0 + household_odds / shared + namesakes_odds / chance) {
                sum.customer += pattern.blocked;
            }
            sum.household += households;
            sum.namesakes += namesakes;
            sum.stranger += stranger;
            sum.blocked_stranger += pattern.blocked / whole;
        }
    }

    /// Maximisation: shares from the sums and the pseudo-counts.
    fn maximise(&self, start: &Weights, slots: &[Slot], in_household: f64, weights: &mut Weights) {
        let expected = |pairs: f64, before: f64| {
            let records = start.records as f64;
            (2.0 * pairs + RECORDS_PSEUDO * before) / (records + RECORDS_PSEUDO)
        };
        weights.customer = share(expected(self.customers, EXPECTED_DUPLICATES), start.records);
        weights.household = share(expected(self.households, in_household), start.records);
        weights.namesakes = share(expected(self.namesakes, EXPECTED_NAMESAKES), start.records);
        for (at, (cells, slot)) in self.cells.iter().zip(slots).enumerate() {
            let total = |part: fn(&Cell) -> f64| cells.iter().skip(1).map(part).sum::<f64>();
            let (customers, households, strangers) =
                (total(|c| c.customer), total(|c| c.household), total(|c| c.stranger));
            let namesakes = total(|c| c.namesakes);
            let records = start.records as f64;
            // Pairs of the whole file of which both say something here.
            let both = records * (records - 1.0) / 2.0 * strangers / self.strangers.max(1.0);
            let learned = learned(slot, cells, &weights.slots[at].levels, households);
            for (level, cell) in cells.iter().enumerate().skip(1) {
                let before = &start.slots[at].levels[level];
                let found = &mut weights.slots[at].levels[level];
                found.m = (cell.customer + CUSTOMER_PSEUDO * before.m) / (customers + CUSTOMER_PSEUDO);
                let random = (cell.stranger + STRANGER_PSEUDO * before.u) / (strangers + STRANGER_PSEUDO);
                // What is too rare to be met at random is counted where blocking brings it together.
                found.u = random.max(cell.blocked_stranger / both.max(1.0)).min(1.0);
                found.k = match slot.namesakes {
                    Some(_) => (cell.namesakes + HOUSEHOLD_PSEUDO * before.k) / (namesakes + HOUSEHOLD_PSEUDO),
                    None => found.u,
                };
                found.h = match slot.shared {
                    Shared::Levels(_) => {
                        (cell.household + HOUSEHOLD_PSEUDO * before.h) / (households + HOUSEHOLD_PSEUDO)
                    }
                    _ => household(slot, level, found.m, found.u, learned),
                };
            }
        }
    }
}

/// The share of households that have one value, from how they agree in it.
fn learned(slot: &Slot, cells: &[Cell], levels: &[LevelWeights], households: f64) -> Option<f64> {
    let Shared::Value(before) = slot.shared else { return None };
    let shares = |level: &LevelWeights| {
        // What is there follows from the last share; the part of it that came from shared values.
        let of_shared = (level.h - level.u) / (level.m - level.u);
        let share = if of_shared.is_finite() { of_shared.clamp(0.0, 1.0) } else { before };
        share * level.m / (share * level.m + (1.0 - share) * level.u)
    };
    let sum: f64 = cells.iter().zip(levels).skip(1).map(|(cell, level)| cell.household * shares(level)).sum();
    let pseudo = HOUSEHOLD_PSEUDO.max(HOUSEHOLD_WEIGHT * households);
    Some((sum + pseudo * before) / (households + pseudo))
}
