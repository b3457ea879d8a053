//! Nodes on one PostgreSQL database: all take what comes, one projects, the others stand by and take over when the first
//! dies, freezes or is cut off, and nothing is written twice.

mod shared;
mod steps;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kulta::clock::{Clock, SystemClock};
use kulta::event_types::EventTypes;
use kulta::intake::Intake;
use kulta::intake::publish::{Along, Arrival, Status};
use kulta::privacy::vault::{Door, Sealable};
use kulta::privacy::{Acquainted, MasterKey, Vault};
use kulta::store::{self, AppendError, Options, Page, Select};
use kulta_events::{Json, RecordId, Vocabulary};
use kulta_test_support::http::Client;
use kulta_test_support::pg::{self, TestDatabase};
use kulta_test_support::process::Server;
use kulta_test_support::{Signal, eventually};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::kit::{Asks, PATIENCE, Place, event};
use crate::load::audit::{audit, read_log, sample};
use crate::load::{Crew, Deployment, Link, Rng, StopOnDrop, Target};

/// Workers of each node.
const WORKERS: usize = 3;
const AT_LEAST: u64 = 40;
/// How long the other node may take to notice that the first is gone.
const TAKE_OVER: Duration = Duration::from_secs(30);

/// Nodes of one database, a crew that works on all of them, the projecting one first.
struct Nodes {
    runtime: Runtime,
    deployment: Deployment,
    nodes: Vec<Server>,
    targets: Vec<Arc<Target>>,
    crew: Crew,
    rng: Rng,
    database: TestDatabase,
}

impl Nodes {
    fn pair() -> Self {
        Self::start(|runtime, _, deployment| {
            let first = deployment.serve();
            becomes(runtime, &mut deployment.client(&first), "live");
            vec![first, deployment.serve()]
        })
    }

    /// `serve` starts them; the first projects already.
    fn start(serve: impl FnOnce(&Runtime, &str, &Deployment) -> Vec<Server>) -> Self {
        Self::start_as(|deployment| deployment, serve)
    }

    /// The same with other settings.
    fn start_as(
        set: impl FnOnce(Deployment) -> Deployment,
        serve: impl FnOnce(&Runtime, &str, &Deployment) -> Vec<Server>,
    ) -> Self {
        let (runtime, seed) = (Runtime::new().unwrap(), Rng::seed());
        eprintln!("KULTA_SEED={seed}");
        let mut rng = Rng::new(seed);
        let database = runtime.block_on(pg::database());
        let deployment = set(Deployment::postgres(database.url()));
        let nodes = serve(&runtime, database.url(), &deployment);
        let targets: Vec<_> = nodes.iter().map(|node| Arc::new(Target::new(node.addr()))).collect();
        let crew = Crew::start(&targets, &deployment.token, WORKERS, &mut rng);
        Self { runtime, deployment, nodes, targets, crew, rng, database }
    }

    fn client(&self, node: usize) -> Client {
        self.deployment.client(&self.nodes[node])
    }

    /// Waits until one of them does this; how long it took.
    fn becomes(&self, node: usize, state: &str) -> Duration {
        becomes(&self.runtime, &mut self.client(node), state)
    }

    fn work(&mut self) {
        let and_for = Duration::from_millis(self.rng.below(300));
        if !self.crew.work(AT_LEAST, and_for) {
            let said: Vec<_> = self.nodes.iter().map(Server::stderr).collect();
            panic!("a worker has failed, or nothing is acknowledged any more: {said:#?}");
        }
    }

    /// Everything that was acknowledged stands in the log, seen from either node, and the projections are right.
    fn finish(mut self) {
        let (ledger, _) = self.crew.finish();
        let mut logs = Vec::new();
        for node in &self.nodes {
            let mut client = self.deployment.client(node);
            let log = read_log(&mut client);
            sample(&mut client, &log, 20, &mut self.rng);
            logs.push(log);
        }
        assert!(logs.iter().all(|log| *log == logs[0]), "the nodes read different logs");
        let of_the_crew: Vec<_> = logs[0].iter().filter(|event| event["source"] != "across").cloned().collect();
        ledger.with(|account| audit(account, &of_the_crew));
        let mut nodes = self.nodes.into_iter();
        let first = nodes.next().unwrap();
        for other in nodes {
            assert_eq!(other.terminate(Duration::from_secs(60)).code(), Some(0));
        }
        eprintln!("{} events", logs[0].len());
        self.deployment.verify(first);
    }
}

