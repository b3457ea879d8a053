//! A person whose keys and blobs are deleted as `docs/privacy.md` says: everything goes on working, the facts stay, and
//! neither files nor log lines nor answers hold who it was.

use std::fs;

use kulta_test_support::http::{Client, Response};
use kulta_test_support::process::{Finished, Server};
use serde_json::{Value, json};

use crate::kit::{Asks, LINES, PATIENCE, Place, encoded, event, text};

/// The customer's key in the newsletter tool, as such tools have it.
const SUBJECT: &str = "Aino.Virtanen@Example.fi";
/// What must be nowhere afterwards, in any case of letters: name, address, phone, what was complained about, the street.
const CLEAR: [&str; 6] = ["virtanen", "aino", "5551234", "dripping tap", "kukkakatu", "asked her husband"];
/// The event that the newsletter tool names after the address.
const SIGN_UP: &str = "Aino.Virtanen@Example.fi/signup";

fn about(id: &str, day: u32, type_name: &str, data: Value) -> Value {
    event("newsletter", SUBJECT, id, &format!("2026-01-{day:02}T10:00:00Z"), type_name, data)
}

fn facts() -> Vec<Value> {
    let registered = json!({"kind": "person", "name": "Aino Virtanen", "email": SUBJECT, "phone": "+358 40 5551234",
        "address": {"street": "Kukkakatu 5", "city": "Turku"}, "language": "fi", "nickname": "Aino"});
    vec![
        about(SIGN_UP, 1, "customer.registered", registered),
        about("Aino.Virtanen@Example.fi/order/1", 2, "purchase.made", json!({"amount": "19.90", "currency": "EUR"})),
        about("c/1", 3, "complaint.opened", json!({"complaint": "c-1", "topic": "tap", "text": "a dripping tap"})),
        about("click/1", 4, "email.link_clicked", json!({"link": "https://shop.example/tap?who=aino.virtanen"})),
        // Somebody else, who stays.
        event(
            "newsletter",
            "1",
            "1",
            "2026-01-01T10:00:00Z",
            "customer.registered",
            json!({"name": "Matti Meikalainen"}),
        ),
        // Who names the person by the key that the newsletter tool has.
        event(
            "newsletter",
            "1",
            "2",
            "2026-01-02T10:00:00Z",
            "customer.related",
            json!({"relation": "household_of", "to": {"source": "newsletter", "subject": SUBJECT}, "role": "husband"}),
        ),
    ]
}

fn holds(bytes: &[u8], clear: &str) -> bool {
    let found = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle));
    // PostgreSQL shows bytes in hexadecimal digits.
    found(clear.as_bytes()) || found(hex(clear).as_bytes()) || found(hex(&clear.to_uppercase()).as_bytes())
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[track_caller]
fn tells_nothing(what: &str, bytes: impl AsRef<[u8]>) {
    for clear in CLEAR {
        assert!(!holds(bytes.as_ref(), clear), "{clear} stands in {what}");
    }
}

/// Everything that the database holds: files, or the rows of all tables. (On PostgreSQL the rows only: its files keep
/// deleted rows for a while, and the WAL and base backups as long as their retention says, whatever kulta does. That is
/// why keys stand there wrapped.)
fn stored(place: &Place) -> Vec<(String, Vec<u8>)> {
    if !place.is_sqlite() {
        let schemas = "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'kulta\\_g%'";
        assert_eq!(place.texts(schemas).len(), 1, "the old generation is gone");
        return place.rows().into_iter().map(|(table, rows)| (table, rows.join("\n").into_bytes())).collect();
    }
    let files = fs::read_dir(place.directory()).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.map(|path| (path.display().to_string(), fs::read(path).unwrap())).collect();
    let generations = files.iter().filter(|(name, _)| name.contains("kulta.db-g") && !name.ends_with("wal"));
    assert!(generations.filter(|(name, _)| !name.ends_with("shm")).count() == 1, "the old generation is gone");
    files
}

fn log_lines(server: &Server) -> String {
    let log = server.stderr();
    assert!(log.contains("DEBUG"), "{log}");
    log
}

fn said(finished: Finished) -> Finished {
    tells_nothing("what a command prints", &finished.stdout);
    tells_nothing("what a command logs", &finished.stderr);
    finished
}

