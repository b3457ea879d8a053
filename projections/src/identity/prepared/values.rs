//! The values of a record that are counted, and their rarity.

use super::{Prepared, Span};
use crate::identity::hash;
use crate::identity::terms::{Term, Terms};

pub(super) fn birth(year: i16, month: u8, day: u8) -> u64 {
    hash::keyed(7, &[year as u64, u64::from(month), u64::from(day)])
}

fn text(record: &Prepared, span: Span) -> u64 {
    hash::text(record.at(span))
}

fn phone(national: u32) -> u64 {
    hash::pair(11, u64::from(national))
}

fn city(record: &Prepared, postal: Span, city: Span) -> Option<u64> {
    [postal, city].into_iter().find(|span| !span.is_empty()).map(|span| text(record, span))
}

/// Tells each value. Values of one field of one record are told once each.
pub(super) fn tell(record: &Prepared, mut told: impl FnMut(Term, u64)) {
    let organisation = record.kind == super::Kind::Organisation;
    if let Some(name) = record.names.first() {
        for (words, term) in [(record.given(name), Term::Given), (record.family(name), Term::Family)] {
            let term = if organisation { Term::CompanyWord } else { term };
            words.iter().for_each(|word| told(term, text(record, word.text)));
        }
        if name.whole != 0 {
            told(if organisation { Term::Company } else { Term::FullName }, name.whole);
        }
    }
    if let Some(date) = record.births.first() {
        told(Term::Birth, birth(date.year, date.month, date.day));
    }
    record.mails.iter().for_each(|mail| told(Term::Email, mail.value));
    record.phones.iter().for_each(|number| told(Term::Phone, phone(number.national)));
    for place in &record.places {
        if place.value != 0 {
            told(Term::Street, place.value);
        }
        for span in [place.postal, place.city] {
            if !span.is_empty() {
                told(Term::Place, text(record, span));
            }
        }
    }
}

pub(super) fn beside(record: &Prepared, mut told: impl FnMut(u64, u32)) {
    let Some(name) = record.names.first().filter(|_| record.kind != super::Kind::Organisation) else { return };
    let Some(given) = record.given(name).first().filter(|given| record.at(given.text).len() > 1) else { return };
    record.family(name).iter().for_each(|word| told(text(record, word.text), given.sound));
}

pub(super) fn weigh(record: &mut Prepared, terms: &Terms) {
    let organisation = record.kind == super::Kind::Organisation;
    let mut words = std::mem::take(&mut record.words);
    for name in &mut record.names {
        let term = if organisation { Term::Company } else { Term::FullName };
        name.rarity = if name.whole == 0 { 0 } else { terms.rarity(term, name.whole) };
        let from = usize::from(name.first);
        let (given, end) = (from + usize::from(name.given), from + usize::from(name.given) + usize::from(name.family));
        for (at, word) in words.iter_mut().enumerate().take(end).skip(from) {
            let value = hash::text(
                record
                    .text
                    .get(usize::from(word.text.start)..usize::from(word.text.start + word.text.len))
                    .unwrap_or(""),
            );
            word.rarity = match (organisation, at < given) {
                (true, _) => terms.rarity(Term::CompanyWord, value),
                (false, given) => either(terms, value, given),
            };
        }
    }
    record.words = words;
    for date in &mut record.births {
        date.rarity = terms.rarity(Term::Birth, birth(date.year, date.month, date.day));
    }
    for mail in &mut record.mails {
        mail.rarity = terms.rarity(Term::Email, mail.value);
    }
    for number in &mut record.phones {
        number.rarity = terms.rarity(Term::Phone, phone(number.national));
    }
    let mut places = std::mem::take(&mut record.places);
    for place in &mut places {
        place.rarity = terms.rarity(Term::Street, place.value);
        place.city_rarity = city(record, place.postal, place.city).map_or(0, |value| terms.rarity(Term::Place, value));
    }
    record.places = places;
}

/// A word that stands in the other half of the name has the rarity that it has there.
fn either(terms: &Terms, value: u64, given: bool) -> u8 {
    let (first, second) = if given { (Term::Given, Term::Family) } else { (Term::Family, Term::Given) };
    match terms.rarity(first, value) {
        0 => terms.rarity(second, value),
        rarity => rarity,
    }
}
