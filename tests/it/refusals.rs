//! What kulta refuses before anything is written, and that it says why.

use std::fs;

use kulta_test_support::process::{Finished, Program};
use serde_json::json;

use crate::kit::{Asks, MASTER_KEY, PATIENCE, Place, database_files, event, unchanged};

const OTHER_KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// Every verb that opens a database.
const VERBS: [&[&str]; 4] =
    [&["serve", "--listen", "127.0.0.1:0"], &["import", "events.ndjson"], &["rebuild"], &["verify"]];

fn purchase(id: &str) -> serde_json::Value {
    event("erp", "7", id, "2026-01-01T10:00:00Z", "purchase.made", json!({"amount": 1, "currency": "EUR"}))
}

/// A database with something in it.
fn used(place: Place) -> Place {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&[purchase("1")]);
    client.caught_up();
    server.terminate(PATIENCE);
    place.file("events.ndjson", purchase("2").to_string());
    place
}

fn both() -> [Place; 2] {
    [used(Place::sqlite()), used(Place::postgresql())]
}

/// The database as it stands: all rows, or the bytes of all files. (The lock is no data, nor what looking at a file in WAL
/// mode makes beside it.)
fn state(place: &Place) -> Vec<(String, Vec<u8>)> {
    if !place.is_sqlite() {
        return place.rows().into_iter().map(|(table, rows)| (table, rows.join("\n").into_bytes())).collect();
    }
    database_files(&place.directory())
}

#[track_caller]
fn refused(finished: Finished, words: &[&str]) {
    let finished = finished.expect_code(1);
    let complaint = finished.stderr.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
    for word in words {
        assert!(complaint.contains(word), "{word} is not in {finished:?}");
    }
    assert_eq!(finished.stdout, "");
}

#[test]
fn a_mapping_that_names_a_missing_column_is_told_the_columns() {
    let place = used(Place::sqlite());
    place.file("rows.csv", "no,customer,when,price\n1,7,2026-01-01T10:00:00Z,5\n");
    let mapping = |subject: &str| {
        format!(
            "source = \"shop\"\n[[event]]\ntype = \"purchase.made\"\nid = \"{{no}}\"\nsubject = \"{subject}\"\n\
             time = \"when\"\n[event.data]\namount = \"price\"\ncurrency = {{ const = \"EUR\" }}\n"
        )
    };
    let import = place.kulta(["import", "rows.csv", "--mapping", "map.toml"]);
    let before = state(&place);
    place.file("map.toml", mapping("{client}"));
    let columns = "there is no column `client`; there are: no, customer, when, price";
    refused(import.run(), &["rows.csv: mapping, line 5", columns]);
    // What is wrong with the mapping itself, or the flags, is found before the database is touched.
    place.file("map.toml", mapping("{customer}").replace("time =", "tiem ="));
    refused(import.run(), &["map.toml, line 6: unknown key `tiem`", "time"]);
    refused(place.kulta(["import", "rows.csv", "--mapping", "no.toml"]).run(), &["no.toml: "]);
    refused(place.kulta(["import", "no.csv", "--mapping", "no.toml"]).run(), &["no.toml: "]);
    unchanged(&before, &state(&place));
    place.file("map.toml", mapping("{customer}"));
    assert_eq!(import.run().expect_code(0).last_line(), "accepted=1 duplicate=0 conflict=0 rejected=0");
}

#[test]
fn a_toml_file_that_nests_too_deep_is_refused_with_its_line() {
    let place = used(Place::sqlite());
    place.file("rows.csv", "no,customer\n1,7\n");
    let level = format!("{}={{", ["a"; 79].join("."));
    place.file("deep.toml", format!("# deep\n{}b=1{}\n", level.repeat(78), "}".repeat(78)));
    let words = ["deep.toml", "2", "nests too deep"];
    for verb in [
        &["import", "rows.csv", "--mapping", "deep.toml"][..],
        &["match", "rows.csv", "--out", "-", "--mapping", "deep.toml"],
        &["match", "rows.csv", "--out", "-", "--policy", "deep.toml"],
        &["serve", "--config", "deep.toml"],
    ] {
        refused(place.kulta([]).args(verb).run(), &words);
    }
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    for place in both() {
        place.execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             SELECT 777, 'of the future', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
        );
        let before = state(&place);
        for verb in VERBS {
            let words = ["schema version 777", "this kulta knows versions up to ", "use a newer kulta"];
            refused(place.kulta([]).args(verb).run(), &words);
        }
        unchanged(&before, &state(&place));
        place.execute("DELETE FROM _sqlx_migrations WHERE version = 777");
        place.kulta(["verify"]).run().expect_code(0);
    }
}

