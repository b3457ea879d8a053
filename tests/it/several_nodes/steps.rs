//! Live steps that two nodes share, while one of them dies, freezes and wakes up again and events keep coming.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use kulta_test_support::http::Client;
use kulta_test_support::process::Server;
use kulta_test_support::{Signal, eventually};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{Nodes, TAKE_OVER, becomes};
use crate::load::StopOnDrop;

/// So far behind the node that projects folds alone, and so many events are stored at once.
const ALONE: &str = "300";
const BATCH: u64 = 500;
/// How long it may take until a step is held up in which both have shares.
const STEP: Duration = Duration::from_secs(120);
/// How long one try may take.
const TRY: Duration = Duration::from_secs(5);
/// What the node counts that takes steps, and what the one that helps.
const STEPS: &str = "kulta_shared_steps";
const SHARES: &str = "kulta_shared_step_shares";
/// Records beside those of the crew.
const RECORDS: u64 = 2_000;

/// The first stage folds records, the second makes customers: shares of it as one connection sees them.
struct HeldUp {
    connection: PgConnection,
    generation: i64,
    stage: i16,
}

impl HeldUp {
    /// Stops what a stage writes while both nodes have shares of it.
    async fn at(url: &str, stage: i16) -> Self {
        let connection = PgConnection::connect(url).await.unwrap();
        let mut held = Self { connection, generation: 0, stage };
        loop {
            held.generation = held.shared().await;
            let table = if stage == 1 { "share_state" } else { "share_customer" };
            let lock = format!("BEGIN; LOCK TABLE kulta_g{}.{table} IN SHARE MODE", held.generation);
            sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut held.connection).await.unwrap();
            // More than one node takes at once.
            let of_one = if stage == 1 { 16 } else { 4 };
            let both = format!("count(*) FILTER (WHERE seen_at IS NOT NULL AND rows IS NULL) > {of_one}");
            if held.until(&both, TRY).await {
                return held;
            }
            // The step was over before.
            sqlx::raw_sql("ROLLBACK").execute(&mut held.connection).await.unwrap();
        }
    }

    /// Waits for a step; its generation.
    async fn shared(&mut self) -> i64 {
        let live = "SELECT number FROM generation
            WHERE state = 'live' AND to_regclass('kulta_g' || number || '.share_plan') IS NOT NULL";
        loop {
            // As often as it can: a step is short.
            let found: Option<i64> = sqlx::query_scalar(live).fetch_optional(&mut self.connection).await.unwrap();
            if let Some(number) = found {
                let plan = format!("SELECT count(*) FROM kulta_g{number}.share_plan");
                let plans: i64 = sqlx::query_scalar(AssertSqlSafe(plan)).fetch_one(&mut self.connection).await.unwrap();
                if plans > 0 {
                    return number;
                }
            }
            tokio::task::yield_now().await;
        }
    }

    /// Waits until the shares of the stage are like this; false when they are not in time.
    async fn until(&mut self, like: &str, within: Duration) -> bool {
        let query = format!("SELECT {like} FROM kulta_g{}.share WHERE stage = {}", self.generation, self.stage);
        let give_up = Instant::now() + within;
        while Instant::now() < give_up {
            let is: bool =
                sqlx::query_scalar(AssertSqlSafe(query.clone())).fetch_one(&mut self.connection).await.unwrap();
            if is {
                return true;
            }
            tokio::task::yield_now().await;
        }
        false
    }

    /// Lets them write.
    async fn go_on(&mut self) {
        sqlx::raw_sql("COMMIT").execute(&mut self.connection).await.unwrap();
    }
}

