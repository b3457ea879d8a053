//! The board of 100,000 open offers over HTTP, while moves stream in.
//!
//! `cargo bench --bench boards`. `KULTA_BENCH_STORE=sqlite|postgres` for one store, `KULTA_BENCH_SIZE=N` for another number of
//! offers.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kulta_bench_kit::load::{BATCH, publish};
use kulta_bench_kit::node::{Node, Store};
use kulta_bench_kit::postgres::Postgres;
use kulta_bench_kit::report::{Table, machine, median, percentile};
use kulta_bench_kit::size;
use kulta_test_support::http::Client;
use serde_json::{Value, json};

const FOR_EVER: Duration = Duration::from_secs(3_600);
const BOARD: &str = "/v1/pipelines/default/board?limit=20";
const STAGES: [&str; 4] = ["new", "qualified", "proposal", "negotiation"];
const READS: usize = 300;
/// Moves in a batch, of which there are twenty a second.
const MOVES: u64 = 10;

#[tokio::main]
async fn main() {
    let server = Postgres::start().await;
    println!("{}, PostgreSQL {}", machine(), server.version().await);
    let offers = size("KULTA_BENCH_SIZE", 100_000);
    let mut table = Table::default();
    for store in Store::wanted() {
        let node = Node::start(env!("CARGO_BIN_EXE_kulta"), store, &server).await;
        let events: Vec<Value> = (0..offers).map(made).collect();
        let bodies: Vec<Vec<u8>> = events.chunks(1_000).map(|some| json!(some).to_string().into_bytes()).collect();
        publish(node.server.addr(), BATCH, &bodies, 2, FOR_EVER);
        node.catch_up();
        let (times, moved) = read_while_moving(&node, offers);
        let what = format!("board of {offers} open offers, {}", store.name());
        let remark = format!("{moved} moves meanwhile; every read waits for all that was stored");
        table.at_most(&format!("{what}: p99"), percentile(&times, 99.0), "ms", 50.0, 25.0, &remark);
        table.at_most(&format!("{what}: median"), median(&times), "ms", 50.0, 25.0, "");
        node.stop().await;
    }
}

fn made(n: u64) -> Value {
    let time = format!("2026-{:02}-{:02}T10:00:00Z", n % 9 + 1, n % 28 + 1);
    json!({"specversion": "1.0", "id": format!("c{n}"), "source": "crm", "type": "offer.created", "time": time,
        "subject": (n / 3).to_string(), "data": {"offer": format!("o{n}"), "title": format!("Pumps {n}"),
        "amount": format!("{}.50", n % 9_000), "currency": if n.is_multiple_of(7) { "SEK" } else { "EUR" },
        "stage": STAGES[(n % 4) as usize], "owner": format!("seller {}", n % 40), "team": "north"}})
}

fn moved(n: u64, of: u64) -> Value {
    json!({"specversion": "1.0", "id": format!("m{n}"), "source": "crm", "type": "offer.stage_changed",
        "time": "2026-10-01T10:00:00Z", "subject": ((n * 7919) % of / 3).to_string(),
        "data": {"offer": format!("o{}", (n * 7919) % of), "stage": STAGES[(n % 3) as usize + 1]}})
}

/// Milliseconds of each read, and how many moves there were.
#[expect(clippy::disallowed_methods, reason = "moves come at a steady pace")]
fn read_while_moving(node: &Node, offers: u64) -> (Vec<f64>, u64) {
    let (done, moves) = (AtomicBool::new(false), AtomicU64::new(0));
    let times = std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = node.server.client();
            while !done.load(Ordering::Relaxed) {
                let first = moves.fetch_add(MOVES, Ordering::Relaxed);
                let events: Vec<Value> = (first..first + MOVES).map(|n| moved(n, offers)).collect();
                post(&mut client, &events);
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        let mut client = node.server.client();
        let read = |_| {
            let start = Instant::now();
            client.get(BOARD).send().expect_status(200);
            start.elapsed().as_secs_f64() * 1_000.0
        };
        let times = (0..READS).map(read).collect();
        done.store(true, Ordering::Relaxed);
        times
    });
    (times, moves.into_inner())
}

fn post(client: &mut Client, events: &[Value]) {
    let request = client.post("/v1/events").body(BATCH, json!(events).to_string());
    request.send().expect_status(200);
}
