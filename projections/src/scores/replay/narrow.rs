//! What a rule gives the customers of a batch, on integers of 64 bits: limits, counts, tiers, caps and age, one after the
//! other over all its events.
//!
//! Before anything is computed, bounds of the batch tell whether it all fits; then nothing needs to be checked on the way,
//! and nothing branches on what cannot be foreseen. What does not fit goes the way of [`Credit::sum`], event by event.

use super::Tally;
use super::credit::{Aging, Credit, Scaled, Windows, times};
use super::lanes::{FINE, States};
use crate::scores::rules::AtLeast;

/// Sums of absolute points stay below it, so that times a factor of a half-life they have less than 127 bits.
const MOST: u128 = 1 << 61;

/// Events that a rule credits, one customer behind the other, each in the order of time.
#[derive(Debug, Default)]
pub(super) struct Narrow {
    /// Whose and when.
    pub(super) stamps: Vec<Stamp>,
    /// What each is worth; later what it gives.
    pub(super) points: Vec<i64>,
}

/// The customer of an event, counted within the batch, and its day: one number, so that they are moved as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp(u64);

/// A rule's numbers in 64 bits.
struct Small {
    worth: i64,
    /// Beginning, end and rate of each tier.
    tiers: Vec<(i64, i64, i64)>,
    points: i64,
    cap: i64,
    /// What makes the sum of what events gave a customer's.
    unit: i128,
}

impl Narrow {
    /// Leaves the events whose worth is known.
    pub(super) fn keep(&mut self, states: &States) {
        if states.are_fine() {
            return;
        }
        let mut kept = 0;
        for at in 0..self.stamps.len() {
            (self.stamps[kept], self.points[kept]) = (self.stamps[at], self.points[at]);
            kept += usize::from(states.at(at) == FINE);
        }
        self.truncate(kept);
    }

    /// Adds what the rule gives each customer. False, and nothing is added: it may not fit.
    pub(super) fn add_up(&mut self, credit: &Credit<'_>, scaled: &Scaled, tally: &mut Tally) -> bool {
        let Some(small) = self.small(credit, scaled) else { return false };
        if let Some((limit, windows)) = &credit.limit {
            self.limit(limit.count, windows, &mut tally.beyond);
        }
        if let Some(at_least) = credit.at_least {
            self.at_least(at_least);
        }
        if let Some((_, windows)) = &credit.tiers {
            self.tiers(&small, windows, &mut tally.beyond);
        }
        if let Some((_, windows)) = &credit.cap {
            self.cap(&small, windows, &mut tally.beyond);
        }
        match credit.aging() {
            Aging::None => self.sums(&small, tally, |_, points| i128::from(points)),
            Aging::Expires(days) => {
                self.sums(&small, tally, |day, points| if credit.age(day) < days { i128::from(points) } else { 0 });
            }
            Aging::HalfLife(half_life, expires) => self.sums(&small, tally, |day, points| {
                let age = credit.age(day);
                let factor = if age < expires { half_life.factor(age) } else { 0 };
                i128::from(points) * i128::from(factor)
            }),
        }
        true
    }

    /// The numbers of a rule, if they and all that becomes of these events fit.
    fn small(&self, credit: &Credit<'_>, scaled: &Scaled) -> Option<Small> {
        // At least 1, so that what things are multiplied by fits too.
        let most = self.points.iter().fold(1, |most, worth| most.max(worth.unsigned_abs()));
        if credit.tiers.is_none() && credit.cap.is_none() {
            // The same factors for every event: they come last.
            let bound = u128::from(most).checked_mul(self.points.len() as u128)?;
            let unit = scaled.sum.checked_mul(scaled.worth)?.checked_mul(scaled.points)?;
            return (bound < MOST).then_some(Small { worth: 1, tiers: Vec::new(), points: 1, cap: 0, unit });
        }
        let mut bound = u128::from(most).checked_mul(scaled.worth.unsigned_abs())?;
        bound = bound.checked_mul(self.points.len() as u128)?;
        let mut tiers = Vec::with_capacity(scaled.tiers.len());
        if credit.tiers.is_some() {
            let (mut from, mut dearest) = (0, 1);
            for (end, rate) in &scaled.tiers {
                let to = end.map_or(Some(i64::MAX), |end| i64::try_from(end).ok()).filter(|to| *to > from)?;
                tiers.push((from, to, i64::try_from(*rate).ok()?));
                dearest = dearest.max(rate.unsigned_abs());
                from = to;
            }
            // What an event gives is the difference of two such sums.
            bound = bound.checked_mul(dearest)?.checked_mul(2 * self.points.len() as u128)?;
        }
        bound = bound.checked_mul(scaled.points.unsigned_abs())?;
        // A cap beyond all that there is does nothing.
        let cap = i64::try_from(scaled.cap.min(MOST as i128)).ok()?;
        let (worth, points) = (i64::try_from(scaled.worth).ok()?, i64::try_from(scaled.points).ok()?);
        (bound < MOST).then_some(Small { worth, tiers, points, cap, unit: scaled.sum })
    }

