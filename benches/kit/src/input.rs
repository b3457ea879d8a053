//! Events of `kulta generate`, made before the clock starts.

use kulta::generate::{Config, events};

/// 2025-01-01T00:00:00Z.
const START_US: i64 = 1_735_689_600_000_000;
const YEAR_US: i64 = 365 * 86_400_000_000;

/// Events as they arrive, one JSON text each. Every fifth one or so has a personal part: with one customer on
/// [`EVENTS_PER_CUSTOMER`] events most of those are what sources tell of their customers.
pub fn generated(number: u64, seed: u64) -> Vec<String> {
    feed(number, seed).collect()
}

/// The same, each made when it is asked for.
pub fn feed(number: u64, seed: u64) -> impl Iterator<Item = String> {
    let config = Config {
        customers: customers(number),
        events: number,
        seed,
        start_us: START_US,
        end_us: START_US + YEAR_US,
        truth: false,
    };
    events(config).map(|event| event.json)
}

/// Makes about 20 in 100 events carry a personal part.
pub const EVENTS_PER_CUSTOMER: u64 = 20;

/// How many customers so many events are about, unless `KULTA_BENCH_CUSTOMERS` says otherwise.
pub fn customers(events: u64) -> u64 {
    crate::size("KULTA_BENCH_CUSTOMERS", (events / EVENTS_PER_CUSTOMER).max(1))
}

/// How many of 100 events carry a personal part.
pub fn personal_percent(events: &[String]) -> f64 {
    let personal = |event: &&String| {
        event.contains("\"type\":\"customer.") || event.contains("\"text\":") || event.contains("\"reason\":")
    };
    100.0 * events.iter().filter(personal).count() as f64 / events.len().max(1) as f64
}

/// Bodies of `application/cloudevents-batch+json`, so many events each.
pub fn batches(events: &[String], each: usize) -> Vec<Vec<u8>> {
    let body = |chunk: &[String]| format!("[{}]", chunk.join(",")).into_bytes();
    events.chunks(each).map(body).collect()
}
