//! Projections are made anew while events and merges keep coming and readers read: nobody sees a half-built or mixed
//! state, nothing goes back. A node that dies in the middle of it goes on with the old ones.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kulta_test_support::http::{Client, Response};
use kulta_test_support::{eventually, pg};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tokio::runtime::Runtime;

use crate::load::audit::{audit, read_log};
use crate::load::{Crew, Deployment, Rng, StopOnDrop, Target, setting};

const WORKERS: usize = 4;
/// Rebuilds, unless `KULTA_REBUILDS` says otherwise.
const REBUILDS: u64 = 4;
/// Customers that are there before the first rebuild, and edited all the time.
const FIXED: u64 = 400;
/// How often the node dies in the middle of one.
const DEATHS: u64 = 4;
const PATIENCE: Duration = Duration::from_secs(60);

/// An edit of a customer of the source `fixed`: its name is the number of the edit, which is also its time.
fn edit(subject: u64, number: u64) -> Value {
    json!({
        "specversion": "1.0", "id": number.to_string(), "source": "fixed", "type": "customer.contact_edited",
        "subject": subject.to_string(), "data": {"name": number.to_string(), "shoe_size": number},
        "time": format!("2025-05-{:02}T{:02}:{:02}:{:02}Z", 1 + number / 86_400, number / 3_600 % 24, number / 60 % 60, number % 60),
    })
}

/// Publishes the edits of a range, customer after customer, and tells when they are durable.
fn edit_all(client: &mut Client, numbers: std::ops::Range<u64>) {
    let edits: Vec<_> = numbers.map(|number| edit(number % FIXED, number)).collect();
    let request = client.post("/v1/events").body("application/cloudevents-batch+json", json!(edits).to_string());
    request.send().expect_status(200);
}

/// One reader: what it has seen only grows.
#[derive(Debug, Default)]
struct Seen {
    position: u64,
    generation: i64,
    names: BTreeMap<String, u64>,
}

impl Seen {
    fn name(&mut self, customer: &Value) {
        let number: u64 = customer["fields"]["name"]["value"].as_str().unwrap().parse().unwrap();
        let before = self.names.insert(customer["customer_id"].as_str().unwrap().to_owned(), number);
        assert!(before <= Some(number), "gone back from {before:?}: {customer}");
    }

    fn standing(&mut self, projections: &Value) {
        let standing = &projections["items"][0];
        let (generation, position) = (standing["generation"].as_i64().unwrap(), standing["position"].as_u64().unwrap());
        assert!(generation >= self.generation && position >= self.position, "gone back: {self:?} {standing}");
        (self.generation, self.position) = (generation, position);
    }
}

/// Reads everything, again and again; how often.
fn read_on(mut client: Client, ids: &[String], stop: &AtomicBool, mut rng: Rng) -> u64 {
    let mut seen = Seen::default();
    let mut rounds = 0;
    while !stop.load(Ordering::Relaxed) {
        seen.standing(&client.get("/v1/projections").send().expect_status(200).json());
        for _ in 0..10 {
            let id = rng.pick(ids).unwrap();
            seen.name(&client.get(&format!("/v1/customers/{id}")).send().expect_status(200).json());
            let timeline = client.get(&format!("/v1/customers/{id}/timeline?limit=1")).send().expect_status(200).json();
            assert_eq!(timeline["items"][0]["source"], "fixed", "{timeline}");
        }
        let mut found = 0;
        let mut cursor = String::new();
        while let Some(next) = {
            let page = client.get(&format!("/v1/changes?limit=1000{cursor}")).send().expect_status(200).json();
            let customers = page["items"].as_array().unwrap();
            let fixed = customers.iter().filter(|customer| customer["records"][0]["source"] == "fixed");
            found += fixed.inspect(|customer| seen.name(customer)).count();
            page["next"].as_str().map(str::to_owned)
        } {
            cursor = format!("&cursor={next}");
        }
        // One that is edited while the pages are read moves to a later page, and may be met twice.
        assert!(found as u64 >= FIXED, "{found} of {FIXED}");
        rounds += 1;
    }
    rounds
}

fn rebuild(client: &mut Client) -> Response {
    client.post("/v1/projections/rebuild").send()
}

fn ids_of_fixed(client: &mut Client) -> Vec<String> {
    let of = |subject: u64| {
        let record = client.get(&format!("/v1/records/fixed/{subject}?after={FIXED}")).send().expect_status(200).json();
        record["customer_id"].as_str().unwrap().to_owned()
    };
    (0..FIXED).map(of).collect()
}

