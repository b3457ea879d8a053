//! Persons.

use super::Compared;
use super::agreement::Agreement;
use super::name::{Both, Found};
use super::slots::names::COMMON;
use super::slots::person::{ADDRESS, BIRTH, EMAIL, FAMILY, GENDER, GENERATION, GIVEN, ID, PHONE};
use super::{address, contact};
use crate::identity::prepared::{Birth, Prepared};

pub(super) fn compare(one: &Prepared, other: &Prepared, crowded: &impl Fn(u64) -> bool) -> Compared {
    let mut compared = Compared { agreement: Agreement::new(false), common: 0, own: 0 };
    let (given, family) = names(one, other);
    compared.set(GIVEN, given.level);
    compared.set(FAMILY, family.level);
    if given.level == COMMON {
        compared.own += u16::from(given.rarity);
    }
    if family.level == COMMON {
        compared.common += u16::from(family.rarity);
    }
    let birth = births(one, other);
    compared.set(BIRTH, birth.level);
    if birth.level == COMMON {
        compared.own += u16::from(birth.rarity);
    }
    contact::mails(one, other, EMAIL, crowded, &mut compared);
    contact::phones(one, other, PHONE, crowded, &mut compared);
    address::places(one, other, ADDRESS, crowded, &mut compared);
    compared.set(ID, contact::ids(one, other, |_| true));
    if let (Some(a), Some(b)) = (one.gender, other.gender) {
        compared.set(GENDER, if a == b { 1 } else { 2 });
    }
    if one.generation != 0 && other.generation != 0 {
        compared.set(GENERATION, if one.generation == other.generation { 1 } else { 2 });
    }
    compared
}

/// The best of all names of one with all names of the other.
fn names(one: &Prepared, other: &Prepared) -> (Found, Found) {
    let both = Both { one, other };
    let mut best = (Found::MISSING, Found::MISSING);
    let mut rank = None;
    for a in &one.names {
        for b in &other.names {
            let found = both.person(a, b);
            let good = found.0.rank() + found.1.rank();
            if rank.is_none_or(|known| good > known) {
                (best, rank) = (found, Some(good));
            }
        }
    }
    best
}

const SAME: u8 = 1;
const SWAPPED: u8 = 3;
const DIGIT: u8 = 4;
const TWO_PARTS: u8 = 5;
const NEAR: u8 = 6;
const YEAR: u8 = 7;
const DIFFER: u8 = 8;

fn births(one: &Prepared, other: &Prepared) -> Found {
    let mut best = Found::MISSING;
    for a in &one.births {
        for b in &other.births {
            let found = birth(a, b);
            if best.level == 0 || found.level < best.level {
                best = found;
            }
        }
    }
    best
}

fn birth(a: &Birth, b: &Birth) -> Found {
    let same_parts = [a.year == b.year, a.month == b.month, a.day == b.day].map(u8::from).iter().sum::<u8>();
    let known = |date: &Birth| date.month != 0 && date.day != 0;
    let level = if !known(a) || !known(b) {
        if a.year == b.year { YEAR } else { DIFFER }
    } else if same_parts == 3 {
        return Found { level: if a.rarity == 0 { SAME } else { COMMON }, rarity: a.rarity };
    } else if a.year == b.year && a.month == b.day && a.day == b.month {
        SWAPPED
    } else if one_digit(a, b) {
        DIGIT
    } else if same_parts == 2 {
        TWO_PARTS
    } else if near(a, b) {
        NEAR
    } else if a.year == b.year {
        YEAR
    } else {
        DIFFER
    };
    Found { level, rarity: 0 }
}

/// One digit differs, or two neighbours changed places.
fn one_digit(a: &Birth, b: &Birth) -> bool {
    let digits = |date: &Birth| {
        let mut number =
            u32::from(date.year.unsigned_abs()) * 10_000 + u32::from(date.month) * 100 + u32::from(date.day);
        let mut digits = [0_u8; 8];
        for digit in digits.iter_mut().rev() {
            *digit = (number % 10) as u8;
            number /= 10;
        }
        digits
    };
    let (a, b) = (digits(a), digits(b));
    let differ: Vec<usize> = (0..8).filter(|at| a[*at] != b[*at]).collect();
    match differ.as_slice() {
        [_] => true,
        [i, j] => j - i == 1 && a[*i] == b[*j] && a[*j] == b[*i],
        _ => false,
    }
}

/// Within a month or so, or a year give or take as much.
fn near(a: &Birth, b: &Birth) -> bool {
    let days = |date: &Birth| i32::from(date.year) * 365 + i32::from(date.month) * 30 + i32::from(date.day);
    let apart = (days(a) - days(b)).abs();
    apart <= 32 || (apart - 365).abs() <= 32
}
