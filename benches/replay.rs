//! Replay of all history: rules from a file over columns in memory, beside the same rules written by hand in Rust.
//!
//! `cargo bench --bench replay`. `KULTA_BENCH_EVENTS=N` for another number of events than 4,000,000, a hundred a customer.

use std::collections::HashMap;
use std::time::Instant;

use kulta_bench_kit::report::{Table, Turns, machine, rounds};
use kulta_bench_kit::size;
use kulta_events::{Json, RecordId, Vocabulary};
use kulta_projections::expr::Scope;
use kulta_projections::scores::customer::OfCustomer;
use kulta_projections::scores::facts::{Builder, Facts, NewRow, Wanted};
use kulta_projections::scores::replay::{Asked, Customers, OfCustomers, replay};
use kulta_projections::scores::rules::{Facets, RuleSet};
use uuid::Uuid;

const DAY: i64 = 86_400_000_000;
const BEGIN: i64 = 1_672_531_200_000_000;
const AS_OF: i64 = BEGIN + 3 * 365 * DAY;

/// No limits, no windows, no ages.
const UNORDERED: &str = include_str!("replay/unordered.toml");
/// Caps, tiers, half-lives, limits, counts, gaps.
const ORDERED: &str = include_str!("replay/ordered.toml");

fn main() {
    println!("{}", machine());
    let events = size("KULTA_BENCH_EVENTS", 4_000_000);
    let facets = Facets::of(&Vocabulary::standard());
    let (facts, sets) = generated(events);
    let customers = Customers::of(&facts, sets.iter().map(Vec::as_slice));
    println!("{} events of {} customers", facts.len(), customers.len());
    let mut table = Table::default();
    for (name, text) in [("unordered", UNORDERED), ("ordered", ORDERED)] {
        let rules = RuleSet::parse(text, &facets).unwrap_or_else(|errors| panic!("{errors:?}"));
        let speed = |threads: usize| facts.len() as f64 / once(&facts, &customers, &rules, &facets, threads);
        let mut turns = Turns::default();
        for _ in 0..rounds() {
            turns.add(speed(2), speed(1));
        }
        table.ratio(&format!("{name} rules, events/s: two threads, one thread"), &turns, 1.6, 1.9, "");
    }
}

struct Nobody;

impl OfCustomers for Nobody {
    fn scope(&self, _: usize) -> Box<dyn Scope + '_> {
        Box::new(OfCustomer::default())
    }
}

/// Seconds of a replay.
fn once(facts: &Facts, customers: &Customers, rules: &RuleSet, facets: &Facets, threads: usize) -> f64 {
    let asked = Asked {
        rules,
        is_money: &|kind, facet| facets.is_money(kind, facet),
        seen: (i64::MIN, i64::MAX),
        as_of: AS_OF,
        position: None,
        customer: &Nobody,
        threads,
        go_on: &|_| true,
    };
    let start = Instant::now();
    let found = replay(facts, customers, &asked).unwrap_or_else(|error| panic!("{error}"));
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(found.interpreted, 0, "everything is computed over columns");
    seconds
}

/// A hundred events a customer, two and a half records each.
fn generated(events: u64) -> (Facts, Vec<Vec<RecordId>>) {
    let mut builder = Builder::new(Wanted::default());
    let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
    let mut roll = |below: u64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice % below
    };
    let customers = (events / 100).max(1);
    let mut sets = Vec::new();
    let mut position = 0;
    for _ in 0..customers {
        let records: Vec<RecordId> =
            (0..1 + roll(4)).map(|_| RecordId(Uuid::from_u64_pair(roll(u64::MAX), roll(u64::MAX)))).collect();
        for _ in 0..100 {
            position += 1;
            let kind = [
                "purchase.made",
                "purchase.made",
                "purchase.made",
                "purchase.returned",
                "invoice.paid",
                "email.link_clicked",
                "web.visited",
                "web.visited",
                "complaint.opened",
                "email.opened",
            ][roll(10) as usize];
            let text = match kind {
                "purchase.made" | "purchase.returned" => format!(
                    r#"{{"amount":{}.{:02},"currency":"EUR","margin":{}.{:02},"market":"{}","product_group":"g{}"}}"#,
                    roll(900),
                    roll(100),
                    roll(90),
                    roll(100),
                    ["FI", "SE", "EE"][roll(3) as usize],
                    roll(20)
                ),
                "invoice.paid" => format!(r#"{{"invoice":"x","days_late":{}}}"#, roll(40)),
                _ => "{}".to_owned(),
            };
            let facts = Json::parse(text.as_bytes()).unwrap_or(Json::Null);
            let row = NewRow {
                record: records[roll(records.len() as u64) as usize],
                time: BEGIN + (roll(3 * 365 * 86_400) as i64) * 1_000_000,
                position,
                type_name: kind,
                source: "erp",
                unit: None,
                facts: &facts,
            };
            builder.push(&row).unwrap_or_else(|error| panic!("{error}"));
        }
        sets.push(records);
    }
    (builder.finish(Vec::new(), &HashMap::new()), sets)
}
