//! `kulta serve` as a process: how it starts, refuses to start, and stops.

use std::fs;
use std::time::Duration;

use kulta_test_support::Signal;
use kulta_test_support::process::{Finished, Program};
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};

use crate::kit::{Place, database_files, unchanged};

const PATIENCE: Duration = Duration::from_secs(60);
const OTHER_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

fn kulta() -> Program {
    Program::new(env!("CARGO_BIN_EXE_kulta"))
}

fn serve() -> Program {
    kulta().args(["serve", "--listen", "127.0.0.1:0"])
}

fn registered(id: &str) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "newsletter", "type": "customer.registered",
        "subject": "anna.virtanen@example.fi", "time": "2026-03-02T10:15:00Z",
        "data": {"kind": "person", "name": "Anna Virtanen", "email": "anna.virtanen@example.fi"},
    })
}

fn publish(client: &mut kulta_test_support::http::Client, event: &Value) -> Value {
    let request = client.post("/v1/events").body("application/cloudevents+json", event.to_string());
    request.send().expect_status(200).json()["results"][0].clone()
}

#[track_caller]
fn refused(finished: Finished, words: &[&str]) {
    let finished = finished.expect_code(1);
    assert!(finished.stderr.starts_with("error: ") || finished.stderr.contains("\nerror: "), "{finished:?}");
    for word in words {
        assert!(finished.stderr.contains(word), "{word} is not in {finished:?}");
    }
    assert_eq!(finished.stdout, "");
}

#[test]
fn what_was_acknowledged_is_there_after_a_stop_and_a_kill() {
    let program = serve();
    let server = program.serve();
    let told = server.stdout();
    assert_eq!(told, format!("listening on http://{}\n", server.addr()));
    assert_eq!(publish(&mut server.client(), &registered("1"))["status"], "accepted");
    assert!(server.stderr().contains("kulta.db.key"), "{}", server.stderr());
    let status = server.terminate(PATIENCE);
    assert_eq!(status.code(), Some(0));

    let server = program.serve();
    assert!(!server.stderr().contains("master key was made"), "{}", server.stderr());
    assert_eq!(publish(&mut server.client(), &registered("1"))["status"], "duplicate");
    assert_eq!(publish(&mut server.client(), &registered("2"))["status"], "accepted");
    server.kill_9();

    let server = program.serve();
    let events = server.client().get("/v1/events").send().expect_status(200).json();
    assert_eq!(events["items"][2]["data"]["name"], "Anna Virtanen");
    server.signal(Signal::Int);
    assert_eq!(server.wait(PATIENCE).code(), Some(0));
}

#[test]
fn one_process_holds_a_database() {
    let program = serve();
    let server = program.serve();
    let holder = format!("process {}", server.pid());
    refused(program.run(), &["is in use by", &holder, "serve on 127.0.0.1:0"]);
    server.client().get("/readyz").send().expect_status(200);
    server.kill_9();
    program.serve();
}

#[test]
fn a_database_keeps_its_master_key() {
    let program = serve();
    let server = program.serve();
    publish(&mut server.client(), &registered("1"));
    server.terminate(PATIENCE);
    let before = database_files(program.directory());

    let wrong = program.clone().env("KULTA_MASTER_KEY", OTHER_KEY);
    refused(wrong.run(), &["the master key is not the one that this database was made with", "nothing was written"]);
    let no_key = program.clone().env("KULTA_MASTER_KEY", "abc");
    refused(no_key.run(), &["64 hexadecimal digits"]);
    let both = program.clone().env("KULTA_MASTER_KEY", OTHER_KEY).env("KULTA_MASTER_KEY_FILE", "kulta.db.key");
    refused(both.run(), &["both master_key and master_key_file"]);
    unchanged(&before, &database_files(program.directory()));

    let (key, aside) = (program.directory().join("kulta.db.key"), program.directory().join("aside"));
    fs::rename(&key, &aside).unwrap();
    refused(program.run(), &["kulta.db.key is missing", "nothing was written"]);
    assert!(!key.exists(), "a new key was made for an old database");
    let given = program.clone().env("KULTA_MASTER_KEY_FILE", &aside);
    let server = given.serve();
    let events = server.client().get("/v1/events").send().expect_status(200).json();
    assert_eq!(events["items"][2]["subject"], "anna.virtanen@example.fi");
}

/// Panics with the names of the files that differ.
#[tokio::test]
async fn a_database_of_a_newer_kulta_is_left_alone() {
    let program = serve();
    program.serve().terminate(PATIENCE);
    let url = format!("sqlite://{}", program.directory().join("kulta.db").display());
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (999, 'later', TRUE, x'00', 0)";
    sqlx::query(newer).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let before = database_files(program.directory());
    refused(program.run(), &["schema version 999", "use a newer kulta"]);
    unchanged(&before, &database_files(program.directory()));
}

