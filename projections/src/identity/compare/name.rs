//! Words of names.

use super::slots::names::{CLOSE, COMMON, DIFFER, FAR, INITIAL, RELATED, SAME, SOUND};
use crate::identity::prepared::{Name, Prepared, Word};
use crate::identity::similar::{edits, edits_possible, jaro_winkler, most_alike};
use crate::identity::terms::Rarity;

/// A level with the rarity of what is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub level: u8,
    pub rarity: Rarity,
}

impl Found {
    pub const MISSING: Self = Self { level: 0, rarity: 0 };

    const fn of(level: u8) -> Self {
        Self { level, rarity: 0 }
    }

    fn same(rarity: Rarity) -> Self {
        Self { level: if rarity == 0 { SAME } else { COMMON }, rarity }
    }

    /// How good a level is when one of several is to be chosen.
    pub fn rank(self) -> u8 {
        match self.level {
            SAME | COMMON => 10,
            RELATED => 8,
            CLOSE => 7,
            SOUND => 6,
            INITIAL => 4,
            0 => 1,
            FAR => 1,
            _ => 0,
        }
    }

    fn better(self, other: Self) -> Self {
        // Of equally good ones the rarer; an unlisted value, 0, is the rarest.
        let key = |found: Self| (found.rank(), if found.rarity == 0 { u8::MAX } else { found.rarity });
        if key(other) > key(self) { other } else { self }
    }
}

/// Both records, for their texts.
#[derive(Clone, Copy)]
pub(super) struct Both<'a> {
    pub one: &'a Prepared,
    pub other: &'a Prepared,
}

