//! Personal ids.

use super::super::date::Date;
use super::super::gender::Gender;
use super::{PERSONAL, StrongId, checks, compact, country_of, is_digits, is_filler, unruled};
use crate::identity::normal::text::{ascii_digit, clip};

/// A personal id, such as the Finnish henkilötunnus. `None`: the text holds no id.
///
/// FI, SE, EE, LT, NO and DK are read with birth date and sex, and with check digits where there are any (not DK).
/// Without a country the first of them by whose rule the id is right is taken, Denmark excepted.
pub fn personal_id(text: &str, country: Option<&str>) -> Option<StrongId> {
    let compact = compact(text);
    if compact.is_empty() {
        return None;
    }
    let home = country_of(country);
    let read = |code: &str| match code {
        "FI" | "AX" => finnish(text),
        "SE" => swedish(text, &compact),
        "EE" => estonian("EE", &compact),
        "LT" => estonian("LT", &compact),
        "NO" => norwegian(&compact),
        "DK" => danish(&compact),
        _ => None,
    };
    let id = if home.is_empty() {
        ["FI", "SE", "NO", "EE"].into_iter().filter_map(read).find(|id| id.valid)
    } else {
        read(&home)
    };
    id.or_else(|| unruled(PERSONAL, compact, home))
}

fn id(country: &'static str, value: String, check: Option<bool>, birth: Option<Date>, male: bool) -> StrongId {
    StrongId {
        country: country.into(),
        kind: PERSONAL.into(),
        valid: check.unwrap_or(true) && birth.is_some() && !is_filler(&value),
        checked: check.is_some(),
        value: value.into(),
        birth,
        sex: Some(if male { Gender::Male } else { Gender::Female }),
    }
}

/// Two digits of a text.
fn two(text: &str, at: usize) -> Option<u8> {
    text.get(at..at + 2)?.parse().ok()
}

fn is_odd(text: &str, at: usize) -> bool {
    text.as_bytes().get(at).is_some_and(|byte| byte % 2 == 1)
}

/// Henkilötunnus: day, month, year, sign of the century, number, check character. The signs B-F and U-Y came in 2023
/// (Digital and Population Data Services Agency).
fn finnish(text: &str) -> Option<StrongId> {
    let plain =
        |c: char| if matches!(c, '–' | '−' | '‐' | '‑') { '-' } else { ascii_digit(c).to_ascii_uppercase() };
    let kept: String = clip(text, 60).chars().filter(|c| !c.is_whitespace()).map(plain).collect();
    let kept = if kept.len() == 10 && kept.is_ascii() { with_dash(&kept) } else { kept };
    let (date, sign) = (kept.get(..6)?, kept.get(6..7)?.chars().next()?);
    let (number, check) = (kept.get(7..10)?, kept.get(10..)?);
    let century = match sign {
        '+' => 1800,
        '-' | 'Y' | 'X' | 'W' | 'V' | 'U' => 1900,
        'A' | 'B' | 'C' | 'D' | 'E' | 'F' => 2000,
        _ => return None,
    };
    if !is_digits(date) || !is_digits(number) || check.chars().count() != 1 {
        return None;
    }
    let birth =
        Date::new(century + i16::from(two(date, 4)?), two(date, 2)?, two(date, 0)?).filter(|date| date.is_whole());
    let expected = checks::fi_personal(&[date, number].concat());
    // 000 and 001 are given to nobody.
    let right = expected == check.chars().next() && !matches!(number, "000" | "001");
    Some(id("FI", kept.clone(), Some(right), birth, is_odd(number, 2)))
}

/// The dash of the twentieth century is often left out.
fn with_dash(kept: &str) -> String {
    kept.split_at_checked(6).map(|(date, rest)| [date, "-", rest].concat()).unwrap_or_default()
}

/// Personnummer: (century,) year, month, day, number, check digit; a coordination number's day is 60 more. In its form
/// of ten digits, in which both notations meet; the century is taken from the long form, a plus sign, or a year past 35.
fn swedish(text: &str, compact: &str) -> Option<StrongId> {
    if !is_digits(compact) {
        return None;
    }
    let (century, ten) = match compact.len() {
        10 => (None, compact),
        12 => (two(compact, 0), compact.get(2..)?),
        _ => return None,
    };
    let year = i16::from(two(ten, 0)?);
    let century = match century {
        Some(century) => i16::from(century) * 100,
        None if text.contains('+') => 1800 + if year < 36 { 100 } else { 0 },
        None if year > 35 => 1900,
        None => 0,
    };
    let day = two(ten, 4)?;
    let day = if day > 60 { day - 60 } else { day };
    let day_of = |century: i16| Date::new(century + year, two(ten, 2)?, day).filter(|date| date.is_whole());
    let some_day = day_of(if century == 0 { 2000 } else { century });
    let mut id = id("SE", ten.to_owned(), Some(checks::luhn(ten)), some_day, is_odd(ten, 8));
    if century == 0 {
        id.birth = None;
    }
    Some(id)
}

/// Isikukood and asmens kodas: sex and century, year, month, day, number, check digit.
fn estonian(country: &'static str, compact: &str) -> Option<StrongId> {
    if !is_digits(compact) || compact.len() != 11 {
        return None;
    }
    let first = compact.bytes().next()?.checked_sub(b'0')?;
    let century = 1800 + i16::from(first.checked_sub(1)? / 2) * 100;
    let birth = Date::new(century + i16::from(two(compact, 1)?), two(compact, 3)?, two(compact, 5)?);
    let birth = birth.filter(|date| date.is_whole());
    Some(id(country, compact.to_owned(), Some(checks::ee_personal(compact)), birth, first % 2 == 1))
}

/// Fødselsnummer: day, month, year, number, two check digits; a D-number's day is 40 more. The number tells the century.
fn norwegian(compact: &str) -> Option<StrongId> {
    if !is_digits(compact) || compact.len() != 11 {
        return None;
    }
    let year = i16::from(two(compact, 4)?);
    let century = match (compact.get(6..9)?.parse::<u16>().ok()?, year) {
        (0..=499, _) | (900..=999, 40..) => 1900,
        (500..=749, 54..) => 1800,
        (500..=999, ..40) => 2000,
        _ => return Some(id("NO", compact.to_owned(), Some(false), None, is_odd(compact, 8))),
    };
    let day = two(compact, 0)?;
    let day = if day > 40 { day - 40 } else { day };
    let birth = Date::new(century + year, two(compact, 2)?, day).filter(|date| date.is_whole());
    Some(id("NO", compact.to_owned(), Some(checks::no_personal(compact)), birth, is_odd(compact, 8)))
}

/// CPR number: day, month, year, serial number, whose first digit tells the century. No check digit since 2007.
fn danish(compact: &str) -> Option<StrongId> {
    if !is_digits(compact) || compact.len() != 10 {
        return None;
    }
    let year = i16::from(two(compact, 4)?);
    let century = match (compact.as_bytes().get(6)?, year) {
        (b'0'..=b'3', _) | (b'4' | b'9', 37..) => 1900,
        (b'4' | b'9', _) | (b'5'..=b'8', ..58) => 2000,
        _ => 1800,
    };
    let birth = Date::new(century + year, two(compact, 2)?, two(compact, 0)?).filter(|date| date.is_whole());
    Some(id("DK", compact.to_owned(), None, birth, is_odd(compact, 9)))
}
