//! From what events are worth to what a rule gives a customer: limits, counts, tiers, caps, age.
//!
//! Everything is computed on integers; what does not fit makes no sum, and the customer is scored by the interpreter.

use std::collections::VecDeque;

use rust_decimal::Decimal;

use super::lanes::power;
use crate::scores::calendar::window_of;
use crate::scores::half_life::{self, HalfLife};
use crate::scores::rules::{AtLeast, Limit, Rule, Tiers, Window};

/// Decimals of sums.
pub(super) const SUM_DECIMALS: u32 = 27;

/// Windows of a kind over the days that there are.
#[derive(Debug)]
pub(super) struct Windows {
    per: Window,
    first: i32,
    numbers: Vec<i32>,
}

/// The most days for which windows are kept.
const MOST_DAYS: i64 = 100_000;

impl Windows {
    /// Windows of the days from the first to the last; others are computed each time.
    pub(super) fn new(per: Window, (first, last): (i32, i32)) -> Self {
        let days = (i64::from(last) - i64::from(first)).clamp(0, MOST_DAYS) as i32;
        let numbers = (0..=days).map(|day| window_of(first.saturating_add(day), per)).collect();
        Self { per, first, numbers }
    }

    #[inline]
    pub(super) fn of(&self, day: i32) -> i32 {
        let kept = usize::try_from(i64::from(day) - i64::from(self.first)).ok();
        kept.and_then(|place| self.numbers.get(place)).copied().unwrap_or_else(|| window_of(day, self.per))
    }
}

/// How a rule credits, over integers of certain scales.
#[derive(Debug)]
pub(super) struct Credit<'a> {
    pub(super) limit: Option<(Limit, Windows)>,
    pub(super) at_least: Option<AtLeast>,
    pub(super) tiers: Option<(&'a Tiers, Windows)>,
    pub(super) cap: Option<(Decimal, Windows)>,
    half_life: Option<HalfLife>,
    expires_after_days: Option<u32>,
    /// The day of as-of.
    today: i32,
}

/// The scales of one rule, once that of its events' worth is known.
#[derive(Debug)]
pub(super) struct Scaled {
    /// What makes a worth one of the tiers' sums, or a credit.
    pub(super) worth: i128,
    /// End, if there is one, and rate of each tier.
    pub(super) tiers: Vec<(Option<i128>, i128)>,
    /// What makes points a credit.
    pub(super) points: i128,
    pub(super) cap: i128,
    /// What makes a rule's sum a customer's.
    pub(super) sum: i128,
}

/// What age does to points.
pub(super) enum Aging<'a> {
    None,
    /// Nothing is left from so many days on.
    Expires(u32),
    /// A part of them is left, and nothing from so many days on.
    HalfLife(&'a HalfLife, u32),
}

impl<'a> Credit<'a> {
    /// How a rule credits events of these days at a day; `limits` are those of events.
    pub(super) fn new(
        rule: &'a Rule,
        (limit, at_least, tiers): (Option<Limit>, Option<AtLeast>, Option<&'a Tiers>),
        days: (i32, i32),
        today: i32,
    ) -> Self {
        let oldest = age(today, days.0);
        Self {
            limit: limit.map(|limit| (limit, Windows::new(limit.per, days))),
            at_least,
            tiers: tiers.map(|tiers| (tiers, Windows::new(tiers.per, days))),
            cap: rule.cap.map(|cap| (cap.points, Windows::new(cap.per, days))),
            half_life: rule.half_life_days.and_then(|days| HalfLife::new(days, oldest)),
            expires_after_days: rule.expires_after_days,
            today,
        }
    }

    /// Whether it needs to know the days of events.
    pub(super) fn needs_days(&self) -> bool {
        self.limit.is_some()
            || self.at_least.is_some()
            || self.tiers.is_some()
            || self.cap.is_some()
            || self.half_life.is_some()
            || self.expires_after_days.is_some()
    }

    /// What age does to points.
    pub(super) fn aging(&self) -> Aging<'_> {
        match (&self.half_life, self.expires_after_days) {
            (None, None) => Aging::None,
            (None, Some(days)) => Aging::Expires(days),
            // No age is as high as the highest number: a span of days has fewer.
            (Some(half_life), expires) => Aging::HalfLife(half_life, expires.unwrap_or(u32::MAX)),
        }
    }

