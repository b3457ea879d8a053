//! Postal addresses in their parts.

use super::text::fold_plain;

/// The parts as a source gives them; empty when missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts<'a> {
    /// Street and number, or the whole address in one line.
    pub street: &'a str,
    /// Postcode.
    pub postal_code: &'a str,
    /// Town.
    pub city: &'a str,
    /// State, county or province.
    pub region: &'a str,
    /// Country, code or name.
    pub country: &'a str,
}

/// An address; what is missing is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The street's words, folded, its kind in one notation.
    pub street: Box<str>,
    /// The house number.
    pub number: Option<u32>,
    /// Letter, stair and flat after the number, such as `b 12`.
    pub letter_stair_flat: Box<str>,
    /// Postcode: capitals and digits only.
    pub postal_code: Box<str>,
    /// The town, one word for all its names.
    pub city: Box<str>,
    /// State or province, as its code where it is known.
    pub region: Box<str>,
    /// ISO 3166-1 alpha-2, or the folded name.
    pub country: Box<str>,
    /// The post-office box.
    pub po_box: Option<Box<str>>,
}

/// The address that these parts hold. `None`: they hold nothing.
pub fn parse(parts: &Parts<'_>) -> Option<Address> {
    let address = Address {
        street: fold_plain(parts.street).into(),
        postal_code: parts.postal_code.split_whitespace().collect::<String>().into(),
        city: fold_plain(parts.city).into(),
        region: fold_plain(parts.region).into(),
        country: fold_plain(parts.country).into(),
        ..Address::default()
    };
    (address != Address::default()).then_some(address)
}
