//! Golden records by id over HTTP, while 500 events a second come in, against the same server answering a constant; and
//! the time from the answer to a published event until it is seen in the golden record, at 2,000 events a second.
//!
//! `cargo bench --bench reads`. Every read names the position of the last answered event (`?after=`), so none is stale.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kulta_bench_kit::load::{self, BATCH, publish};
use kulta_bench_kit::node::{Node, Store};
use kulta_bench_kit::postgres::Postgres;
use kulta_bench_kit::report::{Table, Turns, machine, median, percentile, rounds};
use kulta_bench_kit::{input, size};
use kulta_test_support::http::Client;
use serde_json::{Value, json};

const CLIENTS: usize = 32;
/// Events of one request of the background load.
const EACH: usize = 10;

#[tokio::main]
async fn main() {
    let server = Postgres::start().await;
    println!("{}, PostgreSQL {}", machine(), server.version().await);
    let time = Duration::from_secs(size("KULTA_BENCH_SECONDS", 5));
    let mut table = Table::default();
    let sizes = match size("KULTA_BENCH_SIZE", 0) {
        0 => vec![50_000, 250_000],
        one => vec![one],
    };
    for number in sizes {
        let events = input::generated(number, 1);
        let bodies = input::batches(&events, 1_000);
        let later = input::batches(&input::generated(100_000, 2), EACH);
        for store in Store::wanted() {
            let what = format!("{}, {number} events before", store.name());
            one(&server, store, (&events, &bodies, &later), time, &what, &mut table).await;
        }
    }
}

type Input<'a> = (&'a [String], &'a [Vec<u8>], &'a [Vec<u8>]);

async fn one(server: &Postgres, store: Store, input: Input<'_>, time: Duration, what: &str, table: &mut Table) {
    let (events, bodies, later) = input;
    let node = Node::start(env!("CARGO_BIN_EXE_kulta"), store, server).await;
    let addr = node.server.addr();
    publish(addr, BATCH, bodies, 2, Duration::from_secs(3_600));
    node.catch_up();
    let customers = customers(addr, events);
    let (mut turns, mut halves, mut tails) = (Turns::default(), Vec::new(), Vec::new());
    for _ in 0..rounds() {
        let constant = load::get(addr, CLIENTS, time, |_| "/healthz".to_owned());
        let position = AtomicU64::new(node.standing().0);
        let golden = beside(addr, later, 500, &position, || {
            load::get(addr, CLIENTS, time, |nth| {
                let customer = &customers[nth.wrapping_mul(7_919) % customers.len()];
                format!("/v1/customers/{customer}?after={}", position.load(Ordering::Relaxed))
            })
        });
        turns.add(golden, constant);
        node.catch_up();
        let position = AtomicU64::new(0);
        let waits = beside(addr, later, 2_000, &position, || visible(addr, time));
        halves.push(percentile(&waits, 50.0));
        tails.push(percentile(&waits, 99.0));
        node.catch_up();
    }
    table.ratio(&format!("golden record by id, {what}"), &turns, 0.12, 0.4, "reads, while 500 events/s come in");
    table.at_most(&format!("visible p50, {what}"), median(&halves), "ms", 250.0, 50.0, "at 2,000 events/s");
    table.at_most(&format!("visible p99, {what}"), median(&tails), "ms", 250.0, 50.0, "at 2,000 events/s");
    node.stop().await;
}

/// Customers of some of the events, by the id of their record.
fn customers(addr: SocketAddr, events: &[String]) -> Vec<String> {
    let mut client = Client::new(addr);
    let mut found = Vec::new();
    let registered = events.iter().filter(|event| event.contains("\"customer.registered\""));
    for event in registered.step_by(5).take(1_000) {
        let event: Value = serde_json::from_str(event).unwrap_or_default();
        let (source, subject) = (event["source"].as_str().unwrap_or(""), event["subject"].as_str().unwrap_or(""));
        let answer = client.get(&format!("/v1/records/{source}/{}", encoded(subject))).send().expect_status(200).json();
        found.extend(answer["customer_id"].as_str().map(str::to_owned));
    }
    assert!(!found.is_empty(), "no customer was found");
    found
}

fn encoded(subject: &str) -> String {
    subject.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    })
}

/// Runs `work` while so many events a second come in, in requests of [`EACH`]; `position` follows what is answered.
fn beside<T>(addr: SocketAddr, bodies: &[Vec<u8>], rate: u32, position: &AtomicU64, work: impl FnOnce() -> T) -> T {
    let stop = AtomicBool::new(false);
    let pause = Duration::from_secs(EACH as u64) / rate;
    let feed = || {
        let mut client = Client::new(addr);
        let (start, mut next) = (Instant::now(), Duration::ZERO);
        for body in bodies.iter().cycle() {
            // The pace of a feed is no condition to wait for.
            std::thread::park_timeout(next.saturating_sub(start.elapsed()));
            if stop.load(Ordering::Relaxed) {
                return;
            }
            next += pause;
            let answer = client.post("/v1/events").body(BATCH, renamed(body, next)).send().expect_status(200);
            position.store(answer.json()["position"].as_u64().unwrap_or(0), Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(feed);
        let done = work();
        stop.store(true, Ordering::Relaxed);
        done
    })
}

/// The same events under other ids, so that a feed that goes round brings new ones.
fn renamed(body: &[u8], at: Duration) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    text.replace("\"id\":\"", &format!("\"id\":\"{}-{}-", std::process::id(), at.as_micros())).into_bytes()
}

/// Edits of one customer after another by one client: from the answer to the answer of a read that must show it, in ms.
///
/// # Panics
/// When a read does not show what was published before it.
fn visible(addr: SocketAddr, time: Duration) -> Vec<f64> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut client = Client::new(addr);
    let (start, mut waits) = (Instant::now(), Vec::new());
    while start.elapsed() < time {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("Visible {number}");
        let event = json!({"specversion": "1.0", "id": format!("visible-{number}"), "source": "crm",
            "type": "customer.registered", "subject": format!("visible-{}", number % 100),
            "time": format!("2026-01-01T00:{:02}:{:02}.{:06}Z", number / 60_000 % 60, number / 1_000 % 60, number % 1_000),
            "data": {"kind": "person", "name": name}});
        let answer = client.post("/v1/events").body(load::EVENT, event.to_string()).send().expect_status(200).json();
        let position = answer["position"].as_u64().unwrap_or(0);
        let answered = Instant::now();
        let target = format!("/v1/records/crm/visible-{}?after={position}", number % 100);
        let record = client.get(&target).send().expect_status(200).json();
        let customer = record["customer_id"].as_str().unwrap_or_default().to_owned();
        let golden = client.get(&format!("/v1/customers/{customer}?after={position}")).send().expect_status(200).json();
        waits.push(answered.elapsed().as_secs_f64() * 1_000.0);
        assert_eq!(golden["fields"]["name"]["value"], name.as_str(), "a stale read");
    }
    waits
}