/// Everything that an answer says.
fn answer(response: Response) -> Value {
    tells_nothing("an answer", response.text());
    tells_nothing("a header", format!("{:?}", response.headers));
    response.json()
}

/// The record that the newsletter tool knows, and the one that people edit.
fn records(client: &mut Client) -> Vec<String> {
    let record = client.record("newsletter", SUBJECT);
    let records = client.read(&format!("/v1/customers/{record}/records"));
    records["items"].as_array().unwrap().iter().map(|record| text(record, "record_id").to_owned()).collect()
}

/// Fills the log, among it what lies beside events: a conflict, a reject, an edit by a person, a kept answer.
fn fill(place: &Place) -> Vec<String> {
    let server = place.server().env("RUST_LOG", "debug").serve();
    let mut client = server.client();
    client.accepted(&facts());
    let mut other = facts()[0].clone();
    other["data"]["name"] = json!("Aino Virtanen-Laine");
    let mut wrong = about("x", 5, "customer.contact_edited", json!({"birth_date": "Aino's birthday"}));
    assert_eq!(client.publish(&[other])[0]["status"], "conflict");
    let refused = client.publish(&[wrong.clone()])[0].clone();
    assert_eq!(refused["status"], "rejected");
    tells_nothing("a problem", refused["problem"].to_string());
    wrong["time"] = json!("Aino");
    let line = client.post("/v1/events").body(LINES, wrong.to_string()).send().expect_status(200).json();
    tells_nothing("a problem", line["results"][0]["problem"].to_string());

    let record = client.record("newsletter", SUBJECT);
    let edit = client.patch(&format!("/v1/customers/{record}")).header("idempotency-key", "Aino.Virtanen's edit");
    edit.json(&json!({"given_name": "Aino", "phone": "040 5551234"})).send().expect_status(200);
    let verify = json!({"field": "email", "value": SUBJECT, "method": "phone"});
    client.send("POST", &format!("/v1/customers/{record}/verify"), &verify).expect_status(200);
    let decline = json!({"field": "birth_date", "reason": "asked her husband"});
    client.send("POST", &format!("/v1/customers/{record}/decline"), &decline).expect_status(200);
    // Requests that name the person, well and badly.
    for target in [
        format!("/v1/records/newsletter/{}", encoded(SUBJECT)),
        format!("/v1/events?source=newsletter&subject={}", encoded(SUBJECT)),
        format!("/v1/customers/{record}/timeline"),
    ] {
        client.get(&target).send().expect_status(200);
    }
    for target in [
        format!("/v1/records/erp/{}", encoded(SUBJECT)),
        format!("/v1/customers/{}", encoded(SUBJECT)),
        format!("/v1/events?subject={}", encoded(SUBJECT)),
        format!("/v1/events?{}=1", encoded(SUBJECT)),
        format!("/v1/streams/{}", encoded(SUBJECT)),
    ] {
        let response = client.get(&target).send();
        assert!(response.status >= 400 || response.json()["items"] == json!([]), "{target} {response:?}");
        if !target.contains("=1") {
            tells_nothing("a problem", response.text());
        }
    }
    // A steward's word, and the word that takes it back.
    let other = client.record("newsletter", "1");
    let merge = json!({"with": other, "reason": "Aino asked her husband"});
    let merged = client.send("POST", &format!("/v1/customers/{record}/merge"), &merge).expect_status(200).json();
    let withdrawn = format!("/v1/decisions/{}?reason=Aino%20Virtanen%20was%20asked", text(&merged, "decision_id"));
    client.delete(&withdrawn).send().expect_status(200);
    let golden = client.customer("newsletter", SUBJECT);
    assert_eq!(
        (&golden["name"], &golden["fields"]["email"]["verified_at"].is_string()),
        (&json!("Aino Virtanen"), &true)
    );
    let records = records(&mut client);
    assert_eq!(records.len(), 2);
    tells_nothing("the log lines", log_lines(&server));
    server.terminate(PATIENCE);
    let rejected = place.kulta(["import", "-"]).env("RUST_LOG", "debug").stdin(wrong.to_string()).run().expect_code(0);
    assert_eq!(said(rejected).last_line(), "accepted=0 duplicate=0 conflict=0 rejected=1");
    records
}

