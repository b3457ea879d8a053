//! Postal addresses, as one comparison: street, number and flat on one side, postal code and town on the other.

use super::Compared;
use super::slots::address::{place, street};
use crate::identity::block;
use crate::identity::prepared::{Place, Prepared};
use crate::identity::similar::{edits, jaro_winkler};

pub(super) fn places(
    one: &Prepared,
    other: &Prepared,
    slot: usize,
    crowded: &impl Fn(u64) -> bool,
    compared: &mut Compared,
) {
    let (mut level, mut rarity, mut good) = (0, 0, 0);
    for a in &one.places {
        for b in &other.places {
            let found = Pair { one, other, a, b };
            let (on, at) = (found.street(crowded), found.place());
            let at = if matches!(on, street::SAME | street::FLAT) { found.settled(at) } else { at };
            let found_good = goodness(on, at);
            if found_good > good {
                (level, good) = (5 * on + at, found_good);
                rarity = if at == place::COMMON { a.city_rarity } else { 0 };
            }
        }
    }
    compared.set(slot, level);
    compared.common += u16::from(rarity);
}

/// 0 when nothing is compared.
fn goodness(on: u8, at: u8) -> u8 {
    let on_good = [6, 40, 32, 24, 8, 1][usize::from(on)];
    let at_good = [2, 5, 4, 3, 0][usize::from(at)];
    if on == street::MISSING && at == place::MISSING { 0 } else { 1 + on_good + at_good }
}

struct Pair<'a> {
    one: &'a Prepared,
    other: &'a Prepared,
    a: &'a Place,
    b: &'a Place,
}

impl Pair<'_> {
    fn street(&self, crowded: &impl Fn(u64) -> bool) -> u8 {
        let (a, b) = (self.a, self.b);
        let (name, other) = (self.one.bytes(a.street), self.other.bytes(b.street));
        if name.is_empty() || other.is_empty() {
            return street::MISSING;
        }
        let same_number = a.number == b.number && a.number != 0;
        let number_missing = a.number == 0 || b.number == 0;
        if name == other {
            return match (same_number, number_missing) {
                (true, _) if crowded(block::street(self.one, a)) => street::NUMBER,
                (true, _) if a.flat != b.flat && a.flat != 0 && b.flat != 0 => street::FLAT,
                (true, _) => street::SAME,
                (_, true) => street::CLOSE,
                _ => street::NUMBER,
            };
        }
        let close = || {
            let allowed = if name.len().min(other.len()) > 7 { 2 } else { 1 };
            edits(name, other, allowed) <= allowed
                || jaro_winkler(name, other) >= 0.92
                || name.starts_with(other)
                || other.starts_with(name)
        };
        if (same_number || number_missing) && close() { street::CLOSE } else { street::DIFFER }
    }

    fn place(&self) -> u8 {
        let (a, b) = (self.a, self.b);
        let postal = self.part(a.postal, b.postal, 0);
        let city = self.part(a.city, b.city, 1);
        let region = a.region == b.region || a.region == 0 || b.region == 0;
        match (postal, city) {
            (Part::Same, _) | (_, Part::Same) if matches!(city, Part::Differ) || matches!(postal, Part::Differ) => {
                place::CLOSE
            }
            (Part::Same, _) | (_, Part::Same) if a.city_rarity != 0 => place::COMMON,
            (Part::Same, _) | (_, Part::Same) => place::SAME,
            (Part::Close, _) | (_, Part::Close) => place::CLOSE,
            (Part::Missing, Part::Missing) if a.region == 0 || b.region == 0 => place::MISSING,
            (Part::Missing, Part::Missing) if region => place::MISSING,
            _ => place::DIFFER,
        }
    }

    /// The place of two addresses that agree in street and number, which is known well enough: the town's frequency is
    /// of no account, nor is its name beside one postal code (Manhattan is New York).
    fn settled(&self, at: u8) -> u8 {
        let same_code = self.part(self.a.postal, self.b.postal, 0) == Part::Same;
        if at == place::COMMON || at == place::CLOSE && same_code { place::SAME } else { at }
    }

    fn part(&self, a: crate::identity::prepared::Span, b: crate::identity::prepared::Span, allowed: usize) -> Part {
        let (one, other) = (self.one.bytes(a), self.other.bytes(b));
        if one.is_empty() || other.is_empty() {
            Part::Missing
        } else if one == other {
            Part::Same
        } else if one.len().min(other.len()) > 3 && (edits(one, other, 1 + allowed) <= 1 + allowed) {
            Part::Close
        } else {
            Part::Differ
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Missing,
    Same,
    Close,
    Differ,
}