    /// Leaves the first ones of each window.
    fn limit(&mut self, count: u32, windows: &Windows, beyond: &mut [bool]) {
        let (mut window, mut counted, mut kept) = (Window::default(), 0, 0);
        for at in 0..self.stamps.len() {
            let (stamp, points) = (self.stamps[at], self.points[at]);
            counted = if window.stays(stamp, windows, beyond) { counted } else { 0 };
            let counts = counted < count;
            counted += u32::from(counts);
            (self.stamps[kept], self.points[kept]) = (stamp, points);
            kept += usize::from(counts);
        }
        self.truncate(kept);
    }

    /// Leaves those that complete a number.
    fn at_least(&mut self, AtLeast { count, within_days }: AtLeast) {
        let (mut first, mut kept) = (0, 0);
        for at in 0..self.stamps.len() {
            let stamp = self.stamps[at];
            let stale = |earlier: Stamp| {
                let days = i64::from(stamp.day()) - i64::from(earlier.day());
                earlier.of() != stamp.of() || days >= i64::from(within_days)
            };
            while first < at && stale(self.stamps[first]) {
                first += 1;
            }
            if (at - first + 1) as u64 >= u64::from(count) {
                // No more are kept than lie before `first`, so none is lost that is still looked at.
                (self.stamps[kept], self.points[kept]) = (stamp, self.points[at]);
                kept += 1;
                first = at + 1;
            }
        }
        self.truncate(kept);
    }

    /// What the sum of a window is worth more with each event.
    fn tiers(&mut self, small: &Small, windows: &Windows, beyond: &mut [bool]) {
        let (mut window, mut measured, mut earned) = (Window::default(), 0, 0);
        for (stamp, points) in self.stamps.iter().zip(&mut self.points) {
            let stays = window.stays(*stamp, windows, beyond);
            (measured, earned) = if stays { (measured, earned) } else { (0, 0) };
            measured += *points * small.worth;
            let worth = |(from, to, rate): &(i64, i64, i64)| (measured.clamp(*from, *to) - from) * rate;
            let now = small.tiers.iter().map(worth).sum::<i64>();
            *points = now - earned;
            earned = now;
        }
    }

    /// What the cap of a window leaves of each event.
    fn cap(&mut self, small: &Small, windows: &Windows, beyond: &mut [bool]) {
        let factor = small.points * if small.tiers.is_empty() { small.worth } else { 1 };
        let (mut window, mut credited) = (Window::default(), 0_i64);
        for (stamp, points) in self.stamps.iter().zip(&mut self.points) {
            credited = if window.stays(*stamp, windows, beyond) { credited } else { 0 };
            let after = (credited + *points * factor).clamp(-small.cap, small.cap);
            *points = after - credited;
            credited = after;
        }
    }

    #[inline(always)]
    fn sums(&self, small: &Small, tally: &mut Tally, left: impl Fn(i32, i64) -> i128) {
        let Some(mut customer) = self.stamps.first().map(|stamp| stamp.of()) else { return };
        let mut sum = 0;
        for (stamp, points) in self.stamps.iter().zip(&self.points) {
            if stamp.of() != customer {
                tally.add(customer, times(sum, small.unit));
                (customer, sum) = (stamp.of(), 0);
            }
            sum += left(stamp.day(), *points);
        }
        tally.add(customer, times(sum, small.unit));
    }

    fn truncate(&mut self, kept: usize) {
        self.stamps.truncate(kept);
        self.points.truncate(kept);
    }
}

impl Stamp {
    pub(super) fn new(of: u32, day: i32) -> Self {
        Self(u64::from(of) << 32 | u64::from(day as u32))
    }

    fn of(self) -> u32 {
        (self.0 >> 32) as u32
    }

    fn day(self) -> i32 {
        self.0 as i32
    }
}

/// The window of a customer that events are in.
#[derive(Default)]
struct Window(u64);

impl Window {
    /// Whether this is the window of the event before. A customer with an earlier one, which happens where clocks are set
    /// back across midnight, is left to the interpreter.
    #[inline(always)]
    fn stays(&mut self, stamp: Stamp, windows: &Windows, beyond: &mut [bool]) -> bool {
        // Windows in their order as numbers without a sign; 0 is no window that there is.
        let window = windows.of(stamp.day()) as u32 ^ 1 << 31;
        let key = u64::from(stamp.of()) << 32 | u64::from(window);
        if key < self.0 {
            beyond[stamp.of() as usize] = true;
        }
        std::mem::replace(&mut self.0, key) == key
    }
}
