//! What a run promises, measured on runs.

mod feed;
mod rates;

use std::collections::BTreeMap;

use kulta_events::envelope::{Fact, Validator};
use kulta_events::{Instant, Json, Vocabulary};

use super::{Config, Generated, write_csv};

/// The year 2025.
pub const YEAR: Config = Config {
    customers: 0,
    events: 0,
    seed: 1,
    start_us: 1_735_689_600_000_000,
    end_us: 1_767_225_600_000_000,
    truth: true,
};

/// A run over the year 2025.
pub fn run(customers: u64, events: u64) -> Config {
    Config { customers, events, ..YEAR }
}

/// Reads events as every door of the service does.
pub fn facts(events: impl Iterator<Item = Generated>) -> Vec<(Fact, u64)> {
    let vocabulary = Vocabulary::standard();
    let fact_attributes = BTreeMap::new();
    let now = Instant::from_micros(YEAR.end_us);
    let validator = Validator { vocabulary: &vocabulary, now, fact_attributes: &fact_attributes };
    let check = |event: Generated| {
        let json = Json::parse(event.json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {}", event.json));
        let fact = validator.check(json).unwrap_or_else(|problems| panic!("{problems:?}: {}", event.json));
        assert!(fact.parts.unknown.is_empty(), "{:?}", fact.parts.unknown);
        (fact, event.customer)
    };
    events.map(check).collect()
}

/// A row of the CSV form, by column.
pub type Row = BTreeMap<String, String>;

/// The rows of a run, without the empty cells.
pub fn rows(config: Config) -> Vec<Row> {
    let mut text = Vec::new();
    let written = write_csv(config, &mut text, |_| ()).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let header = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        let cells = header.iter().zip(record.iter()).filter(|(_, cell)| !cell.is_empty());
        cells.map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect()
    };
    let rows: Vec<Row> = reader.records().map(|record| row(record.unwrap())).collect();
    assert_eq!(rows.len() as u64, written);
    rows
}
