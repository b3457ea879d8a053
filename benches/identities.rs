//! Identities end to end: customers registered over HTTP into the real binary, until their golden records are up; then
//! searches and decisions among them.
//!
//! `cargo bench --bench identities`. `KULTA_BENCH_STORE=sqlite|postgres` for one store, `KULTA_BENCH_SIZE=N` for another
//! number of records than 100,000.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kulta::generate::{Config, events};
use kulta_bench_kit::load::{BATCH, publish};
use kulta_bench_kit::node::{Node, Store};
use kulta_bench_kit::postgres::Postgres;
use kulta_bench_kit::report::{Table, machine, percentile};
use kulta_bench_kit::{input, size};
use kulta_test_support::http::Client;
use serde_json::{Value, json};

const FOR_EVER: Duration = Duration::from_secs(3_600);
const START_US: i64 = 1_735_689_600_000_000;
const YEAR_US: i64 = 365 * 86_400_000_000;
/// Requests of each kind.
const ASKED: usize = 500;

#[tokio::main]
async fn main() {
    let server = Postgres::start().await;
    println!("{}, PostgreSQL {}", machine(), server.version().await);
    let number = size("KULTA_BENCH_SIZE", 100_000);
    let registered = registrations(number);
    println!("{} records", registered.len());
    let mut table = Table::default();
    for store in Store::wanted() {
        let node = Node::start(env!("CARGO_BIN_EXE_kulta"), store, &server).await;
        arrive(&node, store, &registered, &mut table);
        ask(node.server.addr(), store, &registered, &mut table);
        split(node.server.addr(), store, &mut table);
        preview(node.server.addr(), store, &mut table);
        node.stop().await;
    }
}

/// What sources tell of customers at first, as it arrives.
fn registrations(number: u64) -> Vec<String> {
    let config = Config {
        customers: (number * 2 / 5).max(1),
        events: number * 6,
        seed: 7,
        start_us: START_US,
        end_us: START_US + YEAR_US,
        truth: false,
    };
    let of_customers = events(config).map(|event| event.json).filter(|text| text.contains("\"customer.registered\""));
    of_customers.take(usize::try_from(number).unwrap_or(usize::MAX)).collect()
}

fn arrive(node: &Node, store: Store, registered: &[String], table: &mut Table) {
    let bodies = input::batches(registered, 1_000);
    let published = publish(node.server.addr(), BATCH, &bodies, 2, FOR_EVER);
    let time = published.time + node.catch_up();
    let each = time.as_secs_f64() * 1e6 / registered.len() as f64;
    let remark = format!("{:.0} records/s, {:.0} MB afterwards", 1e6 / each, node.memory().0);
    let goal = if store == Store::Sqlite { 200.0 } else { 333.0 };
    let what = format!("a record, durable to golden, {}, {} records", store.name(), registered.len());
    table.at_most(&what, each, "µs", 667.0, goal, &remark);
}

fn ask(addr: SocketAddr, store: Store, registered: &[String], table: &mut Table) {
    let known: Vec<Value> = registered
        .iter()
        .step_by((registered.len() / ASKED).max(1))
        .filter_map(|text| serde_json::from_str(text).ok())
        .collect();
    let mut client = Client::new(addr);
    let data: Vec<&Value> = known.iter().map(|event| &event["data"]).collect();
    let names = data.iter().filter_map(|data| data["family_name"].as_str().or(data["name"].as_str()));
    let searches: Vec<f64> = names
        .map(|name| {
            let target = format!("/v1/customers?limit=10&q={}", encoded(name));
            timed(|| drop(client.get(&target).send().expect_status(200)))
        })
        .collect();
    report(table, &format!("search by name, top 10, {}", store.name()), &searches, 20.0, 5.0);
    let matches: Vec<f64> = data
        .iter()
        .map(|data| timed(|| drop(client.post("/v1/customers/match?limit=10").json(data).send().expect_status(200))))
        .collect();
    report(table, &format!("search before create, top 10, {}", store.name()), &matches, 20.0, 5.0);
}

fn report(table: &mut Table, what: &str, milliseconds: &[f64], must: f64, goal: f64) {
    let median = percentile(milliseconds, 50.0);
    let remark = format!("median {median:.1} ms");
    table.at_most(&format!("{what}: p99"), percentile(milliseconds, 99.0), "ms", must, goal, &remark);
}

/// A customer of a hundred records loses one, from the command to the new golden records.
fn split(addr: SocketAddr, store: Store, table: &mut Table) {
    let record = |n: usize| {
        json!({"specversion": "1.0", "id": format!("r{n}"), "source": "bench", "type": "customer.registered",
            "subject": n.to_string(), "time": "2026-01-01T00:00:00Z",
            "data": {"kind": "person", "given_name": "Ylermi", "family_name": "Hundertmark", "email": "y@hundertmark.example",
                "birth_date": "1951-02-03", "phone": "+358 45 7654991"}})
    };
    let mut client = Client::new(addr);
    let all: Vec<Value> = (0..100).map(record).collect();
    let answer = client.post("/v1/events").body(BATCH, json!(all).to_string()).send().expect_status(200).json();
    let after = &answer["position"];
    let holder = client.get(&format!("/v1/records/bench/0?after={after}")).send().expect_status(200).json();
    let id = holder["customer_id"].as_str().unwrap_or_default().to_owned();
    let golden = client.get(&format!("/v1/customers/{id}")).send().expect_status(200).json();
    let records = golden["records"].as_array().map_or(0, Vec::len);
    let mut times = Vec::new();
    for n in 90..100 {
        times.push(timed(|| {
            let body = json!({"records": [{"source": "bench", "subject": n.to_string()}]});
            let done = client.post(&format!("/v1/customers/{id}/split")).json(&body).send().expect_status(200).json();
            client.get(&format!("/v1/customers/{id}?after={}", done["position"])).send().expect_status(200);
        }));
    }
    let what = format!("split of a customer of {records} records, {}", store.name());
    let median = percentile(&times, 50.0);
    table.at_most(&format!("{what}: median"), median, "ms", 50.0, 5.0, "command, durable, golden records");
}

/// What other policies would change: the first time all records are compared, then their agreements are there.
fn preview(addr: SocketAddr, store: Store, table: &mut Table) {
    let mut client = Client::new(addr);
    let mut ask = |link: f64| -> (f64, Value) {
        let body = json!({"policy": {"link": link}});
        let start = Instant::now();
        let answer = client.post("/v1/match-policy/preview").json(&body).send().expect_status(200).json();
        (start.elapsed().as_secs_f64(), answer["preview"].clone())
    };
    let (first, _) = ask(6.0);
    let (second, preview) = ask(8.0);
    let remark = format!("over HTTP; {} changes; the first preview took {first:.1} s", preview["changes"]);
    table.at_most(&format!("preview of other weights, {}", store.name()), second, "s", 10.0, 3.0, &remark);
    let target = format!("/v1/match-policy/previews/{}", preview["id"].as_str().unwrap_or_default());
    let page = timed(|| drop(client.get(&target).send().expect_status(200)));
    println!("a page of the diff, {}: {page:.1} ms", store.name());
}

/// Milliseconds.
fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64() * 1e3
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