#[test]
fn a_wrong_master_key_is_refused_before_anything_is_written() {
    for place in both() {
        let before = state(&place);
        for verb in VERBS {
            let wrong = place.kulta([]).args(verb).env("KULTA_MASTER_KEY", OTHER_KEY);
            let words = ["the master key is not the one that this database was made with", "nothing was written"];
            refused(wrong.run(), &words);
            for (key, words) in [("beef", "64 hexadecimal digits"), (&MASTER_KEY[1..], "64 hexadecimal digits")] {
                let none = place.kulta([]).args(verb).env("KULTA_MASTER_KEY", key).run();
                assert!(!none.stderr.contains(key), "a key is told: {none:?}");
                refused(none, &[words]);
            }
        }
        unchanged(&before, &state(&place));
        place.kulta(["verify"]).run().expect_code(0);
    }
}

#[test]
fn postgresql_demands_a_master_key() {
    let place = Place::postgresql();
    let keyless = Program::new(env!("CARGO_BIN_EXE_kulta")).env("KULTA_DATABASE_URL", place.database_url());
    fs::write(keyless.directory().join("events.ndjson"), "").unwrap();
    for verb in VERBS {
        let words = ["PostgreSQL needs a master key", "KULTA_MASTER_KEY", "KULTA_MASTER_KEY_FILE"];
        refused(keyless.clone().args(verb).run(), &words);
    }
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
    assert_eq!(place.texts(tables), [""; 0], "a refused start made tables");
    fs::write(keyless.directory().join("key"), format!("{MASTER_KEY}\n")).unwrap();
    keyless.arg("verify").env("KULTA_MASTER_KEY_FILE", "key").run().expect_code(0);
}

#[test]
fn a_database_whose_key_file_is_missing_gets_no_new_key() {
    let place = used(Place::sqlite());
    let (key, aside) = (place.directory().join("kulta.db.key"), place.directory().join("aside"));
    fs::rename(&key, &aside).unwrap();
    let before = state(&place);
    for verb in VERBS {
        let words = ["made with a master key", "kulta.db.key is missing", "nothing was written"];
        refused(place.kulta([]).args(verb).run(), &words);
    }
    assert!(!key.exists(), "a new key for an old database");
    unchanged(&before, &state(&place));
    fs::rename(&aside, &key).unwrap();
    place.kulta(["verify"]).run().expect_code(0);
}

#[test]
fn a_sqlite_file_has_one_holder_at_a_time() {
    let place = used(Place::sqlite());
    let server = place.serve();
    for verb in VERBS {
        let holder = format!("process {} (serve on 127.0.0.1:0)", server.pid());
        refused(place.kulta([]).args(verb).run(), &["the database is in use by", &holder]);
    }
    // By another name it is the same file.
    std::os::unix::fs::symlink("kulta.db", place.directory().join("other.db")).unwrap();
    let other = place.server().args(["--database-url", "sqlite://other.db"]);
    refused(other.run(), &["the database is in use by"]);
    server.client().get("/readyz").send().expect_status(200);
    // Who is gone, however, holds nothing.
    server.kill_9();
    place.kulta(["verify"]).run().expect_code(0);
}

#[test]
fn what_is_no_database_of_kulta_is_left_alone() {
    let place = Place::sqlite();
    let text = "Dear diary, today I was not a database.\n".repeat(100);
    place.file("kulta.db", &text);
    place.file("events.ndjson", "");
    for verb in VERBS {
        refused(place.kulta([]).args(verb).run(), &["database"]);
    }
    assert!(fs::read_to_string(place.directory().join("kulta.db")).unwrap() == text);
}

#[test]
fn other_machines_are_not_listened_to_without_tokens() {
    for listen in ["0.0.0.0:0", "[::]:0"] {
        let place = Place::sqlite();
        refused(place.kulta(["serve", "--listen", listen]).run(), &[listen, "without access tokens"]);
        assert!(!place.directory().join("kulta.db").exists(), "opened all the same");
    }
    let place = Place::sqlite();
    place.file("kulta.toml", "listen = \"0.0.0.0:0\"\n");
    refused(place.kulta(["serve", "--config", "kulta.toml"]).run(), &["0.0.0.0:0", "without access tokens"]);
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    let place = Place::sqlite();
    for arguments in [
        &["serve", "--lisen", "x"][..],
        &["import"],
        &["import", "x.csv", "--format", "xml"],
        &["import", "x.csv", "--format", "csv"],
        &["import", "x.ndjson", "--source", "crm"],
        &["import", "x.ndjson", "--format", "cloudevents", "--mapping", "m.toml"],
        &["rebuild", "everything"],
        &["verify", "--quickly"],
        &["generate"],
        &["generate", "--customers", "many"],
        &["generate", "--customers", "1", "--from", "2026-01-01T00:00:00Z", "--to", "2025-01-01T00:00:00Z"],
        &["demo", "--customers", "-1"],
        &["dance"],
        &[],
    ] {
        let finished = place.kulta([]).args(arguments).run().expect_code(2);
        assert!(!finished.stderr.is_empty() && finished.stdout.is_empty(), "{arguments:?}: {finished:?}");
    }
    assert!(!place.directory().join("kulta.db").exists(), "wrong usage touched a database");
    for arguments in [&["--version"][..], &["--help"], &["import", "--help"]] {
        place.kulta([]).args(arguments).run().expect_code(0);
    }
}
