//! Values of an expression for many events at once: a lane each.
//!
//! Numbers are integers of one scale for all lanes. What does not fit in 64 bits is not computed here: its lane says so,
//! and the customer is scored by the interpreter, which is exact at any length and tells what is wrong.

use std::cmp::Ordering;

use super::super::facts::column::{Held, Numbers as Column};
use super::spare::Spare;
use crate::expr::number::NoQuotient;

/// The lane has its value.
pub(super) const FINE: u8 = 0;
/// A value that the expression came to read is missing.
pub(super) const MISSING: u8 = 1;
/// Its money cannot be converted.
pub(super) const WITHOUT_RATE: u8 = 2;
/// It is not computed here.
pub(super) const BEYOND: u8 = 3;

/// The most decimals of lanes: an integer of 64 bits has 18 digits.
const MOST_DECIMALS: u32 = 18;
/// Decimals of quotients.
const OF_QUOTIENT: u32 = 12;

/// Numbers: one for all lanes, or one each.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Numbers {
    One(i64),
    Each(Vec<i64>),
}

/// Conditions: one for all lanes, or one each.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bools {
    One(bool),
    Each(Vec<bool>),
}

/// Numbers × 10^−scale, with the state of each lane.
#[derive(Clone, Debug)]
pub(super) struct NumberLanes {
    pub(super) scale: u32,
    pub(super) numbers: Numbers,
    pub(super) states: States,
}

/// Conditions, with the state of each lane.
#[derive(Clone, Debug)]
pub(super) struct BoolLanes {
    pub(super) bools: Bools,
    pub(super) states: States,
}

/// The state of each lane; none: all are fine.
#[derive(Clone, Debug, Default)]
pub(super) struct States(Option<Vec<u8>>);

impl Numbers {
    #[inline]
    pub(super) fn at(&self, lane: usize) -> i64 {
        match self {
            Numbers::One(number) => *number,
            Numbers::Each(numbers) => numbers[lane],
        }
    }
}

impl Bools {
    #[inline]
    pub(super) fn at(&self, lane: usize) -> bool {
        match self {
            Bools::One(value) => *value,
            Bools::Each(values) => values[lane],
        }
    }
}

impl States {
    #[inline]
    pub(super) fn at(&self, lane: usize) -> u8 {
        self.0.as_ref().map_or(FINE, |states| states[lane])
    }

    pub(super) fn are_fine(&self) -> bool {
        self.0.is_none()
    }

    /// Sets a lane's state.
    pub(super) fn set(&mut self, lane: usize, state: u8, lanes: usize) {
        if state != FINE {
            self.0.get_or_insert_with(|| vec![FINE; lanes])[lane] = state;
        }
    }

    /// The states of an operation: what stands left ends it first.
    pub(super) fn then(self, right: &Self) -> Self {
        match (self.0, &right.0) {
            (None, right) => Self(right.clone()),
            (left, None) => Self(left),
            (Some(mut left), Some(right)) => {
                left.iter_mut().zip(right).filter(|(left, _)| **left == FINE).for_each(|(left, right)| *left = *right);
                Self(Some(left))
            }
        }
    }
}

impl NumberLanes {
    pub(super) fn one(number: i64, scale: u32) -> Self {
        Self { scale, numbers: Numbers::One(number), states: States::default() }
    }

    /// Lanes of some rows of a column.
    pub(super) fn of(column: &Column, rows: &[u32], spare: &Spare) -> Self {
        let mut states = States::default();
        let mut numbers = spare.numbers.take();
        if column.gather(rows, &mut numbers) {
            let found = numbers.iter().map(|number| match Held::of(*number) {
                Held::Integer(_) => FINE,
                Held::Missing => MISSING,
                Held::Wide => BEYOND,
            });
            states = States(Some(found.collect()));
            numbers.iter_mut().filter(|number| !matches!(Held::of(**number), Held::Integer(_))).for_each(|it| *it = 0);
        }
        Self { scale: column.scale, numbers: Numbers::Each(numbers), states }
    }

