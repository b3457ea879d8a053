//! A rebuild that two nodes share, of which the second dies, freezes and wakes up again while events keep coming.

use std::time::Duration;

use kulta_test_support::process::Server;
use kulta_test_support::{Signal, eventually};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::{Nodes, TAKE_OVER, becomes};
use crate::load::Link;

/// How long a rebuild may take, in which a node fails.
const REBUILD: Duration = Duration::from_secs(120);
/// Shares of each stage, and how many of customers a node takes at once.
const SHARES: i64 = 32;
const CUSTOMERS_AT_ONCE: i64 = 4;
/// Records beside those of the crew.
const RECORDS: u64 = 2_000;

/// A rebuild that stands still where a stage writes, with both nodes at it.
struct HeldUp {
    connection: PgConnection,
    generation: i64,
    stage: i16,
}

impl HeldUp {
    /// Waits for a rebuild, stops what a stage writes, and waits until each of two nodes has shares of it.
    async fn at(url: &str, stage: i16) -> Self {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let building = "SELECT coalesce(max(number), 0) FROM generation
            WHERE state = 'building' AND to_regclass('kulta_g' || number || '.share_plan') IS NOT NULL";
        let mut looking = PgConnection::connect(url).await.unwrap();
        let generation: i64 = loop {
            // As often as it can: the first stage of a small log is short.
            match sqlx::query_scalar(building).fetch_one(&mut looking).await.unwrap() {
                0 => tokio::task::yield_now().await,
                number => break number,
            }
        };
        let table = if stage == 1 { "share_state" } else { "customer" };
        let lock = format!("BEGIN; LOCK TABLE kulta_g{generation}.{table} IN SHARE MODE");
        sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut connection).await.unwrap();
        let mut held = Self { connection, generation, stage };
        let wanted = if stage == 1 { SHARES } else { 2 * CUSTOMERS_AT_ONCE };
        held.until("seen_at IS NOT NULL AND rows IS NULL", wanted).await;
        held
    }

    /// Waits until at least so many shares of the stage are like this.
    async fn until(&mut self, like: &str, wanted: i64) {
        let count =
            format!("SELECT count(*) FROM kulta_g{}.share WHERE stage = {} AND {like}", self.generation, self.stage);
        loop {
            let found: i64 =
                sqlx::query_scalar(AssertSqlSafe(count.clone())).fetch_one(&mut self.connection).await.unwrap();
            if found >= wanted {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Lets them write.
    async fn go_on(&mut self) {
        sqlx::raw_sql("COMMIT").execute(&mut self.connection).await.unwrap();
    }
}

impl Nodes {
    /// Two nodes with records to fold, the second ready to share.
    fn ready_to_share() -> Self {
        Self::pair().filled()
    }

    fn filled(self) -> Self {
        let mut nodes = self;
        let one = |number: u64| {
            json!({
                "specversion": "1.0", "id": number.to_string(), "source": "across", "type": "customer.registered",
                "subject": format!("shared-{}", number % RECORDS), "time": format!("2025-06-01T10:{:02}:00Z", number % 60),
                "data": {"name": format!("Name {}", number % 700), "email": format!("e{}@example.org", number % 900)},
            })
        };
        for batch in 0..8 {
            // Later ones come late, by their times.
            let events = json!((batch * 500..(batch + 1) * 500).map(one).collect::<Vec<_>>()).to_string();
            let mut client = nodes.client(0);
            let answer = client.post("/v1/events").body("application/cloudevents-batch+json", events).send();
            answer.expect_status(200);
        }
        nodes.work();
        nodes.wait_for_a_helper();
        nodes
    }

    /// Waits until a node tells that it is ready to share.
    pub(super) fn wait_for_a_helper(&self) {
        let ready = "SELECT count(*) FROM pg_locks JOIN pg_database AS d ON d.oid = database
            WHERE locktype = 'advisory' AND mode = 'ShareLock' AND datname = current_database()";
        self.runtime.block_on(async {
            let look = async || {
                let mut connection = PgConnection::connect(self.database.url()).await.unwrap();
                let found: i64 = sqlx::query_scalar(ready).fetch_one(&mut connection).await.unwrap();
                (found > 0).then_some(())
            };
            eventually(TAKE_OVER, look).await;
        });
    }

    /// Rebuilds at the first node; what happens while a stage is held up.
    fn rebuild_while(&mut self, stage: i16, meanwhile: impl AsyncFnOnce(&mut Vec<Server>, &mut HeldUp)) {
        let mut client = self.client(0).timeout(REBUILD);
        let rebuilding = std::thread::spawn(move || -> Value { client.post("/v1/projections/rebuild").send().json() });
        let (url, servers) = (self.database.url().to_owned(), &mut self.nodes);
        self.runtime.block_on(async {
            let working = async {
                let mut held = HeldUp::at(&url, stage).await;
                meanwhile(servers, &mut held).await;
            };
            tokio::time::timeout(REBUILD, working).await.unwrap();
        });
        let rebuilt = rebuilding.join().unwrap();
        assert_eq!(rebuilt["nodes"], 2, "{rebuilt}: {}", self.nodes[0].stderr());
    }

    /// The second node dies in the middle of a stage.
    fn dies_in(mut self, stage: i16) {
        self.targets[1].set(self.nodes[0].addr());
        self.rebuild_while(stage, async |nodes, held| {
            nodes.remove(1).kill_9();
            held.go_on().await;
        });
        self.nodes.push(self.deployment.serve());
        self.targets[1].set(self.nodes[1].addr());
        self.work();
        self.finish();
    }

    /// The second node freezes in the middle of a stage, and wakes up when its shares are the first's.
    fn freezes_in(self, stage: i16) {
        self.away_in(stage, |node| node.signal(Signal::Stop), |node| node.signal(Signal::Cont));
    }

    /// The second node is away in the middle of a stage, and comes back when its shares are the first's.
    fn away_in(mut self, stage: i16, go: impl Fn(&Server), come_back: impl Fn(&Server)) {
        self.targets[1].set(self.nodes[0].addr());
        self.rebuild_while(stage, async |nodes, held| {
            go(&nodes[1]);
            held.go_on().await;
            held.until("token > 1", 1).await;
            come_back(&nodes[1]);
        });
        // The generation that it read when it froze may be gone.
        let mut client = self.client(1);
        let mut awake = || (client.get("/v1/projections").send().status == 200).then_some(());
        self.runtime.block_on(async { eventually(TAKE_OVER, || std::future::ready(awake())).await });
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
}

#[test]
fn nothing_appears_of_one_that_was_cut_off_while_it_made_customers() {
    let mut link = None;
    let nodes = Nodes::start(|runtime, url, deployment| {
        let through = link.insert(runtime.block_on(Link::to(url)));
        let first = deployment.serve();
        becomes(runtime, &mut deployment.client(&first), "live");
        vec![first, deployment.serve_at(&through.url, &[])]
    });
    let link = link.unwrap();
    nodes.filled().away_in(2, |_| link.cut(), |_| link.mend());
}

/// The node that builds dies: the other one ends what it was doing for it, projects, and can rebuild by itself.
#[test]
fn who_helped_takes_over_from_who_built() {
    for stage in [1, 2] {
        let mut nodes = Nodes::ready_to_share();
        nodes.targets[0].set(nodes.nodes[1].addr());
        let mut client = nodes.client(0).timeout(REBUILD);
        let rebuilding = std::thread::spawn(move || client.post("/v1/projections/rebuild").try_send().is_err());
        let url = nodes.database.url().to_owned();
        let mut held =
            nodes.runtime.block_on(async { tokio::time::timeout(REBUILD, HeldUp::at(&url, stage)).await.unwrap() });
        nodes.nodes.remove(0).kill_9();
        assert!(rebuilding.join().unwrap(), "nobody answers");
        nodes.becomes(0, "live");
        nodes.runtime.block_on(held.go_on());
        nodes.work();
        let rebuilt = nodes.client(0).timeout(REBUILD).post("/v1/projections/rebuild").send().expect_status(200).json();
        assert_eq!(rebuilt["nodes"], 1, "{rebuilt}");
        nodes.nodes.push(nodes.deployment.serve());
        nodes.targets[0].set(nodes.nodes[1].addr());
        nodes.targets.swap(0, 1);
        nodes.work();
        nodes.finish();
    }
}

#[test]
fn two_nodes_share_a_rebuild() {
    let mut nodes = Nodes::ready_to_share();
    for stage in [1, 2] {
        nodes.rebuild_while(stage, async |_, held| held.go_on().await);
        nodes.wait_for_a_helper();
    }
    nodes.work();
    nodes.finish();
}

#[test]
fn one_that_dies_while_it_folds_records_is_replaced() {
    Nodes::ready_to_share().dies_in(1);
}

#[test]
fn one_that_dies_while_it_makes_customers_is_replaced() {
    Nodes::ready_to_share().dies_in(2);
}

#[test]
fn nothing_appears_of_one_that_froze_while_it_folded_records() {
    Nodes::ready_to_share().freezes_in(1);
}

#[test]
fn nothing_appears_of_one_that_froze_while_it_made_customers() {
    Nodes::ready_to_share().freezes_in(2);
}
