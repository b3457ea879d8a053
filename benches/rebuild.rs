//! A rebuild of all projections from the log, against a paged read of a jsonb log, each payload decoded; and its memory.
//! On PostgreSQL also by two nodes against one: on one machine that shows what sharing costs; what a second machine brings
//! shows only where nodes and database have machines of their own.
//!
//! `cargo bench --bench rebuild`. `KULTA_BENCH_SIZE=N` for one size; the ten million events are
//! `KULTA_BENCH_SIZE=10000000 KULTA_BENCH_CUSTOMERS=1000000`.

use std::time::{Duration, Instant};

use kulta_bench_kit::load::{BATCH, publish};
use kulta_bench_kit::node::{Node, Store, memory};
use kulta_bench_kit::postgres::{self, Postgres};
use kulta_bench_kit::report::{Table, Turns, machine, rounds};
use kulta_bench_kit::row::rows;
use kulta_bench_kit::{input, size, sqlite};
use kulta_test_support::http::Client;

const FOR_EVER: Duration = Duration::from_secs(3_600);

#[tokio::main]
async fn main() {
    let server = Postgres::start().await;
    println!("{}, PostgreSQL {}", machine(), server.version().await);
    let sizes = match size("KULTA_BENCH_SIZE", 0) {
        0 => vec![200_000, 1_000_000],
        one => vec![one],
    };
    let mut table = Table::default();
    for number in sizes {
        for store in Store::wanted() {
            one(&server, store, number, &mut table).await;
        }
    }
}

async fn one(server: &Postgres, store: Store, number: u64, table: &mut Table) {
    // Nobody projects while they come: one event after the other, ten million would take most of an hour.
    let node = Node::start(env!("CARGO_BIN_EXE_kulta"), store, server).await.again(&[("KULTA_ROLES", "serve")]);
    {
        let bodies = input::batches(&input::generated(number, 1), 1_000);
        publish(node.server.addr(), BATCH, &bodies, 2, FOR_EVER);
    }
    let node = node.again(&[("KULTA_ROLES", "serve,project")]);
    node.catch_up_within(FOR_EVER);
    let events = node.standing().0;
    let rows = rows(number.min(500_000));
    let mut turns = Turns::default();
    let mut client = node.server.client().timeout(FOR_EVER);
    let mut alone = Vec::new();
    for _ in 0..rounds() {
        let yardstick = match store {
            Store::Sqlite => sqlite::read_log(&rows).await,
            Store::Postgres => postgres::read_log(server, &rows).await,
        };
        let rate = rebuild(&mut client, events, 1);
        alone.push(rate);
        turns.add(rate, yardstick);
    }
    let (must, goal) = (0.4, 1.5);
    let what = format!("rebuild, {}, {number} events, {} customers", store.name(), input::customers(number));
    table.ratio(&what, &turns, must, goal, "events");
    table.at_most(&format!("{what}: peak memory"), node.memory().1, "MB", 2_000.0, 1_000.0, "the whole server");
    if store == Store::Postgres {
        let other = node.beside(env!("CARGO_BIN_EXE_kulta"));
        let mut turns = Turns::default();
        for alone in alone {
            turns.add(rebuild(&mut client, events, 2), alone);
        }
        table.ratio(&format!("{what}: two nodes against one"), &turns, 0.5, 1.0, "one machine");
        let highest = memory(other.pid()).1;
        table.at_most(&format!("{what}: peak memory of the second node"), highest, "MB", 2_000.0, 1_000.0, "");
        other.terminate(Duration::from_secs(120));
    }
    node.stop().await;
}

/// Events a second of a rebuild that so many nodes share; earlier ones, of fewer that were ready, are no figure.
fn rebuild(client: &mut Client, events: u64, nodes: u64) -> f64 {
    let give_up = Instant::now() + FOR_EVER;
    loop {
        let start = Instant::now();
        let rebuilt = client.post("/v1/projections/rebuild").send().expect_status(200).json();
        if rebuilt["nodes"] == nodes {
            return events as f64 / start.elapsed().as_secs_f64();
        }
        assert!(Instant::now() < give_up, "{nodes} nodes are never ready: {rebuilt}");
    }
}
