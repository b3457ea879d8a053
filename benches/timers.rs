//! Timers of automations: a million that wait, and what it takes to find and to fire those that are due.
//!
//! `cargo bench --bench timers`. `KULTA_BENCH_TIMERS=N` for another number of timers, `KULTA_BENCH_SIZE=N` for another number of
//! customers, `KULTA_BENCH_STORE=sqlite|postgres` for one store.

use std::hint::black_box;
use std::time::{Duration, Instant};

use kulta::automations::Timers;
use kulta_bench_kit::load::{BATCH, publish};
use kulta_bench_kit::node::{Node, Store};
use kulta_bench_kit::postgres::Postgres;
use kulta_bench_kit::report::{Table, machine, median};
use kulta_bench_kit::size;
use kulta_test_support::http::Client;
use serde_json::{Value, json};
use uuid::Uuid;

const FOR_EVER: Duration = Duration::from_secs(3_600);
/// One customer of so many is due at once.
const DUE_OF: u64 = 50;
const LOOKS: usize = 101;

#[tokio::main]
async fn main() {
    let server = Postgres::start().await;
    println!("{}, PostgreSQL {}", machine(), server.version().await);
    let mut table = Table::default();
    held(&mut table, size("KULTA_BENCH_TIMERS", 1_000_000));
    let customers = size("KULTA_BENCH_SIZE", 100_000);
    for store in Store::wanted() {
        let node = Node::start(env!("CARGO_BIN_EXE_kulta"), store, &server).await;
        fired(&mut table, &node, store, customers);
        node.stop().await;
    }
}

fn at(seconds: u64) -> kulta_events::Instant {
    kulta_events::Instant::from_micros(seconds as i64 * 1_000_000)
}

/// Finding what is due among many, against a look at each of them.
fn held(table: &mut Table, count: u64) {
    let mut timers = Timers::default();
    let mut listed = Vec::new();
    let begin = Instant::now();
    for n in 0..count {
        // In no order, a thousand of them due.
        let time = at(if n % (count / 1_000) == 0 { 1 } else { 1_000 + n * 7_919 % count });
        timers.set((n % 5) as u32, Uuid::from_u128(u128::from(n) << 64 | 7), Some(time));
        listed.push((time, n));
    }
    let set = begin.elapsed().as_secs_f64() * 1e9 / count as f64;
    let micros = |work: &mut dyn FnMut()| {
        let times = (0..LOOKS).map(|_| {
            let begin = Instant::now();
            work();
            begin.elapsed().as_secs_f64() * 1e6
        });
        median(&times.collect::<Vec<_>>())
    };
    let scan = micros(&mut || {
        black_box(listed.iter().filter(|(time, _)| *time <= at(0)).count());
    });
    let nothing = micros(&mut || {
        black_box(timers.take_due(at(0), 1_000));
    });
    let begin = Instant::now();
    let due = timers.take_due(at(1), 10_000).len();
    let taken = begin.elapsed().as_secs_f64() * 1e6;
    let what = format!("{count} timers");
    table.plain(&format!("{what}: set one"), set, "ns", "");
    table.plain(
        &format!("{what}: a look when nothing is due"),
        nothing,
        "us",
        &format!("a look at each: {scan:.0} us"),
    );
    table.plain(&format!("{what}: take out {due} that are due"), taken, "us", "");
}

/// From facts to timers and tasks, over HTTP.
fn fired(table: &mut Table, node: &Node, store: Store, customers: u64) {
    let events: Vec<Value> = (0..customers).map(bought).collect();
    let bodies: Vec<Vec<u8>> = events.chunks(1_000).map(|some| json!(some).to_string().into_bytes()).collect();
    publish(node.server.addr(), BATCH, &bodies, 2, FOR_EVER);
    node.catch_up();
    let mut client = node.server.client();
    let definition = json!({"when": {"nothing": {"on": ["purchase.made"], "days": 3_000}}, "from": "2000-01-01T00:00:00Z",
        "then": [{"task": {"title": "Call them"}}]});
    let begin = Instant::now();
    let body = json!({"definition": definition});
    client.put("/v1/automations/quiet").json(&body).send().expect_status(200);
    let (due, waiting) = (customers.div_ceil(DUE_OF), customers - customers.div_ceil(DUE_OF));
    let all = until(&mut client, begin, |automations| automations["timers"].as_u64() == Some(waiting));
    let what = format!("{customers} customers, {}", store.name());
    let remark = format!("{due} fired for with a task each meanwhile");
    table.plain(&format!("{what}: until every one was looked at and {waiting} timers wait"), all, "s", &remark);
    let begin = Instant::now();
    let fire = 2_000.min(customers);
    let old: Vec<Value> = (0..fire).map(|n| bought(n * DUE_OF + customers * DUE_OF)).collect();
    publish(node.server.addr(), BATCH, &[json!(old).to_string().into_bytes()], 1, FOR_EVER);
    let enough = due + fire;
    let all = until(&mut client, begin, |automations| automations["items"][0]["fired"].as_u64() == Some(enough));
    table.plain(
        &format!("{what}: causes fired for"),
        fire as f64 / all,
        "/s",
        "each a task, in a transaction of its own",
    );
}

/// The last purchase of a customer: of one in fifty long ago.
fn bought(n: u64) -> Value {
    let year = if n.is_multiple_of(DUE_OF) { 2010 } else { 2026 };
    json!({"specversion": "1.0", "id": format!("p{n}"), "source": "erp", "type": "purchase.made", "subject": n.to_string(),
        "time": format!("{year}-{:02}-{:02}T10:00:00Z", n % 9 + 1, n % 28 + 1), "data": {"amount": "10", "currency": "EUR"}})
}

/// Seconds since a time until something is so.
#[expect(clippy::disallowed_methods, reason = "a look ten times a second")]
fn until(client: &mut Client, begin: Instant, is_so: impl Fn(&Value) -> bool) -> f64 {
    loop {
        if is_so(&client.get("/v1/automations").send().expect_status(200).json()) {
            return begin.elapsed().as_secs_f64();
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