fn standing(client: &mut Client) -> Value {
    client.get("/v1/projections").send().expect_status(200).json()["items"][0].clone()
}

/// Waits until a node does this; how long it took.
fn becomes(runtime: &Runtime, client: &mut Client, state: &str) -> Duration {
    let started = Instant::now();
    let mut look = || {
        let now = standing(client);
        if now["state"] == state { Ok(()) } else { Err(now) }
    };
    runtime.block_on(async { eventually(TAKE_OVER, || std::future::ready(look())).await });
    started.elapsed()
}

/// Publishes at one node and reads at the other, which waits until it has it.
fn write_here_read_there(here: &mut Client, there: &mut Client, number: u64) {
    let event = json!({
        "specversion": "1.0", "id": number.to_string(), "source": "across", "type": "customer.contact_edited",
        "subject": (number % 3).to_string(), "time": format!("2025-06-01T10:{:02}:{:02}Z", number / 60, number % 60),
        "data": {"name": number.to_string()},
    });
    let answer = here.post("/v1/events").body("application/cloudevents+json", event.to_string()).send();
    let position = answer.expect_status(200).json()["position"].as_u64().unwrap();
    let target = format!("/v1/records/across/{}?after={position}", number % 3);
    let record = there.get(&target).send().expect_status(200).json();
    let id = record["customer_id"].as_str().unwrap();
    let golden = there.get(&format!("/v1/customers/{id}?after={position}")).send().expect_status(200).json();
    assert_eq!(golden["fields"]["name"]["value"], json!(number.to_string()), "stale at {position}: {golden}");
}

#[test]
fn both_take_what_comes_and_one_projects() {
    let mut pair = Nodes::pair();
    pair.work();
    assert_eq!(standing(&mut pair.client(0))["state"], "live");
    assert_eq!(standing(&mut pair.client(1))["state"], "standing_by");
    pair.client(1).post("/v1/projections/rebuild").send().expect_status(409);
    let (mut one, mut two) = (pair.client(0), pair.client(1));
    for number in 0..40 {
        if number % 2 == 0 {
            write_here_read_there(&mut one, &mut two, number);
        } else {
            write_here_read_there(&mut two, &mut one, number);
        }
    }
    pair.finish();
}

#[test]
fn no_reader_of_either_node_notices_a_rebuild() {
    let mut pair = Nodes::pair();
    pair.work();
    let mut one = pair.client(0);
    let log = read_log(&mut one);
    for node in 0..2 {
        let projected = format!("/v1/records/nobody/0?after={}", log.len());
        pair.client(node).get(&projected).send().expect_status(404);
    }
    let ids: Vec<_> = log.iter().filter_map(|event| event["recordid"].as_str()).collect();
    let stop = AtomicBool::new(false);
    let reads: u64 = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..4)
            .map(|reader| {
                let (mut client, mut rng, ids, stop) = (pair.client(reader % 2), pair.rng.fork(), &ids, &stop);
                scope.spawn(move || {
                    let mut reads = 0;
                    while !stop.load(Ordering::Relaxed) {
                        let id = rng.pick(ids).unwrap();
                        let status = client.get(&format!("/v1/customers/{id}/timeline")).send().status;
                        assert!(matches!(status, 200 | 307), "{status} from node {}", reader % 2);
                        reads += 1;
                    }
                    reads
                })
            })
            .collect();
        let stopping = StopOnDrop(&stop);
        for _ in 0..5 {
            one.post("/v1/projections/rebuild").send().expect_status(200);
        }
        drop(stopping);
        readers.into_iter().map(|reader| reader.join().unwrap()).sum()
    });
    eprintln!("{reads} reads");
    pair.finish();
}

#[test]
fn the_other_takes_over_when_one_dies() {
    let mut pair = Nodes::pair();
    for _ in 0..3 {
        pair.work();
        pair.nodes.remove(0).kill_9();
        // Whoever worked on it goes on with the other one.
        pair.targets[0].set(pair.nodes[0].addr());
        eprintln!("took over in {:.1?}", pair.becomes(0, "live"));
        pair.nodes.push(pair.deployment.serve());
        pair.targets[0].set(pair.nodes[1].addr());
        pair.targets.swap(0, 1);
        pair.work();
    }
    pair.finish();
}

