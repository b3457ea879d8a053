//! Two nodes on one PostgreSQL database against one: batches of 1,000 events over HTTP, with as many clients in all.
//!
//! `cargo bench --bench nodes` (`KULTA_BENCH_SIZE`, `KULTA_BENCH_CLIENTS`). Both nodes, their clients and the database share
//! this machine's cores: what a second node costs shows here, what a second machine brings does not.

use std::time::{Duration, Instant};

use kulta_bench_kit::load::{BATCH, publish};
use kulta_bench_kit::node::{Node, Store};
use kulta_bench_kit::postgres::Postgres;
use kulta_bench_kit::report::{Table, Turns, machine, rounds};
use kulta_bench_kit::{input, size};

const FOR_EVER: Duration = Duration::from_secs(3_600);

#[tokio::main]
async fn main() {
    let server = Postgres::start().await;
    println!("{}, PostgreSQL {}", machine(), server.version().await);
    let clients = usize::try_from(size("KULTA_BENCH_CLIENTS", 4)).unwrap_or(4);
    let mut table = Table::default();
    let sizes = match size("KULTA_BENCH_SIZE", 0) {
        0 => vec![50_000, 200_000],
        one => vec![one],
    };
    for number in sizes {
        let bodies = input::batches(&input::generated(number, 1), 1_000);
        let mut turns = Turns::default();
        for _ in 0..rounds() {
            let one = one_node(&server, &bodies, clients).await;
            turns.add(two_nodes(&server, &bodies, clients).await, one);
        }
        table.ratio(&format!("two nodes against one, {number} events"), &turns, 0.8, 1.0, "events");
    }
}

fn count(body: &[u8]) -> usize {
    serde_json::from_slice::<Vec<serde_json::Value>>(body).map_or(0, |events| events.len())
}

async fn one_node(server: &Postgres, bodies: &[Vec<u8>], clients: usize) -> f64 {
    let node = Node::start(env!("CARGO_BIN_EXE_kulta"), Store::Postgres, server).await;
    let rate = publish(node.server.addr(), BATCH, bodies, clients, FOR_EVER).rate();
    node.catch_up();
    node.stop().await;
    rate
}

async fn two_nodes(server: &Postgres, bodies: &[Vec<u8>], clients: usize) -> f64 {
    let node = Node::start(env!("CARGO_BIN_EXE_kulta"), Store::Postgres, server).await;
    let other = node.beside(env!("CARGO_BIN_EXE_kulta"));
    let (first, second) = bodies.split_at(bodies.len() / 2);
    let start = Instant::now();
    let published = std::thread::scope(|scope| {
        let halves = [(node.server.addr(), first), (other.addr(), second)];
        let running =
            halves.map(|(addr, half)| scope.spawn(move || publish(addr, BATCH, half, (clients / 2).max(1), FOR_EVER)));
        running.map(|half| half.join().unwrap_or_default())
    });
    let events: usize = published.iter().map(|half| half.accepted + half.duplicates).sum();
    let rate = events as f64 / start.elapsed().as_secs_f64();
    // Every event of the feed is answered once: a client that failed is no figure.
    assert_eq!(events, bodies.iter().map(|body| count(body)).sum::<usize>(), "a client failed");
    node.catch_up();
    other.terminate(Duration::from_secs(60));
    node.stop().await;
    rate
}
