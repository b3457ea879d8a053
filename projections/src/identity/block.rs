//! Blocking: which pairs are compared at all.
//!
//! A record has many keys, each from another part of it, so that no single fault hides it: pairs that share any key are
//! compared (union of blocks). Keys are wide on purpose. A key that more than K records share is **crowded**: then the
//! key alone makes no pair, but joined with each *facet* of the record (another part of its data) it does, as long as
//! no more than K records share that. So blocks are wide in a small file and narrow where a large one is dense, and no
//! setting depends on the size. **Weak** keys (a single word, a town with a month of birth) make pairs only while few
//! records share them: they find badly spoilt records in small files and among rare values. In a joined block that is
//! crowded still, which is one of near copies, each record is paired with its neighbours by record id, so that a customer
//! of many records holds together.

use std::cmp::Ordering;

use super::hash::{self, keyed};
use super::prepared::{Kind, Name, Place, Prepared, Word};

mod organisation;
mod person;

/// Labels of keys, so that values of different parts never meet.
mod label {
    pub const ID: u64 = 1;
    pub const MAIL: u64 = 2;
    pub const LOCAL: u64 = 3;
    pub const PHONE: u64 = 4;
    pub const STREET: u64 = 5;
    pub const BIRTH: u64 = 6;
    pub const NAME: u64 = 7;
    pub const FAMILY_PLACE: u64 = 8;
    pub const GIVEN_PLACE: u64 = 9;
    pub const FAMILY_YEAR: u64 = 10;
    pub const COMPANY: u64 = 12;
    pub const COMPANY_WORD: u64 = 13;
    pub const DOMAIN: u64 = 14;
    pub const SITE: u64 = 15;
    pub const GRAMS: u64 = 16;
    pub const WORD: u64 = 17;
    pub const TOWN_MONTH: u64 = 19;
    pub const TOWN_DAY: u64 = 20;
    pub const WORD_DAY: u64 = 21;
    pub const LOCAL_START: u64 = 22;
    pub const JOINED: u64 = 40;
    pub const FACET: u64 = 60;
}

/// In a joined block that is crowded too, a record meets as many neighbours on either side.
pub const NEIGHBOURS: usize = 3;
/// No record has more keys, unless those of its values are more.
const MOST_KEYS: usize = 40;
/// No record has more facets.
const MOST_FACETS: usize = 10;

/// The lowest bit of a key tells weak ones.
const WEAK: u64 = 1;
/// Weak keys make pairs up to this part of K, and are not joined with facets beyond it.
const WEAK_PART: usize = 5;

/// How many records may share a key before it is crowded.
pub(crate) fn limit(key: u64, block_limit: usize) -> usize {
    if key & WEAK == 0 { block_limit } else { (block_limit / WEAK_PART).max(2) }
}

/// Whether a key is joined with facets when it is crowded.
pub(crate) fn refined(key: u64) -> bool {
    key & WEAK == 0
}

/// The key of an e-mail address, by its hash.
pub(crate) fn mail(value: u64) -> u64 {
    keyed(label::MAIL, &[value]) & !WEAK
}

/// The key of a telephone number: its last seven digits, because area codes are left out.
pub(crate) fn phone(national: u32) -> u64 {
    keyed(label::PHONE, &[u64::from(national % 10_000_000)]) & !WEAK
}

/// The key of a street address. Street and number without the town, which is often missing or written in two ways.
pub(crate) fn street(record: &Prepared, place: &Place) -> u64 {
    keyed(label::STREET, &[hash::text(record.at(place.street)), u64::from(place.number)]) & !WEAK
}

/// Whether a key of a record is of a value that says nothing once it is crowded: only then does crowding change scores,
/// and not just which pairs are compared.
pub(crate) fn weighs(record: &Prepared, key: u64) -> bool {
    record.mails.iter().any(|found| mail(found.value) == key)
        || record.phones.iter().any(|found| phone(found.national) == key)
        || record.places.iter().any(|place| place.number != 0 && street(record, place) == key)
}