#[test]
fn one_that_was_frozen_is_fenced() {
    let mut pair = Nodes::pair();
    for _ in 0..3 {
        pair.work();
        pair.nodes[0].signal(Signal::Stop);
        eprintln!("took over in {:.1?}", pair.becomes(1, "live"));
        pair.work();
        pair.nodes[0].signal(Signal::Cont);
        pair.becomes(0, "standing_by");
        pair.work();
        pair.nodes.swap(0, 1);
        pair.targets.swap(0, 1);
    }
    pair.finish();
}

/// Both are told of the same new customers at the same time, in large batches: each makes keys for them, one of which holds.
#[test]
fn both_take_batches_about_the_same_new_customers() {
    let mut nodes = Nodes::pair();
    let customers = 3_000;
    let publish = |node: usize, mut client: Client| {
        for batch in 0..12 {
            let one = |nth: usize| {
                // From the one end at one node, from the other at the other: they meet in the middle, and before.
                let number = (batch * 250 + nth * 7) % customers;
                let subject = if node == 0 { number } else { customers - 1 - number };
                json!({
                    "specversion": "1.0", "id": format!("{node}-{batch}-{nth}"), "source": "across",
                    "type": "purchase.made", "subject": format!("same-{subject}"), "time": "2025-06-01T10:00:00Z",
                    "data": {"amount": "1", "currency": "EUR"},
                })
            };
            let events = json!((0..500).map(one).collect::<Vec<_>>()).to_string();
            let answer = client.post("/v1/events").body("application/cloudevents-batch+json", events).send();
            let results = answer.expect_status(200).json()["results"].clone();
            assert!(results.as_array().unwrap().iter().all(|result| result["status"] == "accepted"), "{results}");
        }
    };
    std::thread::scope(|scope| {
        for node in 0..2 {
            let client = nodes.client(node);
            scope.spawn(move || publish(node, client));
        }
    });
    nodes.work();
    nodes.finish();
}

/// Three nodes: two that may project, and one that only serves.
#[test]
fn only_nodes_that_may_project_take_over() {
    let mut nodes = Nodes::start(|runtime, url, deployment| {
        let first = deployment.serve_at(url, &["--roles", "project"]);
        becomes(runtime, &mut deployment.client(&first), "live");
        vec![first, deployment.serve_at(url, &["--roles", "serve"]), deployment.serve_at(url, &["--roles", "project"])]
    });
    nodes.work();
    nodes.client(1).post("/v1/projections/rebuild").send().expect_status(409);
    nodes.nodes[0].signal(Signal::Stop);
    eprintln!("took over in {:.1?}", nodes.becomes(2, "live"));
    nodes.work();
    assert_eq!(standing(&mut nodes.client(1))["state"], "standing_by");
    nodes.nodes[0].signal(Signal::Cont);
    nodes.becomes(0, "standing_by");
    nodes.nodes.remove(2).kill_9();
    nodes.targets[2].set(nodes.nodes[1].addr());
    eprintln!("took over in {:.1?}", nodes.becomes(0, "live"));
    let (mut one, mut other) = (nodes.client(0), nodes.client(1));
    for number in 0..20 {
        write_here_read_there(&mut other, &mut one, number * 2);
        write_here_read_there(&mut one, &mut other, number * 2 + 1);
    }
    nodes.work();
    nodes.finish();
}

/// What was stored while nobody projected is folded batch by batch, the next one read ahead, and policies where they stand.
#[test]
fn a_node_that_starts_far_behind_folds_all_that_came_meanwhile() {
    let place = Place::postgresql();
    let serving = place.kulta(["serve", "--listen", "127.0.0.1:0", "--roles", "serve"]).serve();
    let mut client = serving.client();
    let told = |number: u64| {
        let subject = number * 7 % 900;
        let data =
            json!({"name": format!("Name {}", subject % 700), "email": format!("e{}@example.org", number % 800)});
        let time = format!("2025-06-01T10:{:02}:00Z", number * 31 % 60);
        event("crm", &subject.to_string(), &number.to_string(), &time, "customer.registered", data)
    };
    let mut publish = |numbers: std::ops::Range<u64>| {
        for first in numbers.step_by(1_000) {
            client.accepted(&(first..first + 1_000).map(told).collect::<Vec<_>>());
        }
    };
    publish(0..7_000);
    serving.client().send("PUT", "/v1/match-policy", &json!({"policy": {"link": 3.0}})).expect_status(200);
    publish(7_000..13_000);
    let projecting = place.serve();
    let head = projecting.client().caught_up();
    assert!(head > 13_000, "{head}");
    assert_eq!(projecting.client().read("/v1/match-policy")["policy"]["link"], json!(3.0));
    for node in [serving, projecting] {
        node.terminate(PATIENCE);
    }
    place.kulta(["verify"]).run().expect_code(0);
}