impl Both<'_> {
    fn bytes(&self, a: &Word, b: &Word) -> (&[u8], &[u8]) {
        (self.one.bytes(a.text), self.other.bytes(b.text))
    }

    /// Two words as such.
    pub fn words(&self, a: &Word, b: &Word) -> Found {
        let (one, other) = self.bytes(a, b);
        if one == other {
            return if one.len() == 1 { Found::of(INITIAL) } else { Found::same(a.rarity) };
        }
        let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
        if short.len() == 1 {
            return Found::of(if short[0] == long[0] { INITIAL } else { DIFFER });
        }
        if abbreviated(short, long) {
            return Found::of(INITIAL);
        }
        let allowed = match short.len() {
            0..=2 => 0,
            3..=6 => 1,
            _ => 2,
        };
        if allowed > 0 && edits_possible(a.letters, b.letters, allowed) && edits(one, other, allowed) <= allowed {
            return Found::of(CLOSE);
        }
        if a.sound != 0 && a.sound == b.sound {
            return Found::of(SOUND);
        }
        if most_alike((one.len(), a.letters), (other.len(), b.letters)) < 0.8 {
            return Found::of(DIFFER);
        }
        let alike = jaro_winkler(one, other);
        Found::of(if alike >= 0.92 && short.len() > 3 {
            CLOSE
        } else if alike >= 0.8 {
            FAR
        } else {
            DIFFER
        })
    }

    fn given_words(&self, a: &Word, b: &Word) -> Found {
        let found = self.words(a, b);
        if matches!(found.level, SAME | COMMON) {
            return found;
        }
        if a.classes.meet(b.classes) {
            return Found::of(RELATED);
        }
        // A common beginning makes names alike that are different ones, of sisters often: Anna, Annabelle.
        let (one, other) = self.bytes(a, b);
        let longer = one.len().max(other.len());
        let alike = matches!(found.level, CLOSE | FAR) && 3 * edits(one, other, longer / 3) > longer;
        if alike { Found::of(DIFFER) } else { found }
    }

    /// Given names: any of one with any of the other, because any may be the one that is used.
    pub fn given(&self, a: &[Word], b: &[Word]) -> Found {
        if a.is_empty() || b.is_empty() {
            return Found::MISSING;
        }
        let mut best = self.given_words(&a[0], &b[0]);
        if best.rank() == 10 {
            return best;
        }
        if a.len() + b.len() > 2 {
            for one in a {
                for other in b {
                    best = best.better(self.given_words(one, other));
                }
            }
            if best.rank() < 10 && self.joined(a, b) {
                return Found::of(SAME);
            }
        }
        best
    }

    /// Family names: all words, or one of a double name.
    pub fn family(&self, a: &[Word], b: &[Word]) -> Found {
        match (a, b) {
            ([], _) | (_, []) => Found::MISSING,
            ([one], [other]) => self.words(one, other),
            _ => self.double(a, b),
        }
    }

    fn double(&self, a: &[Word], b: &[Word]) -> Found {
        if self.joined(a, b) {
            return Found::of(SAME);
        }
        let mut best = Found::of(DIFFER);
        let mut found = 0;
        for one in a {
            let word = b.iter().map(|other| self.words(one, other)).fold(Found::of(DIFFER), Found::better);
            found += usize::from(word.rank() == 10);
            best = best.better(word);
        }
        match best.level {
            SAME | COMMON if found == a.len() && found == b.len() => best,
            SAME | COMMON => Found::of(RELATED),
            CLOSE | SOUND => Found::of(FAR),
            _ => best,
        }
    }

    /// Whether the words written as one are equal: `Anna Maria`, `Annamaria`.
    fn joined(&self, a: &[Word], b: &[Word]) -> bool {
        a.len() != b.len() && self.one.joined(a) == self.other.joined(b)
    }

    /// Whether one is written in another script: then letters say nothing.
    fn scripts_differ(&self, a: &Name, b: &Name) -> bool {
        let latin = |record: &'_ Prepared, name: &Name| {
            let mut words = record.given(name).iter().chain(record.family(name));
            words.any(|word| record.bytes(word.text).is_ascii())
        };
        latin(self.one, a) != latin(self.other, b)
    }

    /// Given and family name of two names, in the order that fits better.
    pub fn person(&self, a: &Name, b: &Name) -> (Found, Found) {
        let (mut given, mut family) = self.halves(a, b);
        let full = match (a.rarity, b.rarity) {
            (0, one) | (one, 0) => one,
            (one, other) => one.min(other),
        };
        if full != 0 && given.level == COMMON && family.level == COMMON {
            // Names go with each other: a full name is as rare as it is, not as its halves would make it.
            family.rarity = family.rarity.min(full);
            given.rarity = given.rarity.min(full - family.rarity);
        }
        (given, family)
    }

    fn halves(&self, a: &Name, b: &Name) -> (Found, Found) {
        if self.scripts_differ(a, b) {
            return (Found::MISSING, Found::MISSING);
        }
        let (given, family) = (self.one.given(a), self.one.family(a));
        let (other_given, other_family) = (self.other.given(b), self.other.family(b));
        let straight = (self.given(given, other_given), self.family(family, other_family));
        if straight.0.rank() == 10 && straight.1.rank() == 10 {
            return straight;
        }
        // Fields that change places: what one calls the family name is compared with what the other calls given.
        let swapped = (self.given(family, other_given), self.family(given, other_family));
        let good = |found: (Found, Found)| found.0.rank() + found.1.rank();
        if good(swapped) <= good(straight) + 3 {
            return straight;
        }
        // Where only one half agrees, it is taken for the family name, which says less: whose fields are the wrong way
        // round is not known.
        let (one, other) = swapped;
        let better = (one.rank(), other.level, one.level) > (other.rank(), one.level, other.level);
        if better { (other, one) } else { (one, other) }
    }
}

/// Consonants of the longer word in their order: `Mhd` of Mohamed, `Chr` of Christian.
fn abbreviated(short: &[u8], long: &[u8]) -> bool {
    let vowel = |letter: &u8| b"aeiouy".contains(letter);
    let mut rest = long.iter();
    short.len() <= 4
        && long.len() >= short.len() + 2
        && short[0] == long[0]
        && !short.iter().any(vowel)
        && short.iter().all(|letter| rest.any(|other| other == letter))
}
