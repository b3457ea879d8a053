//! Lists of scores kept up while batches of 1,000 events come in, against the same without a published rule set.
//!
//! `cargo bench --bench scores`. `KULTA_BENCH_STORE=sqlite|postgres` for one store, `KULTA_BENCH_SIZE=N` for one size,
//! `KULTA_BENCH_HISTORY=N` for events that are there before the clock starts (default: half of the size).

use std::time::{Duration, Instant};

use kulta_bench_kit::load::{BATCH, publish};
use kulta_bench_kit::node::{Node, Store};
use kulta_bench_kit::postgres::Postgres;
use kulta_bench_kit::report::{Table, Turns, machine, median, rounds};
use kulta_bench_kit::{input, size};
use serde_json::json;

const FOR_EVER: Duration = Duration::from_secs(3_600);
/// How many ingest requests run side by side.
const CLIENTS: usize = 2;
const RULES: &str = include_str!("../src/demo/value.toml");
const LIST: &str = "/v1/rule-sets/customer-value/scores?limit=1";

#[tokio::main]
async fn main() {
    let server = Postgres::start().await;
    println!("{}, PostgreSQL {}", machine(), server.version().await);
    let sizes = match size("KULTA_BENCH_SIZE", 0) {
        0 => vec![100_000, 400_000],
        one => vec![one],
    };
    let mut table = Table::default();
    for number in sizes {
        let history = usize::try_from(size("KULTA_BENCH_HISTORY", number / 2)).unwrap_or(0);
        let bodies = input::batches(&input::generated(number, 1), 1_000);
        let (before, timed) = bodies.split_at((history / 1_000).min(bodies.len()));
        println!("{number} events, of which {history} are there before");
        for store in Store::wanted() {
            one(&server, store, before, timed, &mut table).await;
        }
    }
}

async fn one(server: &Postgres, store: Store, before: &[Vec<u8>], timed: &[Vec<u8>], table: &mut Table) {
    let (mut turns, mut lags, mut ends) = (Turns::default(), Vec::new(), Vec::new());
    for _ in 0..rounds() {
        let without = round(server, store, before, timed, false).await;
        let with = round(server, store, before, timed, true).await;
        turns.add(with.rate, without.rate);
        lags.push(with.scored.as_secs_f64());
        ends.push(with.projected.as_secs_f64());
    }
    let what = format!("ingest while scores are kept up, {}, {},000 events", store.name(), timed.len());
    table.ratio(&what, &turns, 0.5, 1.0, "events");
    table.at_most(&format!("{what}: projected after the end"), median(&ends), "s", 10.0, 1.0, "");
    table.at_most(&format!("{what}: scored after the end"), median(&lags), "s", 10.0, 1.0, "");
}

struct Round {
    rate: f64,
    projected: Duration,
    scored: Duration,
}

async fn round(server: &Postgres, store: Store, before: &[Vec<u8>], timed: &[Vec<u8>], scored: bool) -> Round {
    let node = Node::start(env!("CARGO_BIN_EXE_kulta"), store, server).await;
    publish(node.server.addr(), BATCH, before, CLIENTS, FOR_EVER);
    node.catch_up();
    if scored {
        let body = json!({"rules": RULES, "effective_from": "2020-01-01T00:00:00Z"});
        let mut client = node.server.client();
        client.post("/v1/rule-sets/customer-value/publish").json(&body).send().expect_status(200);
        until_scored(&node);
    }
    let published = publish(node.server.addr(), BATCH, timed, CLIENTS, FOR_EVER);
    let end = Instant::now();
    let projected = node.catch_up();
    if scored {
        until_scored(&node);
    }
    let round = Round { rate: published.rate(), projected, scored: end.elapsed() };
    node.stop().await;
    round
}

/// Waits until the list has got to the head of the log.
fn until_scored(node: &Node) {
    let (head, _) = node.standing();
    let start = Instant::now();
    let mut client = node.server.client();
    while client.get(&format!("{LIST}&after={head}")).send().status != 200 {
        assert!(start.elapsed() < Duration::from_secs(600), "the scores do not catch up");
    }
}
