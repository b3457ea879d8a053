//! JSON as kulta reads it: strict where parsers differ, exact where they round.
//!
//! `serde_json` does the parsing. What it would let through and other layers would read otherwise is refused here:
//! duplicate keys (a struct refuses them, a map takes the last), NUL characters (PostgreSQL's `text` cannot hold them),
//! and nesting beyond [`MAX_DEPTH`]. Numbers keep their text, so that money is never a float.

use std::fmt;

use rust_decimal::Decimal;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// Levels of arrays and objects that an event may nest.
pub const MAX_DEPTH: usize = 32;

/// The key under which `serde_json` hands over a number's text; refused in input, so that nobody can forge it.
const NUMBER_TOKEN: &str = "$serde_json::private::Number";

/// A JSON value. Members of objects keep their order; numbers keep their text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it was written.
    Number(Box<str>),
    /// A string without NUL.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object without duplicate keys.
    Object(Vec<(String, Json)>),
}

/// Why a text was refused. The message holds no content, only the place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at line {line} column {column}")]
pub struct JsonError {
    /// What is wrong.
    pub reason: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1 (0 at the very start).
    pub column: usize,
}

impl Json {
    /// Reads one JSON text strictly.
    ///
    /// # Errors
    /// On anything that is not JSON, and on duplicate keys, NUL characters and nesting deeper than [`MAX_DEPTH`].
    pub fn parse(text: &[u8]) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(text).map_err(|error| JsonError {
            reason: format!("not UTF-8 from byte {}", error.valid_up_to()),
            line: 1,
            column: error.valid_up_to(),
        })?;
        if text.contains("$serde_json::private") {
            return Err(JsonError { reason: "reserved member name".to_owned(), line: 1, column: 0 });
        }
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let value = Seed { depth: 0 }.deserialize(&mut deserializer).map_err(|e| JsonError::from_serde(&e))?;
        deserializer.end().map_err(|e| JsonError::from_serde(&e))?;
        Ok(value)
    }

    /// The member `name` of an object; `None` for other values and absent members.
    pub fn get(&self, name: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// A decimal from a number's, or a string's, own text; `None` when it is none or does not fit exactly.
    pub fn as_decimal(&self) -> Option<Decimal> {
        match self {
            Json::Number(text) => exact_decimal(text),
            Json::String(text) => exact_decimal(text),
            _ => None,
        }
    }

    /// The members of an object, empty for other values.
    pub fn members(&self) -> &[(String, Json)] {
        match self {
            Json::Object(members) => members,
            _ => &[],
        }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Json::Null)
    }

    /// An object of the given members.
    pub fn object<const N: usize>(members: [(&str, Json); N]) -> Self {
        Json::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// A text that is equal for equal content: keys sorted, numbers by value, no white space.
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, true);
        out
    }

    /// The compact text of an object with these members.
    pub fn object_text(members: &[(String, Json)]) -> String {
        let mut out = String::with_capacity(32 * members.len() + 2);
        write_members(members.iter().map(|(key, value)| (key.as_str(), value)), &mut out, false);
        out
    }

    /// [`Json::canonical`] of an object with these members, put behind `out`.
    pub(crate) fn write_canonical_object(members: &mut [(&str, &Json)], out: &mut String) {
        members.sort_by(|a, b| a.0.cmp(b.0));
        write_members(members.iter().copied(), out, true);
    }

    fn write(&self, out: &mut String, canonical: bool) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(true) => out.push_str("true"),
            Json::Bool(false) => out.push_str("false"),
            Json::Number(text) if canonical => write_canonical_number(text, out),
            Json::Number(text) => out.push_str(text),
            Json::String(text) => write_string(text, out),
            Json::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write(out, canonical);
                }
                out.push(']');
            }
            Json::Object(members) if canonical => {
                let mut sorted: Vec<_> = members.iter().map(|(key, value)| (key.as_str(), value)).collect();
                Json::write_canonical_object(&mut sorted, out);
            }
            Json::Object(members) => {
                write_members(members.iter().map(|(key, value)| (key.as_str(), value)), out, false);
            }
        }
    }
}

