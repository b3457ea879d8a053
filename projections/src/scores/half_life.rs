//! Half-lives: what is left of a point after so many days.
//!
//! The factor of an age is 0.5^(age/half-life), rounded half-even to 15 decimals of the true value. The true value is
//! enclosed between two bounds in fixed-point arithmetic (2^−x = 2^−k · e^(−r·ln 2), the exponential by its Taylor
//! series, ln 2 = 2·artanh(1/3) by its own: Brent and Zimmermann, *Modern Computer Arithmetic*, sections 4.4 and 4.8).
//! As long as the bounds round to different factors, the precision is doubled (Ziv, *Fast evaluation of elementary
//! mathematical functions with correctly rounded last bit*, 1991). That ends, since the power is irrational unless the
//! age is a whole number of half-lives, and then the quotient is exact.

use std::cmp::Ordering;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use bigdecimal::ToPrimitive;
use bigdecimal::num_bigint::BigInt;
use rust_decimal::Decimal;

/// Decimals of a factor.
pub const DECIMALS: u32 = 15;
/// The factor 1, in units of 10^−15.
pub const ONE: i64 = 1_000_000_000_000_000;

/// After so many half-lives less than half a unit of the last decimal is left: 10^15 < 2^50.
const HALF_LIVES_TO_NOTHING: u128 = 51;
/// Bits after the point with which the first pair of bounds is computed.
const BITS: u32 = 192;
/// The most ages for which factors are kept, 358 years; those beyond are computed each time.
const MOST_AGES: u32 = 1 << 17;

/// A half-life, and the factors of the ages that were asked for, each computed once.
#[derive(Debug)]
pub struct HalfLife {
    /// The half-life is `mantissa` / `unit` days.
    mantissa: u128,
    unit: u128,
    ln_2: BigInt,
    /// By age; below zero where nobody has asked. Two threads that ask at once compute the same.
    factors: Box<[AtomicI64]>,
}

impl HalfLife {
    /// A half-life of so many days; `None` unless it is above zero. `most` is the age in days beyond which factors are
    /// not kept.
    pub fn new(days: Decimal, most: u32) -> Option<Self> {
        let mantissa = u128::try_from(days.mantissa()).ok().filter(|mantissa| *mantissa > 0)?;
        let unit = 10_u128.pow(days.scale());
        // Older than this, nothing is left, and no factor needs to be kept.
        let nothing_from = (mantissa.saturating_mul(HALF_LIVES_TO_NOTHING) / unit).saturating_add(1);
        let ages = u128::from(most.min(MOST_AGES - 1)).min(nothing_from) + 1;
        let factors = (0..ages).map(|_| AtomicI64::new(-1)).collect();
        Some(Self { mantissa, unit, ln_2: ln_2(BITS), factors })
    }

    /// What is left of a point after so many days, in units of 10^−15: 0 to [`ONE`].
    #[inline]
    pub fn factor(&self, age: u32) -> i64 {
        let Some(kept) = usize::try_from(age).ok().and_then(|age| self.factors.get(age)) else {
            return self.compute(age);
        };
        let factor = kept.load(Relaxed);
        if factor >= 0 {
            return factor;
        }
        let factor = self.compute(age);
        kept.store(factor, Relaxed);
        factor
    }

    /// The same as a decimal of 15 places.
    pub fn factor_decimal(&self, age: u32) -> Decimal {
        Decimal::new(self.factor(age), DECIMALS)
    }

    fn compute(&self, age: u32) -> i64 {
        // A scale is at most 28, so this has at most 126 bits.
        let days = u128::from(age) * self.unit;
        let (whole, rest) = (days / self.mantissa, days % self.mantissa);
        if whole >= HALF_LIVES_TO_NOTHING {
            return 0;
        }
        if rest == 0 {
            return half_even_shift(ONE, whole);
        }
        let mut bits = BITS;
        let mut found = self.enclosed(whole, rest, bits, &self.ln_2);
        loop {
            if let Some(factor) = found {
                return factor;
            }
            bits *= 2;
            found = self.enclosed(whole, rest, bits, &ln_2(bits));
        }
    }

    /// The factor after `whole` and `rest` / `mantissa` half-lives, when so many bits are enough to tell.
    fn enclosed(&self, whole: u128, rest: u128, bits: u32, ln_2: &BigInt) -> Option<i64> {
        let power = exp_of_minus(&(ln_2 * rest / self.mantissa), bits);
        let off = BigInt::from(4 * bits);
        let (low, high) = (nearest(&power - &off, bits, whole), nearest(&power + &off, bits, whole));
        if low == high { low.to_i64() } else { None }
    }
}

/// `value` / 2^`halvings`, rounded half-even; at most 62 halvings.
fn half_even_shift(value: i64, halvings: u128) -> i64 {
    let divisor = 1_i64 << halvings;
    let (quotient, rest) = (value / divisor, value % divisor);
    match (2 * rest).cmp(&divisor) {
        Ordering::Less => quotient,
        Ordering::Equal => quotient + quotient % 2,
        Ordering::Greater => quotient + 1,
    }
}

/// The whole number nearest to `power` / 2^(`bits` + `halvings`) × 10^15.
fn nearest(power: BigInt, bits: u32, halvings: u128) -> BigInt {
    let shift = u128::from(bits) + halvings;
    (power * ONE * 2 + (BigInt::from(1) << shift)) >> (shift + 1)
}

/// ln 2 × 2^`bits`, at most 1.4 × `bits` too small: each of fewer than `bits`/3 terms is cut off twice.
fn ln_2(bits: u32) -> BigInt {
    let mut power = (BigInt::from(1) << bits) / 3;
    let (mut sum, mut odd) = (BigInt::ZERO, 1_u32);
    while power != BigInt::ZERO {
        sum += &power / odd;
        power /= 9;
        odd += 2;
    }
    sum * 2
}

/// e^−(`x` / 2^`bits`) × 2^`bits` for x from 0 to ln 2, as much off as `x` itself and at most `bits` more: each of fewer
/// than `bits`/2 terms is cut off twice.
fn exp_of_minus(x: &BigInt, bits: u32) -> BigInt {
    let mut term = BigInt::from(1) << bits;
    let (mut sum, mut count) = (BigInt::ZERO, 0_u32);
    while term != BigInt::ZERO {
        if count % 2 == 0 {
            sum += &term;
        } else {
            sum -= &term;
        }
        count += 1;
        term = ((term * x) >> bits) / count;
    }
    sum
}

#[cfg(test)]
mod tests;