    /// Each number changed by itself; `None`: it is beyond 64 bits.
    pub(super) fn map(self, scale: u32, lanes: usize, change: impl Fn(i64) -> Option<i64>) -> Self {
        let Self { numbers, mut states, .. } = self;
        let numbers = match numbers {
            Numbers::One(number) => match change(number) {
                Some(number) => Numbers::One(number),
                None => {
                    (0..lanes).for_each(|lane| beyond(&mut states, lane, lanes));
                    Numbers::One(0)
                }
            },
            Numbers::Each(mut numbers) => {
                for (lane, number) in numbers.iter_mut().enumerate() {
                    match change(*number) {
                        Some(changed) => *number = changed,
                        None => {
                            *number = 0;
                            beyond(&mut states, lane, lanes);
                        }
                    }
                }
                Numbers::Each(numbers)
            }
        };
        Self { scale, numbers, states }
    }

    /// Two numbers made one.
    pub(super) fn join(self, right: Self, scale: u32, lanes: usize, join: impl Fn(i64, i64) -> Option<i64>) -> Self {
        let (left, right, mut states) = (self.numbers, right.numbers, self.states.then(&right.states));
        let mut joined = Vec::with_capacity(lanes);
        for lane in 0..lanes {
            joined.push(join(left.at(lane), right.at(lane)).unwrap_or_else(|| {
                beyond(&mut states, lane, lanes);
                0
            }));
        }
        Self { scale, numbers: Numbers::Each(joined), states }
    }

    /// What brings both to one scale: that scale, and the factors. `None`: no scale of theirs fits.
    fn common(&self, right: &Self) -> Option<(u32, i128, i128)> {
        let scale = self.scale.max(right.scale);
        (scale <= MOST_DECIMALS).then(|| (scale, power(scale - self.scale), power(scale - right.scale)))
    }

    pub(super) fn add(self, right: Self, lanes: usize, sign: i128) -> Option<Self> {
        let (scale, one, other) = self.common(&right)?;
        if (one, other) == (1, 1) {
            return Some(match sign {
                1 => self.join(right, scale, lanes, i64::checked_add),
                _ => self.join(right, scale, lanes, i64::checked_sub),
            });
        }
        let sum = |a: i64, b: i64| i64::try_from(i128::from(a) * one + sign * i128::from(b) * other).ok();
        Some(self.join(right, scale, lanes, sum))
    }

    pub(super) fn multiply(mut self, right: Self, lanes: usize) -> Option<Self> {
        let scale = Some(self.scale + right.scale).filter(|scale| *scale <= MOST_DECIMALS)?;
        if let (Numbers::Each(left), Numbers::One(factor)) = (&mut self.numbers, &right.numbers)
            && !left.iter().fold(false, |over, number| over | number.overflowing_mul(*factor).1)
        {
            left.iter_mut().for_each(|number| *number = number.wrapping_mul(*factor));
            return Some(Self { scale, states: self.states.then(&right.states), ..self });
        }
        Some(self.join(right, scale, lanes, i64::checked_mul))
    }

    /// Quotients, rounded half-even to 12 decimals; one by zero is beyond.
    pub(super) fn divide(self, right: Self, lanes: usize) -> Option<Self> {
        let (a, b) = (self.scale, right.scale);
        let decimal =
            |number: i64, scale: u32| rust_decimal::Decimal::try_from_i128_with_scale(i128::from(number), scale);
        let quotient = |one: i64, other: i64| {
            let found: Result<_, NoQuotient> =
                crate::expr::number::divide(decimal(one, a).ok()?, decimal(other, b).ok()?);
            let found = found.ok()?;
            let factor = power(OF_QUOTIENT.checked_sub(found.scale())?);
            i64::try_from(found.mantissa().checked_mul(factor)?).ok()
        };
        Some(self.join(right, OF_QUOTIENT, lanes, quotient))
    }

    /// The smaller, or the larger, of two.
    pub(super) fn extreme(self, right: Self, lanes: usize, larger: bool) -> Option<Self> {
        let (scale, one, other) = self.common(&right)?;
        let choose = |a: i64, b: i64| {
            let (a, b) = (i128::from(a) * one, i128::from(b) * other);
            i64::try_from(if larger { a.max(b) } else { a.min(b) }).ok()
        };
        Some(self.join(right, scale, lanes, choose))
    }

