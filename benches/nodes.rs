//! Two nodes on one PostgreSQL database against one: batches of 1,000 events over HTTP, with as many clients in all.
//!
//! `cargo bench --bench nodes` (`KULTA_BENCH_SIZE`, `KULTA_BENCH_CLIENTS`). Both nodes, their clients and the database share
//! this machine's cores: what a second node costs shows here, what a second machine brings does not.
//!
//! Then the same number of events, stored while projecting stood still, is caught up with: by one node, and in steps that two share. Processor
//! seconds of the node that projects say what the other takes off it.

use std::time::{Duration, Instant};

use kulta_bench_kit::load::{BATCH, publish};
use kulta_bench_kit::node::{Node, Store};
use kulta_bench_kit::postgres::Postgres;
use kulta_bench_kit::report::{Table, Turns, machine, rounds};
use kulta_bench_kit::{input, size};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

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
        for _ in 0..rounds() {
            for nodes in [1, 2] {
                println!("{}", behind(&server, &bodies, clients, nodes).await);
            }
        }
    }
}

/// Waits until a query gives something true.
#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
async fn until(connection: &mut PgConnection, sql: &str) {
    let is = async {
        while !sqlx::query_scalar::<_, bool>(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&mut *connection)
            .await
            .unwrap_or(false)
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(FOR_EVER, is).await.expect("it comes about");
}

/// Processor seconds that a process has used.
fn processor(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let times = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    // In hundredths, on every Linux that there is.
    times.filter_map(|time| time.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Stores all while projecting stands still, then lets so many nodes catch up.
#[expect(clippy::expect_used, reason = "a bench stops where it fails")]
async fn behind(server: &Postgres, bodies: &[Vec<u8>], clients: usize, nodes: usize) -> String {
    const READY: &str = "SELECT count(*) > 0 FROM pg_locks JOIN pg_database AS d ON d.oid = database
        WHERE locktype = 'advisory' AND mode = 'ShareLock' AND datname = current_database()";
    let node = Node::start(env!("CARGO_BIN_EXE_kulta"), Store::Postgres, server).await;
    let node = node.again(&[("KULTA_LIMITS_FOLD_ALONE", "20000")]);
    node.catch_up();
    let mut connection = PgConnection::connect(&node.url).await.expect("the server answers");
    let other = (nodes > 1).then(|| node.beside(env!("CARGO_BIN_EXE_kulta")));
    if other.is_some() {
        until(&mut connection, READY).await;
    }
    let live = "SELECT number FROM generation WHERE state = 'live'";
    let live: i64 = sqlx::query_scalar(live).fetch_one(&mut connection).await.expect("there is a live generation");
    let lock = format!("BEGIN; LOCK TABLE kulta_g{live}.checkpoint IN SHARE MODE");
    sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut connection).await.expect("the lock is free");
    let published = publish(node.server.addr(), BATCH, bodies, clients, FOR_EVER);
    let pids: Vec<u32> = std::iter::once(&node.server).chain(&other).map(|server| server.pid()).collect();
    let before: Vec<f64> = pids.iter().map(|pid| processor(*pid)).collect();
    let start = Instant::now();
    sqlx::raw_sql("COMMIT").execute(&mut connection).await.expect("the lock is let go");
    node.catch_up();
    let took = start.elapsed();
    let used: Vec<String> =
        pids.iter().zip(before).map(|(pid, before)| format!("{:.1}", processor(*pid) - before)).collect();
    let steps = node.metric("kulta_shared_steps_total");
    let stored = published.accepted + published.duplicates;
    if let Some(other) = other {
        other.terminate(Duration::from_secs(60));
    }
    node.stop().await;
    format!(
        "catching up with {stored} events, nodes: {nodes}, shared steps: {steps}, {:.1} s; processor seconds of each node: {}",
        took.as_secs_f64(),
        used.join(", ")
    )
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