/// The network between the projecting node and the database swallows everything for a while: no connection is closed.
#[test]
fn one_that_was_cut_off_from_the_database_is_fenced() {
    let mut link = None;
    let mut nodes = Nodes::start(|runtime, url, deployment| {
        let through = link.insert(runtime.block_on(Link::to(url)));
        let first = deployment.serve_at(&through.url, &[]);
        becomes(runtime, &mut deployment.client(&first), "live");
        vec![first, deployment.serve(), deployment.serve()]
    });
    let link = link.unwrap();
    for _ in 0..2 {
        nodes.becomes(0, "live");
        nodes.work();
        link.cut();
        // Whoever works on it goes on with another one; what it was asked and has not answered is asked again.
        nodes.targets[0].set(nodes.nodes[1].addr());
        let others = [1, 2];
        let look = || {
            let states = others.map(|node| standing(&mut nodes.client(node))["state"].clone());
            if states.iter().any(|state| state == "live") { Ok(()) } else { Err(states) }
        };
        nodes.runtime.block_on(async { eventually(TAKE_OVER, || std::future::ready(look())).await });
        nodes.work();
        link.mend();
        nodes.targets[0].set(nodes.nodes[0].addr());
        nodes.becomes(0, "standing_by");
        nodes.work();
        // It projects again when the others are gone.
        for node in others {
            nodes.nodes[node].signal(Signal::Stop);
        }
        nodes.becomes(0, "live");
        for node in others {
            nodes.nodes[node].signal(Signal::Cont);
            nodes.becomes(node, "standing_by");
        }
    }
    nodes.finish();
}

/// A node that has not heard of a record yet.
struct NeverHeardOf;

impl Acquainted for NeverHeardOf {
    fn is_new(&self, _: RecordId) -> bool {
        true
    }
}

