//! Keys of organisations.

use super::{Found, label, sound, street, towns};
use crate::identity::hash;
use crate::identity::prepared::{Name, Prepared};

/// Bands of the MinHash and rows in each: near-equal names of a Jaccard similarity of 0.6 meet with probability 0.7.
const BANDS: u64 = 5;
const ROWS: u64 = 3;

pub(super) fn keys(record: &Prepared, found: &mut Found) {
    for name in &record.names {
        of_name(record, name, found);
    }
    for mail in &record.mails {
        found.key(label::DOMAIN, &[mail.domain]);
        found.facet(label::DOMAIN, &[mail.domain]);
    }
    if record.site != 0 {
        found.key(label::DOMAIN, &[record.site]);
        found.facet(label::SITE, &[record.site]);
    }
    for town in towns(record) {
        found.facet(label::FAMILY_PLACE, &[town]);
    }
    for place in record.places.iter().filter(|place| place.number != 0) {
        found.facet(label::STREET, &[street(record, place)]);
    }
    for number in &record.phones {
        found.facet(label::PHONE, &[u64::from(number.national)]);
    }
}

fn of_name(record: &Prepared, name: &Name, found: &mut Found) {
    found.key(label::COMPANY, &[name.whole]);
    found.facet(label::COMPANY, &[name.whole]);
    let words = record.family(name);
    for word in words.iter().take(5) {
        let of_word = sound(record, word);
        found.key(label::COMPANY_WORD, &[of_word]);
        found.facet(label::COMPANY_WORD, &[of_word]);
    }
    let letters: Vec<u8> = words.iter().flat_map(|word| record.bytes(word.text)).copied().collect();
    grams(&letters, found);
}

/// MinHash (Broder 1997) of the name's 3-grams, in bands.
fn grams(letters: &[u8], found: &mut Found) {
    if letters.len() < 4 {
        return;
    }
    let grams: Vec<u64> = letters.windows(3).map(hash::bytes).collect();
    for band in 0..BANDS {
        let least = |row: u64| grams.iter().map(|gram| hash::pair(*gram, band * ROWS + row)).min().unwrap_or(0);
        let rows: Vec<u64> = (0..ROWS).map(least).collect();
        found.key(label::GRAMS, &[band, rows[0], rows[1], rows[2]]);
    }
}