/// By value, so that `1.50`, `1.5` and `15e-1` are equal.
fn write_canonical_number(text: &str, out: &mut String) {
    if let Some(plain) = plain_number(text) {
        out.push_str(plain);
    } else if let Some(number) = exact_decimal(text) {
        out.push_str(&number.normalize().to_string());
    } else {
        out.push_str(&text.to_ascii_lowercase());
    }
}

/// A number in its shortest notation, if it is written as most are: no sign, no exponent, few digits, no zeros in front.
fn plain_number(text: &str) -> Option<&str> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let starts_well = whole == "0" || !(whole.is_empty() || whole.starts_with('0'));
    if !starts_well || text.len() > 18 || text.ends_with('.') || !digits(whole) || !digits(fraction) {
        return None;
    }
    Some(if fraction.is_empty() { text } else { text.trim_end_matches('0').trim_end_matches('.') })
}

fn write_members<'a>(members: impl Iterator<Item = (&'a str, &'a Json)>, out: &mut String, canonical: bool) {
    out.push('{');
    for (index, (key, value)) in members.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(key, out);
        out.push(':');
        value.write(out, canonical);
    }
    out.push('}');
}

pub(crate) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut plain_from = 0;
    for (index, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[plain_from..index]);
        plain_from = index + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            other => out.push_str(&format!("\\u{other:04x}")),
        }
    }
    out.push_str(&text[plain_from..]);
    out.push('"');
}

/// Reads a decimal exactly from plain or scientific notation.
///
/// `None` when the text is no number or needs more than 28 digits: nothing is rounded in silence.
pub fn exact_decimal(text: &str) -> Option<Decimal> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok().filter(|e| e.abs() <= 28)?),
        None => (text, 0),
    };
    let starts_well = mantissa.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit());
    if !starts_well || mantissa.contains('_') {
        return None;
    }
    let mut number = Decimal::from_str_exact(mantissa).ok()?;
    if exponent < 0 {
        let scale = number.scale().checked_add(exponent.unsigned_abs())?;
        number.set_scale(scale).ok()?;
    } else if exponent > 0 {
        let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
        number = number.checked_mul(Decimal::try_from_i128_with_scale(power, 0).ok()?)?;
    }
    Some(number)
}

impl fmt::Display for Json {
    /// Compact JSON text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.write(&mut out, false);
        f.write_str(&out)
    }
}

