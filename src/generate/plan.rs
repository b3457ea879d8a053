//! Which events there are and in which order they arrive.
//!
//! A first pass over the customers counts records and sums up their weights. Each customer's share of the events follows
//! from the running sum, so that the total is exact. Then the period is cut into slices that fit into memory; for each,
//! all events are gone through again and those that arrive in it are noted in 16 bytes and sorted. Nothing else is kept:
//! what an event says is computed when it is written.

use super::activity::Chain;
use super::calendar::{DAY, HOUR, SECOND};
use super::life::{self, Known, Life};
use super::records::{MOST_RECORDS, Records};
use super::rng::Topic;
use super::world::World;

/// An event of a customer: `chain * 8 + step`. Chains 0 to 5 are the lives of its records with all changes of the
/// period, 8 to 13 the same without changes, those from 16 on what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code(pub u32);

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A step in the life of the record at this place.
    Life {
        /// The record's place.
        place: usize,
        /// The step.
        step: usize,
        /// Whether the customer's values change within the period.
        changing: bool,
    },
    /// A step of a chain of activity.
    Activity {
        /// The number of the chain.
        chain: u64,
        /// The step.
        step: usize,
    },
}

const UNCHANGING: u32 = 8;
const FIRST_CHAIN: u32 = 16;

impl Code {
    fn life(place: usize, step: usize, changing: bool) -> Self {
        let chain = place as u32 + if changing { 0 } else { UNCHANGING };
        Self(chain * 8 + step as u32)
    }

    /// Reads the number.
    pub fn what(self) -> What {
        let (chain, step) = (self.0 / 8, (self.0 % 8) as usize);
        if chain >= FIRST_CHAIN {
            return What::Activity { chain: u64::from(chain - FIRST_CHAIN), step };
        }
        What::Life { place: (chain % UNCHANGING) as usize, step, changing: chain < UNCHANGING }
    }
}

/// An event that arrives, in the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival {
    /// Microseconds since the start of the period.
    pub at: i64,
    /// The customer.
    pub customer: u32,
    /// Which of its events.
    pub code: Code,
}

/// How many events there are of which kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Records, each with its registration.
    pub records: u64,
    /// The sum of the customers' weights.
    weight: u64,
    /// Other events than registrations, told apart.
    pub others: u64,
    /// Events that come twice.
    pub repeats: u64,
}

impl Totals {
    /// Of a run that is to have `events` events.
    pub fn of(world: &World, events: u64) -> Self {
        let (mut records, mut weights) = (0, 0);
        for index in 0..world.customers {
            records += Records::count(world, index) as u64;
            weights += weight(world, index);
        }
        let room = if weights == 0 { 0 } else { events.saturating_sub(records) };
        let repeats = (events / 100).min(room);
        Self { records, weight: weights, others: room - repeats, repeats }
    }

    /// All events, repeats included.
    pub fn all(&self) -> u64 {
        self.records + self.others + self.repeats
    }
}

/// How active a customer is, Pareto distributed: a fifth of the customers has about three quarters of the activity.
/// u^(-7/8) by square roots, which are rounded alike everywhere.
fn weight(world: &World, index: u64) -> u64 {
    const STEPS: u32 = 1 << 14;
    let u = f64::from(world.seed.stream(Topic::Weight, index, 0).below(STEPS) + 1) / f64::from(STEPS);
    let (half, quarter) = (u.sqrt(), u.sqrt().sqrt());
    (1_000.0 / (half * quarter * quarter.sqrt())) as u64
}

/// Goes through the events of all customers.
pub struct Walk<'a> {
    world: &'a World,
    totals: Totals,
    weights: u64,
    told: u64,
}

impl<'a> Walk<'a> {
    /// A walk from the first customer.
    pub fn new(world: &'a World, totals: Totals) -> Self {
        Self { world, totals, weights: 0, told: 0 }
    }

    /// Calls `found` with every arrival, repeats included, in the order of customers.
    pub fn arrivals(mut self, mut found: impl FnMut(Arrival)) {
        let mut before = 0;
        for index in 0..self.world.customers {
            self.weights += weight(self.world, index);
            let share =
                u128::from(self.totals.others) * u128::from(self.weights) / u128::from(self.totals.weight.max(1));
            let upto = share as u64;
            self.customer(index, upto - before, &mut found);
            before = upto;
        }
    }