    /// The age of what happened on a day.
    #[inline]
    pub(super) fn age(&self, day: i32) -> u32 {
        age(self.today, day)
    }

    /// Whether it is of account which event comes first.
    pub(super) fn needs_order(&self) -> bool {
        self.limit.is_some() || self.at_least.is_some() || self.tiers.is_some() || self.cap.is_some()
    }

    /// The scales over worths of so many decimals; `None`: they do not fit.
    pub(super) fn scaled(&self, decimals: u32) -> Option<Scaled> {
        let ends = self.tiers.iter().flat_map(|(tiers, _)| &tiers.tiers).filter_map(|tier| tier.up_to);
        let rates = self.tiers.iter().flat_map(|(tiers, _)| &tiers.tiers).map(|tier| tier.rate);
        let of_measure = ends.map(|end| end.normalize().scale()).fold(decimals, u32::max);
        let of_rates = rates.map(|rate| rate.normalize().scale()).max().unwrap_or(0);
        let of_points = of_measure + of_rates;
        let cap = self.cap.as_ref().map(|(points, _)| points.normalize());
        let of_credit = cap.map_or(of_points, |cap| cap.scale().max(of_points));
        let of_sum = of_credit + self.half_life.as_ref().map_or(0, |_| half_life::DECIMALS);
        if of_sum > SUM_DECIMALS {
            return None;
        }
        let at = |number: Decimal, decimals: u32| {
            let number = number.normalize();
            number.mantissa().checked_mul(power(decimals.checked_sub(number.scale())?))
        };
        let tier = |tier: &crate::scores::rules::Tier| {
            let end = match tier.up_to {
                Some(end) => Some(at(end, of_measure)?),
                None => None,
            };
            Some((end, at(tier.rate, of_rates)?))
        };
        let tiers = self.tiers.iter().flat_map(|(tiers, _)| &tiers.tiers).map(tier).collect::<Option<Vec<_>>>()?;
        Some(Scaled {
            worth: power(of_measure - decimals),
            tiers,
            points: power(of_credit - of_points),
            cap: cap.map_or(Some(0), |cap| at(cap, of_credit))?,
            sum: power(SUM_DECIMALS - of_sum),
        })
    }

    /// The sum of a customer's events or gaps: day and worth of each, in the order of time, and what it is called.
    /// `tell` is told what each of them gave, in units of [`Self::unit`]. `None`: the interpreter must find it.
    #[inline]
    pub(super) fn sum<T>(
        &self,
        scaled: &Scaled,
        events: impl Iterator<Item = (i32, i64, T)>,
        mut tell: impl FnMut(T, i128),
    ) -> Option<i128> {
        let mut sum = 0_i128;
        if !self.needs_days() {
            for (_, worth, name) in events {
                sum += i128::from(worth);
                tell(name, i128::from(worth));
            }
            return sum.checked_mul(self.unit(scaled)?);
        }
        let mut state = State::default();
        for (day, worth, name) in events {
            if !self.counts(&mut state, day)? {
                continue;
            }
            let points = self.points(scaled, &mut state, day, worth)?;
            let credited = self.credited(scaled, &mut state, day, points)?;
            let age = age(self.today, day);
            if self.expires_after_days.is_some_and(|days| age >= days) {
                continue;
            }
            let left = match &self.half_life {
                Some(half_life) => times(credited, i128::from(half_life.factor(age)))?,
                None => credited,
            };
            sum = sum.checked_add(left)?;
            tell(name, left);
        }
        sum.checked_mul(self.unit(scaled)?)
    }

    /// What makes the points of an event those of a customer's sum.
    pub(super) fn unit(&self, scaled: &Scaled) -> Option<i128> {
        if self.needs_days() {
            return Some(scaled.sum);
        }
        scaled.sum.checked_mul(scaled.worth)?.checked_mul(scaled.points)
    }

