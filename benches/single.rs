//! Single events over HTTP, each acknowledged durable, against one INSERT per transaction: 32 clients against 32
//! connections, one against one. SQLite has one writer, so its yardstick has one connection in both cases.
//!
//! `cargo bench --bench single`. `KULTA_BENCH_SECONDS=N` for another time per figure.

use std::time::Duration;

use kulta_bench_kit::load::{EVENT, publish};
use kulta_bench_kit::node::{Node, Store};
use kulta_bench_kit::postgres::{self, Postgres};
use kulta_bench_kit::report::{Table, Turns, machine, rounds};
use kulta_bench_kit::row::rows;
use kulta_bench_kit::{input, size, sqlite};

#[tokio::main]
async fn main() {
    let server = Postgres::start().await;
    println!("{}, PostgreSQL {}", machine(), server.version().await);
    let time = Duration::from_secs(size("KULTA_BENCH_SECONDS", 5));
    let events: Vec<_> = input::generated(time.as_secs() * 30_000, 1).into_iter().map(String::into_bytes).collect();
    let rows = rows(time.as_secs() * 30_000);
    let mut table = Table::default();
    for store in Store::wanted() {
        for (clients, must, goal) in [(32, 0.8, 2.0), (1, 0.6, 0.8)] {
            let mut turns = Turns::default();
            for _ in 0..rounds() {
                let yardstick = match store {
                    Store::Sqlite => sqlite::one_row(&rows, time).await,
                    Store::Postgres => postgres::one_row(&server, clients, time).await,
                };
                let node = Node::start(env!("CARGO_BIN_EXE_kulta"), store, &server).await;
                let clients = usize::try_from(clients).unwrap_or(1);
                turns.add(publish(node.server.addr(), EVENT, &events, clients, time).rate(), yardstick);
                node.catch_up();
                node.stop().await;
            }
            let what = format!("single events, {}, {clients} client(s)", store.name());
            table.ratio(&what, &turns, must, goal, "events");
        }
    }
}
