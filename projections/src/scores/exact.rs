//! Sums of points: exact, with as many digits as they take, and rounded once at the end.

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive};
use rust_decimal::Decimal;

use super::rules::Tiers;

/// Decimals of a total.
pub const TOTAL_DECIMALS: u32 = 4;
/// Ten to the power of the digits that a total may have.
const LIMIT: u128 = 10_u128.pow(28);

/// The same number, of which no operation loses a digit.
pub fn exact(number: Decimal) -> BigDecimal {
    BigDecimal::new(BigInt::from(number.mantissa()), i64::from(number.scale()))
}

/// The number in plain digits, without zeros at its end.
pub fn plain(number: &BigDecimal) -> String {
    number.normalized().to_plain_string()
}

/// The sum rounded half-even to 4 decimals, without zeros at its end; `None` beyond 28 digits.
pub fn total(sum: &BigDecimal) -> Option<Decimal> {
    let rounded = sum.with_scale_round(i64::from(TOTAL_DECIMALS), RoundingMode::HalfEven);
    let (mantissa, _) = rounded.into_bigint_and_scale();
    let mantissa = mantissa.to_i128().filter(|mantissa| mantissa.unsigned_abs() < LIMIT)?;
    Decimal::try_from_i128_with_scale(mantissa, TOTAL_DECIMALS).ok().map(|total| total.normalize())
}

/// The sum after a credit of `points`, kept within −`most` to `most`; what is credited is the difference.
pub fn capped(sum: &BigDecimal, points: &BigDecimal, most: &BigDecimal) -> BigDecimal {
    (sum + points).clamp(-most, most.clone())
}

impl Tiers {
    /// What a sum of the measure is worth: for each tier its rate times the part of the sum that lies in it; nothing
    /// from zero downwards.
    pub fn worth(&self, sum: &BigDecimal) -> BigDecimal {
        let (mut worth, mut from) = (BigDecimal::default(), BigDecimal::default());
        for tier in &self.tiers {
            if *sum <= from {
                break;
            }
            let to = match tier.up_to.map(exact) {
                Some(up_to) => up_to.min(sum.clone()),
                None => sum.clone(),
            };
            worth += (&to - &from) * exact(tier.rate);
            from = to;
        }
        worth
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Expression;
    use crate::scores::rules::{Tier, Window};

    fn d(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    fn big(text: &str) -> BigDecimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_total_is_rounded_once_half_even() {
        for (sum, rounded) in [
            ("0.00005", "0"),
            ("0.00015", "0.0002"),
            ("0.000250000000000000000000000000000000000001", "0.0003"),
            ("-0.00025", "-0.0002"),
            ("12.00001", "12"),
            ("1E+3", "1000"),
            ("999999999999999999999999.99994", "999999999999999999999999.9999"),
        ] {
            assert_eq!(total(&big(sum)).unwrap().to_string(), rounded, "{sum}");
        }
        assert_eq!(total(&big("999999999999999999999999.99995")), None);
        assert_eq!(total(&big("-1E+24")), None);
        assert_eq!(exact(d("-12.50")), big("-12.5"));
        for (number, text) in [("1E+3", "1000"), ("-0.500", "-0.5"), ("0.00", "0"), ("1E-20", "0.00000000000000000001")]
        {
            assert_eq!(plain(&big(number)), text);
        }
    }

    #[test]
    fn tiers_are_marginal() {
        let tier = |up_to: Option<&str>, rate| Tier { up_to: up_to.map(d), rate: d(rate) };
        let mut tiers = Tiers {
            measure: Expression::parse("amount").unwrap(),
            per: Window::Year,
            tiers: vec![tier(Some("500"), "1"), tier(Some("2000"), "0.5"), tier(None, "0.1")],
        };
        for (sum, worth) in
            [("-3", "0"), ("0", "0"), ("0.1", "0.1"), ("500", "500"), ("501", "500.5"), ("2010", "1251")]
        {
            assert_eq!(tiers.worth(&big(sum)), big(worth), "{sum}");
        }
        tiers.tiers.pop();
        assert_eq!(tiers.worth(&big("1000000")), big("1250"));
        tiers.tiers.clear();
        assert_eq!(tiers.worth(&big("1000000")), big("0"));
    }

    #[test]
    fn a_cap_holds_both_ways() {
        let capped = |sum, points| capped(&big(sum), &big(points), &big("10"));
        assert_eq!(capped("0", "12"), big("10"));
        assert_eq!(capped("10", "-3"), big("7"));
        assert_eq!(capped("-9.5", "-1"), big("-10"));
        assert_eq!(capped("1", "2"), big("3"));
    }
}