    #[inline(always)]
    fn counts(&self, state: &mut State, day: i32) -> Option<bool> {
        if let Some((limit, windows)) = &self.limit {
            if state.limit.enters(windows.of(day))? {
                state.counted = 0;
            }
            if state.counted >= limit.count {
                return Some(false);
            }
            state.counted += 1;
        }
        let Some(AtLeast { count, within_days }) = self.at_least else { return Some(true) };
        let too_old = |first: &i32| i64::from(day) - i64::from(*first) >= i64::from(within_days);
        while state.gathered.front().is_some_and(too_old) {
            state.gathered.pop_front();
        }
        state.gathered.push_back(day);
        let complete = state.gathered.len() as u64 >= u64::from(count);
        if complete {
            state.gathered.clear();
        }
        Some(complete)
    }

    #[inline(always)]
    fn points(&self, scaled: &Scaled, state: &mut State, day: i32, worth: i64) -> Option<i128> {
        let worth = times(i128::from(worth), scaled.worth)?;
        let Some((_, windows)) = &self.tiers else { return Some(worth) };
        if state.tiers.enters(windows.of(day))? {
            (state.measured, state.earned) = (0, 0);
        }
        state.measured = state.measured.checked_add(worth)?;
        let earned = scaled.earned(state.measured)?;
        let points = earned - state.earned;
        state.earned = earned;
        Some(points)
    }

    #[inline(always)]
    fn credited(&self, scaled: &Scaled, state: &mut State, day: i32, points: i128) -> Option<i128> {
        let points = times(points, scaled.points)?;
        let Some((_, windows)) = &self.cap else { return Some(points) };
        if state.cap.enters(windows.of(day))? {
            state.credited = 0;
        }
        let after = state.credited.checked_add(points)?.clamp(-scaled.cap, scaled.cap);
        let credited = after - state.credited;
        state.credited = after;
        Some(credited)
    }
}

impl Scaled {
    /// What a sum of the measure is worth.
    #[inline(always)]
    fn earned(&self, sum: i128) -> Option<i128> {
        let (mut earned, mut from) = (0_i128, 0_i128);
        for (end, rate) in &self.tiers {
            if sum <= from {
                break;
            }
            let to = end.map_or(sum, |end| end.min(sum));
            earned = earned.checked_add(times(to - from, *rate)?)?;
            from = to;
        }
        Some(earned)
    }
}

/// What a rule remembers while it goes through the events of a customer.
#[derive(Debug, Default)]
struct State {
    limit: Current,
    counted: u32,
    gathered: VecDeque<i32>,
    tiers: Current,
    measured: i128,
    earned: i128,
    cap: Current,
    credited: i128,
}

/// The window that events are in.
#[derive(Debug, Default)]
struct Current(Option<i32>);

impl Current {
    /// Whether this is another window than that of the event before. `None`: it is an earlier one, which happens where
    /// clocks are set back across midnight.
    #[inline(always)]
    fn enters(&mut self, window: i32) -> Option<bool> {
        match self.0 {
            Some(current) if current == window => Some(false),
            Some(current) if current > window => None,
            _ => {
                self.0 = Some(window);
                Some(true)
            }
        }
    }
}

/// The product. Numbers of 64 bits, which almost all are, are multiplied in one step; what checks 128 bits takes ten times
/// as long.
#[inline(always)]
pub(super) fn times(a: i128, b: i128) -> Option<i128> {
    if b == 1 {
        return Some(a);
    }
    match (i64::try_from(a), i64::try_from(b)) {
        (Ok(a), Ok(b)) => Some(i128::from(a) * i128::from(b)),
        _ => a.checked_mul(b),
    }
}

/// Calendar days from one day to another; none to a later one.
pub(super) fn age(today: i32, day: i32) -> u32 {
    u32::try_from(i64::from(today) - i64::from(day)).unwrap_or(0)
}