    /// Comparisons.
    pub(super) fn compare(
        mut self,
        right: Self,
        (lanes, spare): (usize, &Spare),
        holds: impl Fn(Ordering) -> bool,
    ) -> Option<BoolLanes> {
        let (_, one, other) = self.common(&right)?;
        let states = std::mem::take(&mut self.states).then(&right.states);
        // What a literal is compared with mostly has the finer scale.
        let narrow = match &right.numbers {
            Numbers::One(right) if one == 1 => i64::try_from(i128::from(*right) * other).ok(),
            _ => None,
        };
        let compared = match (&self.numbers, narrow) {
            (Numbers::Each(left), Some(right)) => spare.bools.of(left.iter().map(|number| holds(number.cmp(&right)))),
            (left, _) => spare.bools.of((0..lanes).map(|lane| {
                let (left, right) = (i128::from(left.at(lane)) * one, i128::from(right.numbers.at(lane)) * other);
                holds(left.cmp(&right))
            })),
        };
        spare.numbers(self);
        spare.numbers(right);
        Some(BoolLanes { bools: Bools::Each(compared), states })
    }

    /// The largest whole number that is not above.
    pub(super) fn floor(self, lanes: usize) -> Self {
        // Division by a number that is known when this is compiled is a multiplication.
        match self.scale {
            0 => self,
            1 => self.map(0, lanes, |number| Some(number.div_euclid(10))),
            2 => self.map(0, lanes, |number| Some(number.div_euclid(100))),
            3 => self.map(0, lanes, |number| Some(number.div_euclid(1_000))),
            4 => self.map(0, lanes, |number| Some(number.div_euclid(10_000))),
            scale => match i64::try_from(power(scale)) {
                Ok(unit) => self.map(0, lanes, |number| Some(number.div_euclid(unit))),
                Err(_) => self.map(0, lanes, |_| None),
            },
        }
    }

    /// The smallest whole number that is not below.
    pub(super) fn ceil(self, lanes: usize) -> Self {
        let scale = self.scale;
        let negated = self.map(scale, lanes, i64::checked_neg).floor(lanes);
        negated.map(0, lanes, i64::checked_neg)
    }
}

impl BoolLanes {
    pub(super) fn one(value: bool) -> Self {
        Self { bools: Bools::One(value), states: States::default() }
    }

    pub(super) fn not(self) -> Self {
        let bools = match self.bools {
            Bools::One(value) => Bools::One(!value),
            Bools::Each(mut values) => {
                values.iter_mut().for_each(|value| *value = !*value);
                Bools::Each(values)
            }
        };
        Self { bools, states: self.states }
    }

    /// `&&` (`decides` false) or `||` (`decides` true): where the left one decides, the right one is not asked.
    pub(super) fn both(mut self, right: &Self, lanes: usize, decides: bool) -> Self {
        if let (Bools::Each(left), Bools::Each(others), true, true) =
            (&mut self.bools, &right.bools, self.states.are_fine(), right.states.are_fine())
        {
            let sides = left.iter_mut().zip(others);
            if decides {
                sides.for_each(|(a, b)| *a |= b);
            } else {
                sides.for_each(|(a, b)| *a &= b);
            }
            return self;
        }
        let mut states = States::default();
        let mut values = Vec::with_capacity(lanes);
        for lane in 0..lanes {
            let left = (self.bools.at(lane), self.states.at(lane));
            let (value, state) =
                if left.1 != FINE || left.0 == decides { left } else { (right.bools.at(lane), right.states.at(lane)) };
            values.push(value);
            states.set(lane, state, lanes);
        }
        Self { bools: Bools::Each(values), states }
    }

    /// Numbers of one or the other, as the condition says.
    pub(super) fn choose(&self, yes: NumberLanes, no: NumberLanes, lanes: usize) -> Option<NumberLanes> {
        let (scale, one, other) = yes.common(&no)?;
        let mut states = States::default();
        let mut numbers = Vec::with_capacity(lanes);
        for lane in 0..lanes {
            let (chosen, factor) = if self.bools.at(lane) { (&yes, one) } else { (&no, other) };
            let number = i64::try_from(i128::from(chosen.numbers.at(lane)) * factor);
            let state = match (self.states.at(lane), chosen.states.at(lane), number) {
                (FINE, FINE, Err(_)) => BEYOND,
                (FINE, state, _) | (state, _, _) => state,
            };
            numbers.push(number.unwrap_or(0));
            states.set(lane, state, lanes);
        }
        Some(NumberLanes { scale, numbers: Numbers::Each(numbers), states })
    }
}

fn beyond(states: &mut States, lane: usize, lanes: usize) {
    if states.at(lane) == FINE {
        states.set(lane, BEYOND, lanes);
    }
}

/// 10^decimals; at most 10^18 is asked for.
pub(super) fn power(decimals: u32) -> i128 {
    10_i128.pow(decimals)
}
