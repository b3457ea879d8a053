//! What the points of all customers consist of: by rule and by business unit, exactly.
//!
//! Over columns a rule tells what each event is worth; the sums stand beside those of the customers until the batch is
//! done, since a customer may yet be left to the interpreter, and then its parts count in their place.

use std::collections::BTreeMap;

use bigdecimal::BigDecimal;

use super::total::Sum;
use crate::scores::facts::{Codes, Facts};
use crate::scores::interpret::Part;
use crate::scores::rules::RuleSet;

/// The points of all customers, by rule and by unit: sums of exact parts, of which no total is rounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breakdown {
    /// Every rule by its id, also those that gave nothing; in the order of the rule set.
    pub rules: Vec<(Box<str>, BigDecimal)>,
    /// The units that any points came from; `None`: events without one, and gaps.
    pub units: BTreeMap<Option<Box<str>>, BigDecimal>,
}

impl Breakdown {
    /// Adds what other rules gave; those of one id, as in two versions of a rule set, are one.
    pub fn add(&mut self, other: &Self) {
        for (id, points) in &other.rules {
            match self.rules.iter_mut().find(|(known, _)| known == id) {
                Some((_, sum)) => *sum += points,
                None => self.rules.push((id.clone(), points.clone())),
            }
        }
        for (unit, points) in &other.units {
            *self.units.entry(unit.clone()).or_default() += points;
        }
    }

    /// The sum of all parts.
    pub fn sum(&self) -> BigDecimal {
        self.rules.iter().map(|(_, points)| points).sum()
    }
}

/// A sum that grows as it must.
#[derive(Clone, Debug, Default)]
struct Total {
    /// × 10^−27.
    short: i128,
    /// What did not fit there.
    long: BigDecimal,
}

impl Total {
    fn add(&mut self, points: i128) {
        match self.short.checked_add(points) {
            Some(sum) => self.short = sum,
            None => {
                self.long += Sum::Short(self.short).exact();
                self.short = points;
            }
        }
    }

    fn exact(&self) -> BigDecimal {
        &self.long + Sum::Short(self.short).exact()
    }
}

/// What one thread summed up.
#[derive(Debug)]
pub(super) struct Totals {
    rules: Vec<Total>,
    /// By the number of a unit; `None`: no points came from it.
    units: Vec<Option<Total>>,
    without: usize,
}

impl Totals {
    pub(super) fn new(facts: &Facts, rules: usize) -> Self {
        let units = vec![None; facts.units.names.len() + 1];
        Self { rules: vec![Total::default(); rules], units, without: without(&facts.units) }
    }

    /// Adds what the rules gave the customers of a batch that were not left to the interpreter.
    pub(super) fn take(&mut self, gathered: &Gathered, beyond: &[bool]) {
        for Entry { customer, rule, unit, points } in &gathered.entries {
            if !beyond[*customer as usize] {
                self.rules[*rule as usize].add(*points);
                self.units[*unit as usize].get_or_insert_default().add(*points);
            }
        }
    }

    /// Adds the parts of a customer whose events are these rows.
    pub(super) fn take_parts(&mut self, facts: &Facts, rows: &[u32], parts: &[Part]) {
        for part in parts {
            let row = part.event.and_then(|event| rows.get(event));
            let unit = row.map_or(self.without, |row| usize::from(facts.units.codes[*row as usize]));
            self.rules[part.rule].long += &part.points;
            self.units[unit].get_or_insert_default().long += &part.points;
        }
    }

    /// Names what was summed up.
    pub(super) fn named(&self, facts: &Facts, set: &RuleSet) -> Breakdown {
        let rules = set.rules.iter().zip(&self.rules);
        let rules = rules.map(|(rule, total)| (rule.id.clone(), total.exact())).collect();
        let name =
            |unit: usize| facts.units.names.get(unit).filter(|name| !name.is_empty()).map(|name| (**name).into());
        let units = self.units.iter().enumerate();
        let units = units.filter_map(|(unit, total)| Some((name(unit), total.as_ref()?.exact()))).collect();
        Breakdown { rules, units }
    }
}

