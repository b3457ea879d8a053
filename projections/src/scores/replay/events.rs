//! A rule's points for the events of a batch.

use super::compiled::{Compiled, Events};
use super::credit::Scaled;
use super::lanes::{BEYOND, BoolLanes, FINE, MISSING, NumberLanes, Numbers, States, WITHOUT_RATE};
use super::money::{Conversion, currencies};
use super::narrow::Stamp;
use super::program::{Condition, Rows};
use super::spare::Spare;
use super::{Batch, Run, Tally};
use crate::scores::facts::Facts;

/// The events of a batch that a rule looks at.
struct Chosen {
    /// Their places in the batch.
    lanes: Vec<u32>,
    /// Their rows in the facts.
    rows: Vec<u32>,
}

impl Chosen {
    /// Gives its vectors back.
    fn end(self, spare: &Spare) {
        spare.lanes.give(self.lanes);
        spare.lanes.give(self.rows);
    }

    fn keep(&mut self, mut keep: impl FnMut(usize, u32) -> bool) {
        let mut kept = 0;
        for at in 0..self.lanes.len() {
            let (lane, row) = (self.lanes[at], self.rows[at]);
            // Which events stay cannot be foreseen, so nothing here branches on it.
            (self.lanes[kept], self.rows[kept]) = (lane, row);
            kept += usize::from(keep(at, lane));
        }
        self.lanes.truncate(kept);
        self.rows.truncate(kept);
    }
}

