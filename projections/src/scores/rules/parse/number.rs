//! Numbers, read exactly from their text.

use rust_decimal::Decimal;
use toml::de::DeValue;

use super::document::{Item, Problems};
use crate::expr::number_from_text;

/// Beyond so many places left or right no exponent gives a number of 28 digits.
const MOST_PLACES: i32 = 60;

impl Item<'_> {
    /// A number for which the condition holds: TOML's integer or float, or a text.
    pub(super) fn number(
        &self,
        expected: &str,
        holds: impl Fn(Decimal) -> bool,
        problems: &mut Problems<'_>,
    ) -> Option<Decimal> {
        self.as_number().filter(|number| holds(*number)).or_else(|| self.refuse(expected, problems))
    }

    /// A whole number, above zero and not above `most`.
    pub(super) fn whole(&self, most: u32, problems: &mut Problems<'_>) -> Option<u32> {
        let found = self.as_number().filter(|number| number.fract().is_zero()).and_then(|n| u32::try_from(n).ok());
        let expected = || match most {
            u32::MAX => "a whole number above zero".to_owned(),
            most => format!("a whole number from 1 to {most}"),
        };
        found.filter(|number| (1..=most).contains(number)).or_else(|| self.refuse(expected(), problems))
    }

    /// The number that this is, without zeros at the end of its fraction.
    pub(super) fn as_number(&self) -> Option<Decimal> {
        let number = match self.value {
            DeValue::Integer(integer) if integer.radix() == 10 => number_from_text(integer.as_str(), '.'),
            DeValue::Integer(integer) => i128::from_str_radix(integer.as_str(), integer.radix())
                .ok()
                .and_then(|n| number_from_text(&n.to_string(), '.')),
            DeValue::Float(float) => from_float(float.as_str()),
            DeValue::String(text) => number_from_text(text, '.'),
            _ => None,
        }?;
        Some(number.normalize())
    }
}

/// The number that a float of TOML is; none for inf, nan and what has more than 28 digits.
fn from_float(text: &str) -> Option<Decimal> {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return number_from_text(text, '.');
    };
    let number = number_from_text(mantissa, '.')?;
    let exponent = exponent.parse().ok().filter(|places: &i32| places.abs() <= MOST_PLACES);
    if number.is_zero() {
        return Some(number);
    }
    number_from_text(&shifted(number, exponent?), '.')
}

/// A number with its point moved by so many places, to the right if above zero.
fn shifted(number: Decimal, places: i32) -> String {
    let (sign, digits) =
        (if number.is_sign_negative() { "-" } else { "" }, number.mantissa().unsigned_abs().to_string());
    let scale = i32::try_from(number.scale()).unwrap_or_default() - places;
    let decimals = usize::try_from(scale).unwrap_or_default();
    let zeros = usize::try_from(-scale).unwrap_or_default();
    let whole = format!("{digits:0>width$}{}", "0".repeat(zeros), width = decimals + 1);
    let (before, after) = whole.split_at(whole.len() - decimals);
    if after.is_empty() { format!("{sign}{before}") } else { format!("{sign}{before}.{after}") }
}

#[cfg(test)]
mod tests {
    use super::super::document::{Table, read};
    use super::*;

    fn number(written: &str) -> Option<String> {
        let file = format!("a = {written}");
        let mut problems = Problems::new(&file);
        let document = read(&file, &mut problems)?;
        Table::root(&file, &document).get("a")?.as_number().map(|number| number.to_string())
    }

    #[test]
    fn numbers_are_what_is_written() {
        for (written, read) in [
            ("0.087", "0.087"),
            ("1", "1"),
            ("+5", "5"),
            ("-0.50", "-0.5"),
            ("1_000_000.25", "1000000.25"),
            ("0xff", "255"),
            ("0b101", "5"),
            ("1e3", "1000"),
            ("-1.25E+1", "-12.5"),
            ("125e-5", "0.00125"),
            ("0e999", "0"),
            ("-0.0", "0"),
            ("'0.10'", "0.1"),
            ("9999999999999999999999999999", "9999999999999999999999999999"),
            ("1.0000000000000000000000000000000", "1"),
            ("1e27", "1000000000000000000000000000"),
            ("1e-28", "0.0000000000000000000000000001"),
        ] {
            assert_eq!(number(written).as_deref(), Some(read), "{written}");
        }
    }

    #[test]
    fn what_is_no_number_of_28_digits_is_none() {
        for written in [
            "inf",
            "-inf",
            "nan",
            "+nan",
            "1e28",
            "0.1e29",
            "1e-29",
            "1e99999999999",
            "1e61",
            "0.12345678901234567890123456789",
            "99999999999999999999999999999",
            "0xffffffffffffffffffffffffffffffffff",
            "'1e3'",
            "'0x10'",
            "''",
            "'a'",
            "true",
            "[1]",
            "2026-01-01",
        ] {
            assert_eq!(number(written), None, "{written}");
        }
    }
}
