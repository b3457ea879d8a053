//! Replay of all history from an archive, beside DuckDB with the same rules as SQL over the same files.
//!
//! `KULTA_BENCH_DUCKDB=python3 cargo bench --bench replay`: a python that has duckdb (`pip install duckdb`); without it only
//! kulta is measured. `KULTA_BENCH_RULES=unordered|ordered` for one kind. `KULTA_BENCH_OVER=rows` only scores over `.rows` files,
//! a line of processor seconds for each round. `KULTA_BENCH_FACTS` sets the events, default 10,000,000, a hundred a customer; `KULTA_BENCH_DIR` keeps
//! the archive.

#[path = "replay/by_hand.rs"]
mod by_hand;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use kulta::archive::{Archived, Manifest, Stream, read, write_made};
use kulta::generate::{Config, MadeFacts};
use kulta::replay::data::{Data, Over};
use kulta::replay::read::Cancel;
use kulta::replay::run::{How, Known, Rules, score, wanted};
use kulta::replay::stored::Stored;
use kulta::scores::Compiled;
use kulta_bench_kit::report::{Table, Turns, machine, rounds};
use kulta_bench_kit::size;
use kulta_events::{Instant as Time, Vocabulary};
use kulta_projections::expr::Scope;
use kulta_projections::scores::customer::OfCustomer;
use kulta_projections::scores::facts::Wanted;
use kulta_projections::scores::replay::{Asked, OfCustomers, Replayed, replay};
use kulta_projections::scores::rules::{Facets, RuleSet};
use rust_decimal::Decimal;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The end of the history, 2026-01-01, in microseconds; scores are as of then.
const END_US: i64 = 1_767_225_600_000_000;
const THREADS: usize = 2;

/// Sums and conditions; then caps, tiers, half-lives, limits, counts and gaps.
const RULES: [(&str, &str, f64, f64); 2] = [
    ("unordered", include_str!("replay/unordered.toml"), 1.2, 4.0),
    ("ordered", include_str!("replay/ordered.toml"), 4.0, 20.0),
];

#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
fn main() {
    println!("{}", machine());
    let events = size("KULTA_BENCH_FACTS", 10_000_000);
    let kept = std::env::var_os("KULTA_BENCH_DIR");
    let temporary = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = kept.as_deref().map_or(temporary.path(), Path::new);
    make(dir, events);
    let facets = Facets::of(&Vocabulary::standard());
    if std::env::var("KULTA_BENCH_OVER").is_ok_and(|over| over == "rows") {
        return over_rows(dir, events, &facets);
    }
    let mut table = Table::default();
    let only = std::env::var("KULTA_BENCH_RULES").ok();
    for (name, text, must, goal) in
        RULES.into_iter().filter(|(name, ..)| only.as_deref().is_none_or(|only| only == *name))
    {
        let rules = RuleSet::parse(text, &facets).expect("the rules compile");
        let (mut duckdb, mut again, mut threads) = (Turns::default(), Turns::default(), Turns::default());
        let (mut written, mut parquet, mut keeping) = (Turns::default(), Turns::default(), Turns::default());
        let mut sums = (0.0, None);
        for _ in 0..rounds() {
            warm(dir);
            let start = Instant::now();
            let stored = self::stored(dir, &wanted(&[rules.reads(&facets)]));
            let found = run(Over::from(&stored), &rules, &facets, THREADS);
            let first = rate(events, start);
            sums.0 = total(&found);
            drop((stored, found));
            let start = Instant::now();
            let stored = self::stored(dir, &wanted(&[rules.reads(&facets)])).keeping(usize::MAX);
            run(Over::from(&stored), &rules, &facets, THREADS);
            keeping.add(rate(events, start), first);
            let start = Instant::now();
            let found = run(Over::from(&stored), &rules, &facets, THREADS);
            again.add(rate(events, start), first);
            assert_eq!(total(&found).to_bits(), sums.0.to_bits(), "rows that were kept say the same");
            drop((stored, found));
            let start = Instant::now();
            let data = archived(dir, &wanted(&[rules.reads(&facets)]));
            let found = run(Over::from(&data), &rules, &facets, THREADS);
            parquet.add(first, rate(events, start));
            assert_eq!(total(&found).to_bits(), sums.0.to_bits(), "rows and Parquet say the same");
            let start = Instant::now();
            run(Over::from(&data), &rules, &facets, THREADS);
            let second = rate(events, start);
            let start = Instant::now();
            run(Over::from(&data), &rules, &facets, 1);
            let one = rate(events, start);
            if name == "unordered" {
                let rows = by_hand::rows(&data);
                let start = Instant::now();
                let sum = by_hand::unordered(&data.facts, &rows, THREADS);
                written.add(second, rate(events, start));
                assert!((sum - sums.0).abs() < 1.0, "by hand {sum}, by rules {}", sums.0);
            }
            drop(data);
            threads.add(second, one);
            warm(dir);
            if let Some((seconds, sum)) = by_duckdb(dir, name) {
                duckdb.add(first, events as f64 / seconds);
                sums.1 = Some(sum);
            }
        }
        println!("{name}: points of all customers {:.1}, by DuckDB {:?}", sums.0, sums.1);
        if sums.1.is_some() {
            let what = format!("replay of {events} events, {name} rules, archive to scores: DuckDB");
            table.ratio(&what, &duckdb, must, goal, "events/s, two threads each");
        }
        table.ratio(
            &format!("{name}: row by row, from Parquet"),
            &parquet,
            1.0,
            4.0,
            "archive to scores, two threads each",
        );
        table.ratio(&format!("{name}: a changed draft again, the first"), &again, 2.0, 5.0, "rows kept in memory");
        table.ratio(&format!("{name}: a first replay that keeps them, one that does not"), &keeping, 0.5, 0.9, "");
        if name == "unordered" {
            let what = "unordered: rules from a file, the same written by hand in Rust";
            table.ratio(what, &written, 0.5, 0.9, "columns in memory, two threads each");
        }
        table.ratio(&format!("{name}: two threads, one"), &threads, 1.6, 1.9, "columns in memory");
    }
    whole(dir, &facets);
}