/// As `docs/privacy.md` says, word by word.
fn erase(place: &Place, records: &[String]) {
    for record in records {
        let record = place.id(record);
        place.execute(&format!(
            "DELETE FROM sealed WHERE position IN (SELECT position FROM log WHERE record_id = {record});
             DELETE FROM record_key WHERE record_id = {record};
             DELETE FROM dead_letter WHERE record_id = {record};"
        ));
    }
    for stream in place.texts("SELECT stream FROM log WHERE type LIKE 'identity.%' ORDER BY position") {
        place.execute(&format!(
            "DELETE FROM sealed WHERE position IN (SELECT position FROM log WHERE stream = '{stream}')"
        ));
    }
    if place.is_sqlite() {
        place.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        place.execute("VACUUM");
    }
    // The golden record still holds what it must not.
    let found = place.kulta(["verify"]).env("RUST_LOG", "debug").run().expect_code(1);
    assert!(said(found).stdout.contains(&format!("table=customer row={}", records[0])));
    let rebuilt = place.kulta(["rebuild"]).env("RUST_LOG", "debug").run().expect_code(0);
    assert!(said(rebuilt).last_line().ends_with(" customers=2"));
}

fn the_facts_stay(client: &mut Client, record: &str) {
    let golden = answer(client.get(&format!("/v1/customers/{record}")).send().expect_status(200));
    assert_eq!((&golden["kind"], &golden["name"]), (&json!("person"), &Value::Null));
    assert_eq!(golden["fields"]["language"]["value"], "fi", "a fact");
    assert_eq!(golden["fields"]["language"]["subject"], Value::Null);
    assert_eq!(golden["fields"].as_object().unwrap().keys().collect::<Vec<_>>(), ["kind", "language"]);
    let timeline = answer(client.get(&format!("/v1/customers/{record}/timeline")).send().expect_status(200));
    let entries = timeline["items"].as_array().unwrap();
    let of = |type_name: &str| entries.iter().find(|entry| entry["type"] == type_name).unwrap();
    assert_eq!(entries.len(), 7, "four facts, an edit, a verification, a declined field");
    assert_eq!(
        (&of("purchase.made")["data"]["amount"], &of("purchase.made")["erased"]),
        (&json!("19.90"), &json!(false))
    );
    assert_eq!(
        (&of("complaint.opened")["data"]["topic"], &of("complaint.opened")["erased"]),
        (&json!("tap"), &json!(true))
    );
    assert_eq!(of("email.link_clicked")["data"]["link"], "https://shop.example/tap");
    for entry in entries {
        assert_eq!(entry["subject"], Value::Null);
    }
    // At any point of time, and everywhere else where it was.
    for target in [
        format!("/v1/customers/{record}?as_of=2026-01-02T00:00:00Z"),
        format!("/v1/customers/{record}?known_at=2100-01-01T00:00:00Z"),
        format!("/v1/customers/{record}/records"),
        format!("/v1/customers/{record}/freshness"),
        format!("/v1/customers/{record}/relations"),
        format!("/v1/streams/record-{record}"),
        "/v1/events?source=newsletter".to_owned(),
        format!("/v1/events?source=newsletter&subject={}", encoded(SUBJECT)),
        format!("/v1/records/newsletter/{}", encoded(SUBJECT)),
        "/v1/changes".to_owned(),
        "/v1/dead-letters?state=all".to_owned(),
        "/metrics".to_owned(),
    ] {
        let response = client.get(&target).send().expect_status(200);
        tells_nothing(&target, response.text());
    }
    for letter in client.read("/v1/dead-letters?state=all")["items"].as_array().unwrap() {
        answer(client.get(&format!("/v1/dead-letters/{}", letter["id"])).send().expect_status(200));
    }
    let all = answer(client.get("/v1/events?limit=1000").send().expect_status(200));
    let decisions =
        all["items"].as_array().unwrap().iter().filter(|event| text(event, "type").starts_with("identity."));
    assert_eq!(decisions.count(), 3, "the edit's link, the merge, its withdrawal");
    let other = client.customer("newsletter", "1");
    assert_eq!(other["name"], "Matti Meikalainen");
    let target = format!("/v1/customers/{}/relations", text(&other, "customer_id"));
    let relation = &answer(client.get(&target).send().expect_status(200))["items"][0];
    assert_eq!((&relation["customer_id"], &relation["name"]), (&json!(record), &Value::Null));
    assert_eq!(relation["role"], "husband", "that is his own");
}

