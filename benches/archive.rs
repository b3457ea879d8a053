//! The archive: from the log, against a paged read of a jsonb log; its size; and how fast it is read.
//!
//! `cargo bench --bench archive`. `KULTA_BENCH_SIZE` sets the events of the log, default 300,000, 0 for none; `KULTA_BENCH_FACTS`
//! those of a made archive, default 10,000,000, 0 for none, with a tenth or a hundredth as many customers. `KULTA_BENCH_DIR` keeps it.

use std::path::Path;
use std::time::Instant;

use kulta::archive::{Archived, Manifest, Role, read, write_made};
use kulta::generate::{Config, MadeFacts};
use kulta::replay::read::Cancel;
use kulta_bench_kit::node::Store;
use kulta_bench_kit::postgres::{self, Postgres};
use kulta_bench_kit::report::{Table, Turns, machine, median, rounds};
use kulta_bench_kit::row::rows;
use kulta_bench_kit::{input, size, sqlite};
use kulta_projections::scores::facts::Wanted;
use kulta_test_support::process::Program;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The end of made histories, 2026-01-01, in microseconds.
const END_US: i64 = 1_767_225_600_000_000;

#[tokio::main]
async fn main() {
    println!("{}", machine());
    let mut table = Table::default();
    let events = size("KULTA_BENCH_SIZE", 300_000);
    if events > 0 {
        let server = Postgres::start().await;
        for store in Store::wanted() {
            from_log(&server, store, events, &mut table).await;
        }
    }
    let facts = size("KULTA_BENCH_FACTS", 10_000_000);
    if facts > 0 {
        tokio::task::block_in_place(|| made(facts, &mut table));
    }
}

/// Bytes that the columns of events take for each of them.
fn bytes_per_event(manifest: &Manifest) -> f64 {
    let bytes: u64 =
        [Role::Base, Role::Delta].into_iter().flat_map(|role| manifest.files(role)).map(|file| file.bytes).sum();
    bytes as f64 / manifest.events as f64
}

#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
async fn from_log(server: &Postgres, store: Store, number: u64, table: &mut Table) {
    let database = server.database().await;
    let mut kulta = Program::new(env!("CARGO_BIN_EXE_kulta")).timeout(std::time::Duration::from_secs(3_600));
    if matches!(store, Store::Postgres) {
        kulta = kulta.env("KULTA_DATABASE_URL", &database.url).env("KULTA_MASTER_KEY", "0f".repeat(32));
    }
    let input = input::generated(number, 1).join("\n");
    std::fs::write(kulta.directory().join("events.ndjson"), input).expect("the disk has room");
    kulta.clone().args(["import", "events.ndjson"]).run().expect_code(0);
    // The first one waits for the projections.
    kulta.clone().args(["archive", "a"]).run().expect_code(0);
    let rows = rows(number.min(500_000));
    let mut turns = Turns::default();
    let dir = kulta.directory().join("a");
    for _ in 0..rounds() {
        let yardstick = match store {
            Store::Sqlite => sqlite::read_log(&rows).await,
            Store::Postgres => postgres::read_log(server, &rows).await,
        };
        std::fs::remove_dir_all(&dir).expect("the archive is there");
        let start = Instant::now();
        kulta.clone().args(["archive", "a"]).run().expect_code(0);
        turns.add(number as f64 / start.elapsed().as_secs_f64(), yardstick);
    }
    let what = format!("archive from the log, {}, {number} events", store.name());
    table.ratio(&what, &turns, 0.5, 3.0, "the whole command");
    let all = read(&dir, &Wanted::default(), true, 2, &Cancel::default()).expect("it was just written");
    table.at_most(&format!("{what}: size"), bytes_per_event(&all.manifest), "bytes/event", 16.0, 10.0, "all facets");
    database.drop().await;
}

#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
fn made(events: u64, table: &mut Table) {
    let kept = std::env::var_os("KULTA_BENCH_DIR");
    let temporary = tempfile::tempdir().expect("a temporary directory can be made");
    let dir = kept.as_deref().map_or(temporary.path(), Path::new);
    if Manifest::read(dir).is_err() {
        let start_us = END_US - 3 * 365 * 86_400_000_000;
        let config = Config { customers: events / 100, events, seed: 1, start_us, end_us: END_US, truth: false };
        let start = Instant::now();
        write_made(&MadeFacts::new(config), dir, &|_| (), &Cancel::default()).expect("the disk has room");
        println!("made {events} events in {:.0} s", start.elapsed().as_secs_f64());
    }
    hashing(dir);
    let facets = ["amount", "currency", "market", "product_group", "days_late"];
    let some = Wanted { facets: Some(facets.map(Into::into).into()), types: None };
    for (name, wanted, positions) in [("five facets", &some, false), ("everything", &Wanted::default(), true)] {
        for threads in [1, 2] {
            let mut times = Vec::new();
            let mut last: Option<Archived> = None;
            for _ in 0..rounds() {
                drop(last.take());
                let start = Instant::now();
                last = Some(read(dir, wanted, positions, threads, &Cancel::default()).expect("it was just written"));
                times.push(start.elapsed().as_secs_f64());
            }
            let Some(archived) = last else { return };
            let rate = archived.facts.len() as f64 / median(&times) / 1e6;
            println!("read {name}, {threads} thread(s): {rate:.1} million events/s, {:.2} s", median(&times));
            if threads == 2 && positions {
                let size = bytes_per_event(&archived.manifest);
                table.at_most(&format!("made archive, {events} events: size"), size, "bytes/event", 16.0, 10.0, "");
            }
        }
    }
}

/// What it costs to look whether files are what was written.
#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
fn hashing(dir: &Path) {
    let manifest = Manifest::read(dir).expect("it was just written");
    let read = |file: &kulta::archive::File| std::fs::read(dir.join(&file.name)).expect("it was just written");
    let start = Instant::now();
    let files: Vec<_> = manifest.files.iter().map(read).collect();
    let reading = start.elapsed().as_secs_f64();
    let start = Instant::now();
    for file in &files {
        std::hint::black_box(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, file));
    }
    let hashing = start.elapsed().as_secs_f64();
    println!(
        "reading {} MB of files {reading:.2} s, their SHA-256 {hashing:.2} s, 1 thread",
        manifest.bytes() / 1_000_000
    );
}
