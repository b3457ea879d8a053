//! The other half of [`Teller`]: contact data, dates, ids.

use super::Teller;
use crate::generate::business_ids::{write_business_id, write_vat_id};
use crate::generate::calendar::{Date, digits};
use crate::generate::customer::Who;
use crate::generate::noise::{capitals, typo, wrong_digit};
use crate::generate::places::Style;
use crate::generate::records::{Field, Quality, Source};
use crate::generate::rng::Rng;

impl Teller<'_> {
    pub(super) fn write_email(&self, wrong: bool, rng: &mut Rng, out: &mut String) {
        const DUMMIES: [&str; 4] = ["ei@ei.fi", "none@none.com", "test@test.fi", "noreply@example.com"];
        const TYPED: [(&str, &str); 5] = [
            ("gmail.com", "gmial.com"),
            ("hotmail.com", "hotmial.com"),
            ("outlook.com", "outlok.com"),
            (".com", ".con"),
            (".fi", ".if"),
        ];
        if wrong && rng.chance(80) {
            return out.push_str(rng.pick(&DUMMIES));
        }
        let start = out.len();
        let department =
            if self.record.source == Source::Billing && rng.chance(400) { 1 } else { rng.weighted(&[70, 5, 15, 10]) };
        self.known.customer.write_email(self.world, self.version(Field::Email), department as u32, out);
        if wrong {
            let provider = TYPED.iter().find(|(right, _)| out[start..].ends_with(right));
            match provider {
                Some((right, typed)) if rng.chance(400) => {
                    out.truncate(out.len() - right.len());
                    out.push_str(typed);
                }
                _ => {
                    let domain = out[start..].find('@').map_or(out.len(), |at| start + at);
                    let rest = out.split_off(domain);
                    typo(out, start, rng);
                    out.push_str(&rest);
                }
            }
        } else if !self.known.keyed_by_email(self.world, self.place) && rng.chance(30) {
            capitals(out, start);
        }
    }

    pub(super) fn write_phone(&self, wrong: bool, rng: &mut Rng, out: &mut String) {
        if wrong && rng.chance(80) {
            return out.push_str(rng.pick(&["0401234567", "000000", "-", "0000000000"]));
        }
        let start = out.len();
        let usual: [u32; 5] = match self.record.source {
            Source::Erp => [4, 4, 5, 6, 7],
            Source::Billing => [6, 7, 4, 1, 3],
            Source::Newsletter => [0, 4, 8, 2, 4],
            Source::Crm => [0, 0, 1, 2, 5],
        };
        let notation = usual[rng.below(5) as usize];
        self.known.customer.write_phone(self.version(Field::Phone), notation, out);
        if wrong {
            // Not in the country's prefix: that would be another country.
            wrong_digit(out, start + 7, rng);
        }
    }

    /// Whether this record has street and town in Swedish, in Finland.
    fn swedish(&self) -> bool {
        let mother_tongue = self.known.customer.person().is_some_and(|p| p.culture.language() == "sv");
        self.rng(104).chance(if mother_tongue { 600 } else { 40 })
    }

    pub(super) fn write_street(&self, wrong: bool, rng: &mut Rng, out: &mut String) {
        let start = out.len();
        let style = Style { notation: rng.below(6), swedish: self.swedish() };
        self.known.customer.addresses[self.version(Field::Address) as usize].write_street(style, out);
        if wrong {
            if rng.chance(400) { wrong_digit(out, start, rng) } else { typo(out, start, rng) }
        }
    }

    pub(super) fn write_place(&self, field: Field, wrong: bool, rng: &mut Rng, out: &mut String) {
        let address = &self.known.customer.addresses[self.version(field) as usize];
        let start = out.len();
        match field {
            Field::Postal => address.write_postal(rng.below(2), out),
            Field::City => address.write_city(self.swedish(), out),
            Field::Region => address.write_region(out),
            _ => {
                let names = address.country.names();
                out.push_str(if rng.chance(600) { address.country.code() } else { rng.pick(&names) });
            }
        }
        match field {
            Field::Postal if wrong => wrong_digit(out, start, rng),
            Field::City if wrong => typo(out, start, rng),
            _ => {}
        }
    }

    /// The date of birth that the record has.
    pub fn birth(&self) -> Option<Date> {
        let person = self.known.customer.person().filter(|_| self.has(Field::Birth))?;
        let mut date = person.birth;
        if self.quality(Field::Birth) == Quality::Wrong {
            let rng = &mut self.rng(Field::Birth as u64);
            match rng.below(100) {
                0..=29 if date.day <= 12 && date.day != date.month => std::mem::swap(&mut date.day, &mut date.month),
                0..=39 => date.year += 1 - 2 * rng.below(2) as i32,
                40..=49 => date.year -= 10,
                50..=79 => date.day = 1 + (date.day + rng.below(20)) % 28,
                80..=92 => date.month = 1 + (date.month + rng.below(10)) % 12,
                // What a form puts in when nothing is chosen.
                _ => date = Date { year: 1900, month: 1, day: 1 },
            }
        }
        Some(date)
    }

    /// Writes the date of birth in the notation of a file: mostly as ISO has it, now and then as people write it.
    pub fn write_birth_for_file(&self, out: &mut String) {
        let Some(date) = self.birth() else { return };
        let (first, second, mark) = match self.rng(105).below(100) {
            0..=85 => return date.write_iso(out),
            86..=93 => (date.day, date.month, '.'),
            94..=97 => (date.day, date.month, '/'),
            _ => {
                let start = out.len();
                date.write_iso(out);
                let compact: String = out[start..].chars().filter(char::is_ascii_digit).collect();
                out.truncate(start);
                return out.push_str(&compact);
            }
        };
        let width = if mark == '.' { 1 } else { 2 };
        for part in [first, second] {
            digits(part, width, out);
            out.push(mark);
        }
        digits(date.year as u32, 4, out);
    }

    pub(super) fn write_gender(&self, wrong: bool, out: &mut String) {
        let Some(person) = self.known.customer.person() else { return };
        let female = person.female != wrong;
        out.push_str(match (self.record.source, female) {
            (Source::Erp, true) => "F",
            (Source::Erp, false) => "M",
            (_, true) => "female",
            (_, false) => "male",
        });
    }

    pub(super) fn write_business_id(&self, field: Field, wrong: bool, rng: &mut Rng, out: &mut String) {
        let Who::Company(company) = &self.known.customer.who else { return };
        let start = out.len();
        if field == Field::VatId {
            write_vat_id(company.country, company.number, out);
        } else {
            write_business_id(company.country, company.number, out);
            match rng.below(100) {
                0..=9 => drop_hyphen(out, start),
                10..=12 => out.insert_str(start, company.country.code()),
                _ => {}
            }
        }
        if wrong {
            wrong_digit(out, start, rng);
        }
    }
}

fn drop_hyphen(text: &mut String, start: usize) {
    if let Some(hyphen) = text[start..].find('-') {
        text.remove(start + hyphen);
    }
}