/// What conflicts with its events is told without what was sent.
fn a_conflict_about_it_holds_nothing(client: &mut Client) {
    let text = json!({"complaint": "c-2", "topic": "sink", "text": "no, it was Aino's shower"});
    assert_eq!(client.publish(&[about("later/3", 8, "complaint.opened", text)])[0]["status"], "conflict");
    let letters = answer(client.get("/v1/dead-letters").send().expect_status(200));
    let id = &letters["items"][0]["id"];
    let letter = answer(client.get(&format!("/v1/dead-letters/{id}")).send().expect_status(200));
    assert_eq!((&letter["reason"], &letter["body"]), (&json!("conflict"), &Value::Null), "{letter}");
}

/// What is refused of it is told without what was sent.
fn a_refusal_about_it_holds_nothing(place: &Place) {
    let wrong = about("later/4", 8, "complaint.opened", json!({"text": "Aino's dripping tap"}));
    place.kulta(["import", "-"]).stdin(wrong.to_string()).run().expect_code(0);
    let letters = place.texts("SELECT CAST(length(sealed_body) AS TEXT) FROM dead_letter ORDER BY id DESC LIMIT 1");
    assert_eq!(letters, ["0"]);
}

/// What comes later is kept without the person, and no key is made again.
fn what_comes_later_is_kept_without_the_person(place: &Place, client: &mut Client, records: &[String]) {
    assert_eq!(client.publish(&facts())[0]["status"], "duplicate", "the log still knows its own");
    let text = json!({"complaint": "c-2", "topic": "sink", "text": "Aino's dripping tap again"});
    client.accepted(&[
        about("later/1", 6, "customer.contact_edited", json!({"name": "Aino Virtanen", "language": "sv"})),
        about("later/aino", 7, "purchase.made", json!({"amount": "5", "currency": "EUR"})),
        about("later/3", 8, "complaint.opened", text),
    ]);
    client.caught_up();
    let golden = answer(client.get(&format!("/v1/customers/{}", records[0])).send().expect_status(200));
    assert_eq!((&golden["fields"]["language"]["value"], &golden["name"]), (&json!("sv"), &Value::Null));
    let timeline = answer(client.get(&format!("/v1/customers/{}/timeline", records[0])).send().expect_status(200));
    let entries = timeline["items"].as_array().unwrap();
    let later = entries.iter().find(|entry| entry["data"]["complaint"] == "c-2").unwrap();
    assert_eq!((&later["data"]["topic"], &later["data"]["text"]), (&json!("sink"), &Value::Null));
    assert_eq!(later["erased"], true, "{later}");
    let bought = entries.iter().find(|entry| entry["data"]["amount"] == "5").unwrap();
    assert_eq!(bought["data"], json!({"amount": "5", "currency": "EUR"}), "facts come without a loss");
    a_conflict_about_it_holds_nothing(client);
    let kept = |table: &str| {
        let sql = if table == "sealed" {
            "SELECT CAST(count(*) AS TEXT) FROM sealed JOIN log ON log.position = sealed.position WHERE record_id = "
        } else {
            "SELECT CAST(count(*) AS TEXT) FROM record_key WHERE record_id = "
        };
        place.texts(&format!("{sql}{}", place.id(&records[0])))
    };
    assert_eq!((kept("sealed"), kept("record_key")), (vec!["0".to_owned()], vec!["0".to_owned()]));
}

