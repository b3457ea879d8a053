//! Business, VAT and personal ids with their check digits.

use std::borrow::Cow;

use super::date::Date;
use super::gender::Gender;

/// An id that an authority or a register gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrongId {
    /// ISO 3166-1 alpha-2; empty when unknown.
    pub country: Cow<'static, str>,
    /// `business`, `vat`, `personal`, or the folded type as the source names it.
    pub kind: Cow<'static, str>,
    /// The id in its one notation.
    pub value: Box<str>,
    /// Whether its form, and its check digits where the rule is known, are right.
    pub valid: bool,
    /// Whether check digits stand behind `valid`.
    pub checked: bool,
    /// The birth date that it holds.
    pub birth: Option<Date>,
    /// The sex that it holds.
    pub sex: Option<Gender>,
}

/// A business id, such as the Finnish Y-tunnus. `None`: the text holds no id.
pub fn business_id(text: &str, country: Option<&str>) -> Option<StrongId> {
    other("business", text, country)
}

/// A VAT id with its country's prefix. `None`: the text holds no id.
pub fn vat_id(text: &str, country: Option<&str>) -> Option<StrongId> {
    other("vat", text, country)
}

/// The business id that follows from a VAT id, where the country has such a rule.
pub fn business_of_vat(_vat: &StrongId) -> Option<StrongId> {
    None
}

/// A personal id, such as the Finnish henkilötunnus. `None`: the text holds no id.
pub fn personal_id(text: &str, country: Option<&str>) -> Option<StrongId> {
    other("personal", text, country)
}

/// An id of any type. `None`: the text holds no id.
pub fn other(kind: &str, text: &str, country: Option<&str>) -> Option<StrongId> {
    let value: String = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    (!value.is_empty()).then(|| StrongId {
        country: country.and_then(super::country::code).unwrap_or_default().into(),
        kind: kind.to_lowercase().into(),
        value: value.into(),
        valid: true,
        checked: false,
        birth: None,
        sex: None,
    })
}
