//! Exact sums of money per currency.

use rust_decimal::{Decimal, RoundingStrategy};

/// Decimals of an amount.
const SCALE: u32 = 6;
/// Decimals of an amount times a percentage: six each, and two for the hundred.
const WEIGHTED_SCALE: u32 = 2 * SCALE + 2;

/// A sum in one currency, and the same with each part weighted by its probability.
///
/// Kept in whole millionths, so adding loses nothing and its order is of no account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// ISO 4217; `None`: of amounts whose currency nobody said.
    pub currency: Option<Box<str>>,
    /// How many amounts.
    pub count: u64,
    micros: i128,
    weighted: i128,
}

impl Sum {
    /// Adds an amount, in millionths, that comes with so many millionths of a percent.
    pub(super) fn add(&mut self, micros: i128, percent: i128) {
        self.count += 1;
        self.micros = self.micros.saturating_add(micros);
        self.weighted = self.weighted.saturating_add(product(micros, percent));
    }

    /// The sum.
    pub fn amount(&self) -> Decimal {
        decimal(self.micros, SCALE)
    }

    /// The weighted sum; exact up to 28 digits, beyond them rounded half-even.
    pub fn weighted(&self) -> Decimal {
        decimal(self.weighted, WEIGHTED_SCALE)
    }
}

/// Sums by currency, in the order of the currencies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums(Vec<Sum>);

impl Sums {
    /// Adds an amount that comes with a probability in percent; `None` weighs nothing.
    pub fn add(&mut self, currency: Option<&str>, amount: Decimal, probability: Option<Decimal>) {
        let place = match self.0.binary_search_by(|sum| sum.currency.as_deref().cmp(&currency)) {
            Ok(place) => place,
            Err(place) => {
                self.0.insert(place, Sum { currency: currency.map(Into::into), ..Sum::default() });
                place
            }
        };
        self.0[place].add(micros(amount), probability.map_or(0, micros));
    }

    /// Adds a sum to that of its currency.
    pub(super) fn put(&mut self, other: Sum) {
        match self.0.binary_search_by(|sum| sum.currency.cmp(&other.currency)) {
            Ok(place) => {
                let sum = &mut self.0[place];
                sum.count += other.count;
                sum.micros = sum.micros.saturating_add(other.micros);
                sum.weighted = sum.weighted.saturating_add(other.weighted);
            }
            Err(place) => self.0.insert(place, other),
        }
    }

    /// Adds other sums.
    pub fn merge(&mut self, others: &Self) {
        others.0.iter().for_each(|other| self.put(other.clone()));
    }

    /// By currency.
    pub fn iter(&self) -> impl Iterator<Item = &Sum> {
        self.0.iter()
    }

    /// The sum in this currency.
    pub fn of(&self, currency: &str) -> Option<&Sum> {
        self.0.iter().find(|sum| sum.currency.as_deref() == Some(currency))
    }
}

/// One number times another. Most fit into 64 bits, of which the product never leaves 128.
fn product(one: i128, other: i128) -> i128 {
    match (i64::try_from(one), i64::try_from(other)) {
        (Ok(one), Ok(other)) => i128::from(one) * i128::from(other),
        _ => one.saturating_mul(other),
    }
}

/// Millionths; what is smaller is rounded half-even (no fact has such).
pub(super) fn micros(number: Decimal) -> i128 {
    let mut number = number;
    number.rescale(SCALE);
    // A number beyond 28 digits keeps fewer decimals than were asked for.
    let missing = SCALE.saturating_sub(number.scale());
    number.mantissa().saturating_mul(10_i128.pow(missing))
}

fn decimal(number: i128, scale: u32) -> Decimal {
    let (mut number, mut scale) = (number, scale);
    loop {
        match Decimal::try_from_i128_with_scale(number, scale) {
            Ok(found) => return found.normalize(),
            Err(_) if scale == 0 => return if number < 0 { Decimal::MIN } else { Decimal::MAX },
            Err(_) => (number, scale) = (half_even(number), scale - 1),
        }
    }
}

/// A tenth, rounded half-even.
fn half_even(number: i128) -> i128 {
    let (tenth, rest) = (number.div_euclid(10), number.rem_euclid(10));
    tenth + i128::from(rest > 5 || (rest == 5 && tenth % 2 != 0))
}

/// A share of a whole with 6 decimals, rounded half-even; `None` of nothing.
pub fn share(part: u64, whole: u64) -> Option<Decimal> {
    ratio(Decimal::from(part), Decimal::from(whole))
}

/// One number over another with 6 decimals, rounded half-even; `None` over nothing.
pub fn ratio(part: Decimal, whole: Decimal) -> Option<Decimal> {
    let ratio = part.checked_div(whole)?;
    Some(ratio.round_dp_with_strategy(SCALE, RoundingStrategy::MidpointNearestEven).normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    #[test]
    fn sums_are_exact_and_currencies_never_mix() {
        let mut sums = Sums::default();
        for _ in 0..3 {
            sums.add(Some("EUR"), d("0.1"), Some(d("33.3")));
        }
        sums.add(Some("SEK"), d("9999999999999.999999"), Some(d("99.999999")));
        sums.add(None, d("5"), None);
        let found: Vec<_> = sums.iter().map(|sum| (sum.currency.as_deref(), sum.amount(), sum.weighted())).collect();
        assert_eq!(
            found,
            [
                (None, d("5"), d("0")),
                (Some("EUR"), d("0.3"), d("0.0999")),
                (Some("SEK"), d("9999999999999.999999"), d("9999999899999.99999900000001")),
            ]
        );
        let mut doubled = sums.clone();
        doubled.merge(&sums);
        assert_eq!(doubled.of("EUR").map(|sum| (sum.count, sum.amount())), Some((6, d("0.6"))));
    }

    #[test]
    fn what_no_decimal_holds_is_rounded_and_never_a_panic() {
        assert_eq!(half_even(25), 2);
        assert_eq!(half_even(35), 4);
        assert_eq!(half_even(-25), -2);
        assert_eq!(half_even(-26), -3);
        assert_eq!(decimal(i128::MAX, 0), Decimal::MAX);
        assert_eq!(decimal(i128::MIN, 0), Decimal::MIN);
        assert_eq!(
            decimal(79_228_162_514_264_337_593_543_950_335_i128 * 10 + 5, 1),
            d("79228162514264337593543950335")
        );
        assert_eq!(micros(Decimal::MAX), Decimal::MAX.mantissa() * 1_000_000);
        assert_eq!((share(1, 0), share(1, 3)), (None, Some(d("0.333333"))));
    }
}
