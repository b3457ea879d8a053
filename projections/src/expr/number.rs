//! Decimal arithmetic that never rounds in silence.
//!
//! A number has at most 28 digits, zeros at the end of its fraction not counted. `rust_decimal` itself rounds sums and
//! products that do not fit; here they are computed on the integers behind them and answered as `None`. Quotients and
//! roots are found digit by digit, so that the one rounding, half-even to 12 decimals, is that of the true value.

use std::cmp::Ordering;

use rust_decimal::{Decimal, MathematicalOps, RoundingStrategy};

/// Ten to the power of the digits that a number may have.
const LIMIT: u128 = 10_u128.pow(28);
/// The most decimals that a number may have.
const MOST_DECIMALS: u32 = 28;
/// Decimals of quotients, roots and logarithms.
const ROUNDED_TO: i32 = 12;

/// `mantissa` × 10^−`scale`, when it has at most 28 digits.
pub(super) fn make(mut mantissa: i128, mut scale: u32) -> Option<Decimal> {
    while scale > 0 && (scale > MOST_DECIMALS || mantissa.unsigned_abs() >= LIMIT) && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    if scale > MOST_DECIMALS || mantissa.unsigned_abs() >= LIMIT {
        return None;
    }
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

fn parts(number: Decimal) -> (i128, u32) {
    (number.mantissa(), number.scale())
}

/// The sum, exactly.
pub(super) fn add(a: Decimal, b: Decimal) -> Option<Decimal> {
    sum(parts(a), parts(b)).or_else(|| sum(parts(a.normalize()), parts(b.normalize())))
}

/// The difference, exactly.
pub(super) fn subtract(a: Decimal, b: Decimal) -> Option<Decimal> {
    add(a, negate(b))
}

/// The number with the other sign; zero has none.
pub(super) fn negate(a: Decimal) -> Decimal {
    if a.is_zero() { a.abs() } else { -a }
}

fn sum((a, scale_a): (i128, u32), (b, scale_b): (i128, u32)) -> Option<Decimal> {
    let scale = scale_a.max(scale_b);
    let widen = |mantissa: i128, from: u32| mantissa.checked_mul(10_i128.pow(scale - from));
    make(widen(a, scale_a)?.checked_add(widen(b, scale_b)?)?, scale)
}

/// The product, exactly.
pub(crate) fn multiply(a: Decimal, b: Decimal) -> Option<Decimal> {
    let ((mut a, scale_a), (mut b, scale_b)) = (parts(a), parts(b));
    let mut scale = scale_a + scale_b;
    if let Some(product) = a.checked_mul(b) {
        return make(product, scale);
    }
    // Take out every ten that the product holds; what is left has no zero at its end and either fits or never will.
    while scale > 0 {
        (a, b) = match (a, b) {
            _ if a % 10 == 0 => (a / 10, b),
            _ if b % 10 == 0 => (a, b / 10),
            _ if a % 2 == 0 && b % 5 == 0 => (a / 2, b / 5),
            _ if a % 5 == 0 && b % 2 == 0 => (a / 5, b / 2),
            _ => break,
        };
        scale -= 1;
    }
    make(a.checked_mul(b)?, scale)
}

/// The remainder of the division truncated to a whole number, with the sign of `a`, exactly; `None` when `b` is zero.
pub(super) fn remainder(a: Decimal, b: Decimal) -> Option<Decimal> {
    let ((m, scale_a), (n, scale_b)) = (parts(a), parts(b));
    if n == 0 {
        return None;
    }
    if scale_a >= scale_b {
        // A divisor too large to be written at the dividend's scale is larger than the dividend.
        return match n.checked_mul(10_i128.pow(scale_a - scale_b)) {
            Some(n) => make(m % n, scale_a),
            None => Some(a),
        };
    }
    let rest = (scale_a..scale_b).fold(m % n, |rest, _| (rest * 10) % n);
    make(rest, scale_b)
}

/// Why there is no quotient.
pub(super) enum NoQuotient {
    ByZero,
    TooManyDigits,
}

/// The quotient, rounded half-even to 12 decimals.
pub(super) fn divide(a: Decimal, b: Decimal) -> Result<Decimal, NoQuotient> {
    if b.is_zero() {
        return Err(NoQuotient::ByZero);
    }
    let negative = a.is_sign_negative() != b.is_sign_negative();
    let (m, n) = (a.mantissa().abs(), b.mantissa().abs());
    let mut scale = a.scale().cast_signed() - b.scale().cast_signed();
    let (mut quotient, mut rest) = (m / n, m % n);
    while scale < ROUNDED_TO && (rest != 0 || scale < 0) {
        rest *= 10;
        quotient = quotient
            .checked_mul(10)
            .and_then(|quotient| quotient.checked_add(rest / n))
            .ok_or(NoQuotient::TooManyDigits)?;
        rest %= n;
        scale += 1;
    }
    let (quotient, scale) = round_half_even(quotient, scale, (rest * 2).cmp(&n), rest != 0);
    let quotient = if negative { -quotient } else { quotient };
    make(quotient, scale).map(|quotient| quotient.normalize()).ok_or(NoQuotient::TooManyDigits)
}

/// Rounds `value` × 10^−`scale` plus a rest of less than one unit to at most 12 decimals. `half` compares the rest with
/// half a unit, `more` says whether there is a rest at all.
fn round_half_even(value: i128, scale: i32, half: Ordering, more: bool) -> (i128, u32) {
    let drop = (scale - ROUNDED_TO).max(0).unsigned_abs();
    let unit = 10_i128.pow(drop);
    let (kept, dropped) = (value / unit, value % unit);
    let order = match (drop, (dropped * 2).cmp(&unit)) {
        (0, _) => half,
        (_, Ordering::Equal) if more => Ordering::Greater,
        (_, order) => order,
    };
    let up = match order {
        Ordering::Greater => 1,
        Ordering::Equal => kept % 2,
        Ordering::Less => 0,
    };
    (kept + up, scale.unsigned_abs() - drop)
}

/// The square root, rounded half-even to 12 decimals; `None` below zero.
pub(super) fn square_root(a: Decimal) -> Option<Decimal> {
    const SCALE: u32 = 2 * ROUNDED_TO.unsigned_abs();
    if a.is_sign_negative() && !a.is_zero() {
        return None;
    }
    let (mantissa, scale) = parts(a.abs());
    // The digits of a × 10^24, pairwise from the left; what stands beyond 24 decimals only decides ties.
    let beyond_unit = 10_i128.pow(scale.saturating_sub(SCALE));
    let beyond = mantissa % beyond_unit;
    let digits = (mantissa / beyond_unit).to_string();
    let zeros = SCALE.saturating_sub(scale);
    let length = digits.len() + zeros as usize;
    let padded = std::iter::repeat_n(b'0', length % 2)
        .chain(digits.bytes())
        .chain(std::iter::repeat_n(b'0', zeros as usize))
        .map(|digit| i128::from(digit - b'0'))
        .collect::<Vec<_>>();
    let (mut root, mut rest) = (0_i128, 0_i128);
    for pair in padded.chunks_exact(2) {
        rest = rest * 100 + pair[0] * 10 + pair[1];
        let digit = (1..=9).rev().find(|digit| (20 * root + digit) * digit <= rest).unwrap_or(0);
        rest -= (20 * root + digit) * digit;
        root = root * 10 + digit;
    }
    // (root + ½)² = root² + root + ¼
    let up = match (rest.cmp(&root), (beyond * 4).cmp(&beyond_unit)) {
        (Ordering::Greater, _) | (Ordering::Equal, Ordering::Greater) => 1,
        (Ordering::Equal, Ordering::Equal) => root % 2,
        _ => 0,
    };
    make(root + up, ROUNDED_TO.unsigned_abs()).map(|root| root.normalize())
}

/// The natural logarithm, rounded half-even to 12 decimals; `None` from zero downwards.
pub(super) fn logarithm(a: Decimal) -> Option<Decimal> {
    // Computed to 26 decimals and more: 14 beyond the rounding.
    let exact = a.checked_ln()?;
    Some(exact.round_dp_with_strategy(ROUNDED_TO.unsigned_abs(), RoundingStrategy::MidpointNearestEven).normalize())
}

/// Rounded to so many decimals, halves away from zero.
pub(super) fn round(a: Decimal, decimals: u32) -> Decimal {
    without_sign_of_zero(a.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero))
}

