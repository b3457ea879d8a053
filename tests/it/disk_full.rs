//! A disk that is full: nothing that was acknowledged is lost, the rest is refused as what may pass, and everything goes on
//! by itself when there is room again.
//!
//! The small disks are file systems in memory, which only root may mount: elsewhere these tests say so and do nothing.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use kulta_test_support::cluster::Cluster;
use kulta_test_support::http::Client;
use kulta_test_support::process::Program;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::kit::{Asks, BATCH, MASTER_KEY, PATIENCE, event};
use crate::load::audit::read_log;

const MEGABYTES: u32 = 96;
/// More batches than fit on the disk.
const MOST_BATCHES: usize = 400;
const OF_A_BATCH: usize = 500;

/// A file system of its own, with little room.
struct SmallDisk {
    directory: TempDir,
}

impl SmallDisk {
    /// `None`, said aloud, where none can be mounted. Its root belongs to the owner of `like`.
    fn mounted(like: &Path) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let owner = fs::metadata(like).unwrap();
        let options = format!("size={MEGABYTES}m,mode=0700,uid={},gid={}", owner.uid(), owner.gid());
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(directory.path());
        if mount.status().is_ok_and(|status| status.success()) {
            return Some(Self { directory });
        }
        eprintln!("NOT RUN: a full disk cannot be tried without the right to mount one");
        None
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Takes what room there is.
    fn fill(&self) {
        let mut ballast = fs::File::create(self.path("ballast")).unwrap();
        for size in [1 << 16, 1 << 12] {
            while ballast.write_all(&vec![0; size]).is_ok() {}
        }
    }

    /// Gives it back.
    fn make_room(&self) {
        fs::remove_file(self.path("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that has just ended may still be letting go of it.
        let _ = Command::new("umount").arg("--lazy").arg(self.directory.path()).status();
    }
}

fn batch(number: usize) -> String {
    let one = |n: usize| {
        let number = number * OF_A_BATCH + n;
        let data = json!({"amount": "1", "currency": "EUR", "order": format!("{number:0>180}")});
        let (subject, id) = (format!("c-{}", number % 700), format!("e-{number}"));
        event("erp", &subject, &id, "2025-06-01T10:00:00Z", "purchase.made", data)
    };
    json!((0..OF_A_BATCH).map(one).collect::<Vec<_>>()).to_string()
}

/// Publishes batch after batch; the first one that is refused.
fn until_full(client: &mut Client) -> usize {
    for number in 1..MOST_BATCHES {
        let answer = client.post("/v1/events").body(BATCH, batch(number)).send();
        if answer.status == 200 {
            continue;
        }
        let problem = answer.expect_status(503).json();
        assert!(problem["detail"].as_str().unwrap().contains("no room left"), "{problem}");
        return number;
    }
    panic!("the disk is not full");
}

fn goes_on_when_there_is_room(disk: &SmallDisk, program: &Program) {
    let server = program.clone().args(["serve", "--listen", "127.0.0.1:0"]).serve();
    let mut client = server.client();
    client.post("/v1/events").body(BATCH, batch(0)).send().expect_status(200);
    let head = client.caught_up();
    disk.fill();
    let refused = until_full(&mut client);
    // Who only reads notices nothing.
    client.get("/healthz").send().expect_status(200);
    let first = client.get("/v1/events?limit=5").send().expect_status(200).json();
    assert_eq!(first["items"].as_array().map(Vec::len), Some(5));
    disk.make_room();
    let answer = client.post("/v1/events").body(BATCH, batch(refused)).send().expect_status(200).json();
    // What was not answered may have been stored all the same.
    let answered = |result: &Value| result["status"] == "accepted" || result["status"] == "duplicate";
    assert!(answer["results"].as_array().unwrap().iter().all(answered), "{answer}");
    assert!(client.caught_up() > head, "the projections go on");
    let log = read_log(&mut client);
    let mut ids = BTreeSet::new();
    for event in log.iter().filter(|event| event["source"] == "erp") {
        assert!(ids.insert(event["id"].as_str().unwrap().to_owned()), "doubled: {event}");
    }
    assert_eq!(ids, (0..(refused + 1) * OF_A_BATCH).map(|number| format!("e-{number}")).collect());
    assert_eq!(server.terminate(PATIENCE).code(), Some(0));
    let verified = program.clone().args(["verify"]).run();
    assert!(verified.last_line().ends_with("differences=0"), "{verified:#?}");
}

#[test]
fn on_sqlite() {
    let program = Program::new(env!("CARGO_BIN_EXE_kulta"));
    let Some(disk) = SmallDisk::mounted(program.directory()) else { return };
    let url = format!("sqlite://{}", disk.path("kulta.db").display());
    goes_on_when_there_is_room(&disk, &program.env("KULTA_DATABASE_URL", url));
}

/// The tables are on the small disk, the server's own log is not: without room for that a server ends.
#[test]
fn on_postgresql() {
    let runtime = Runtime::new().unwrap();
    let cluster = runtime.block_on(Cluster::new());
    let Some(disk) = SmallDisk::mounted(&cluster.data()) else { return };
    runtime.block_on(async {
        let mut connection = PgConnection::connect(&cluster.url()).await.unwrap();
        let place = disk.directory.path().display();
        let made = format!("CREATE TABLESPACE small LOCATION '{place}'");
        sqlx::raw_sql(AssertSqlSafe(made)).execute(&mut connection).await.unwrap();
        sqlx::raw_sql("CREATE DATABASE kulta TABLESPACE small").execute(&mut connection).await.unwrap();
    });
    let url = format!("{}/kulta", cluster.url().rsplit_once('/').unwrap().0);
    let program = Program::new(env!("CARGO_BIN_EXE_kulta"));
    let program = program.env("KULTA_DATABASE_URL", url).env("KULTA_MASTER_KEY", MASTER_KEY);
    goes_on_when_there_is_room(&disk, &program);
}
