//! What one record says of its customer: the truth of some day, in the notation and with the faults of its source.

mod contact;

use super::companies::Fault;
use super::customer::{Person, Version, Who};
use super::life::{Known, Life};
use super::names::spelling;
use super::noise::{Letters, capitals, typo};
use super::records::{CHANGING, Field, Quality, Record, Source};
use super::rng::{Rng, Topic};
use super::world::World;

/// How a record holds a person's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameStyle {
    /// Given name and surname apart.
    Apart,
    /// One text.
    Full,
    /// Both.
    Both,
}

/// Writes what one record says.
#[derive(Clone, Copy, Debug)]
pub struct Teller<'a> {
    /// The run.
    pub world: &'a World,
    /// The customer.
    pub known: &'a Known,
    /// The record.
    pub record: &'a Record,
    /// Its dates.
    pub life: &'a Life,
    /// Its place among the customer's.
    pub place: usize,
    /// The second from which it speaks; `i64::MAX`: the end, after all changes.
    pub second: i64,
}

impl<'a> Teller<'a> {
    /// How good a field is at the end.
    fn quality(&self, field: Field) -> Quality {
        self.known.quality(self.place, field)
    }

    /// The stream for the notation and the faults of a field.
    fn rng(&self, field: u64) -> Rng {
        self.world.seed.stream(Topic::Notation, self.known.customer.index, (self.place as u64) << 8 | field)
    }

    /// Which version of a field the record holds at this second.
    fn version(&self, field: Field) -> Version {
        if self.quality(field) == Quality::Outdated {
            return Version::Former;
        }
        let group = match field {
            Field::Postal | Field::City | Field::Region | Field::Country => Field::Address,
            other => other,
        };
        let told = CHANGING.iter().position(|changing| *changing == group).and_then(|n| self.life.at[n + 1]);
        if told.is_some_and(|told| self.second < told) { Version::Former } else { Version::Present }
    }

    /// Whether the record has a value for this field.
    pub fn has(&self, field: Field) -> bool {
        match field {
            Field::Given | Field::Birth | Field::Gender if self.known.customer.person().is_none() => false,
            Field::BusinessId | Field::VatId if self.known.customer.person().is_some() => false,
            // A region or a country alone is no address.
            Field::Region | Field::Country => {
                let address = [Field::Address, Field::Postal, Field::City].into_iter().any(|part| self.has(part));
                address && self.quality(field) != Quality::Missing
            }
            // A number that is taken away later is there before.
            Field::Phone if self.life.clears_phone => self.life.at[4].is_some_and(|cleared| self.second < cleared),
            _ => self.quality(field) != Quality::Missing,
        }
    }

    /// How the record holds names.
    pub fn name_style(&self) -> NameStyle {
        let full_apart_both = match self.record.source {
            Source::Erp => [0, 50, 50],
            Source::Billing => [60, 40, 0],
            Source::Newsletter => [35, 65, 0],
            Source::Crm => [0, 60, 40],
        };
        [NameStyle::Full, NameStyle::Apart, NameStyle::Both][self.rng(100).weighted(&full_apart_both)]
    }

    /// Whether given name and surname stand in each other's place: one of the faults of a given name.
    pub fn swapped(&self) -> bool {
        self.quality(Field::Given) == Quality::Wrong && self.has(Field::Family) && self.rng(101).chance(200)
    }

    /// Writes the value of a field. Nothing when there is none.
    pub fn write(&self, field: Field, out: &mut String) {
        if !self.has(field) {
            return;
        }
        let start = out.len();
        let rng = &mut self.rng(field as u64);
        let wrong = self.quality(field) == Quality::Wrong;
        match field {
            Field::Given | Field::Family => self.write_name_part(field, out),
            Field::Email => self.write_email(wrong, rng, out),
            Field::Phone => self.write_phone(wrong, rng, out),
            Field::Address => self.write_street(wrong, rng, out),
            Field::Postal | Field::City | Field::Region | Field::Country => self.write_place(field, wrong, rng, out),
            Field::Birth => {
                if let Some(date) = self.birth() {
                    date.write_iso(out);
                }
            }
            Field::Gender => self.write_gender(wrong, out),
            Field::BusinessId | Field::VatId => self.write_business_id(field, wrong, rng, out),
            Field::Kind => out.push_str(if self.known.customer.person().is_some() { "person" } else { "organisation" }),
        }
        let words = matches!(field, Field::Given | Field::Family | Field::Address | Field::City);
        if words && !(field == Field::City && wrong) {
            self.write_as_the_source_does(start, out);
        }
    }

