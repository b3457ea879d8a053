//! Commands through cqrs-es aggregates over HTTP: 32 clients edit customers that people registered, each its own.
//!
//! `cargo bench --bench commands`. The yardstick is cqrs-es with postgres-es, without HTTP, where `KULTA_BENCH_POSTGRES_ES`
//! names the executable of `benches/with_postgres_es` (`cargo build --release` there: it needs an older sqlx than kulta).
//! Without it the bench repeats postgres-es' statements itself, which is faster than cqrs-es is. There is no yardstick for
//! SQLite: it is measured against the same one on PostgreSQL.

use std::time::Duration;

use kulta_bench_kit::load::patch;
use kulta_bench_kit::node::{Node, Store};
use kulta_bench_kit::postgres::{self, Postgres};
use kulta_bench_kit::report::{Table, Turns, machine, rounds};
use kulta_bench_kit::size;
use kulta_test_support::http::Client;
use serde_json::json;

const CLIENTS: usize = 32;

#[tokio::main]
async fn main() {
    let server = Postgres::start().await;
    println!("{}, PostgreSQL {}", machine(), server.version().await);
    let time = Duration::from_secs(size("KULTA_BENCH_SECONDS", 5));
    let through = std::env::var_os("KULTA_BENCH_POSTGRES_ES");
    let name = if through.is_some() { "cqrs-es + postgres-es" } else { "postgres-es' statements" };
    let mut table = Table::default();
    for store in Store::wanted() {
        let mut turns = Turns::default();
        for _ in 0..rounds() {
            let yardstick = match &through {
                Some(executable) => postgres::commands_of(executable, &server, CLIENTS as u64, time).await,
                None => postgres::commands(&server, CLIENTS as u64, time).await,
            };
            let node = Node::start(env!("CARGO_BIN_EXE_kulta"), store, &server).await;
            let customers = register(&node, 2_000);
            node.catch_up();
            turns.add(patch(node.server.addr(), &edits(&customers, time.as_secs() * 20_000), CLIENTS, time), yardstick);
            node.catch_up();
            node.stop().await;
        }
        let what = format!("commands, {}, {CLIENTS} clients", store.name());
        table.ratio(&what, &turns, 1.5, 4.0, &format!("yardstick: {name} on PostgreSQL"));
    }
}

/// Customers that people registered, by their addresses.
fn register(node: &Node, number: usize) -> Vec<String> {
    let mut customers = Vec::new();
    let one = |from: usize| {
        let mut client = Client::new(node.server.addr());
        let mut own = Vec::new();
        for number in (from..number).step_by(CLIENTS) {
            let attributes =
                json!({"kind": "person", "name": format!("Anna Virtanen {number}"), "email": "a@example.fi"});
            let answer = client.post("/v1/customers").json(&attributes).send();
            assert!(answer.status == 200 || answer.status == 201, "{}", answer.text());
            let customer = answer.json();
            let id = customer["customer_id"].as_str().map(str::to_owned);
            own.extend(id.map(|id| format!("/v1/customers/{id}")));
        }
        own
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..CLIENTS).map(|from| scope.spawn(move || one(from))).collect();
        for client in running {
            customers.extend(client.join().unwrap_or_default());
        }
    });
    assert_eq!(customers.len(), number, "not every customer was registered");
    customers
}

/// An edit of each customer in turn.
fn edits(customers: &[String], number: u64) -> Vec<(String, String)> {
    let edit = |(nth, customer): (u64, &String)| {
        (customer.clone(), json!({"email": format!("anna.{nth}@example.fi"), "phone": "+358401234567"}).to_string())
    };
    (0..number).zip(customers.iter().cycle()).map(edit).collect()
}
