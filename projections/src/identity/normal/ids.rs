//! Business, VAT and personal ids with their check digits.
//!
//! | country | business id | VAT id | personal id |
//! |---|---|---|---|
//! | FI | Y-tunnus: weights 7 9 10 5 8 4 2, modulo 11 | the same with `FI` | character of the remainder of 31 |
//! | SE | Luhn | the same, `SE` … `01` | Luhn |
//! | EE | two rounds of weights, modulo 11 | another number: weights 3 7 1, modulo 10 | two rounds, modulo 11 |
//! | NO | weights 3 2 7 6 5 4 3 2, modulo 11 | the same with `NO` | two digits, modulo 11 |
//! | DK | weights 2 7 6 5 4 3 2 1, modulo 11 | the same with `DK` | none since 2007 |
//!
//! For other countries see [`vat_id`]; where no rule is known, an id is valid when its form is, and not `checked`.

mod business;
mod checks;
mod personal;
mod register;
mod vat;

use std::borrow::Cow;

use super::country;
use super::date::Date;
use super::gender::Gender;
use super::text::{ascii_digit, clip, fold_plain};

pub use business::business_id;
pub use personal::personal_id;
pub use vat::{business_of_vat, vat_id};

/// Bytes of an id that are read.
const MOST_BYTES: usize = 100;

/// Kind of a business id.
pub const BUSINESS: &str = "business";
/// Kind of a VAT id.
pub const VAT: &str = "vat";
/// Kind of a personal id that the state gives at birth or entry.
pub const PERSONAL: &str = "personal";

/// An id that an authority or a register gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StrongId {
    /// ISO 3166-1 alpha-2; what the source wrote, in capitals, when it is no country (a state); empty when unknown.
    pub country: Cow<'static, str>,
    /// [`BUSINESS`], [`VAT`], [`PERSONAL`], or the type that the source names, folded, with `_` between its words.
    pub kind: Cow<'static, str>,
    /// The id in its one notation.
    pub value: Box<str>,
    /// Whether its form, and its check digits where the rule is known, are right, and it is no filler.
    pub valid: bool,
    /// Whether check digits stand behind `valid`.
    pub checked: bool,
    /// The birth date that it holds.
    pub birth: Option<Date>,
    /// The sex that it holds.
    pub sex: Option<Gender>,
}

impl StrongId {
    /// Whether both say the same id; that of an unknown country may be any country's.
    pub fn same(&self, other: &Self) -> bool {
        let country = self.country == other.country || self.country.is_empty() || other.country.is_empty();
        country && self.kind == other.kind && self.value == other.value
    }
}

/// An id of any type, such as `passport`, `y-tunnus`, `ssn`, `lei`. `None`: the text holds no id.
///
/// Types that mean a business, VAT or personal id are read as such; the country is a code or a name.
pub fn other(kind: &str, text: &str, country: Option<&str>) -> Option<StrongId> {
    let kind = fold_plain(clip(kind, MOST_BYTES)).replace(' ', "_");
    match register::meaning(&kind) {
        register::Meaning::Business(home) => business_id(text, country.or(home)),
        register::Meaning::Vat => vat_id(text, country),
        register::Meaning::Personal(home) => personal_id(text, country.or(home)),
        register::Meaning::Ssn if country.is_some_and(|text| country::code(text) != Some("US")) => {
            personal_id(text, country)
        }
        meaning => register::plain(kind, meaning, text, country),
    }
}

/// Capitals and digits of a text, everything else left out; empty for words such as `none`.
fn compact(text: &str) -> String {
    let kept = clip(text, MOST_BYTES).chars().map(ascii_digit).filter(char::is_ascii_alphanumeric);
    let compact: String = kept.map(|c| c.to_ascii_uppercase()).collect();
    let says_none = matches!(
        compact.as_str(),
        "NONE"
            | "NULL"
            | "NA"
            | "NAN"
            | "UNKNOWN"
            | "EI"
            | "EIOLE"
            | "PUUTTUU"
            | "INGEN"
            | "SAKNAS"
            | "X"
            | "XX"
            | "XXX"
            | "TEST"
            | "NIL"
    );
    if says_none { String::new() } else { compact }
}

/// Whether a value only fills a field: one character over and over, or 123456789 from its start.
fn is_filler(value: &str) -> bool {
    let bytes = value.as_bytes();
    let same = bytes.windows(2).all(|pair| pair.first() == pair.last());
    same || (bytes.len() >= 5 && "1234567890".starts_with(value)) || "0123456789".starts_with(value)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The ISO code of a country; of something else its capitals, so that it is not lost.
fn country_of(text: Option<&str>) -> Cow<'static, str> {
    match text.map(str::trim) {
        None | Some("") => Cow::Borrowed(""),
        Some(text) => country::code(text).map_or_else(|| Cow::Owned(compact(text)), Cow::Borrowed),
    }
}

/// An id without a rule of its country: valid when it holds some digits and fills no field.
fn unruled(kind: impl Into<Cow<'static, str>>, value: String, country: Cow<'static, str>) -> Option<StrongId> {
    if value.is_empty() {
        return None;
    }
    let valid = value.len() >= 4 && value.bytes().any(|b| b.is_ascii_digit()) && !is_filler(&value);
    Some(StrongId { country, kind: kind.into(), value: value.into(), valid, ..StrongId::default() })
}

#[cfg(test)]
mod tests;
