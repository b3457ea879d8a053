//! What dies under load: the service, PostgreSQL, connections. Clients repeat until they are answered; afterwards nothing
//! that was acknowledged is lost, nothing is doubled, and the projections are what the log says.
//!
//! `KULTA_CRASH_CYCLES` sets how often something dies (10), `KULTA_SEED` repeats a load.

use std::sync::Arc;
use std::time::Duration;

use kulta_test_support::cluster::Cluster;
use kulta_test_support::pg;
use kulta_test_support::process::Server;
use sqlx::{Connection, PgConnection};
use tokio::runtime::Runtime;

use crate::load::audit::{audit, read_log, sample};
use crate::load::{Crew, Deployment, Rng, Target, setting};

const WORKERS: usize = 6;
/// Acknowledgements before something dies, at least.
const AT_LEAST: u64 = 40;
/// And then up to so many milliseconds.
const AND_FOR_MS: u64 = 900;
/// Customers that are looked at closely.
const SAMPLE: u64 = 40;

/// One kind of death, and what brings everything back. It is given the server that runs and returns the one that runs
/// afterwards.
type Trouble<'a> = &'a mut dyn FnMut(Server) -> Server;

/// How many tries were not answered.
fn endure(name: &str, deployment: &Deployment, trouble: Trouble<'_>) -> u64 {
    let (cycles, seed) = (setting("KULTA_CRASH_CYCLES", 10_u64), Rng::seed());
    eprintln!("{name}: {cycles} cycles, KULTA_SEED={seed}");
    let mut rng = Rng::new(seed);
    let mut server = deployment.serve();
    let target = Arc::new(Target::new(server.addr()));
    let crew = Crew::start(std::slice::from_ref(&target), &deployment.token, WORKERS, &mut rng);
    for _ in 0..cycles {
        if !crew.work(AT_LEAST, Duration::from_millis(rng.below(AND_FOR_MS))) {
            break;
        }
        server = trouble(server);
        target.set(server.addr());
    }
    // After the last death they must be answered too.
    let went_on = crew.work(AT_LEAST, Duration::ZERO);
    let stderr = server.stderr();
    let (ledger, unanswered) = crew.finish();
    assert!(went_on, "a worker ended early, or nothing more was acknowledged: {stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");

    let mut client = deployment.client(&server);
    let log = read_log(&mut client);
    ledger.with(|account| audit(account, &log));
    sample(&mut client, &log, SAMPLE, &mut rng);
    deployment.verify(server);
    ledger.with(|account| {
        eprintln!(
            "{name}: {cycles} cycles, {} events acknowledged ({} repeated, {} conflicts), {} commands, \
             {unanswered} tries unanswered, 0 lost, 0 doubled, 0 differences",
            account.facts.len(),
            account.duplicates,
            account.conflicts,
            account.commands.len(),
        );
    });
    unanswered
}

#[test]
fn kill_9_of_the_service_on_sqlite() {
    let deployment = Deployment::sqlite();
    let unanswered = endure("service on SQLite", &deployment, &mut |server| {
        server.kill_9();
        deployment.serve()
    });
    assert!(unanswered > 0, "nobody noticed that it died");
}

#[test]
fn kill_9_of_the_service_on_postgresql() {
    let database = Runtime::new().unwrap().block_on(pg::database());
    let deployment = Deployment::postgres(database.url());
    let unanswered = endure("service on PostgreSQL", &deployment, &mut |server| {
        server.kill_9();
        deployment.serve()
    });
    assert!(unanswered > 0, "nobody noticed that it died");
}

#[test]
fn kill_9_of_postgresql() {
    let runtime = Runtime::new().unwrap();
    let mut cluster = runtime.block_on(Cluster::new());
    let deployment = Deployment::postgres(&cluster.url());
    endure("PostgreSQL", &deployment, &mut |server| {
        runtime.block_on(cluster.kill_9());
        runtime.block_on(cluster.start());
        server
    });
}

/// Every connection of the service, whatever it is doing.
const CUT: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[test]
fn cut_connections() {
    let runtime = Runtime::new().unwrap();
    let database = runtime.block_on(pg::database());
    let deployment = Deployment::postgres(database.url());
    endure("connections", &deployment, &mut |server| {
        runtime.block_on(async {
            let mut connection = PgConnection::connect(database.url()).await.unwrap();
            let cut: i64 = sqlx::query_scalar(CUT).fetch_one(&mut connection).await.unwrap();
            assert!(cut > 0, "there were no connections");
        });
        server
    });
}
