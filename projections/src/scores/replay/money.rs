//! How the money of many events is converted.

use std::collections::BTreeSet;

use super::lanes::{BEYOND, NumberLanes, Numbers, States, WITHOUT_RATE, power};
use crate::scores::facts::Facts;
use crate::scores::facts::column::Held;
use crate::scores::money::Times;
use crate::scores::rules::Money;

/// What each lane's money is multiplied by.
#[derive(Debug)]
pub(super) struct Conversion {
    /// Decimals of the multipliers.
    scale: u32,
    multipliers: Vec<i64>,
    /// Whether all amounts are in the currency of the rules already.
    nothing: bool,
    /// Lanes whose money cannot be converted, or not here.
    pub(super) states: States,
}

impl Conversion {
    /// How the money of these rows is converted. `read` are the facets that are read as money; a row that has none of
    /// them has nothing to convert. `None`: rates have too many digits.
    pub(super) fn of(money: &Money, facts: &Facts, rows: &[u32], read: &[usize]) -> Option<Self> {
        let scale = money.rates.iter().flat_map(|(_, rates)| rates).map(|rate| rate.rate.normalize().scale()).max();
        let scale = scale.unwrap_or(0);
        let one = i64::try_from(power(scale.min(18))).ok().filter(|_| scale <= 12)?;
        let mut states = States::default();
        let mut multipliers = Vec::with_capacity(rows.len());
        let currency = facts.facet("currency").and_then(|place| facts.facets[place].1.texts.as_ref());
        for (lane, row) in rows.iter().enumerate() {
            let row = *row as usize;
            let mut multiplier = one;
            if is_money(facts, row, read) {
                let times =
                    currency.and_then(|texts| texts.get(row)).and_then(|code| money.times(code, facts.times[row]));
                match times {
                    Some(Times::One) => {}
                    Some(Times::Rate(rate)) => {
                        let rate = rate.normalize();
                        multiplier = i64::try_from(rate.mantissa() * power(scale - rate.scale())).ok()?;
                    }
                    None => states.set(lane, WITHOUT_RATE, rows.len()),
                }
            }
            if multiplier != 1 && !fits(facts, row, read, multiplier) {
                states.set(lane, if states.at(lane) == WITHOUT_RATE { WITHOUT_RATE } else { BEYOND }, rows.len());
            }
            multipliers.push(multiplier);
        }
        let nothing = multipliers.iter().all(|multiplier| *multiplier == 1) && scale == 0;
        Some(Self { scale, multipliers, nothing, states })
    }

    /// Amounts in the currency of the rules.
    pub(super) fn convert(&self, amounts: NumberLanes, lanes: usize) -> Option<NumberLanes> {
        if self.nothing {
            return Some(amounts);
        }
        let multipliers = NumberLanes {
            scale: self.scale,
            numbers: Numbers::Each(self.multipliers.clone()),
            states: States::default(),
        };
        amounts.multiply(multipliers, lanes)
    }
}

/// Whether a row has a number in one of these facets.
pub(super) fn is_money(facts: &Facts, row: usize, read: &[usize]) -> bool {
    read.iter().any(|place| facts.facets[*place].1.numbers.as_ref().is_some_and(|held| held.held(row) != Held::Missing))
}

fn fits(facts: &Facts, row: usize, read: &[usize], multiplier: i64) -> bool {
    read.iter().all(|place| match facts.facets[*place].1.numbers.as_ref().map(|numbers| numbers.held(row)) {
        Some(Held::Integer(amount)) => amount.checked_mul(multiplier).is_some(),
        Some(Held::Wide) => false,
        _ => true,
    })
}

/// Marks the currencies, by their numbers in the dictionary of `currency`, of the money of these rows.
pub(super) fn currencies(facts: &Facts, rows: &[u32], read: &[usize], seen: &mut Vec<bool>) {
    let texts = facts.facet("currency").and_then(|place| facts.facets[place].1.texts.as_ref());
    let Some(texts) = texts.filter(|_| !read.is_empty()) else { return };
    seen.resize(texts.dictionary.len(), false);
    if seen.iter().skip(1).all(|seen| *seen) {
        return;
    }
    for row in rows {
        let row = *row as usize;
        seen[texts.codes[row] as usize] |= is_money(facts, row, read);
    }
}

/// The names of currencies that were marked.
pub(super) fn names(facts: &Facts, seen: &[bool]) -> BTreeSet<Box<str>> {
    let texts = facts.facet("currency").and_then(|place| facts.facets[place].1.texts.as_ref());
    let names = texts.into_iter().flat_map(|texts| texts.dictionary.iter().zip(seen).skip(1));
    names.filter(|(_, seen)| **seen).map(|(name, _)| Box::from(&**name)).collect()
}
