//! Keys of persons, and of records of which nobody knows what they are.

use super::{Found, first_letter, label, sound, sounds, towns};
use crate::identity::prepared::{Name, Prepared};

pub(super) fn keys(record: &Prepared, found: &mut Found) {
    for birth in &record.births {
        let day = [birth.year as u64, u64::from(birth.month), u64::from(birth.day)];
        if birth.month != 0 {
            found.key(label::BIRTH, &day);
            found.facet(label::BIRTH, &day);
        }
        found.facet(label::FAMILY_YEAR, &[birth.year as u64]);
        for town in towns(record).take(2) {
            found.weak_key(label::TOWN_MONTH, &[town, birth.year as u64, u64::from(birth.month)]);
            found.weak_key(label::TOWN_DAY, &[town, u64::from(birth.month), u64::from(birth.day)]);
        }
    }
    for name in &record.names {
        of_name(record, name, found);
    }
    for town in towns(record) {
        found.facet(label::FAMILY_PLACE, &[town]);
    }
    for number in &record.phones {
        found.facet(label::PHONE, &[u64::from(number.national)]);
    }
    for mail in &record.mails {
        found.facet(label::MAIL, &[mail.value]);
    }
}

fn of_name(record: &Prepared, name: &Name, found: &mut Found) {
    let (given, family) = (record.given(name), record.family(name));
    for one in sounds(record, given) {
        for other in sounds(record, family) {
            // Unordered, because the two change places.
            found.key(label::NAME, &[one.min(other), one.max(other)]);
        }
    }
    // Of the whole name, since what is given and what is family is often mixed up.
    for word in given.iter().chain(family).take(4) {
        let of_word = sound(record, word);
        for town in towns(record).take(4) {
            found.key(label::FAMILY_PLACE, &[of_word, town]);
        }
        for birth in &record.births {
            found.key(label::FAMILY_YEAR, &[of_word, birth.year as u64]);
            found.weak_key(label::WORD_DAY, &[of_word, u64::from(birth.month), u64::from(birth.day)]);
        }
        found.weak_key(label::WORD, &[of_word]);
        found.facet(label::NAME, &[of_word]);
    }
    if let Some(letter) = first_letter(record, name) {
        found.facet(label::GIVEN_PLACE, &[letter]);
    }
}