/// Processor time of replays over `.rows` alone, which says something on a machine that does other things too.
#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
fn over_rows(dir: &Path, events: u64, facets: &Facets) {
    let only = std::env::var("KULTA_BENCH_RULES").ok();
    for (name, text, ..) in RULES.into_iter().filter(|(name, ..)| only.as_deref().is_none_or(|only| only == *name)) {
        let rules = RuleSet::parse(text, facets).expect("the rules compile");
        for _ in 0..rounds() {
            warm(dir);
            let (start, begun) = (Instant::now(), processor_seconds());
            let stored = stored(dir, &wanted(&[rules.reads(facets)]));
            let opened = processor_seconds();
            let found = run(Over::from(&stored), &rules, facets, THREADS);
            let (opening, scoring) = (opened - begun, processor_seconds() - opened);
            println!(
                "{name}: {:.0} ns of processor time an event, {:.0} of them to open it; {:.2} s by the clock; points {:.1}",
                (opening + scoring) * 1e9 / events as f64,
                opening * 1e9 / events as f64,
                start.elapsed().as_secs_f64(),
                total(&found)
            );
        }
    }
}

/// Seconds that this process has had so far, to the hundredth; 0 where the system does not tell.
fn processor_seconds() -> f64 {
    let told = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = told.rsplit(')').next().unwrap_or_default();
    let ticks = behind_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
fn make(dir: &Path, events: u64) {
    if Manifest::read(dir).is_ok() {
        return;
    }
    let start_us = END_US - 3 * 365 * 86_400_000_000;
    let config = Config { customers: events / 100, events, seed: 1, start_us, end_us: END_US, truth: false };
    let start = Instant::now();
    write_made(&MadeFacts::new(config), dir, &|_| (), &Cancel::default()).expect("the disk has room");
    println!("made {events} events in {:.0} s", start.elapsed().as_secs_f64());
}

#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
fn archived(dir: &Path, wanted: &Wanted) -> Data {
    let archived: Archived = read(dir, wanted, false, THREADS, &Cancel::default()).expect("it was written whole");
    Data::of_archive(archived).0
}

#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
fn stored(dir: &Path, wanted: &Wanted) -> Stored {
    let streamed = Stream::open(dir, wanted, THREADS, &Cancel::default()).expect("it was written whole");
    Stored::of(streamed.expect("all of it lies there record by record"))
}

/// Reads the files once: neither side pays for what the system has not in memory.
#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
fn warm(dir: &Path) {
    for entry in std::fs::read_dir(dir).expect("the archive is there") {
        let mut file = std::fs::File::open(entry.expect("it can be listed").path()).expect("it can be read");
        std::io::copy(&mut file, &mut std::io::sink()).expect("it can be read");
    }
}

fn rate(events: u64, start: Instant) -> f64 {
    events as f64 / start.elapsed().as_secs_f64()
}

struct Nobody;

impl OfCustomers for Nobody {
    fn scope(&self, _: usize) -> Box<dyn Scope + '_> {
        Box::new(OfCustomer::default())
    }
}

#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
fn run(over: Over<'_>, rules: &RuleSet, facets: &Facets, threads: usize) -> Replayed {
    let asked = Asked {
        rules,
        is_money: &|kind, facet| facets.is_money(kind, facet),
        seen: (i64::MIN, i64::MAX),
        as_of: END_US,
        position: None,
        customer: &Nobody,
        breakdown: false,
        threads,
        tolerant: false,
        go_on: &|_| true,
    };
    let found = replay(over.columns, &asked).expect("every customer has a score");
    assert_eq!(found.interpreted, 0, "everything is computed over columns");
    found
}

#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
fn total(found: &Replayed) -> f64 {
    let sum: Decimal = found.sums.totals().expect("they are short").into_iter().sum();
    sum.try_into().expect("it is a number")
}

/// Seconds, and the points of all customers.
#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
fn by_duckdb(dir: &Path, name: &str) -> Option<(f64, f64)> {
    let python = std::env::var_os("KULTA_BENCH_DUCKDB")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/with_duckdb.py");
    let output = Command::new(python).arg(script).arg(dir).arg(THREADS.to_string()).arg(name).output();
    let output = output.expect("python can be run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut words = told.split_whitespace().map(|word| word.parse().expect("a number"));
    words.next().zip(words.next())
}

/// What the command does besides: totals, grades, ranks are not in the figures above.
#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
fn whole(dir: &Path, facets: &Facets) {
    let rules = Rules::all(Compiled::new(RULES[1].1, facets).expect("the rules compile").into());
    let start = Instant::now();
    let data = stored(dir, &wanted(&rules.reads(facets)));
    let as_of = Time::from_micros(END_US);
    let (cancel, progress) = (Cancel::default(), |_| ());
    let how = How { as_of, facets, tolerant: false, breakdown: false, cancel: &cancel, progress: &progress };
    let outcome = score(&data, &Known::default(), &rules, &how);
    let scores = outcome.expect("every customer has a score").scores;
    let ranks = scores.ranks();
    println!("archive to totals, grades and ranks of {}: {:.2} s", ranks.len(), start.elapsed().as_secs_f64());
}