    /// Marks dropped, encodings broken, capitals throughout: the habits of one record.
    fn write_as_the_source_does(&self, start: usize, out: &mut String) {
        let rng = &mut self.rng(102);
        Letters::draw(rng).apply(out, start);
        let (upper, lower) = match self.record.source {
            Source::Billing => (150, 0),
            Source::Erp => (60, 0),
            Source::Newsletter => (10, 100),
            Source::Crm => (0, 10),
        };
        if rng.chance(upper) {
            capitals(out, start);
        } else if rng.chance(lower) {
            let written = out.split_off(start);
            out.extend(written.chars().flat_map(char::to_lowercase));
        }
    }

    fn write_name_part(&self, field: Field, out: &mut String) {
        match &self.known.customer.who {
            Who::Company(company) => {
                let fault = if self.quality(field) == Quality::Wrong { Fault::Wrong } else { Fault::None };
                company.write_name(fault, &mut self.rng(Field::Family as u64), out);
            }
            Who::Person(person) => match (field, self.swapped()) {
                (Field::Given, false) | (Field::Family, true) => self.write_given(person, out),
                _ => self.write_family(person, out),
            },
        }
    }

    fn write_given(&self, person: &Person, out: &mut String) {
        let rng = &mut self.rng(Field::Given as u64);
        let number = if rng.chance(550) { 0 } else { rng.below(5) };
        let start = out.len();
        let given = spelling(person.given, number);
        match rng.below(100) {
            0..=11 => out.push_str(person.nickname(rng).unwrap_or(given)),
            12..=24 => {
                out.push_str(given);
                out.push(' ');
                out.push_str(spelling(person.second, number));
            }
            // Somebody wrote down the name that stands first in the passport.
            25..=27 => out.push_str(spelling(person.second, number)),
            _ => out.push_str(given),
        }
        if self.quality(Field::Given) == Quality::Wrong && !self.swapped() {
            if rng.chance(250) {
                let initial = out[start..].char_indices().nth(1).map_or(out.len(), |(at, _)| start + at);
                out.truncate(initial);
                out.push_str(if rng.chance(500) { "." } else { "" });
            } else {
                typo(out, start, rng);
            }
        }
    }

    fn write_family(&self, person: &Person, out: &mut String) {
        let rng = &mut self.rng(Field::Family as u64);
        let number = if rng.chance(550) { 0 } else { rng.below(5) };
        let start = out.len();
        person.write_family(self.version(Field::Family) == Version::Former, number, out);
        if let Some(hyphen) = out[start..].find('-').map(|at| start + at) {
            match rng.below(10) {
                0..=2 => out.replace_range(hyphen..=hyphen, " "),
                3 => drop(out.drain(start..=hyphen)),
                4 => out.truncate(hyphen),
                _ => {}
            }
        }
        if self.quality(Field::Family) == Quality::Wrong {
            typo(out, start, rng);
        }
    }

    /// Writes the name as one text.
    pub fn write_full_name(&self, out: &mut String) {
        if self.known.customer.person().is_none() {
            return self.write(Field::Family, out);
        }
        let surname_first = self.rng(103).below(100);
        let (first, second, joint) = match surname_first {
            0..=54 => (Field::Given, Field::Family, " "),
            55..=89 => (Field::Family, Field::Given, " "),
            _ => (Field::Family, Field::Given, ", "),
        };
        self.write(first, out);
        if self.has(first) && self.has(second) {
            out.push_str(joint);
        }
        self.write(second, out);
    }
}
