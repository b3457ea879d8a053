//! Batches of 1,000 events over HTTP into the real binary, projections running, against plain multi-row inserts.
//!
//! `cargo bench --bench ingest`. `KULTA_BENCH_STORE=sqlite|postgres` for one store, `KULTA_BENCH_SIZE=N` for one size,
//! `KULTA_BENCH_CLIENTS=1` for one connection.

use std::time::Duration;

use kulta_bench_kit::load::{BATCH, publish};
use kulta_bench_kit::node::{Node, Store};
use kulta_bench_kit::postgres::{self, Postgres};
use kulta_bench_kit::report::{Table, Turns, machine, median, rounds};
use kulta_bench_kit::row::{Row, rows};
use kulta_bench_kit::{input, size, sqlite};

const FOR_EVER: Duration = Duration::from_secs(3_600);

#[tokio::main]
async fn main() {
    let server = Postgres::start().await;
    println!("{}, PostgreSQL {}", machine(), server.version().await);
    let sizes = match size("KULTA_BENCH_SIZE", 0) {
        0 => vec![100_000, 500_000],
        one => vec![one],
    };
    let mut table = Table::default();
    for number in sizes {
        let events = input::generated(number, 1);
        let bodies = input::batches(&events, 1_000);
        println!("{number} events, {:.0} % with personal parts", input::personal_percent(&events));
        drop(events);
        let rows = rows(number);
        for store in Store::wanted() {
            one(&server, store, &bodies, &rows, &mut table).await;
        }
    }
}

async fn one(server: &Postgres, store: Store, bodies: &[Vec<u8>], rows: &[Row], table: &mut Table) {
    let clients = usize::try_from(size("KULTA_BENCH_CLIENTS", 2)).unwrap_or(2);
    let (mut turns, mut lags, mut peaks) = (Turns::default(), Vec::new(), Vec::new());
    for _ in 0..rounds() {
        let yardstick = match store {
            Store::Sqlite => sqlite::many_rows(rows).await,
            Store::Postgres => postgres::many_rows(server, rows).await,
        };
        let node = Node::start(env!("CARGO_BIN_EXE_kulta"), store, server).await;
        let published = publish(node.server.addr(), BATCH, bodies, clients, FOR_EVER);
        lags.push(node.catch_up().as_secs_f64());
        peaks.push(node.memory().1);
        turns.add(published.rate(), yardstick);
        node.stop().await;
    }
    let (must, goal) = match store {
        Store::Sqlite => (0.4, 0.8),
        Store::Postgres => (0.5, 1.0),
    };
    let what = format!("batch ingest, {}, {} events", store.name(), rows.len());
    table.ratio(&what, &turns, must, goal, "events");
    table.at_most(&format!("{what}: caught up after the end"), median(&lags), "s", 10.0, 1.0, "");
    table.at_most(&format!("{what}: peak memory"), median(&peaks), "MB", 600.0, 300.0, "");
}
