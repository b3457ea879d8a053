//! Events in the life of a record.

use super::{Head, Renderer, unit, write_subject};
use crate::generate::json::Object;
use crate::generate::life::{CONSENT_GIVEN, CONSENT_WITHDRAWN, Known, Life, REGISTERED, VERIFIED};
use crate::generate::plan::Code;
use crate::generate::records::{CHANGING, Field, Source};
use crate::generate::rng::Topic;
use crate::generate::values::{NameStyle, Teller};

impl Renderer {
    pub(super) fn write_life(
        &self,
        index: u64,
        code: Code,
        place: usize,
        step: usize,
        changing: bool,
        out: &mut String,
    ) {
        let world = self.world();
        let known = &Known::of(world, index);
        let life = &Life::of(world, known, place);
        let record = known.record(place);
        let at = life.at[step].unwrap_or(record.registered);
        // What was verified is the present value, whenever the source learned of it.
        let second = if changing && step != VERIFIED { at } else { i64::MAX };
        let teller = &Teller { world, known, record, life, place, second };
        let event_type = match step {
            REGISTERED => "customer.registered",
            VERIFIED => "customer.contact_verified",
            CONSENT_GIVEN => "customer.consent_given",
            CONSENT_WITHDRAWN => "customer.consent_withdrawn",
            _ => "customer.contact_edited",
        };
        let unit = unit(&known.customer, record.source);
        let head = Head { index, code, source: record.source, event_type, second: at, unit };
        self.envelope(
            &head,
            out,
            |out| write_subject(world, index, &known.records, place, out),
            |data| match step {
                REGISTERED => registered(teller, data),
                VERIFIED => verified(teller, data),
                CONSENT_GIVEN => consent_given(teller, data),
                CONSENT_WITHDRAWN => consent_withdrawn(teller, data),
                edit => edited(teller, CHANGING[edit - 1], data),
            },
        );
    }
}

/// Everything that the source knows.
fn registered(teller: &Teller<'_>, data: &mut Object<'_>) {
    let person = teller.known.customer.person();
    if teller.has(Field::Kind) {
        data.with("kind", |out| teller.write(Field::Kind, out));
    }
    names(teller, data);
    for (name, field) in [("email", Field::Email), ("phone", Field::Phone)] {
        if teller.has(field) {
            data.with(name, |out| teller.write(field, out));
        }
    }
    address(teller, data);
    let rest = [
        ("birth_date", Field::Birth),
        ("gender", Field::Gender),
        ("business_id", Field::BusinessId),
        ("vat_id", Field::VatId),
    ];
    for (name, field) in rest.into_iter().filter(|(_, field)| teller.has(*field)) {
        data.with(name, |out| teller.write(field, out));
    }
    let rng = &mut teller.world.seed.stream(Topic::Step, teller.known.customer.index, teller.place as u64);
    if let Some(person) = person.filter(|_| rng.chance(600)) {
        data.text("language", person.culture.language());
    }
    if rng.chance(500) {
        data.text("country", teller.known.customer.country.code());
    }
    if teller.record.source == Source::Crm && rng.chance(300) {
        let segment = if person.is_some() { ["consumer", "member"] } else { ["small", "key-account"] };
        let visits = rng.below(20);
        data.object("attributes", |attributes| {
            attributes.text("segment", rng.pick(&segment)).raw("visits", |out| super::write_number(visits.into(), out));
        });
    }
}

/// The name, in the way in which the source holds names.
fn names(teller: &Teller<'_>, data: &mut Object<'_>) {
    if teller.known.customer.person().is_none() {
        if teller.has(Field::Family) {
            data.with("name", |out| teller.write(Field::Family, out));
        }
        return;
    }
    let style = teller.name_style();
    if style != NameStyle::Full {
        for (name, field) in [("given_name", Field::Given), ("family_name", Field::Family)] {
            if teller.has(field) {
                data.with(name, |out| teller.write(field, out));
            }
        }
    }
    if style != NameStyle::Apart && (teller.has(Field::Given) || teller.has(Field::Family)) {
        data.with("name", |out| teller.write_full_name(out));
    }
}

fn address(teller: &Teller<'_>, data: &mut Object<'_>) {
    const PARTS: [(&str, Field); 5] = [
        ("street", Field::Address),
        ("postal_code", Field::Postal),
        ("city", Field::City),
        ("region", Field::Region),
        ("country", Field::Country),
    ];
    if !PARTS.iter().any(|(_, field)| teller.has(*field)) {
        return;
    }
    data.object("address", |address| {
        for (name, field) in PARTS.into_iter().filter(|(_, field)| teller.has(*field)) {
            address.with(name, |out| teller.write(field, out));
        }
    });
}

/// Only what changed.
fn edited(teller: &Teller<'_>, field: Field, data: &mut Object<'_>) {
    match field {
        Field::Address => address(teller, data),
        Field::Email => drop(data.with("email", |out| teller.write(field, out))),
        Field::Phone if teller.life.clears_phone => drop(data.raw("phone", |out| out.push_str("null"))),
        Field::Phone => drop(data.with("phone", |out| teller.write(field, out))),
        _ => edited_name(teller, data),
    }
}

/// A new surname, in the member in which the source has it.
fn edited_name(teller: &Teller<'_>, data: &mut Object<'_>) {
    let style = teller.name_style();
    if style != NameStyle::Full {
        let (name, field) =
            if teller.swapped() { ("given_name", Field::Given) } else { ("family_name", Field::Family) };
        data.with(name, |out| teller.write(field, out));
    }
    if style != NameStyle::Apart {
        data.with("name", |out| teller.write_full_name(out));
    }
}

fn verified(teller: &Teller<'_>, data: &mut Object<'_>) {
    let field = teller.life.verified;
    let (name, method) = match (field, teller.record.source) {
        (Field::Email, Source::Newsletter) => ("email", "double_opt_in"),
        (Field::Email, _) => ("email", "call"),
        _ => ("phone", "call"),
    };
    data.text("field", name).with("value", |out| teller.write(field, out)).text("method", method);
}

fn consent_given(teller: &Teller<'_>, data: &mut Object<'_>) {
    data.text("purpose", "marketing").text("channel", "email");
    if teller.record.source == Source::Newsletter {
        data.text("method", "form").raw("double_opt_in", |out| out.push_str("true"));
    } else {
        data.text("method", "call");
    }
}

fn consent_withdrawn(teller: &Teller<'_>, data: &mut Object<'_>) {
    data.text("purpose", "marketing").text("channel", "email").text("method", "link");
    if teller.known.customer.index.is_multiple_of(3) {
        data.text("reason", "Liian usein");
    }
}
