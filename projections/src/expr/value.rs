//! What expressions compute with, and where they find it.

use std::borrow::Cow;

use jiff::Timestamp;
use rust_decimal::Decimal;

/// A value. A value that is missing is none: see [`Scope::get`].
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// `true` or `false`.
    Bool(bool),
    /// A number of at most 28 digits.
    Number(Decimal),
    /// A text.
    Text(Cow<'a, str>),
    /// A point in time, microseconds since 1970-01-01T00:00:00Z.
    Time(i64),
}

impl Value<'_> {
    /// The kind of this value.
    pub fn kind(&self) -> Kind {
        match self {
            Value::Bool(_) => Kind::Bool,
            Value::Number(_) => Kind::Number,
            Value::Text(_) => Kind::Text,
            Value::Time(_) => Kind::Time,
        }
    }

    /// The value as text: numbers with the digits they have, times in RFC 3339 UTC.
    pub fn into_text(self) -> String {
        match self {
            Value::Bool(value) => value.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Text(text) => text.into_owned(),
            Value::Time(micros) => time_text(micros),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(Cow::Borrowed(text))
    }
}

impl From<Decimal> for Value<'_> {
    fn from(number: Decimal) -> Self {
        Value::Number(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

/// What is known of a value before there is data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A condition.
    Bool,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A point in time.
    Time,
    /// A cell of a table: a text that may stand for a number (scopes with [`TextIsNumeric`] only).
    Cell,
    /// Known only when there is data.
    Any,
}

impl Kind {
    /// The kind in words.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bool => "a condition",
            Kind::Number => "a number",
            Kind::Text => "a text",
            Kind::Time => "a time",
            Kind::Cell => "a column's text",
            Kind::Any => "any value",
        }
    }
}

/// The option of a scope whose texts may stand for numbers, as the cells of a CSV file do: where an operation has a
/// number on the other side, or takes numbers only, a text that is wholly a decimal number counts as that number.
/// `+` of two texts still joins them. Without the option a text in the place of a number is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextIsNumeric {
    /// What stands between the whole and the fraction: `.` or `,`.
    pub decimal_separator: char,
}

/// Where an expression finds the values of its names.
pub trait Scope {
    /// The value of a name, such as `amount` or `attributes.size`; `None` when it is missing.
    fn get(&self, path: &str) -> Option<Value<'_>>;

    /// The same by the name's place in [`Expression::variables`](super::Expression::variables), for scopes that
    /// looked the names up once and for all.
    fn get_slot(&self, slot: usize, path: &str) -> Option<Value<'_>> {
        let _ = slot;
        self.get(path)
    }

    /// How texts stand to numbers in this scope.
    fn text_is_numeric(&self) -> Option<TextIsNumeric> {
        None
    }
}

/// The number that a text wholly is, white space around it aside: an optional sign, digits, and optionally the
/// separator and more digits. `None` for anything else (also grouped digits and exponents) and beyond 28 digits.
pub fn number_from_text(text: &str, decimal_separator: char) -> Option<Decimal> {
    let text = text.trim();
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mut mantissa, mut scale, mut seen_point, mut seen_digit) = (0_i128, 0_u32, false, false);
    for c in digits.chars() {
        if let Some(digit) = c.to_digit(10) {
            // Beyond 38 digits nothing can bring it back under 28.
            mantissa = mantissa.checked_mul(10)?.checked_add(i128::from(digit))?;
            scale += u32::from(seen_point);
            seen_digit = true;
        } else if c == decimal_separator && seen_digit && !seen_point {
            seen_point = true;
        } else {
            return None;
        }
    }
    let ends_in_digit = digits.ends_with(|c: char| c.is_ascii_digit());
    if !ends_in_digit {
        return None;
    }
    super::number::make(if negative { -mantissa } else { mantissa }, scale)
}

/// Microseconds since 1970-01-01T00:00:00Z of an RFC 3339 time with offset; digits beyond microseconds are cut off.
/// `None` for anything else, and for second 60.
pub fn instant(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let well_formed = (20..=40).contains(&bytes.len())
        && text.is_ascii()
        && matches!(bytes[10], b'T' | b't' | b' ')
        && bytes[13] == b':'
        && bytes[16] == b':'
        && &bytes[17..19] != b"60"
        && !text.contains('[');
    let timestamp: Timestamp = well_formed.then(|| text.parse().ok())??;
    i64::try_from(timestamp.as_nanosecond().div_euclid(1_000)).ok()
}

pub(super) fn time_text(micros: i64) -> String {
    match Timestamp::from_microsecond(micros) {
        Ok(timestamp) => timestamp.to_string(),
        Err(_) => format!("{micros} µs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_numbers_only_wholly() {
        for (text, number) in
            [("12", "12"), (" -3.50 ", "-3.50"), ("+1", "1"), ("007", "7"), ("-0", "0"), ("12923.0", "12923.0")]
        {
            assert_eq!(number_from_text(text, '.').unwrap().to_string(), number, "{text}");
        }
        for text in ["", " ", "-", ".5", "5.", "1.2.3", "1e3", "1,5", "1 000", "12x", "0x10", "١٢", "--1", "1_0"] {
            assert_eq!(number_from_text(text, '.'), None, "{text}");
        }
        assert_eq!(number_from_text("1234,50", ',').unwrap().to_string(), "1234.50");
        assert_eq!(number_from_text("1.5", ','), None);
    }

    #[test]
    fn texts_beyond_28_digits_are_no_numbers() {
        assert!(number_from_text("9999999999999999999999999999", '.').is_some());
        assert!(number_from_text("10000000000000000000000000000", '.').is_none());
        assert!(number_from_text("0.1234567890123456789012345678", '.').is_some());
        assert!(number_from_text("0.12345678901234567890123456789", '.').is_none());
        assert_eq!(number_from_text("1.0000000000000000000000000000000", '.').unwrap().normalize(), Decimal::ONE);
        assert!(number_from_text(&"9".repeat(60), '.').is_none());
    }

    #[test]
    fn instants_have_an_offset() {
        assert_eq!(instant("1970-01-01T02:00:01+02:00"), Some(1_000_000));
        assert_eq!(instant("1969-12-31T23:59:59.9999999Z"), Some(-1));
        for text in ["1970-01-01", "1970-01-01T00:00:00", "2026-06-30T23:59:60Z", "2026-13-01T00:00:00Z", ""] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