/// One of many events: people who are told of again and again, alike enough to be taken for each other and then not, most of
/// them late by their times.
fn one(number: u64) -> serde_json::Value {
    let (subject, minute) = (number * 7 % RECORDS, number * 31 % 60);
    let of = |many: u64| if number.is_multiple_of(5) { number % many } else { subject % many };
    let kind = if number.is_multiple_of(3) { "customer.contact_edited" } else { "customer.registered" };
    json!({
        "specversion": "1.0", "id": number.to_string(), "source": "across", "type": kind,
        "subject": format!("stepped-{subject}"), "time": format!("2025-06-01T10:{minute:02}:00Z"),
        "data": {"name": format!("Name {}", of(700)), "email": format!("e{}@example.org", of(900)), "unheard_of": 1},
    })
}

impl Nodes {
    /// Two nodes, the second ready to share steps of the first.
    fn sharing_steps() -> Self {
        let nodes = Self::start_as(
            |deployment| deployment.with("KULTA_LIMITS_FOLD_ALONE", ALONE).with("RUST_LOG", "kulta=info,warn"),
            |runtime, _, deployment| {
                let first = deployment.serve();
                becomes(runtime, &mut deployment.client(&first), "live");
                vec![first, deployment.serve()]
            },
        );
        nodes.wait_for_a_helper();
        nodes
    }

    /// What happens while a stage of a step is held up; events are stored at a node all the time.
    fn step_while(&mut self, stage: i16, at: usize, meanwhile: impl AsyncFnOnce(&mut Vec<Server>, &mut HeldUp)) {
        let (url, stop) = (self.database.url().to_owned(), Arc::new(AtomicBool::new(false)));
        let storing = store(self.client(at), stop.clone());
        let stopping = StopOnDrop(&stop);
        let nodes = &mut self.nodes;
        self.runtime
            .block_on(async {
                let working = async {
                    let mut held = HeldUp::at(&url, stage).await;
                    meanwhile(nodes, &mut held).await;
                };
                tokio::time::timeout(STEP, working).await
            })
            .unwrap_or_else(|_| {
                let said: Vec<_> = self.nodes.iter().map(Server::stderr).collect();
                panic!("no step was held up in which both have shares: {said:#?}")
            });
        drop(stopping);
        eprintln!("{} events", storing.join().unwrap());
    }

    /// The node that helps dies in the middle of a stage; its shares are done by the other.
    fn helper_dies_in(mut self, stage: i16) {
        self.targets[1].set(self.nodes[0].addr());
        let mut client = self.client(0);
        let steps = counted(&mut client, STEPS);
        self.step_while(stage, 0, async |nodes, held| {
            nodes.remove(1).kill_9();
            held.go_on().await;
        });
        self.runtime.block_on(counts_more((&mut client, &self.nodes[0]), STEPS, steps));
        self.nodes.push(self.deployment.serve());
        self.targets[1].set(self.nodes[1].addr());
        self.work();
        self.finish();
    }

    /// The node that helps freezes in the middle of a stage, and wakes up when its shares are the other's.
    fn helper_freezes_in(mut self, stage: i16) {
        self.targets[1].set(self.nodes[0].addr());
        let mut client = self.client(0);
        let steps = counted(&mut client, STEPS);
        self.step_while(stage, 0, async |nodes, held| {
            nodes[1].signal(Signal::Stop);
            held.go_on().await;
            assert!(held.until("coalesce(max(token) > 1, false)", TAKE_OVER).await, "nobody took its shares");
            nodes[1].signal(Signal::Cont);
            // While events still come: had the step to be given up, there is another.
            counts_more((&mut client, &nodes[0]), STEPS, steps).await;
        });
        let fenced = || {
            let said = self.nodes[1].stderr();
            let of = ["another node's now", "others' now", "was not done"];
            if of.iter().any(|of| said.contains(of)) { Ok(()) } else { Err(said) }
        };
        self.runtime.block_on(async { eventually(TAKE_OVER, || std::future::ready(fenced())).await });
        self.targets[1].set(self.nodes[1].addr());
        self.work();
        self.finish();
    }