impl serde::Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::{Error as _, SerializeMap, SerializeSeq};
        match self {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(value) => serializer.serialize_bool(*value),
            Json::Number(text) => {
                let number: serde_json::Number = text.parse().map_err(|_| S::Error::custom("a number that is none"))?;
                number.serialize(serializer)
            }
            Json::String(text) => serializer.serialize_str(text),
            Json::Array(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Json::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, value) in members {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> serde::Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Seed { depth: 0 }.deserialize(deserializer)
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Json::String(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Json::String(text)
    }
}

impl From<Decimal> for Json {
    fn from(number: Decimal) -> Self {
        Json::Number(number.to_string().into())
    }
}

impl From<i64> for Json {
    fn from(number: i64) -> Self {
        Json::Number(number.to_string().into())
    }
}

impl JsonError {
    fn from_serde(error: &serde_json::Error) -> Self {
        // serde_json's own texts may quote the input ("invalid type: string \"…\""); only its syntax errors are
        // known not to.
        let text = error.to_string();
        let reason = match text.split_once(" at line ") {
            Some((reason, _)) if !reason.starts_with("invalid type") => reason.to_owned(),
            _ => "not JSON".to_owned(),
        };
        Self { reason, line: error.line(), column: error.column() }
    }
}

struct Seed {
    depth: usize,
}

impl Seed {
    fn deeper<E: serde::de::Error>(&self) -> Result<Seed, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(Seed { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

fn without_nul<E: serde::de::Error>(text: String) -> Result<String, E> {
    if text.as_bytes().contains(&0) {
        return Err(E::custom("NUL character in a string"));
    }
    Ok(text)
}

impl<'de> Visitor<'de> for Seed {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string().into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string().into()))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Json, E> {
        without_nul(value.to_owned()).map(Json::String)
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Json, E> {
        without_nul(value).map(Json::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self.deeper()?)? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if members.is_empty() && key == NUMBER_TOKEN {
                return Ok(Json::Number(map.next_value::<String>()?.into()));
            }
            let key = without_nul(key)?;
            // A scan is cheaper than hashing while objects are small, as almost all are.
            let repeated = match members.len() {
                0..16 => members.iter().any(|(known, _)| *known == key),
                16 => {
                    seen.extend(members.iter().map(|(known, _)| known.clone()));
                    !seen.insert(key.clone())
                }
                _ => !seen.insert(key.clone()),
            };
            if repeated {
                return Err(A::Error::custom("duplicate key in an object"));
            }
            let value = map.next_value_seed(self.deeper()?)?;
            members.push((key, value));
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Json::parse(text.as_bytes()).unwrap_err().reason
    }

    #[test]
    fn keeps_numbers_exactly() {
        let text = r#"{"a":12345678901234567890.123456789,"b":[18446744073709551616,1e-400,0.10]}"#;
        assert_eq!(Json::parse(text.as_bytes()).unwrap().to_string(), text);
    }

    #[test]
    fn refuses_what_layers_disagree_on() {
        assert_eq!(refused(r#"{"a":1,"a":2}"#), "duplicate key in an object");
        assert_eq!(refused(r#"{"a":"x\u0000y"}"#), "NUL character in a string");
        assert_eq!(refused(r#"{"$serde_json::private::Number":"1"}"#), "reserved member name");
        assert!(refused(&("[".repeat(40) + &"]".repeat(40))).starts_with("nested deeper"));
        assert!(refused("[1,2").starts_with("EOF"));
        assert!(Json::parse(b"\"\xff\"").unwrap_err().reason.starts_with("not UTF-8"));
        let many: Vec<String> = (0..40).map(|i| format!("\"k{}\":1", i % 39)).collect();
        assert_eq!(refused(&format!("{{{}}}", many.join(","))), "duplicate key in an object");
    }

    #[test]
    fn canonical_text_is_equal_for_equal_content() {
        let one = Json::parse(br#"{"b": 1.50, "a": {"y":[1e2, "t\n"], "x":null}}"#).unwrap();
        let two = Json::parse(br#"{"a":{"x":null,"y":[100,"t\n"]},"b":1.5}"#).unwrap();
        assert_eq!(one.canonical(), two.canonical());
    }

    #[test]
    fn plain_numbers_are_written_as_decimals_are() {
        for text in ["0", "0.0", "0.50", "10", "100.00", "1249.90", "12345678901234567", "0.1000"] {
            let by_value = exact_decimal(text).unwrap().normalize().to_string();
            assert_eq!(plain_number(text), Some(by_value.as_str()), "{text}");
        }
        for text in ["", ".", ".5", "5.", "-1", "1e3", "00", "01.5", "1_0", "1.2.3", "1234567890123456789"] {
            assert_eq!(plain_number(text), None, "{text}");
        }
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(exact_decimal("12.50").unwrap().to_string(), "12.50");
        assert_eq!(exact_decimal("1e3").unwrap().normalize().to_string(), "1000");
        assert_eq!(exact_decimal("125e-2").unwrap().to_string(), "1.25");
        for text in ["", "-", ".5", "abc", "1e131071", "1_000", "+1", "0.12345678901234567890123456789", "NaN"] {
            assert_eq!(exact_decimal(text), None, "{text}");
        }
    }
}
