//! Runs written to a file or pipe.

use std::io::{self, Write};

use super::customer::Customer;
use super::life::{Known, Life};
use super::records::{Field, Records};
use super::render::{write_number, write_subject};
use super::rng::{Scramble, Topic};
use super::values::{NameStyle, Teller};
use super::world::World;
use super::{Config, Feed};

/// How often progress is told.
const PROGRESS_EVERY: u64 = 10_000;

/// Writes all events as CloudEvents, one per line, in the order in which they arrive, and returns how many. With
/// `config.truth` each carries the extension attribute `truecustomer`. `progress` hears from time to time how many are
/// written.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_cloudevents(config: Config, out: &mut impl Write, mut progress: impl FnMut(u64)) -> io::Result<u64> {
    let Feed { arrivals, renderer } = Feed::new(config);
    let (mut line, mut written) = (String::new(), 0);
    for arrival in arrivals {
        line.clear();
        renderer.write(arrival, &mut line);
        line.push('\n');
        out.write_all(line.as_bytes())?;
        written += 1;
        if written % PROGRESS_EVERY == 0 {
            progress(written);
        }
    }
    progress(written);
    Ok(written)
}

/// The columns of the CSV form.
const COLUMNS: [&str; 18] = [
    "record_id",
    "source",
    "kind",
    "given_name",
    "family_name",
    "name",
    "email",
    "phone",
    "street",
    "postal_code",
    "city",
    "region",
    "country",
    "birth_date",
    "gender",
    "business_id",
    "vat_id",
    "cluster_id",
];

/// Writes the records as they stand at the end of the period, one row for each, in no particular order, and returns how
/// many. `config.events` does not matter here. With `config.truth` the last column `cluster_id` names the true customer.
/// Some dates of birth are not in ISO notation.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_csv(config: Config, out: &mut impl Write, mut progress: impl FnMut(u64)) -> io::Result<u64> {
    let world = &World::new(config.seed, config.customers, config.start_us, config.end_us);
    let columns = if config.truth { COLUMNS.len() } else { COLUMNS.len() - 1 };
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(&COLUMNS[..columns])?;
    let mut row = Row::default();
    let mut written = 0;
    // Rows of one customer do not follow each other, as they do not in a file that somebody has put together.
    let places = config.customers.saturating_mul(6);
    let order = Scramble::new(places, world.seed.key(Topic::Subject, 99, 0));
    let slots = (0..order.size()).map(|number| order.apply(number)).filter(|slot| *slot < places);
    for (index, place) in slots.map(|slot| (slot / 6, (slot % 6) as usize)) {
        if place >= Records::count(world, index) {
            continue;
        }
        row.fill(world, index, place);
        for column in row.0.iter().take(columns) {
            writer.write_field(column)?;
        }
        writer.write_record(None::<&[u8]>)?;
        written += 1;
        if written % PROGRESS_EVERY == 0 {
            progress(written);
        }
    }
    writer.flush()?;
    progress(written);
    Ok(written)
}

/// One row, by column.
#[derive(Default)]
struct Row([String; COLUMNS.len()]);

impl Row {
    fn fill(&mut self, world: &World, index: u64, place: usize) {
        let known = &Known::of(world, index);
        let life = &Life::of(world, known, place);
        let record = known.record(place);
        let teller = &Teller { world, known, record, life, place, second: i64::MAX };
        self.0.iter_mut().for_each(String::clear);
        let [id, source, kind, given, family, name, email, phone, street, postal, city, region, country, rest @ ..] =
            &mut self.0;
        let [birth, gender, business_id, vat_id, cluster] = rest;
        source.push_str(record.source.name());
        id.push_str(record.source.name());
        id.push(':');
        write_subject(world, index, &known.records, place, id);
        names(teller, &known.customer, given, family, name);
        teller.write_birth_for_file(birth);
        write_number(index, cluster);
        for (field, column) in [
            (Field::Kind, kind),
            (Field::Email, email),
            (Field::Phone, phone),
            (Field::Address, street),
            (Field::Postal, postal),
            (Field::City, city),
            (Field::Region, region),
            (Field::Country, country),
            (Field::Gender, gender),
            (Field::BusinessId, business_id),
            (Field::VatId, vat_id),
        ] {
            teller.write(field, column);
        }
    }
}

fn names(teller: &Teller<'_>, customer: &Customer, given: &mut String, family: &mut String, name: &mut String) {
    let style = teller.name_style();
    if customer.person().is_none() {
        return teller.write(Field::Family, name);
    }
    if style != NameStyle::Full {
        teller.write(Field::Given, given);
        teller.write(Field::Family, family);
    }
    if style != NameStyle::Apart {
        teller.write_full_name(name);
    }
}
