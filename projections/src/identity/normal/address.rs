//! Postal addresses in their parts.
//!
//! From parts as a source gives them, or from one line. The rules know the Nordic notation (street, number, stair, flat;
//! postcode before the town), the American and British one (number first; state and postcode last) and enough of others
//! to compare them. Kinds of streets are brought to one notation (`k.` katu, `vägen`, `Street`), towns with names in
//! several languages to one name. Streets with two names (Mannerheimintie, Mannerheimvägen) stay two.

mod kinds;
mod line;
mod places;
mod postcode;
mod street;

use super::country;
use super::text::{clip, fold_plain, repair};

/// Bytes of each part that are read.
const MOST_BYTES: usize = 300;

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
    /// Letter, stair and flat, such as `b 12`.
    pub letter_stair_flat: Box<str>,
    /// Postcode: capitals and digits only.
    pub postal_code: Box<str>,
    /// The town, one name for all its names.
    pub city: Box<str>,
    /// The code of a state of the USA, Canada or Australia; of other regions the folded name.
    pub region: Box<str>,
    /// ISO 3166-1 alpha-2, or the folded name.
    pub country: Box<str>,
    /// The post-office box.
    pub po_box: Option<Box<str>>,
}

/// The address that these parts hold. `None`: they hold nothing.
pub fn parse(parts: &Parts<'_>) -> Option<Address> {
    let street = repair(clip(parts.street.trim(), MOST_BYTES));
    let city = repair(clip(parts.city.trim(), MOST_BYTES));
    let country = country_of(parts.country);
    let mut address = if city.is_empty() && is_line(&street, parts.postal_code) {
        line::parse(&street, &country)
    } else {
        of_street(&street)
    };
    if !country.is_empty() {
        address.country = country.into();
    }
    set_city(&mut address, &city);
    let code = postcode::normal(clip(parts.postal_code.trim(), MOST_BYTES), &address.country);
    if !code.is_empty() {
        address.postal_code = code.into();
    }
    let region = fold_plain(clip(parts.region.trim(), MOST_BYTES));
    if !region.is_empty() {
        address.region = places::state(&region).map_or_else(|| region.into(), Box::from);
    }
    (address != Address::default()).then_some(address)
}

/// Whether a street without a town beside it is a whole address.
fn is_line(street: &str, postal_code: &str) -> bool {
    postal_code.trim().is_empty() || street.contains([',', '\n', ';'])
}

fn country_of(text: &str) -> String {
    let text = clip(text.trim(), MOST_BYTES);
    if text.is_empty() { String::new() } else { country::code(text).map_or_else(|| fold_plain(text), str::to_owned) }
}

/// A street beside which the town is given: the segment that has a number, and flats in others. Names of buildings, and
/// town and state once more, are left out.
fn of_street(text: &str) -> Address {
    let segments: Vec<&str> =
        text.split([',', '\n', ';']).map(str::trim).filter(|segment| !segment.is_empty()).take(6).collect();
    let has_digit = |segment: &str| segment.bytes().any(|byte| byte.is_ascii_digit());
    let place = segments.iter().position(|segment| has_digit(segment) && !street::is_flat(segment)).unwrap_or(0);
    let mut whole = String::from(segments.get(place).copied().unwrap_or_default());
    // 14 bis, rue de Rivoli; Rue de Rivoli, 14.
    let only_number = whole.len() <= 8 && whole.starts_with(|c: char| c.is_ascii_digit());
    let name = if only_number && place > 0 { place.checked_sub(1) } else { None }.and_then(|at| segments.get(at));
    let behind = if only_number && name.is_none() { segments.get(place + 1) } else { None };
    if let Some(name) = name {
        whole = [name, " ", whole.as_str()].concat();
    }
    if let Some(behind) = behind {
        whole = [whole.as_str(), " ", behind].concat();
    }
    // #321, Street 128: the number of the house before a street that has a number for a name.
    let folded = fold_plain(&whole);
    if place > 0 && street::is_numbered(&folded.split(' ').collect::<Vec<_>>()) {
        return of_parts(street::parse(&[segments[place - 1], " ", &whole].concat()));
    }
    let flats = segments.iter().enumerate().filter(|(at, segment)| *at != place && street::is_flat(segment));
    for (_, flat) in flats.take(2) {
        whole.push(' ');
        whole.push_str(flat);
    }
    of_parts(street::parse(&whole))
}

fn of_parts(parsed: street::Street) -> Address {
    let street = if parsed.tail.is_empty() { parsed.street } else { [parsed.street, parsed.tail].join(" ") };
    Address {
        street: street.trim().into(),
        number: parsed.number,
        letter_stair_flat: parsed.behind.into(),
        po_box: parsed.po_box,
        ..Address::default()
    }
}

/// The town, and a postcode before it when the field holds both.
fn set_city(address: &mut Address, city: &str) {
    if city.is_empty() {
        return;
    }
    let folded = fold_plain(city);
    let words: Vec<&str> = folded.split(' ').collect();
    let found = postcode::find(&words, false).filter(|found| found.at == 0 && found.words < words.len());
    if let Some(found) = found {
        address.postal_code = postcode::normal(&found.code, &address.country).into();
        let town = words.get(found.words..).unwrap_or_default().join(" ");
        address.city = places::town(&town).into();
    } else {
        // Helsinki 10: a postal district of old.
        let town = folded.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
        address.city = places::town(if town.is_empty() { &folded } else { town }).into();
    }
}

#[cfg(test)]
mod tests;