#[test]
fn settings_that_cannot_be_are_refused_with_their_place() {
    let open = kulta().args(["serve", "--listen", "0.0.0.0:0"]);
    refused(open.run(), &["0.0.0.0:0", "without access tokens"]);
    assert!(database_files(open.directory()).is_empty(), "opened all the same");

    let configured = serve().args(["--config", "k.toml"]);
    fs::write(configured.directory().join("k.toml"), "# mine\n[limits]\nbodybytes = 5\n").unwrap();
    refused(configured.run(), &["k.toml:3", "unknown key \"limits.bodybytes\""]);
    refused(serve().env("KULTA_TIMEOUTS_BODY", "soon").run(), &["KULTA_TIMEOUTS_BODY", "expected a time"]);
    refused(serve().args(["--config", "missing.toml"]).run(), &["missing.toml"]);
    refused(serve().args(["--database-url", "mysql://u:hunter2@db/x"]).run(), &["not a database address"]);
    let postgres = serve().args(["--database-url", "postgres://u:hunter2@127.0.0.1:1/x"]).run();
    assert!(!postgres.stderr.contains("hunter2"), "{postgres:?}");
    refused(postgres, &["KULTA_MASTER_KEY"]);
    kulta().args(["serve", "--lisen", "x"]).run().expect_code(2);
    kulta().args(["serve", "--listen", "nowhere"]).run().expect_code(2);
    kulta().args(["replay", "--rules", "x.toml", "--out", "-", "--as-of", "yesterday"]).run().expect_code(2);
    kulta().args(["generate", "--from", "yesterday"]).run().expect_code(2);
    kulta().arg("dance").run().expect_code(2);
    kulta().run().expect_code(2);
    kulta().arg("--version").run().expect_code(0);
}

#[test]
fn other_machines_are_listened_to_with_tokens() {
    let program = kulta().args(["serve", "--listen", "0.0.0.0:0", "--config", "k.toml"]);
    fs::write(program.directory().join("k.toml"), "[[token]]\nname = \"annette\"\nsecret = \"open sesame\"\n").unwrap();
    let server = program.serve();
    let mut client = kulta_test_support::http::Client::new(([127, 0, 0, 1], server.addr().port()).into());
    client.get("/v1/events").send().expect_status(401);
    client.get("/v1/events").header("authorization", "Bearer open sesame").send().expect_status(200);
}

#[test]
fn what_the_database_refuses_is_logged_once() {
    let place = Place::postgresql();
    place.serve().terminate(PATIENCE);
    place.execute("ALTER TABLE log ADD CONSTRAINT nobody_there CHECK (source <> 'newsletter')");
    let server = place.serve();
    let mut client = server.client();
    let request = client.post("/v1/events").body("application/cloudevents+json", registered("1").to_string());
    let problem = request.send().expect_status(500).json();
    let log = server.stderr();
    server.terminate(PATIENCE);
    let lines: Vec<_> = log.lines().filter(|line| line.contains("nobody_there")).collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(lines[0].contains(problem["request_id"].as_str().unwrap()), "{lines:?}");
}

#[test]
fn nobody_is_named_in_logs_and_files() {
    let program = serve().env("RUST_LOG", "trace").args(["--log-format", "json"]);
    let server = program.serve();
    let mut client = server.client();
    publish(&mut client, &registered("anna.virtanen@example.fi/1"));
    let mut other = registered("anna.virtanen@example.fi/1");
    other["data"]["name"] = json!("Anna Korhonen");
    assert_eq!(publish(&mut client, &other)["status"], "conflict");
    let mut bad = registered("anna.virtanen@example.fi/2");
    bad["data"]["birth_date"] = json!("Anna Virtanen");
    assert_eq!(publish(&mut client, &bad)["status"], "rejected");
    client.get("/v1/dead-letters/1").send().expect_status(200);
    client.get("/v1/events?source=newsletter&subject=anna.virtanen@example.fi").send().expect_status(200);
    client.get("/v1/events?subjekt=anna.virtanen@example.fi").send().expect_status(400);
    let log = server.stderr();
    assert!(log.lines().filter(|line| line.starts_with('{')).count() > 5, "{log}");
    server.terminate(PATIENCE);
    let mut files = database_files(program.directory());
    // The projections hold golden records in clear, as CRM and BI read them.
    files.retain(|(name, _)| !name.starts_with("kulta.db-g") && name != "kulta.db-live");
    files.push(("the log lines".to_owned(), log.into_bytes()));
    for (name, bytes) in files {
        for clear in ["Virtanen", "virtanen", "Korhonen"] {
            let found = bytes.windows(clear.len()).any(|window| window == clear.as_bytes());
            assert!(!found, "{clear} stands in {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_serve_one_postgresql_under_one_key() {
    let database = kulta_test_support::pg::database().await;
    let program = serve().env("KULTA_DATABASE_URL", database.url());
    refused(program.run(), &["KULTA_MASTER_KEY"]);
    let mut connection = database.connect().await;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(tables, 0, "a refused start made tables");
    connection.close().await.unwrap();

    let keyed = program.clone().env("KULTA_MASTER_KEY", OTHER_KEY);
    let (one, two) = (keyed.serve(), keyed.serve());
    assert_eq!(publish(&mut one.client(), &registered("1"))["status"], "accepted");
    assert_eq!(publish(&mut two.client(), &registered("1"))["status"], "duplicate");
    assert_eq!(
        publish(&mut two.client(), &registered("2")),
        json!({
            "source": "newsletter", "id": "2", "status": "accepted", "position": 4,
        })
    );
    let events = one.client().get("/v1/events?wait=30&after=2").send().expect_status(200).json();
    assert_eq!(events["items"][0]["data"]["name"], "Anna Virtanen");
    for node in [one, two] {
        assert_eq!(node.terminate(PATIENCE).code(), Some(0));
    }

    let other = program.clone().env("KULTA_MASTER_KEY", OTHER_KEY.replace('0', "1"));
    refused(other.run(), &["the master key is not the one", "nothing was written"]);
    database.close().await;
}
