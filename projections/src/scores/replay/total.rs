//! Exact sums, and the totals that they are rounded to.

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::BigInt;
use rust_decimal::Decimal;

use super::credit::SUM_DECIMALS;
use super::lanes::power;
use crate::scores::exact::{TOTAL_DECIMALS, total};

/// A customer's points, exactly.
#[derive(Clone, Debug, PartialEq)]
pub enum Sum {
    /// × 10^−27.
    Short(i128),
    /// Of any length.
    Long(BigDecimal),
}

/// The points of all customers.
#[derive(Clone, Debug, Default)]
pub struct Sums(pub(super) Vec<Sum>);

impl Sum {
    /// The same in one form.
    pub fn exact(&self) -> BigDecimal {
        match self {
            Sum::Short(sum) => BigDecimal::new(BigInt::from(*sum), i64::from(SUM_DECIMALS)),
            Sum::Long(sum) => sum.clone(),
        }
    }

    /// Rounded half-even to 4 decimals; `None` beyond 28 digits.
    pub fn total(&self) -> Option<Decimal> {
        match self {
            Sum::Long(sum) => total(sum),
            Sum::Short(sum) => {
                let unit = power(SUM_DECIMALS - TOTAL_DECIMALS);
                let (whole, rest) = (sum.div_euclid(unit), sum.rem_euclid(unit));
                let up = match (rest * 2).cmp(&unit) {
                    std::cmp::Ordering::Greater => 1,
                    std::cmp::Ordering::Equal => whole.rem_euclid(2),
                    std::cmp::Ordering::Less => 0,
                };
                Decimal::try_from_i128_with_scale(whole + up, TOTAL_DECIMALS).ok().map(|total| total.normalize())
            }
        }
    }
}

impl Sums {
    /// How many customers there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sum of a customer.
    pub fn get(&self, customer: usize) -> Option<&Sum> {
        self.0.get(customer)
    }

    /// Adds the points that other rules gave the same customers.
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in self.0.iter_mut().zip(&other.0) {
            *sum = match (&*sum, more) {
                (Sum::Short(sum), Sum::Short(more)) if sum.checked_add(*more).is_some() => Sum::Short(sum + more),
                (sum, more) => Sum::Long(sum.exact() + more.exact()),
            };
        }
    }

    /// The totals, by customer.
    ///
    /// # Errors
    /// The first customer whose total has more than 28 digits.
    pub fn totals(&self) -> Result<Vec<Decimal>, usize> {
        self.0.iter().enumerate().map(|(customer, sum)| sum.total().ok_or(customer)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_sums_are_rounded_alike() {
        for text in
            ["0.00005", "0.00015", "-0.00005", "-0.00015", "-0.00025000000001", "12.3456", "0", "99999999.99995"]
        {
            let long: BigDecimal = text.parse().unwrap();
            let (mantissa, _) = long.with_scale(i64::from(SUM_DECIMALS)).into_bigint_and_scale();
            let short = Sum::Short(i128::try_from(mantissa).unwrap());
            assert_eq!(short.total(), Sum::Long(long.clone()).total(), "{text}");
            assert_eq!(short.exact(), long);
        }
    }

    #[test]
    fn sums_grow_as_they_must() {
        let mut sums = Sums(vec![Sum::Short(1), Sum::Short(i128::MAX), Sum::Long(BigDecimal::from(3))]);
        sums.add(&Sums(vec![Sum::Short(2), Sum::Short(1), Sum::Short(0)]));
        assert_eq!(sums.get(0), Some(&Sum::Short(3)));
        assert_eq!(sums.get(1).unwrap().exact(), BigDecimal::new(BigInt::from(i128::MAX) + 1, 27));
        assert_eq!(sums.get(2).unwrap().total(), Some(Decimal::from(3)));
    }
}