    /// The node that projects dies in the middle of a stage: the other one folds what the step spanned.
    fn owner_dies_in(mut self, stage: i16) {
        self.targets[0].set(self.nodes[1].addr());
        self.step_while(stage, 1, async |nodes, held| {
            nodes.remove(0).kill_9();
            held.go_on().await;
        });
        self.becomes(0, "live");
        self.nodes.push(self.deployment.serve());
        self.targets[0].set(self.nodes[1].addr());
        self.targets.swap(0, 1);
        self.work();
        self.finish();
    }

    /// The node that projects freezes in the middle of a stage, and wakes up when the other one projects.
    fn owner_freezes_in(mut self, stage: i16) {
        self.targets[0].set(self.nodes[1].addr());
        self.step_while(stage, 1, async |nodes, held| {
            nodes[0].signal(Signal::Stop);
            held.go_on().await;
        });
        self.becomes(1, "live");
        self.work();
        self.nodes[0].signal(Signal::Cont);
        self.becomes(0, "standing_by");
        self.targets[0].set(self.nodes[0].addr());
        self.nodes.swap(0, 1);
        self.targets.swap(0, 1);
        self.work();
        self.finish();
    }
}

/// Waits until a node has counted more than this.
async fn counts_more((client, node): (&mut Client, &Server), name: &str, than: u64) {
    let mut look = || {
        let now = counted(client, name);
        if now > than { Ok(()) } else { Err((now, node.stderr())) }
    };
    eventually(TAKE_OVER, || std::future::ready(look())).await;
}

/// How often a node has counted something.
fn counted(client: &mut Client, name: &str) -> u64 {
    let text = client.get("/metrics").send().expect_status(200).text();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}_total ")));
    line.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{name} is not counted: {text}"))
}

/// Stores events at a node until told to stop; how many.
fn store(client: Client, stop: Arc<AtomicBool>) -> JoinHandle<u64> {
    std::thread::spawn(move || {
        let mut client = client.timeout(STEP);
        let mut stored = 0;
        while !stop.load(Ordering::Relaxed) {
            let events = json!((stored..stored + BATCH).map(one).collect::<Vec<_>>()).to_string();
            let answer = client.post("/v1/events").body("application/cloudevents-batch+json", events).send();
            let position = answer.expect_status(200).json()["position"].as_u64().unwrap();
            stored += BATCH;
            // Whether it gets there in time is of no account here.
            let _ = client.get(&format!("/v1/records/nobody/0?after={position}")).send();
        }
        stored
    })
}

#[test]
fn two_nodes_share_steps() {
    let mut nodes = Nodes::sharing_steps();
    for stage in [1, 2] {
        let [mut first, mut second] = [0, 1].map(|node| nodes.client(node));
        let (steps, shares) = (counted(&mut first, STEPS), counted(&mut second, SHARES));
        nodes.step_while(stage, 1, async |nodes, held| {
            held.go_on().await;
            counts_more((&mut first, &nodes[0]), STEPS, steps).await;
            counts_more((&mut second, &nodes[1]), SHARES, shares).await;
        });
    }
    nodes.work();
    nodes.finish();
}

#[test]
fn one_that_dies_while_it_folds_for_a_step_is_replaced() {
    Nodes::sharing_steps().helper_dies_in(1);
}

#[test]
fn one_that_dies_while_it_makes_customers_of_a_step_is_replaced() {
    Nodes::sharing_steps().helper_dies_in(2);
}

#[test]
fn nothing_appears_of_one_that_froze_while_it_folded_for_a_step() {
    Nodes::sharing_steps().helper_freezes_in(1);
}

#[test]
fn nothing_appears_of_one_that_froze_while_it_made_customers_of_a_step() {
    Nodes::sharing_steps().helper_freezes_in(2);
}

#[test]
fn a_step_is_folded_anew_when_the_one_dies_that_took_it() {
    for stage in [1, 2] {
        Nodes::sharing_steps().owner_dies_in(stage);
    }
}

#[test]
fn a_step_is_folded_anew_when_the_one_freezes_that_took_it() {
    for stage in [1, 2] {
        Nodes::sharing_steps().owner_freezes_in(stage);
    }
}
