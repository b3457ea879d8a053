//! Organisations.

use super::Compared;
use super::agreement::Agreement;
use super::name::Both;
use super::slots::names::{CLOSE, COMMON, SAME, SOUND};
use super::slots::organisation::{ADDRESS, EMAIL, FORM, ID, NAME, PHONE, REGISTERED, SITE};
use super::{address, contact};
use crate::identity::prepared::{Name, Prepared, Word};
use crate::identity::similar::edits;
use crate::identity::terms::EIGHTHS;

pub(super) fn compare(one: &Prepared, other: &Prepared, crowded: &impl Fn(u64) -> bool) -> Compared {
    let mut compared = Compared { agreement: Agreement::new(true), common: 0, own: 0 };
    names(one, other, &mut compared);
    if one.forms != 0 && other.forms != 0 {
        compared.set(FORM, if one.forms & other.forms != 0 { 1 } else { 2 });
    }
    compared.set(REGISTERED, contact::ids(one, other, |id| id.registered));
    contact::mails(one, other, EMAIL, crowded, &mut compared);
    contact::phones(one, other, PHONE, crowded, &mut compared);
    address::places(one, other, ADDRESS, crowded, &mut compared);
    compared.set(ID, contact::ids(one, other, |id| !id.registered));
    if one.site != 0 && other.site != 0 {
        compared.set(SITE, if one.site == other.site { 1 } else { 2 });
    }
    compared
}

const LEFT_OUT: u8 = 4;
const MOST_WORDS: u8 = 5;
const SOME_WORDS: u8 = 6;
const DIFFER: u8 = 7;
/// The level for names that are one but for typing errors.
const NEARLY: u8 = 3;

fn names(one: &Prepared, other: &Prepared, compared: &mut Compared) {
    let (mut level, mut rarity) = (0, 0);
    for (at, a) in one.names.iter().enumerate() {
        for (other_at, b) in other.names.iter().enumerate() {
            let mut found = name(one, other, a, b);
            if at > 0 && other_at > 0 {
                // Companies of one group share trade names.
                found = found.max(LEFT_OUT);
            }
            if level == 0 || found < level {
                (level, rarity) = (found, a.rarity);
            }
        }
    }
    compared.set(NAME, level);
    if level == COMMON {
        compared.common += u16::from(rarity);
    }
}

/// What a word weighs: its rarity in bits, and that of an unlisted one.
fn bits(word: &Word) -> f32 {
    const UNLISTED: f32 = 14.0;
    if word.rarity == 0 { UNLISTED } else { f32::from(word.rarity) / EIGHTHS }
}

fn name(one: &Prepared, other: &Prepared, a: &Name, b: &Name) -> u8 {
    if a.whole == b.whole && a.whole != 0 {
        return if a.rarity == 0 { SAME } else { COMMON };
    }
    let (words, others) = (one.family(a), other.family(b));
    if words.is_empty() || others.is_empty() {
        return if a.whole == 0 || b.whole == 0 { 0 } else { DIFFER };
    }
    let shared = shared(&Both { one, other }, words, others);
    if shared.left.0 == 0.0 && shared.left.1 == 0.0 || joined_close(one, other, words, others) {
        return NEARLY;
    }
    let (least, most) = (shared.left.0.min(shared.left.1), shared.left.0.max(shared.left.1));
    if least == 0.0 && shared.found >= 0.4 * (shared.found + most) {
        LEFT_OUT
    } else if shared.found >= 0.6 * (shared.found + most) {
        MOST_WORDS
    } else if shared.found >= 0.35 * (shared.found + most) {
        SOME_WORDS
    } else {
        DIFFER
    }
}

struct Shared {
    /// Bits of words that both have.
    found: f32,
    /// Bits of words that only one has.
    left: (f32, f32),
}

/// Words that are equal, nearly equal, or shortened, each used once.
fn shared(both: &Both<'_>, words: &[Word], others: &[Word]) -> Shared {
    let mut used = 0_u32;
    let mut shared = Shared { found: 0.0, left: (0.0, 0.0) };
    for word in words {
        let mut best = None;
        for (at, other) in others.iter().enumerate().filter(|(at, _)| used & (1 << at) == 0) {
            let share = match both.words(word, other).level {
                SAME | COMMON => 1.0,
                CLOSE => 0.85,
                SOUND => 0.7,
                _ if shortened(both, word, other) => 0.7,
                _ => continue,
            };
            if best.is_none_or(|(known, _, _)| share > known) {
                best = Some((share, at, bits(word).min(bits(other))));
            }
        }
        match best {
            Some((share, at, bits)) => {
                used |= 1 << at;
                shared.found += share * bits;
            }
            None => shared.left.0 += bits(word),
        }
    }
    let left = others.iter().enumerate().filter(|(at, _)| used & (1 << at) == 0);
    shared.left.1 = left.map(|(_, other)| bits(other)).sum();
    shared
}

fn shortened(both: &Both<'_>, word: &Word, other: &Word) -> bool {
    let (a, b) = (both.one.bytes(word.text), both.other.bytes(other.text));
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.len() >= 3 && long.starts_with(short)
}

/// Written as one they differ by a typing error or two: a space put in or left out among them.
fn joined_close(one: &Prepared, other: &Prepared, words: &[Word], others: &[Word]) -> bool {
    let (a, b) = (one.joined(words), other.joined(others));
    let allowed = if a.len().min(b.len()) >= 10 { 2 } else { 1 };
    a.len().min(b.len()) >= 5 && edits(&a, &b, allowed) <= allowed
}
