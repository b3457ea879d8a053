//! Matching: many records at once with training, one record against resident ones, search before create, new weights.
//!
//! `cargo bench --bench matching`. Input is what `kulta generate --truth --format csv` writes; `KULTA_BENCH_SIZE` sets
//! the customers (2.5 records each), default 40,000 and 400,000. Absolute targets: no yardstick runs on a bare machine.

use std::time::Instant;

use kulta::generate::{self, Config};
use kulta::matching::{Input, Mapping, read};
use kulta_bench_kit::report::{Table, machine, median, percentile};
use kulta_bench_kit::size;
use kulta_events::RecordId;
use kulta_projections::identity::live::Resolver;
use kulta_projections::identity::measure::measure;
use kulta_projections::identity::pairs::Index;
use kulta_projections::identity::policy::MatchPolicy;
use kulta_projections::identity::prepared::Prepared;
use kulta_projections::identity::preview::preview;
use kulta_projections::identity::resolve::{Records, clusters};
use kulta_projections::identity::steward::Decisions;
use kulta_projections::identity::train::train;

/// Records that come one at a time.
const STREAMED: usize = 5_000;

#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
fn main() {
    println!("{}", machine());
    let mut table = Table::default();
    let sizes = match size("KULTA_BENCH_SIZE", 0) {
        0 => vec![40_000, 400_000],
        one => vec![one],
    };
    for customers in sizes {
        let mut csv = Vec::new();
        let config = Config { customers, events: 0, seed: 1, start_us: 0, end_us: 31_536_000_000_000, truth: true };
        generate::write_csv(config, &mut csv, |_| {}).expect("writing to memory does not fail");
        let policy = batch(&csv, &mut table);
        stream(&csv, &policy, &mut table);
    }
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
fn records(csv: &[u8], policy: &MatchPolicy) -> Input {
    read(csv, &Mapping::default(), Some("cluster_id"), policy, threads()).expect("the generator writes what is read")
}

/// Reads, trains, clusters; then new weights over the pairs that are kept. The policy.
fn batch(csv: &[u8], table: &mut Table) -> MatchPolicy {
    let start = Instant::now();
    let built_in = MatchPolicy::built_in();
    let mut input = records(csv, &built_in);
    let ids: Vec<u128> = (0..input.records.len() as u128).collect();
    let index = Index::of(&input.records, built_in.block_limit, threads());
    let trained = train(&mut input.records, &ids, &built_in, &index, false, threads());
    let of = Records { records: &input.records, ids: &ids, between: false, threads: threads() };
    let found = clusters(of, &index, &trained.pairs, &trained.policy, &Decisions::default());
    let seconds = start.elapsed().as_secs_f64();
    let quality = measure(&found, &input.truth);
    let remark =
        format!("F1 {:.3}, B-cubed {:.3}, {} pairs compared", quality.f1, quality.b_cubed_f1, trained.compared);
    let count = input.records.len();
    table.at_most(&format!("batch of {count} records, trained"), seconds, "s", 60.0, 15.0, &remark);

    let mut new = trained.policy.clone();
    new.link += 2.0;
    let start = Instant::now();
    let (_, changes) = preview(of, &index, &trained.pairs, &found, &new, &Decisions::default());
    let remark = format!("{} customers would fall apart", changes.split);
    let what = format!("other weights over {count} records, with diff");
    table.at_most(&what, start.elapsed().as_secs_f64(), "s", 10.0, 3.0, &remark);
    trained.policy
}

/// One record against all the others that are resident, and searches.
fn stream(csv: &[u8], policy: &MatchPolicy, table: &mut Table) {
    let mut all: Vec<(RecordId, Prepared)> = records(csv, policy)
        .records
        .into_iter()
        .enumerate()
        .map(|(number, record)| (RecordId(uuid::Uuid::from_u128(number as u128 + 1)), record))
        .collect();
    let coming = all.split_off(all.len() - STREAMED.min(all.len() / 2));
    let resident = all.len();
    let mut resolver = Resolver::new(policy.clone());
    let start = Instant::now();
    resolver.load(all, Vec::new(), threads());
    resolver.clusters_changed();
    let loaded = format!("loaded in {:.1} s", start.elapsed().as_secs_f64());
    let (mut searches, mut comings) = (Vec::new(), Vec::new());
    for (record, prepared) in coming {
        let start = Instant::now();
        let found = resolver.candidates(&prepared, 10);
        searches.push(start.elapsed().as_secs_f64() * 1e3);
        std::hint::black_box(found);
        let start = Instant::now();
        resolver.upsert(record, prepared);
        resolver.clusters_changed();
        comings.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let what = format!("one record against {resident}");
    table.at_most(&format!("{what}, median"), median(&comings), "ms", 2.0, 0.3, &loaded);
    table.at_most(&format!("{what}, p99"), percentile(&comings, 99.0), "ms", 15.0, 3.0, "");
    let what = format!("search among {resident}, p99");
    table.at_most(&what, percentile(&searches, 99.0), "ms", 20.0, 5.0, "");
}
