//! E-mail addresses, telephone numbers and ids: the best of all of one with all of the other.

use super::Compared;
use crate::identity::block;
use crate::identity::prepared::{Id, Mail, Prepared};
use crate::identity::similar::{edits, edits_possible, jaro_winkler};

const SAME: u8 = 1;
const COMMON: u8 = 2;
/// Of e-mail addresses: only the provider. A mailbox `info@` says no more of a person.
const PROVIDER: u8 = 5;

/// Lower levels are better, 0 is none.
fn best(level: &mut u8, found: u8) {
    if *level == 0 || found < *level {
        *level = found;
    }
}

pub(super) fn mails(
    one: &Prepared,
    other: &Prepared,
    slot: usize,
    crowded: &impl Fn(u64) -> bool,
    compared: &mut Compared,
) {
    let (mut level, mut rarity) = (0, 0);
    let organisations = compared.agreement.organisations();
    for a in &one.mails {
        for b in &other.mails {
            if a.value == b.value {
                if crowded(block::mail(a.value)) {
                    continue;
                }
                if a.role && !organisations {
                    best(&mut level, PROVIDER);
                    continue;
                }
                rarity = a.rarity;
                best(&mut level, if rarity == 0 { SAME } else { COMMON });
            } else {
                best(&mut level, mail((one, a), (other, b)));
            }
        }
    }
    compared.set(slot, level);
    if level == COMMON {
        compared.common += u16::from(rarity);
    }
}

fn mail((one, a): (&Prepared, &Mail), (other, b): (&Prepared, &Mail)) -> u8 {
    const OTHER_PROVIDER: u8 = 3;
    const CLOSE: u8 = 4;
    const DIFFER: u8 = 6;
    let (local, other_local) = (one.bytes(a.local), other.bytes(b.local));
    let telling = local.len() >= 5 && !a.role && !b.role;
    if local == other_local && telling {
        return OTHER_PROVIDER;
    }
    let (whole, other_whole) = (one.bytes(a.whole), other.bytes(b.whole));
    let allowed = if a.domain == b.domain { 1 } else { 2 };
    let possible = edits_possible(a.letters, b.letters, 2);
    if telling
        && possible
        && a.domain == b.domain
        && other_local.len() >= 5
        && edits(local, other_local, allowed) <= allowed
    {
        return CLOSE;
    }
    // Faults in the provider's name, a lost @ or dot.
    let alike = edits_possible(a.letters, b.letters, 3) && a.domain != b.domain && whole.first() == other_whole.first();
    if alike && whole.len().min(other_whole.len()) >= 8 && jaro_winkler(whole, other_whole) >= 0.93 {
        return CLOSE;
    }
    if a.domain == b.domain { PROVIDER } else { DIFFER }
}

pub(super) fn phones(
    one: &Prepared,
    other: &Prepared,
    slot: usize,
    crowded: &impl Fn(u64) -> bool,
    compared: &mut Compared,
) {
    const DIGIT: u8 = 3;
    const DIFFER: u8 = 4;
    let (mut level, mut rarity) = (0, 0);
    for a in &one.phones {
        for b in &other.phones {
            if same_number(a.national, b.national) && (a.full == b.full || a.full == 0 || b.full == 0) {
                if crowded(block::phone(a.national)) {
                    continue;
                }
                rarity = a.rarity;
                best(&mut level, if rarity == 0 { SAME } else { COMMON });
            } else {
                best(&mut level, if one_digit(a.national, b.national) { DIGIT } else { DIFFER });
            }
        }
    }
    compared.set(slot, level);
    if level == COMMON {
        compared.common += u16::from(rarity);
    }
}

/// Equal, or one without its area code.
fn same_number(a: u32, b: u32) -> bool {
    let (short, long) = (a.min(b), a.max(b));
    a == b || (1_000_000..10_000_000).contains(&short) && long % 10_000_000 == short
}

fn one_digit(a: u32, b: u32) -> bool {
    let (mut a, mut b) = (a, b);
    let mut differ = [(0, 0, 0); 2];
    let mut count = 0;
    let mut place = 0;
    while a != 0 || b != 0 {
        if a % 10 != b % 10 {
            if count == 2 {
                return false;
            }
            differ[count] = (place, a % 10, b % 10);
            count += 1;
        }
        (a, b, place) = (a / 10, b / 10, place + 1);
    }
    place >= 7
        && (count == 1 || differ[1].0 == differ[0].0 + 1 && differ[0].1 == differ[1].2 && differ[0].2 == differ[1].1)
}

/// Ids of one type: one in common, one nearly, or none.
pub(super) fn ids(one: &Prepared, other: &Prepared, counts: impl Fn(&Id) -> bool) -> u8 {
    const CLOSE: u8 = 2;
    const DIFFER: u8 = 3;
    let mut level = 0;
    for a in one.ids.iter().filter(|id| counts(id)) {
        for b in other.ids.iter().filter(|id| id.kind == a.kind) {
            if a.country != b.country && a.country != 0 && b.country != 0 {
                continue;
            }
            if a.hash == b.hash {
                return SAME;
            }
            let (value, other_value) = (one.bytes(a.value), other.bytes(b.value));
            let close = value.len() >= 5 && edits(value, other_value, 1) <= 1;
            best(&mut level, if close { CLOSE } else { DIFFER });
        }
    }
    level
}