/// The largest whole number that is not above.
pub(super) fn floor(a: Decimal) -> Decimal {
    without_sign_of_zero(a.floor())
}

/// The smallest whole number that is not below.
pub(super) fn ceil(a: Decimal) -> Decimal {
    without_sign_of_zero(a.ceil())
}

fn without_sign_of_zero(a: Decimal) -> Decimal {
    if a.is_zero() { a.abs() } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        Decimal::from_str_exact(text).unwrap()
    }

    fn shown(number: Option<Decimal>) -> Option<String> {
        number.map(|number| number.to_string())
    }

    #[test]
    fn sums_and_products_are_exact_or_refused() {
        assert_eq!(shown(add(d("0.1"), d("0.20"))), Some("0.30".into()));
        assert_eq!(shown(add(d("9999999999999999999999999999"), d("1"))), None);
        assert_eq!(shown(add(d("1000000000000000000000000000"), d("0.1"))), None);
        assert_eq!(
            shown(add(d("100000000000000000000000000"), d("1.0000000000000000000000000000"))).unwrap().len(),
            27
        );
        assert_eq!(shown(multiply(d("1.10"), d("2"))), Some("2.20".into()));
        assert_eq!(shown(multiply(d("1.23456789012345"), d("1.23456789012345"))), None);
        assert_eq!(shown(multiply(d("0.00000000000001"), d("0.00000000000001"))).unwrap().len(), 30);
        assert_eq!(shown(multiply(d("0.00000000000001"), d("0.000000000000001"))), None);
        // 2^90 × 5^30 × 10^-40: the product holds thirty tens.
        assert_eq!(
            shown(multiply(d("0.1237940039285380274899124224"), d("931322574.615478515625"))),
            Some("115292150.4606846976".into())
        );
        assert_eq!(shown(subtract(d("-0"), d("0"))), Some("0".into()));
    }

    #[test]
    fn quotients_are_rounded_once() {
        let quotient = |a: &str, b: &str| divide(d(a), d(b)).ok().map(|q| q.to_string());
        assert_eq!(quotient("1", "3").unwrap(), "0.333333333333");
        assert_eq!(quotient("-2", "3").unwrap(), "-0.666666666667");
        assert_eq!(quotient("6", "2.0").unwrap(), "3");
        assert_eq!(quotient("0.0000000000005", "1").unwrap(), "0");
        assert_eq!(quotient("0.0000000000015", "1").unwrap(), "0.000000000002");
        assert_eq!(quotient("0.0000000000005000000000000001", "1").unwrap(), "0.000000000001");
        // 1e-28 above a tie, which a first rounding to 28 digits would hide.
        assert_eq!(quotient("0.000000000001", "1.9999999999999999999999999999").unwrap(), "0.000000000001");
        // The same where digits of the dividend itself are dropped.
        assert_eq!(quotient("0.0000000000015000000000000000", "3").unwrap(), "0");
        assert_eq!(quotient("0.0000000000015000000000000001", "3").unwrap(), "0.000000000001");
        assert_eq!(quotient("-0.0000000000001", "1").unwrap(), "0");
        assert_eq!(quotient("9999999999999999999999999999", "1").unwrap(), "9999999999999999999999999999");
        assert_eq!(quotient("9999999999999999999999999999", "0.1"), None);
        assert_eq!(quotient("9999999999999999999999999999", "0.0000000000000000000000000001"), None);
        assert_eq!(quotient("0.0000000000000000000000000001", "9999999999999999999999999999").unwrap(), "0");
        assert!(matches!(divide(d("1"), d("0.00")), Err(NoQuotient::ByZero)));
    }

    #[test]
    fn roots_are_rounded_once() {
        let root = |a: &str| shown(square_root(d(a)));
        assert_eq!(root("2").unwrap(), "1.414213562373");
        assert_eq!(root("16").unwrap(), "4");
        assert_eq!(root("0.25").unwrap(), "0.5");
        assert_eq!(root("0").unwrap(), "0");
        assert_eq!(root("9999999999999999999999999999").unwrap(), "100000000000000");
        // Squares of 5e-13 and 1.5e-12 are ties.
        assert_eq!(root("0.00000000000000000000000025").unwrap(), "0");
        assert_eq!(root("0.00000000000000000000000225").unwrap(), "0.000000000002");
        assert_eq!(root("0.0000000000000000000000002501").unwrap(), "0.000000000001");
        assert_eq!(root("-0.01"), None);
    }

    #[test]
    fn logarithms_are_those_of_the_tables() {
        for (a, log) in [
            ("1", "0"),
            ("2", "0.693147180560"),
            ("10", "2.302585092994"),
            ("0.5", "-0.693147180560"),
            ("1249.90", "7.130818827096"),
            ("0.0000000000000000000000000001", "-64.472382603833"),
            ("9999999999999999999999999999", "64.472382603833"),
            ("1.000000000001", "0.000000000001"),
            ("2.718281828459045235360287471", "1"),
        ] {
            assert_eq!(logarithm(d(a)), Some(d(log)), "{a}");
        }
        assert_eq!(logarithm(d("0")), None);
        assert_eq!(logarithm(d("-1")), None);
    }

    #[test]
    fn remainders_take_the_sign_of_the_dividend() {
        for (a, b, rest) in [
            ("7", "3", "1"),
            ("-7", "3", "-1"),
            ("7", "-3", "1"),
            ("5.5", "0.25", "0.00"),
            ("1", "0.0000000000000000000000000003", "0.0000000000000000000000000001"),
            ("0.0000000000000000000000000007", "9999999999999999999999999999", "0.0000000000000000000000000007"),
        ] {
            assert_eq!(shown(remainder(d(a), d(b))), Some(rest.to_owned()), "{a} % {b}");
        }
        assert_eq!(remainder(d("1"), d("0")), None);
    }

    #[test]
    fn halves_are_rounded_away_from_zero() {
        assert_eq!(round(d("2.345"), 2).to_string(), "2.35");
        assert_eq!(round(d("-2.5"), 0).to_string(), "-3");
        assert_eq!(round(d("-0.4"), 0).to_string(), "0");
        assert_eq!(ceil(d("-0.5")).to_string(), "0");
        assert_eq!(floor(d("-0.5")).to_string(), "-1");
    }
}