fn erasing_leaves_the_facts_and_nothing_else(place: &Place) {
    let records = fill(place);
    // The search finds what is there: the golden record that CRM and BI read, before the rebuild.
    let before = stored(place);
    assert!(CLEAR[..3].iter().all(|clear| before.iter().any(|(_, bytes)| holds(bytes, clear))));
    erase(place, &records);

    let server = place.server().env("RUST_LOG", "debug").serve();
    let mut client = server.client();
    the_facts_stay(&mut client, &records[0]);
    what_comes_later_is_kept_without_the_person(place, &mut client, &records);
    tells_nothing("the log lines", log_lines(&server));
    server.terminate(PATIENCE);
    let verified = place.kulta(["verify"]).env("RUST_LOG", "debug").run().expect_code(0);
    assert!(said(verified).last_line().ends_with(" differences=0"));
    for (name, bytes) in stored(place) {
        tells_nothing(&name, bytes);
    }
    a_refusal_about_it_holds_nothing(place);
}

fn rows_of_the_log(place: &Place) -> Vec<String> {
    ["log", "record", "record_key", "sealed"]
        .iter()
        .flat_map(|table| place.texts(&format!("SELECT CAST(count(*) AS TEXT) FROM {table}")))
        .collect()
}

/// One of them nobody ever edited; the other is known by what people said alone.
fn nothing_is_said_of_who_was_erased(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let shop = |id: &str, type_name: &str, data: Value| event("shop", "9", id, "2026-01-01T10:00:00Z", type_name, data);
    client.accepted(&[
        shop("1", "customer.registered", json!({"kind": "person", "name": "Aino Virtanen"})),
        shop("2", "complaint.opened", json!({"complaint": "c-1", "topic": "tap"})),
    ]);
    let made = client.send("POST", "/v1/customers", &json!({"kind": "person", "name": "Aino Laine"}));
    let made = text(&made.expect_status(201).json(), "record_id").to_owned();
    let ids = [client.record("shop", "9"), made];
    let complaint = text(&client.read("/v1/complaints")["items"][0], "complaint_id").to_owned();
    server.terminate(PATIENCE);
    for record in &ids {
        let record = place.id(record);
        place.execute(&format!(
            "DELETE FROM sealed WHERE position IN (SELECT position FROM log WHERE record_id = {record});
             DELETE FROM record_key WHERE record_id = {record};"
        ));
    }
    place.kulta(["rebuild"]).run().expect_code(0);
    let before = rows_of_the_log(place);

    let server = place.serve();
    let mut client = server.client();
    let mut refused = |method: &str, target: &str, body: Value| {
        let problem = answer(client.send(method, target, &body).expect_status(409));
        assert_eq!((text(&problem, "code"), &problem["rule"]), ("refused", &json!("erased")), "{target} {problem}");
    };
    for id in &ids {
        refused("PATCH", &format!("/v1/customers/{id}"), json!({"name": "Aino Virtanen"}));
        refused("POST", &format!("/v1/customers/{id}/verify"), json!({"field": "language", "value": "fi"}));
        refused("POST", &format!("/v1/customers/{id}/decline"), json!({"field": "birth_date"}));
        refused("PUT", &format!("/v1/customers/{id}/tags/golf"), json!({}));
        refused("POST", "/v1/notes", json!({"customer": id, "text": "Aino called"}));
        refused("POST", "/v1/tasks", json!({"customer": id, "title": "call Aino"}));
    }
    let close = format!("/v1/complaints/{complaint}/close");
    refused("POST", &close, json!({"outcome": "refund", "text": "Aino is content"}));
    server.terminate(PATIENCE);
    assert_eq!(rows_of_the_log(place), before);

    // What was begun is ended.
    let server = place.serve();
    let mut client = server.client();
    client.send("POST", &close, &json!({"outcome": "refund"})).expect_status(200);
    client.caught_up();
    assert_eq!(client.read(&format!("/v1/complaints/{complaint}"))["status"], "closed");
    server.terminate(PATIENCE);
    place.kulta(["verify"]).run().expect_code(0);
}

#[test]
fn nothing_is_said_of_who_was_erased_on_sqlite() {
    nothing_is_said_of_who_was_erased(&Place::sqlite());
}

#[test]
fn nothing_is_said_of_who_was_erased_on_postgresql() {
    nothing_is_said_of_who_was_erased(&Place::postgresql());
}

#[test]
fn a_person_erased_by_hand_on_sqlite() {
    erasing_leaves_the_facts_and_nothing_else(&Place::sqlite());
}

#[test]
fn a_person_erased_by_hand_on_postgresql() {
    erasing_leaves_the_facts_and_nothing_else(&Place::postgresql());
}
