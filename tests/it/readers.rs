//! Live readers beside 32 writers, some of whose requests are refused: nothing is missed, doubled or reordered, and who
//! follows the changes ends with every customer as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use kulta_test_support::http::Client;
use kulta_test_support::pg;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::load::audit::{audit, read_log};
use crate::load::{Crew, Deployment, Rng, Target, setting};

const WRITERS: usize = 32;
/// Events and commands that are acknowledged before the writers stop.
const WRITTEN: u64 = 4_000;
/// For the writers.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where the log ends; not known while there are writers.
type End = Arc<AtomicU64>;

/// Goes on with the position of each page until the end of the log; all events that it was given.
fn follow(mut client: Client, filter: &str, limit: u64, end: &End) -> Vec<Value> {
    let (mut events, mut after) = (Vec::new(), 0);
    while after < end.load(Ordering::SeqCst) {
        let target = format!("/v1/events?after={after}&limit={limit}&wait=1{filter}");
        let page = client.get(&target).send().expect_status(200).json();
        events.extend_from_slice(page["items"].as_array().unwrap());
        let position = page["position"].as_u64().unwrap();
        assert!(position >= after, "{after} {page}");
        after = position;
    }
    events
}

/// Goes on with the cursor of each page, and with the last position where there is none.
fn page_by_cursor(mut client: Client, end: &End) -> Vec<Value> {
    let (mut events, mut place) = (Vec::<Value>::new(), "after=0".to_owned());
    loop {
        let ended = events.len() as u64 >= end.load(Ordering::SeqCst);
        let page = client.get(&format!("/v1/events?limit=13&wait=1&{place}")).send().expect_status(200).json();
        events.extend_from_slice(page["items"].as_array().unwrap());
        place = match page["next"].as_str() {
            Some(next) => format!("cursor={next}"),
            None if ended => return events,
            None => format!("after={}", page["position"]),
        };
    }
}

/// What a follower of `/v1/changes` holds: who holds each record, and each customer as it came last.
#[derive(Debug, Default)]
struct Copy {
    holders: BTreeMap<String, String>,
    customers: BTreeMap<String, Value>,
}

impl Copy {
    fn take(&mut self, customer: &Value) {
        let id = customer["customer_id"].as_str().unwrap();
        for record in customer["records"].as_array().unwrap() {
            self.holders.insert(record["record_id"].as_str().unwrap().to_owned(), id.to_owned());
        }
        self.customers.insert(id.to_owned(), customer.clone());
    }

    /// The customers that still hold a record.
    fn finish(mut self) -> BTreeMap<String, Value> {
        let held: BTreeSet<_> = self.holders.values().collect();
        self.customers.retain(|id, _| held.contains(id));
        self.customers
    }
}

fn copy(mut client: Client, limit: u64, end: &End) -> BTreeMap<String, Value> {
    let mut copy = Copy::default();
    let (mut after, mut cursor) = (0, String::new());
    loop {
        let ended = after >= end.load(Ordering::SeqCst);
        let target = format!("/v1/changes?after={after}&limit={limit}{cursor}");
        let page = client.get(&target).send().expect_status(200).json();
        for customer in page["items"].as_array().unwrap() {
            copy.take(customer);
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None if ended => return copy.finish(),
            None => {
                cursor = String::new();
                after = page["position"].as_u64().unwrap();
            }
        }
    }
}

fn read(deployment: &Deployment) {
    let seed = Rng::seed();
    eprintln!("KULTA_SEED={seed}");
    let server = deployment.serve();
    let end = Arc::new(AtomicU64::new(u64::MAX));
    let spawn = |filter: &'static str, limit| -> JoinHandle<Vec<Value>> {
        let (client, end) = (deployment.client(&server), end.clone());
        std::thread::spawn(move || follow(client, filter, limit, &end))
    };
    let (fast, slow, one_type) = (spawn("", 1_000), spawn("", 17), spawn("&type=purchase.made", 50));
    let (client, other_end) = (deployment.client(&server), end.clone());
    let by_cursor = std::thread::spawn(move || page_by_cursor(client, &other_end));
    let copies = [3, 200].map(|limit| {
        let (client, end) = (deployment.client(&server), end.clone());
        std::thread::spawn(move || copy(client, limit, &end))
    });

    let target = Arc::new(Target::new(server.addr()));
    let crew = Crew::start(&[target], &deployment.token, WRITERS, &mut Rng::new(seed));
    let written = crew.ledger.await_acknowledged(setting("KULTA_WRITTEN", WRITTEN), PATIENCE);
    let (ledger, _) = crew.finish();
    let mut client = deployment.client(&server);
    let log = read_log(&mut client);
    end.store(log.len() as u64, Ordering::SeqCst);

    for (name, reader) in [("fast", fast), ("slow", slow), ("by cursor", by_cursor)] {
        let read = reader.join().unwrap();
        let first = read.iter().zip(&log).find(|(read, logged)| read != logged);
        assert!(first.is_none() && read.len() == log.len(), "{name}: {} of {}, {first:?}", read.len(), log.len());
    }
    let purchases: Vec<_> = log.iter().filter(|event| event["type"] == "purchase.made").cloned().collect();
    assert!(one_type.join().unwrap() == purchases, "the reader of one type");

    ledger.with(|account| audit(account, &log));
    let refused = ledger.with(|account| account.commands.values().filter(|outcome| outcome.is_refused()).count());
    assert!(refused > 0 && written >= WRITTEN, "{refused} {written}");
    client.get(&format!("/v1/records/kulta/x?after={}", log.len())).send().expect_status(404);
    let settled = copy(deployment.client(&server), 1_000, &end);
    for (number, copy) in copies.into_iter().enumerate() {
        compare(&copy.join().unwrap(), &settled, number);
    }
    eprintln!("{} events, {refused} commands refused, {} customers", log.len(), settled.len());
    deployment.verify(server);
}

fn compare(copy: &BTreeMap<String, Value>, settled: &BTreeMap<String, Value>, number: usize) {
    for (id, customer) in settled {
        assert_eq!(copy.get(id), Some(customer), "copy {number}");
    }
    let gone = copy.keys().find(|id| !settled.contains_key(*id));
    assert_eq!(gone, None, "copy {number} holds a customer that is no more");
}

#[test]
fn readers_miss_nothing_on_sqlite() {
    read(&Deployment::sqlite());
}

#[test]
fn readers_miss_nothing_on_postgresql() {
    let database = Runtime::new().unwrap().block_on(pg::database());
    read(&Deployment::postgres(database.url()));
}
