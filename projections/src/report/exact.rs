//! Exact sums of any decimals, in any order.

use std::collections::BTreeMap;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode, Zero};
use rust_decimal::Decimal;

/// Decimals of averages and medians.
pub const PLACES: i64 = 6;
/// More numbers than this are not added: up to here no sum of mantissas leaves its 128 bits.
const MOST: u64 = 1 << 30;

/// A sum that is kept apart by the places of its parts, so nothing is ever rounded and the order of adding is of no
/// account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exact {
    by_scale: BTreeMap<u32, i128>,
    /// How many numbers.
    pub count: u64,
}

impl Exact {
    /// Adds a number.
    pub fn add(&mut self, number: Decimal) {
        let sum = self.by_scale.entry(number.scale()).or_default();
        *sum = sum.wrapping_add(number.mantissa());
        self.count = self.count.saturating_add(1);
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        for (scale, other) in &other.by_scale {
            let sum = self.by_scale.entry(*scale).or_default();
            *sum = sum.wrapping_add(*other);
        }
        self.count = self.count.saturating_add(other.count);
    }

    /// The sum; `None` when no decimal holds it exactly.
    pub fn sum(&self) -> Option<Decimal> {
        decimal(&self.whole()?)
    }

    /// The sum over how many there are, half-even; `None` of nothing, and when no decimal holds it.
    pub fn average(&self) -> Option<Decimal> {
        if self.count == 0 {
            return None;
        }
        rounded(self.whole()? / BigDecimal::from(self.count))
    }

    fn whole(&self) -> Option<BigDecimal> {
        if self.count > MOST {
            return None;
        }
        let parts = self.by_scale.iter();
        Some(parts.map(|(scale, sum)| BigDecimal::new(BigInt::from(*sum), i64::from(*scale))).sum())
    }
}

/// The number in the middle; of an even number of them the mean of both, half-even. `None` of nothing.
pub fn median(numbers: &mut [Decimal]) -> Option<Decimal> {
    numbers.sort_unstable();
    let count = numbers.len();
    let (low, high) = (*numbers.get(count.checked_sub(1)? / 2)?, *numbers.get(count / 2)?);
    if low == high {
        return Some(low.normalize());
    }
    let mut both = Exact::default();
    both.add(low);
    both.add(high);
    both.average()
}

fn rounded(number: BigDecimal) -> Option<Decimal> {
    decimal(&number.with_scale_round(PLACES, RoundingMode::HalfEven))
}

fn decimal(number: &BigDecimal) -> Option<Decimal> {
    if number.is_zero() {
        return Some(Decimal::ZERO);
    }
    Decimal::from_str_exact(&number.normalized().to_plain_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    fn of(numbers: &[&str]) -> Exact {
        let mut exact = Exact::default();
        numbers.iter().for_each(|number| exact.add(d(number)));
        exact
    }

    #[test]
    fn nothing_is_rounded_and_what_no_decimal_holds_is_none() {
        let least = "0.0000000000000000000000000001";
        assert_eq!(
            of(&["79228162514264337593543950335", least, "-79228162514264337593543950335"]).sum(),
            Some(d(least))
        );
        assert_eq!(of(&["79228162514264337593543950335", "1"]).sum(), None);
        assert_eq!(of(&["79228162514264337593543950335", "0.1"]).sum(), None);
        assert_eq!(of(&["100", "0.002"]).sum(), Some(d("100.002")));
        assert_eq!(of(&[]).sum(), Some(Decimal::ZERO));
        let mut many = of(&["1"]);
        many.count = MOST + 1;
        assert_eq!((many.sum(), many.average()), (None, None));
    }

    #[test]
    fn averages_and_medians_are_half_even() {
        assert_eq!(of(&["1", "0", "0"]).average(), Some(d("0.333333")));
        assert_eq!(of(&["0.000001", "0.000002"]).average(), Some(d("0.000002")));
        assert_eq!(of(&["0.000003", "0.000002"]).average(), Some(d("0.000002")));
        assert_eq!(of(&["-0.000001", "-0.000002"]).average(), Some(d("-0.000002")));
        assert_eq!(of(&[]).average(), None);
        assert_eq!(median(&mut [d("3"), d("1"), d("2")]), Some(d("2")));
        assert_eq!(median(&mut [d("4"), d("1"), d("2"), d("3")]), Some(d("2.5")));
        assert_eq!(median(&mut []), None);
        let most = "79228162514264337593543950335";
        assert_eq!(median(&mut [d(most), d(most)]), Some(d(most)));
    }
}