/// What two nodes have sealed, by keys of their own for the same new record, is sealed again while it is being stored.
async fn keys_of_another_node_hold(url: &str) {
    let log = store::open(url, &Options::new(Arc::new(|| SystemClock.now()))).await.unwrap();
    let vocabulary = EventTypes::from(Vocabulary::standard());
    let open = async || Arc::new(Vault::open(log.clone(), MasterKey::parse(&"7".repeat(64)).unwrap()).await.unwrap());
    let vaults = [open().await, open().await, open().await];
    let intake = Intake::new(log.clone(), open().await, vocabulary.clone(), Arc::new(SystemClock));
    let told = |id: &str, kind: &str, data: Value| {
        let text = json!({
            "specversion": "1.0", "id": id, "source": "crm", "type": kind, "subject": "7",
            "time": "2025-06-01T10:00:00Z", "data": data,
        });
        let text: Arc<str> = text.to_string().into();
        Sealable {
            fact: intake.check(&text).unwrap(),
            original: text,
            door: Door { name: "http", origin: String::new() },
        }
    };
    let mut appends = Vec::new();
    for (number, vault) in vaults.iter().enumerate() {
        let id = |of: usize| (10 * number + of).to_string();
        let facts: Arc<[Sealable]> = Arc::new([
            told(&id(1), "customer.contact_edited", json!({"name": format!("Anna {number}")})),
            told(&id(2), "message.logged", json!({"message": "m", "text": format!("hello {number}")})),
        ]);
        let mut append = vault.seal_facts(&facts, 1).await.unwrap();
        append.reseal = Some(vault.reseal(facts, 1));
        appends.push(append);
    }
    for append in appends {
        log.append(append).await.unwrap();
    }
    let record = vaults[0].hasher().record("crm", "7");
    assert_eq!(log.keys(&[record]).await.unwrap()[&record].len(), 2, "one for each class");
    let reader = open().await;
    let read = async || {
        let stored = log.read(&Page::forwards(Select::All, 0, 20)).await.unwrap();
        let opened = reader.open_events(&vocabulary.now(), stored, |_| true).await.unwrap();
        let word = |event: &kulta_events::Recorded| {
            let data = &event.payload.data;
            data.get("name").or(data.get("text")).and_then(Json::as_str).map(str::to_owned)
        };
        opened.iter().map(word).collect::<Vec<_>>()
    };
    let words = ["Anna 0", "hello 0", "Anna 1", "hello 1", "Anna 2", "hello 2"];
    assert_eq!(read().await, words.map(|word| Some(word.to_owned())));
    log.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_another_node_hold_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    keys_of_another_node_hold(&format!("sqlite://{}", folder.path().join("kulta.db").display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_another_node_hold_on_postgres() {
    keys_of_another_node_hold(pg::database().await.url()).await;
}

/// Of a record that another node has just stored.
async fn who_takes_a_record_for_new_seals_again(url: &str) {
    let log = store::open(url, &Options::new(Arc::new(|| SystemClock.now()))).await.unwrap();
    let vocabulary = EventTypes::from(Vocabulary::standard());
    let open = async || Arc::new(Vault::open(log.clone(), MasterKey::parse(&"7".repeat(64)).unwrap()).await.unwrap());
    let (one, two, reader) = (open().await, open().await, open().await);
    two.acquaint(Arc::new(NeverHeardOf));
    let intakes = [one, two].map(|vault| Intake::new(log.clone(), vault, vocabulary.clone(), Arc::new(SystemClock)));
    for (number, name) in ["Anna", "Berta", "Cilla"].into_iter().enumerate() {
        let text = json!({
            "specversion": "1.0", "id": number.to_string(), "source": "crm", "type": "customer.contact_edited",
            "subject": "7", "time": "2025-06-01T10:00:00Z", "data": {"name": name},
        });
        let arrival = Arrival { text: text.to_string().into(), problems: Vec::new(), origin: String::new() };
        let intake = &intakes[number.min(1)];
        let published = intake.publish(vec![arrival], "http", 1, Along::default()).await.unwrap();
        assert_eq!(published.results[0].status, Status::Accepted(number as u64 + 1));
    }
    let stored = log.read(&Page::forwards(Select::All, 0, 10)).await.unwrap();
    let opened = reader.open_events(&vocabulary.now(), stored, |_| true).await.unwrap();
    let names: Vec<_> = opened.iter().map(|event| event.payload.data.get("name").and_then(Json::as_str)).collect();
    assert_eq!(names, [Some("Anna"), Some("Berta"), Some("Cilla")]);
    log.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_a_record_for_new_seals_again_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    who_takes_a_record_for_new_seals_again(&format!("sqlite://{}", folder.path().join("kulta.db").display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_a_record_for_new_seals_again_on_postgres() {
    who_takes_a_record_for_new_seals_again(pg::database().await.url()).await;
}

/// One log and two vaults, each with the keys that it has made and loaded, as two nodes have.
#[tokio::test(flavor = "multi_thread")]
async fn keys_that_wait_to_be_stored_do_not_hide_what_another_node_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("kulta.db").display());
    let log = store::open(&url, &Options::new(Arc::new(|| SystemClock.now()))).await.unwrap();
    let vocabulary = EventTypes::from(Vocabulary::standard());
    let open = async || Arc::new(Vault::open(log.clone(), MasterKey::parse(&"7".repeat(64)).unwrap()).await.unwrap());
    let (one, two, three) = (open().await, open().await, open().await);
    let intake = Intake::new(log.clone(), one, vocabulary.clone(), Arc::new(SystemClock));
    let text: Arc<str> = json!({
        "specversion": "1.0", "id": "1", "source": "crm", "type": "customer.registered", "subject": "7",
        "time": "2025-06-01T10:00:00Z", "data": {"name": "Anna"},
    })
    .to_string()
    .into();

    let door = Door { name: "http", origin: String::new() };
    let waiting = [Sealable { fact: intake.check(&text).unwrap(), original: text.clone(), door }];
    // Both have made keys for the record that they take for new.
    let appends = [two.seal_facts(&waiting, 1).await.unwrap(), three.seal_facts(&waiting, 1).await.unwrap()];
    let arrival = Arrival { text, problems: Vec::new(), origin: String::new() };
    intake.publish(vec![arrival], "http", 1, Along::default()).await.unwrap();

    let record = two.hasher().record("crm", "7");
    assert_eq!(two.subjects(&[record]).await.unwrap()[&record].subject.as_deref(), Some("7"));
    let stored = log.read(&Page::forwards(Select::All, 0, 1)).await.unwrap();
    let opened = three.open_events(&vocabulary.now(), stored, |_| true).await.unwrap();
    assert!(!opened[0].payload.erased, "{opened:?}");
    assert_eq!(opened[0].payload.data.get("name").and_then(Json::as_str), Some("Anna"));
    // What they sealed with their own keys is sealed again.
    for append in appends {
        let error = log.append(append).await.unwrap_err();
        assert!(matches!(error, AppendError::StaleKeys(records) if records == [record]));
    }
    log.close().await;
}