impl Run<'_> {
    pub(super) fn events(
        &self,
        index: usize,
        rule: &Compiled<'_>,
        work: &Events<'_>,
        facts: &Facts,
        batch: &mut Batch,
        tally: &mut Tally,
    ) {
        let mut chosen = self.choose(rule, batch, &tally.spare);
        if let Some((when, money)) = &work.when {
            self.filter(index, (when, money), &mut chosen, (facts, batch), tally);
        }
        if !chosen.lanes.is_empty() {
            self.credit(index, work, &chosen, (facts, batch), tally);
        }
        chosen.end(&tally.spare);
    }

    /// Credits the events that a rule chose.
    fn credit(
        &self,
        index: usize,
        work: &Events<'_>,
        chosen: &Chosen,
        (facts, batch): (&Facts, &mut Batch),
        tally: &mut Tally,
    ) {
        let worth = self.worth(work, facts, chosen, tally).and_then(|worth| {
            let scaled = work.credit.scaled(worth.scale)?;
            Some((worth, scaled))
        });
        let Some((worth, scaled)) = worth else {
            return chosen.lanes.iter().for_each(|lane| tally.beyond[batch.of[*lane as usize] as usize] = true);
        };
        if work.credit.needs_days() {
            batch.days(&self.calendar);
        }
        if tally.gathered.is_some() || !self.narrow(index, work, (chosen, &worth, &scaled), batch, tally) {
            self.one_by_one(index, work, (chosen, &worth, &scaled), (facts, batch), tally);
        }
        tally.spare.numbers(worth);
    }

    /// Credits all events of the batch side by side; false, and nothing is credited: it does not fit.
    fn narrow(
        &self,
        index: usize,
        work: &Events<'_>,
        (chosen, worth, scaled): (&Chosen, &NumberLanes, &Scaled),
        batch: &Batch,
        tally: &mut Tally,
    ) -> bool {
        let mut narrow = std::mem::take(&mut tally.narrow);
        narrow.points.clear();
        match &worth.numbers {
            Numbers::One(number) => narrow.points.resize(chosen.lanes.len(), *number),
            Numbers::Each(numbers) => narrow.points.extend_from_slice(numbers),
        }
        if work.negated.contains(&true) {
            for (points, lane) in narrow.points.iter_mut().zip(&chosen.lanes) {
                let negated = work.negated[usize::from(batch.types[*lane as usize])];
                *points = if negated { points.wrapping_neg() } else { *points };
            }
        }
        narrow.stamps.clear();
        if work.credit.needs_days() {
            narrow.stamps.extend(chosen.lanes.iter().map(|lane| batch.stamp(*lane)));
        } else {
            narrow.stamps.extend(chosen.lanes.iter().map(|lane| Stamp::new(batch.of[*lane as usize], 0)));
        }
        narrow.keep(&worth.states);
        let added = narrow.add_up(&work.credit, scaled, tally);
        tally.narrow = narrow;
        if added && !worth.states.are_fine() {
            for (at, lane) in chosen.lanes.iter().enumerate() {
                tally.stop(index, batch.of[*lane as usize], worth.states.at(at), batch);
            }
        }
        added
    }

    /// Credits one event after the other.
    fn one_by_one(
        &self,
        index: usize,
        work: &Events<'_>,
        (chosen, worth, scaled): (&Chosen, &NumberLanes, &Scaled),
        (facts, batch): (&Facts, &Batch),
        tally: &mut Tally,
    ) {
        let (fine, signed) = (worth.states.are_fine(), work.negated.contains(&true));
        let mut at = 0;
        while at < chosen.lanes.len() {
            let customer = batch.of[chosen.lanes[at] as usize];
            let end = at + chosen.lanes[at..].partition_point(|lane| batch.of[*lane as usize] == customer);
            if !fine {
                (at..end).for_each(|lane| tally.stop(index, customer, worth.states.at(lane), batch));
            }
            if !tally.beyond[customer as usize] {
                let events = (at..end).filter(|lane| fine || worth.states.at(*lane) == FINE).map(|lane| {
                    let number = worth.numbers.at(lane);
                    let lane = chosen.lanes[lane];
                    let negated = signed && work.negated[usize::from(batch.types[lane as usize])];
                    (batch.day(lane), if negated { -number } else { number }, lane)
                });
                let sum = match &mut tally.gathered {
                    None => work.credit.sum(scaled, events, |_, _| ()),
                    Some(gathered) => {
                        let unit = |lane: u32| facts.units.codes[batch.rows[lane as usize] as usize];
                        let sum =
                            work.credit.sum(scaled, events, |lane, points| gathered.heed(Some(unit(lane)), points));
                        gathered.put(index, customer, work.credit.unit(scaled)).and(sum)
                    }
                };
                tally.add(customer, sum);
            }
            at = end;
        }
    }

    /// The events of the rule's types and times.
    fn choose(&self, rule: &Compiled<'_>, batch: &Batch, spare: &Spare) -> Chosen {
        let mut several = spare.lanes.take();
        let mut lanes = spare.lanes.of(batch.of_types(&rule.of_type, &mut several).iter().copied());
        spare.lanes.give(several);
        if rule.valid != (i64::MIN, i64::MAX) {
            lanes.retain(|lane| rule.is_valid(batch.times[*lane as usize]));
        }
        let rows = spare.lanes.of(lanes.iter().map(|lane| batch.rows[*lane as usize]));
        Chosen { lanes, rows }
    }

    /// Keeps the events for which the condition holds.
    fn filter(
        &self,
        index: usize,
        (when, money): (&Condition, &[usize]),
        chosen: &mut Chosen,
        (facts, batch): (&Facts, &Batch),
        tally: &mut Tally,
    ) {
        currencies(facts, &chosen.rows, money, &mut tally.marked);
        let found = self.conversion(facts, chosen, money).and_then(|conversion| {
            let on = Rows { facts, rows: &chosen.rows, money: conversion.as_ref(), spare: &tally.spare };
            let BoolLanes { bools, states } = when.run(on)?;
            Some((bools, before(conversion, states)))
        });
        let Some((bools, states)) = found else {
            chosen.lanes.iter().for_each(|lane| tally.beyond[batch.of[*lane as usize] as usize] = true);
            return chosen.keep(|_, _| false);
        };
        if states.are_fine() {
            chosen.keep(|at, _| bools.at(at));
        } else {
            chosen.keep(|at, lane| {
                let state = states.at(at);
                tally.stop(index, batch.of[lane as usize], state, batch);
                (state == FINE) & bools.at(at)
            });
        }
        tally.spare.bools(BoolLanes { bools, states });
    }

    fn worth(&self, work: &Events<'_>, facts: &Facts, chosen: &Chosen, tally: &mut Tally) -> Option<NumberLanes> {
        currencies(facts, &chosen.rows, &work.money, &mut tally.marked);
        let conversion = self.conversion(facts, chosen, &work.money)?;
        let on = Rows { facts, rows: &chosen.rows, money: conversion.as_ref(), spare: &tally.spare };
        let mut found = work.worth.run(on)?;
        found.states = before(conversion, found.states);
        Some(found)
    }

    /// How the money of these events is converted, if it is at all; `None`: it cannot be said here.
    #[expect(clippy::option_option, reason = "whether it can be said, and whether there is anything to convert")]
    fn conversion(&self, facts: &Facts, chosen: &Chosen, read: &[usize]) -> Option<Option<Conversion>> {
        match &self.asked.rules.money {
            Some(money) if !read.is_empty() => Conversion::of(money, facts, &chosen.rows, read).map(Some),
            _ => Some(None),
        }
    }
}

/// Money is converted before anything is computed.
fn before(conversion: Option<Conversion>, states: States) -> States {
    match conversion {
        Some(conversion) => conversion.states.then(&states),
        None => states,
    }
}

impl Tally {
    /// Counts an event that a rule does not go on with.
    fn stop(&mut self, rule: usize, customer: u32, state: u8, batch: &Batch) {
        let place = rule * batch.customers.len() + customer as usize;
        match state {
            MISSING => self.missing[place] += 1,
            WITHOUT_RATE => self.without_rate[place] += 1,
            BEYOND => self.beyond[customer as usize] = true,
            _ => {}
        }
    }
}