/// A crowded key joined with a facet.
pub(crate) fn joined(key: u64, facet: u64) -> u64 {
    keyed(label::JOINED, &[key, facet]) & !WEAK
}

/// Keys and facets of a record, ascending.
pub(crate) fn keys(record: &Prepared) -> (Box<[u64]>, Box<[u64]>) {
    let mut found = Found::default();
    found.shared(record);
    match record.kind {
        Kind::Organisation => organisation::keys(record, &mut found),
        _ => person::keys(record, &mut found),
    }
    // Keys of values are all there: whoever compares asks of each value how many records share it.
    let most = MOST_KEYS.max(found.values);
    let tidy = |mut keys: Vec<u64>, most: usize| {
        keys.truncate(most);
        keys.sort_unstable();
        keys.dedup();
        keys.into_boxed_slice()
    };
    (tidy(found.keys, most), tidy(found.facets, MOST_FACETS))
}

#[derive(Default)]
struct Found {
    keys: Vec<u64>,
    facets: Vec<u64>,
    /// How many of the first keys are of ids, e-mail addresses, numbers and streets.
    values: usize,
}

impl Found {
    fn key(&mut self, label: u64, parts: &[u64]) {
        self.keys.push(keyed(label, parts) & !WEAK);
    }

    /// A key that joins too much to be worth more than a few comparisons, see [`limit`].
    fn weak_key(&mut self, label: u64, parts: &[u64]) {
        self.keys.push(keyed(label, parts) | WEAK);
    }

    fn facet(&mut self, label: u64, parts: &[u64]) {
        self.facets.push(keyed(label::FACET + label, parts));
    }

    /// What persons and organisations have alike.
    fn shared(&mut self, record: &Prepared) {
        for id in &record.ids {
            self.key(label::ID, &[id.hash]);
        }
        for address in &record.mails {
            self.keys.push(mail(address.value));
            if record.at(address.local).len() >= 4 && !address.role {
                self.key(label::LOCAL, &[hash::text(record.at(address.local))]);
                self.weak_key(label::LOCAL_START, &[hash::bytes(&record.bytes(address.local)[..4])]);
            }
        }
        for number in &record.phones {
            self.keys.push(phone(number.national));
        }
        for place in &record.places {
            if place.number != 0 && !place.street.is_empty() {
                self.keys.push(street(record, place));
            }
        }
        self.values = self.keys.len();
    }
}

/// What a word sounds like; its text where the sounds say nothing.
fn sound(record: &Prepared, word: &Word) -> u64 {
    if word.sound == 0 { hash::text(record.at(word.text)) } else { u64::from(word.sound) }
}

fn sounds<'a>(record: &'a Prepared, words: &'a [Word]) -> impl Iterator<Item = u64> + 'a {
    words.iter().filter(|word| record.at(word.text).len() > 1).map(|word| sound(record, word))
}

fn first_letter(record: &Prepared, name: &Name) -> Option<u64> {
    let word = record.given(name).first().or_else(|| record.family(name).first())?;
    record.bytes(word.text).first().map(|letter| u64::from(*letter))
}

/// Town and postal code, each by itself.
fn towns(record: &Prepared) -> impl Iterator<Item = u64> + '_ {
    let spans = record.places.iter().flat_map(|place| [place.postal, place.city]);
    spans.filter(|span| !span.is_empty()).map(|span| hash::text(record.at(span)))
}

/// What two ascending lists of keys have in common, ascending.
pub(crate) fn common<'a>(mut one: &'a [u64], mut other: &'a [u64]) -> impl Iterator<Item = u64> + 'a {
    std::iter::from_fn(move || {
        while let ([a, rest @ ..], [b, others @ ..]) = (one, other) {
            match a.cmp(b) {
                Ordering::Less => one = rest,
                Ordering::Greater => other = others,
                Ordering::Equal => {
                    (one, other) = (rest, others);
                    return Some(*a);
                }
            }
        }
        None
    })
}