fn rebuild_under_load(deployment: &Deployment) {
    let seed = Rng::seed();
    eprintln!("KULTA_SEED={seed}");
    let mut rng = Rng::new(seed);
    let server = deployment.serve();
    let mut client = deployment.client(&server);
    edit_all(&mut client, 0..10 * FIXED);
    let ids = ids_of_fixed(&mut client);
    let crew = Crew::start(&[Arc::new(Target::new(server.addr()))], &deployment.token, WORKERS, &mut rng);
    let stop = AtomicBool::new(false);
    let rounds = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let (client, rng) = (deployment.client(&server), rng.fork());
                scope.spawn(|| read_on(client, &ids, &stop, rng))
            })
            .collect();
        scope.spawn(|| {
            let mut writer = deployment.client(&server);
            for from in (10 * FIXED..).step_by(40).take_while(|_| !stop.load(Ordering::Relaxed)) {
                edit_all(&mut writer, from..from + 40);
            }
        });
        let stopping = StopOnDrop(&stop);
        let mut generation = 0;
        let rebuilds = setting("KULTA_REBUILDS", REBUILDS);
        for _ in 0..rebuilds {
            assert!(crew.work(20, Duration::ZERO));
            let rebuilt = rebuild(&mut client).expect_status(200).json();
            assert!(rebuilt["generation"].as_i64() > Some(generation), "{rebuilt}");
            generation = rebuilt["generation"].as_i64().unwrap();
            let now = client.get("/v1/projections").send().expect_status(200).json();
            assert_eq!(now["items"][0]["generation"], generation);
            assert!(now["items"][0]["position"].as_u64() >= rebuilt["position"].as_u64(), "{rebuilt} {now}");
        }
        drop(stopping);
        readers.into_iter().map(|reader| reader.join().unwrap()).collect::<Vec<_>>()
    });
    let (ledger, unanswered) = crew.finish();
    let log: Vec<_> = read_log(&mut client).into_iter().filter(|event| event["source"] != "fixed").collect();
    ledger.with(|account| audit(account, &log));
    assert_eq!(unanswered, 0, "requests were not answered beside a rebuild: {}", server.stderr());
    assert!(rounds.iter().all(|rounds| *rounds > 0), "{rounds:?}");
    eprintln!(
        "{} rebuilds,  {} events beside, readers' rounds {rounds:?}",
        setting("KULTA_REBUILDS", REBUILDS),
        log.len()
    );
    deployment.verify(server);
}

/// The generations that there are: those whose tables exist.
async fn generations(deployment: &Deployment) -> Vec<i64> {
    let mut found: Vec<i64> = match deployment.database_file() {
        Some(file) => {
            let prefix = format!("{}-g", file.file_name().unwrap().to_str().unwrap());
            let files = std::fs::read_dir(file.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name());
            // Its WAL goes with it: what does not end in a number is not counted twice.
            files.filter_map(|name| name.to_str()?.strip_prefix(&prefix)?.parse().ok()).collect()
        }
        None => {
            let mut connection = PgConnection::connect(deployment.url()).await.unwrap();
            let schemas: Vec<String> = sqlx::query_scalar(SCHEMAS).fetch_all(&mut connection).await.unwrap();
            schemas.iter().map(|name| name["kulta_g".len()..].parse().unwrap()).collect()
        }
    };
    found.sort_unstable();
    found
}

const SCHEMAS: &str = "SELECT nspname::text FROM pg_namespace WHERE starts_with(nspname::text, 'kulta_g')";

fn live(client: &mut Client) -> i64 {
    let projections = client.get("/v1/projections").send().expect_status(200).json();
    projections["items"][0]["generation"].as_i64().unwrap()
}

fn die_in_the_middle(deployment: &Deployment) {
    let (runtime, seed) = (Runtime::new().unwrap(), Rng::seed());
    eprintln!("KULTA_SEED={seed}");
    let mut rng = Rng::new(seed);
    let mut server = deployment.serve();
    let mut client = deployment.client(&server);
    edit_all(&mut client, 0..20 * FIXED);
    let ids = ids_of_fixed(&mut client);
    let target = Arc::new(Target::new(server.addr()));
    let crew = Crew::start(std::slice::from_ref(&target), &deployment.token, WORKERS, &mut rng);
    let mut in_the_middle = 0;
    for _ in 0..DEATHS {
        assert!(crew.work(20, Duration::ZERO));
        let before = live(&mut client);
        let mut asking = deployment.client(&server);
        let asked = std::thread::spawn(move || asking.post("/v1/projections/rebuild").try_send());
        let building = || async { (generations(deployment).await != [before]).then_some(()) };
        runtime.block_on(async { eventually(PATIENCE, building).await });
        assert!(crew.work(0, Duration::from_millis(rng.below(400))));
        server.kill_9();
        let was_done = asked.join().unwrap().is_ok();
        let left = runtime.block_on(generations(deployment));
        server = deployment.serve();
        target.set(server.addr());
        client = deployment.client(&server);
        // Unless it had been swapped already, the old one goes on.
        let now = live(&mut client);
        assert!(now == before || left.contains(&now), "{before} {now} {left:?}");
        in_the_middle += u64::from(now == before && left.len() > 1 && !was_done);
        for id in &ids {
            client.get(&format!("/v1/customers/{id}")).send().expect_status(200);
        }
    }
    assert!(in_the_middle > 0, "it never died in the middle");
    let rebuilt = rebuild(&mut client).expect_status(200).json();
    // It answers once the new one is live; what was before goes as soon as nobody reads it.
    let alone = [rebuilt["generation"].as_i64().unwrap()];
    let gone = || async { (generations(deployment).await == alone).then_some(()) };
    runtime.block_on(async { eventually(PATIENCE, gone).await });
    let (ledger, _) = crew.finish();
    let log: Vec<_> = read_log(&mut client).into_iter().filter(|event| event["source"] != "fixed").collect();
    ledger.with(|account| audit(account, &log));
    eprintln!("{in_the_middle} of {DEATHS} deaths in the middle of a rebuild");
    deployment.verify(server);
}

#[test]
fn readers_notice_no_rebuild_on_sqlite() {
    rebuild_under_load(&Deployment::sqlite());
}

#[test]
fn readers_notice_no_rebuild_on_postgresql() {
    let database = Runtime::new().unwrap().block_on(pg::database());
    rebuild_under_load(&Deployment::postgres(database.url()));
}

#[test]
fn a_rebuild_that_dies_leaves_nothing_on_sqlite() {
    die_in_the_middle(&Deployment::sqlite());
}

#[test]
fn a_rebuild_that_dies_leaves_nothing_on_postgresql() {
    let database = Runtime::new().unwrap().block_on(pg::database());
    die_in_the_middle(&Deployment::postgres(database.url()));
}
