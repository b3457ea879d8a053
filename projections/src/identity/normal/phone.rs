//! Telephone numbers in E.164.
//!
//! Own rules over a table of calling codes, trunk prefixes and lengths. The `phonenumber` crate knows the numbering plans
//! in full, but took 10 µs a number (measured; a whole record may take that long) and brings forty crates.

use super::country::{self, Country};
use super::text::{ascii_digit, clip};

/// Bytes of a text that are read.
const MOST_BYTES: usize = 120;
/// Fewest digits of a telephone number.
const FEWEST: usize = 5;
/// Most digits after the plus sign (ITU-T E.164).
const MOST: usize = 15;

/// A telephone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// `+358401234567`; `None` when the country is unknown.
    pub e164: Option<Box<str>>,
    /// The digits after country code, trunk prefix and zeros, comparable between numbers of which one lacks the country.
    pub national: Box<str>,
    /// Whether it is one of the numbers that people type to fill a field.
    pub placeholder: bool,
}

impl Phone {
    /// Whether both are one number, as far as they tell.
    pub fn same(&self, other: &Self) -> bool {
        match (&self.e164, &other.e164) {
            (Some(one), Some(two)) => one == two,
            _ => self.national == other.national,
        }
    }
}

/// The digits of a text.
#[derive(Default)]
struct Digits {
    digits: String,
    /// Whether it began with a plus sign.
    plus: bool,
}

/// The first number in a text, in the country's notation unless it is international; extensions are left off. `None`:
/// no number. The country is a code or a name.
pub fn normalise(text: &str, country: Option<&str>) -> Option<Phone> {
    let Digits { digits, plus } = digits_of(clip(text.trim(), MOST_BYTES));
    let home = country.and_then(country::find);
    let number = if plus { international(&digits) } else { written_at(home, &digits) };
    number.or_else(|| without_country(&digits))
}

/// Reads digits until something else begins: an extension, a second number, a word.
fn digits_of(text: &str) -> Digits {
    let mut read = Digits::default();
    let mut chars = text.chars().map(ascii_digit).peekable();
    while let Some(c) = chars.next() {
        let enough = read.digits.len() >= FEWEST;
        match c {
            '0'..='9' => read.digits.push(c),
            '+' if read.digits.is_empty() => read.plus = true,
            '＋' if read.digits.is_empty() => read.plus = true,
            // A second number.
            '+' if enough => break,
            ',' | ';' | '#' | '|' | '\n' if enough => break,
            '/' if read.digits.len() >= 7 => break,
            c if c.is_alphabetic() && enough => break,
            // +44 (0)20: the trunk prefix that is dialled inside the country only.
            '(' if read.plus && chars.peek() == Some(&'0') => {
                let mut ahead = chars.clone();
                ahead.next();
                if ahead.next() == Some(')') {
                    chars = ahead;
                }
            }
            _ => {}
        }
    }
    read
}

/// A number that begins with a calling code.
fn international(digits: &str) -> Option<Phone> {
    let digits = digits.trim_start_matches('0');
    let country = country::by_calling_code(digits)?;
    let rest = digits.strip_prefix(country.calling)?;
    let (fewest, most) = country.digits;
    // +358 040: the trunk prefix again. Italian numbers keep their 0, having no trunk prefix.
    let national = match rest.strip_prefix(country.trunk) {
        Some(without) if country.trunk == "0" => without.trim_start_matches('0'),
        Some(without) if rest.len() > most => without,
        _ => rest,
    };
    if national.len() < fewest.min(FEWEST) || country.calling.len() + national.len() > MOST {
        return None;
    }
    Some(with_country(country, national))
}

/// A number as it is dialled in a country.
fn written_at(home: Option<&'static Country>, digits: &str) -> Option<Phone> {
    let outside: &[&str] = match home.map(|country| country.code) {
        Some("FI" | "AX") => &["00", "990", "994", "999"],
        Some("AU") => &["0011"],
        Some("RU" | "KZ" | "BY") => &["810", "00"],
        Some("JP") => &["010"],
        Some(_) if home.is_some_and(|country| country.calling == "1") => &["011", "00"],
        Some("HK" | "SG" | "TH") => &["001", "00"],
        _ => &["00"],
    };
    if digits.len() > FEWEST + 4
        && let Some(number) = outside.iter().find_map(|prefix| international(digits.strip_prefix(prefix)?))
    {
        return Some(number);
    }
    let home = home?;
    let (fewest, most) = home.digits;
    // 358401234567 in Finland, where a national number begins with its trunk prefix.
    if let Some(rest) = digits.strip_prefix(home.calling)
        && ((home.trunk == "0" && rest.len() >= 7) || digits.len() > most)
        && (fewest..=most).contains(&rest.trim_start_matches(home.trunk).len())
        && !digits.starts_with('0')
    {
        return international(digits);
    }
    let national = match digits.strip_prefix(home.trunk) {
        // In Russia and North America the trunk prefix may also be a number's first digit.
        Some(rest) if !home.trunk.is_empty() && (home.trunk == "0" || rest.len() >= fewest) => rest,
        _ => digits,
    };
    if home.trunk == "0" && national.starts_with('0') {
        return None;
    }
    // Numbers a digit short or long are kept: they are compared, not dialled. A long one that lacks its trunk prefix is
    // rather another country's.
    let slack = usize::from(home.trunk != "0" || national.len() < digits.len());
    let plausible = (fewest.saturating_sub(1).max(FEWEST)..=most + slack).contains(&national.len());
    plausible.then(|| with_country(home, national))
}

/// A number of a country that is not told. Eleven digits and more that begin with a calling code are international.
fn without_country(digits: &str) -> Option<Phone> {
    if digits.len() >= 11
        && !digits.starts_with('0')
        && let Some(country) = country::by_calling_code(digits)
        && let Some(national) = digits.strip_prefix(country.calling)
        && (country.digits.0..=country.digits.1).contains(&national.len())
        && (country.calling != "1" || !national.starts_with(['0', '1']))
        && (country.trunk != "0" || !national.starts_with('0'))
    {
        return Some(with_country(country, national));
    }
    let national = digits.trim_start_matches('0');
    let usable = (FEWEST..=MOST).contains(&national.len()) || (national.is_empty() && digits.len() >= FEWEST);
    usable.then(|| Phone {
        e164: None,
        national: if national.is_empty() { digits.into() } else { national.into() },
        placeholder: is_placeholder(national),
    })
}

fn with_country(country: &Country, national: &str) -> Phone {
    let e164 = ["+", country.calling, national].concat().into();
    let placeholder = is_placeholder(national);
    // Italian numbers begin with a 0 that is often lost where the country is.
    let comparable = national.trim_start_matches('0');
    let comparable = if comparable.is_empty() { national } else { comparable };
    Phone { e164: Some(e164), national: comparable.into(), placeholder }
}

/// Numbers that fill a field: one digit over and over, digits that count up or down, and the 555 of films.
fn is_placeholder(national: &str) -> bool {
    let digits = national.as_bytes();
    let tail = digits.get(digits.len().saturating_sub(7)..).unwrap_or_default();
    let steps = |step: i16| tail.windows(2).all(|pair| i16::from(pair[1]) - i16::from(pair[0]) == step);
    let counted = steps(1) || steps(-1) || tail.ends_with(b"4567890") || national.ends_with("123456");
    // A call number of 555-0100 to 555-0199 is reserved for fiction in North America.
    let film = digits.len() == 10 && tail.starts_with(b"55501");
    national.is_empty() || steps(0) || counted || film
}

#[cfg(test)]
mod tests;
