//! Memory of the real binary: idle, and while it ingests at full speed.
//!
//! `cargo bench --bench memory`: a minute on each store; `KULTA_BENCH_SECONDS=600` for the ten minutes of the target. Each
//! slice tells of other customers; with `KULTA_BENCH_CUSTOMERS=N` all are about the same ones, who are registered first.

use std::time::{Duration, Instant};

use kulta_bench_kit::load::{BATCH, publish};
use kulta_bench_kit::node::{Node, Store};
use kulta_bench_kit::postgres::Postgres;
use kulta_bench_kit::report::{Table, machine};
use kulta_bench_kit::{input, size};

/// Events published between two looks at the memory.
const SLICE: u64 = 100_000;
/// More events a second than there is a machine for here.
const MOST: u64 = 100_000;

#[tokio::main]
async fn main() {
    let server = Postgres::start().await;
    println!("{}, PostgreSQL {}", machine(), server.version().await);
    let time = Duration::from_secs(size("KULTA_BENCH_SECONDS", 60));
    let mut table = Table::default();
    for store in Store::wanted() {
        let node = Node::start(env!("CARGO_BIN_EXE_kulta"), store, &server).await;
        node.catch_up();
        let idle = node.memory().0;
        let mut slices = slices(time);
        let (start, mut seen) = (Instant::now(), Vec::new());
        let mut published = 0;
        while start.elapsed() < time
            && let Some(events) = slices.next()
        {
            let done = publish(node.server.addr(), BATCH, &input::batches(&events, 1_000), 2, time);
            published += done.accepted;
            seen.push(node.memory().0);
        }
        node.catch_up();
        let remark =
            format!("{published} events in {:.0} s; in MB after each slice: {}", time.as_secs_f64(), list(&seen));
        table.at_most(&format!("idle memory, {}", store.name()), idle, "MB", 200.0, 60.0, "");
        let what = format!("peak memory while ingesting, {}", store.name());
        table.at_most(&what, node.memory().1, "MB", 600.0, 300.0, &remark);
        node.stop().await;
    }
}

/// What is published, slice by slice.
fn slices(time: Duration) -> Box<dyn Iterator<Item = Vec<String>>> {
    if std::env::var_os("KULTA_BENCH_CUSTOMERS").is_none() {
        return Box::new((1..).map(|seed| input::generated(SLICE, seed)));
    }
    // With fewer events than records come registrations alone.
    let registrations = input::generated(1, 1);
    let mut feed = input::feed(time.as_secs() * MOST, 1);
    let rest = std::iter::from_fn(move || Some(feed.by_ref().take(SLICE as usize).collect()));
    Box::new(std::iter::once(registrations).chain(rest))
}

fn list(figures: &[f64]) -> String {
    let texts: Vec<_> = figures.iter().map(|figure| format!("{figure:.0}")).collect();
    texts.join(" ")
}