/// The number that stands for no unit.
fn without(units: &Codes) -> usize {
    units.code("").map_or(units.names.len(), usize::from)
}

/// What a rule gave a customer for the events of a unit, × 10^−27.
#[derive(Clone, Copy, Debug)]
struct Entry {
    customer: u32,
    rule: u32,
    unit: u32,
    points: i128,
}

/// What the rules gave the customers of a batch.
#[derive(Debug)]
pub(super) struct Gathered {
    entries: Vec<Entry>,
    /// By the number of a unit, for one rule and one customer.
    sums: Vec<i128>,
    /// Whether any points came from the unit.
    is_met: Vec<bool>,
    met: Vec<u32>,
    overflows: bool,
    without: u32,
}

impl Gathered {
    pub(super) fn new(facts: &Facts) -> Self {
        let units = facts.units.names.len() + 1;
        Self {
            entries: Vec::new(),
            sums: vec![0; units],
            is_met: vec![false; units],
            met: Vec::new(),
            overflows: false,
            without: without(&facts.units) as u32,
        }
    }

    /// Another batch.
    pub(super) fn begin(&mut self) {
        self.entries.clear();
    }

    /// One event of a unit, or, without one, a gap gave so many points, in units of the rule's own.
    pub(super) fn heed(&mut self, unit: Option<u16>, points: i128) {
        if points == 0 {
            return;
        }
        let unit = unit.map_or(self.without, u32::from);
        let place = unit as usize;
        if !self.is_met[place] {
            self.is_met[place] = true;
            self.met.push(unit);
        }
        match self.sums[place].checked_add(points) {
            Some(sum) => self.sums[place] = sum,
            None => self.overflows = true,
        }
    }

    /// Keeps what was heeded as what a rule gave a customer; `unit` makes the rule's points 10^−27. `None`: it does not
    /// fit, and the interpreter must find it.
    pub(super) fn put(&mut self, rule: usize, customer: u32, unit: Option<i128>) -> Option<()> {
        let mut fits = !std::mem::take(&mut self.overflows);
        for place in std::mem::take(&mut self.met) {
            self.is_met[place as usize] = false;
            let sum = std::mem::take(&mut self.sums[place as usize]);
            match unit.and_then(|unit| sum.checked_mul(unit)) {
                Some(points) => self.entries.push(Entry { customer, rule: rule as u32, unit: place, points }),
                None => fits = false,
            }
        }
        fits.then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_do_not_wrap() {
        let mut total = Total::default();
        for points in [i128::MAX, i128::MAX, 5, i128::MIN, i128::MIN] {
            total.add(points);
        }
        assert_eq!(total.exact(), BigDecimal::new(3.into(), 27));
    }

    #[test]
    fn what_does_not_fit_is_left_to_the_interpreter() {
        let mut gathered = Gathered::new(&Facts::default());
        gathered.heed(None, i128::MAX);
        assert_eq!(gathered.put(0, 0, Some(2)), None);
        gathered.heed(None, i128::MAX);
        gathered.heed(None, 1);
        assert_eq!(gathered.put(0, 0, Some(1)), None);
        gathered.heed(None, 7);
        assert_eq!(gathered.put(0, 1, Some(3)), Some(()));
        let kept = gathered.entries.last().unwrap();
        assert_eq!((kept.customer, kept.points), (1, 21));
    }

    #[test]
    fn rules_of_one_id_are_one() {
        let of = |rules: &[(&str, i64)], unit: Option<&str>| Breakdown {
            rules: rules.iter().map(|(id, points)| ((*id).into(), BigDecimal::from(*points))).collect(),
            units: [(unit.map(Into::into), BigDecimal::from(1))].into(),
        };
        let mut sum = of(&[("a", 1), ("b", 2)], None);
        sum.add(&of(&[("b", 3), ("c", 4)], Some("x")));
        assert_eq!(sum.rules, of(&[("a", 1), ("b", 5), ("c", 4)], None).rules);
        assert_eq!((sum.sum(), sum.units.len()), (BigDecimal::from(10), 2));
    }
}