    /// The events of one customer: its registrations and `budget` others.
    fn customer(&mut self, index: u64, budget: u64, found: &mut impl FnMut(Arrival)) {
        let known = Known::of(self.world, index);
        let count = known.records.all().len();
        let mut lives = [None; MOST_RECORDS];
        let mut edits = 0;
        for (place, life) in lives.iter_mut().enumerate().take(count) {
            let dates = Life::of(self.world, &known, place);
            edits += dates.at[1..=4].iter().flatten().count() as u64;
            *life = Some(dates);
        }
        // Changes that could not all be told did not happen within the period.
        let changing = edits <= budget;
        let mut left = budget;
        for (place, dates) in lives.iter().flatten().enumerate() {
            self.tell(index, Code::life(place, life::REGISTERED, changing), dates.at[0].unwrap_or(0), found);
            for step in (1..=4).filter(|_| changing) {
                if let Some(second) = dates.at[step] {
                    left -= 1;
                    self.tell(index, Code::life(place, step, true), second, found);
                }
            }
        }
        for (place, dates) in lives.iter().flatten().enumerate() {
            for step in [life::CONSENT_GIVEN, life::VERIFIED, life::CONSENT_WITHDRAWN] {
                if let Some(second) = dates.at[step].filter(|_| left > 0) {
                    left -= 1;
                    self.tell(index, Code::life(place, step, changing), second, found);
                }
            }
        }
        let mut number = FIRST_CHAIN;
        while left > 0 {
            let chain = Chain::of(self.world, index, &known.records, u64::from(number - FIRST_CHAIN));
            for (step, second) in chain.at.iter().enumerate().filter_map(|(step, at)| Some((step, (*at)?))) {
                if left > 0 {
                    left -= 1;
                    self.tell(index, Code(number * 8 + step as u32), second, found);
                }
            }
            number += 1;
        }
    }

    /// One event arrives, perhaps late, perhaps twice.
    fn tell(&mut self, index: u64, code: Code, second: i64, found: &mut impl FnMut(Arrival)) {
        let rng = &mut self.world.seed.stream(Topic::Arrival, index, u64::from(code.0));
        let mut delay = rng.within(90 * SECOND);
        if rng.chance(20) {
            // Late: from an hour to six weeks, each doubling as likely as another.
            let about = HOUR << rng.below(10);
            delay = about + rng.within(about);
        }
        let customer = index as u32;
        let at = second * SECOND + delay;
        found(Arrival { at, customer, code });
        // Every so-manieth event comes twice, so that the number of repeats is exact.
        let all = u128::from(self.totals.records + self.totals.others);
        let repeated = |told: u64| u128::from(told) * u128::from(self.totals.repeats) / all;
        self.told += 1;
        if repeated(self.told) > repeated(self.told - 1) {
            let longest = if rng.chance(700) { HOUR } else { 20 * DAY };
            found(Arrival { at: at + SECOND + rng.within(longest), customer, code });
        }
    }
}

/// How many events are held in memory at a time, 16 bytes each.
const SLICE: u64 = 12_000_000;

/// All arrivals of a run in order.
pub struct Slices {
    world: World,
    totals: Totals,
    count: i64,
    next: i64,
    current: std::vec::IntoIter<Arrival>,
}

impl Slices {
    /// The arrivals of a run.
    pub fn new(world: World, totals: Totals) -> Self {
        Self::in_slices_of(SLICE, world, totals)
    }

    fn in_slices_of(most: u64, world: World, totals: Totals) -> Self {
        let count = totals.all().div_ceil(most) as i64;
        Self { world, totals, count, next: 0, current: Vec::new().into_iter() }
    }

    /// Fills the next slice of the period. The first and the last are open to their sides.
    fn fill(&mut self) {
        let length = self.world.span.saturating_mul(SECOND) / self.count;
        let from = if self.next == 0 { i64::MIN } else { self.next * length };
        self.next += 1;
        let to = if self.next == self.count { i64::MAX } else { self.next * length };
        // The old slice is given back before the new one is filled.
        self.current = Vec::new().into_iter();
        let mut found = Vec::with_capacity((self.totals.all() / self.count as u64) as usize);
        Walk::new(&self.world, self.totals).arrivals(|arrival| {
            if (from..to).contains(&arrival.at) {
                found.push(arrival);
            }
        });
        found.sort_unstable();
        self.current = found.into_iter();
    }
}

impl Iterator for Slices {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        loop {
            if let Some(arrival) = self.current.next() {
                return Some(arrival);
            }
            if self.next == self.count {
                return None;
            }
            self.fill();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_do_not_change_the_order() {
        let world = World::new(1, 300, 0, 100 * DAY);
        let totals = Totals::of(&world, 5_000);
        let whole: Vec<_> = Slices::new(world.clone(), totals).collect();
        let sliced: Vec<_> = Slices::in_slices_of(700, world, totals).collect();
        assert_eq!(whole.len(), 5_000);
        assert!(whole == sliced && whole.is_sorted());
    }

    #[test]
    fn every_event_is_told_once_and_repeats_twice() {
        let world = World::new(2, 300, 0, 100 * DAY);
        let totals = Totals::of(&world, 5_000);
        let mut seen: Vec<_> = Slices::new(world, totals).map(|arrival| (arrival.customer, arrival.code)).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((seen.len() as u64, totals.repeats), (5_000 - 50, 50));
    }

    #[test]
    fn a_few_customers_have_most_of_the_activity() {
        let world = World::new(3, 20_000, 0, DAY);
        let mut weights: Vec<_> = (0..20_000).map(|index| weight(&world, index)).collect();
        weights.sort_unstable_by(|a, b| b.cmp(a));
        let share = weights[..4_000].iter().sum::<u64>() as f64 / weights.iter().sum::<u64>() as f64;
        assert!((0.70..0.82).contains(&share), "{share}");
    }
}
