//! Amounts of money in the one currency of a rule set.
//!
//! An amount is multiplied by the rate in force at the time of its event, exactly: a product of more than 28 digits is
//! refused rather than rounded.

use rust_decimal::Decimal;

use super::rules::Money;
use crate::expr::multiply;

/// What a conversion takes an amount times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Nothing: the amount is in the currency already.
    One,
    /// This rate.
    Rate(Decimal),
}

impl Times {
    /// The amount converted; `None` when it has more than 28 digits.
    pub fn convert(self, amount: Decimal) -> Option<Decimal> {
        match self {
            Times::One => Some(amount),
            Times::Rate(rate) => multiply(amount, rate),
        }
    }
}

impl Money {
    /// How amounts of a currency are converted at a time (microseconds since 1970-01-01T00:00:00Z); `None` when no rate
    /// is known for then.
    pub fn times(&self, currency: &str, at: i64) -> Option<Times> {
        if currency == &*self.currency {
            return Some(Times::One);
        }
        let (_, rates) = self.rates.iter().find(|(code, _)| **code == *currency)?;
        let known = rates.partition_point(|rate| rate.from <= at);
        known.checked_sub(1).map(|index| Times::Rate(rates[index].rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::rules::Rate;

    #[test]
    fn a_rate_holds_from_its_time_until_the_next() {
        let rate = |from, rate| Rate { from, rate: Decimal::new(rate, 3) };
        let money = Money {
            currency: "EUR".into(),
            rates: vec![("USD".into(), vec![]), ("SEK".into(), vec![rate(0, 87), rate(100, 90)])],
        };
        let times = |currency, at| money.times(currency, at);
        assert_eq!(times("EUR", -1), Some(Times::One));
        assert_eq!(times("SEK", -1), None);
        assert_eq!(times("SEK", 0), Some(Times::Rate(Decimal::new(87, 3))));
        assert_eq!(times("SEK", 99), Some(Times::Rate(Decimal::new(87, 3))));
        assert_eq!(times("SEK", 100), Some(Times::Rate(Decimal::new(90, 3))));
        assert_eq!(times("USD", 100), None);
        assert_eq!(times("sek", 100), None);
    }

    #[test]
    fn conversions_are_exact_or_refused() {
        let rate = Times::Rate(Decimal::new(87, 3));
        assert_eq!(rate.convert(Decimal::new(124_990, 2)), Some(Decimal::new(10_874_130, 5)));
        assert_eq!(rate.convert(Decimal::from_str_exact("1234567890123456789012345678").unwrap()), None);
        assert_eq!(Times::One.convert(Decimal::MAX), Some(Decimal::MAX));
    }
}
