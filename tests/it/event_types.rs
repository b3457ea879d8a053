//! Event types that are registered at run time, on both stores: accepted from then on, shown, scored, never taken away.

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use crate::kit::{Asks, PATIENCE, Place, database_files, event, text};

const TYPE: &str = "loyalty.points_redeemed";
/// What must be sealed.
const SECRET: &str = "for her husband's birthday";

/// Points by a whole number, by a level, and by money in euros.
const RULES: &str = r#"
name = "loyal"
currency = "EUR"
[rates]
SEK = [ { from = "2025-01-01", rate = 0.1 } ]

[[rule]]
id = "redeemed"
on = "loyalty.points_redeemed"
when = 'tier == "gold"'
points = "points / 10"

[[rule]]
id = "worth"
on = "loyalty.points_redeemed"
points = "value + weight"
"#;

fn schema() -> Value {
    json!({
        "type": "object",
        "required": ["points"],
        "properties": {
            "points": {"type": "integer", "x-facet": true},
            "tier": {"enum": ["gold", "silver"], "x-facet": true},
            "value": {"type": "number", "minimum": 0, "x-facet": true, "x-money": true},
            "currency": {"type": "string", "x-kulta": "currency", "x-facet": true},
            "weight": {"type": "number", "x-facet": true},
            "remark": {"type": "string", "maxLength": 200, "x-personal": true}
        }
    })
}

fn registration(schema: Value) -> Value {
    json!({"type": TYPE, "title": "The customer redeemed points.", "importance": "high", "schema": schema})
}

fn redeemed(id: &str, data: Value) -> Value {
    event("club", "7", id, "2026-02-01T10:00:00Z", TYPE, data)
}

/// 50 + 2.5 + 1 points by the rules above.
fn first() -> Value {
    redeemed(
        "1",
        json!({"points": 500, "tier": "gold", "value": "25.00", "currency": "SEK", "weight": "1", "remark": SECRET,
            "channel": "1.50"}),
    )
}

fn is_unknown(result: &Value) -> bool {
    result["status"] == "rejected" && result["problem"].to_string().contains("unknown-type")
}

fn points(client: &mut Client, rule_set: &str) -> String {
    let id = client.record("club", "7");
    let asked = format!("/v1/customers/{id}/score?rule_set={rule_set}&as_of=2026-03-01T00:00:00Z&explain=true");
    text(&client.read(&asked), "points").to_owned()
}

/// Before and after: nobody knows the type, and then everybody does.
fn registered_and_used(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    assert!(is_unknown(&client.publish(&[first()])[0]));
    client.get(&format!("/v1/event-types/{TYPE}")).send().expect_status(404);
    let checked = client.send("POST", "/v1/rule-sets/check", &json!({"rules": RULES})).expect_status(200).json();
    assert!(checked["errors"].to_string().contains(TYPE), "{checked}");
    client.send("POST", "/v1/rule-sets", &json!({"rules": RULES})).expect_status(422);

    register(&mut client);
    let results = client.publish(&[first(), redeemed("2", json!({"points": "many"})), redeemed("3", json!({}))]);
    let told: Vec<_> = results.iter().map(|result| result["status"].as_str().unwrap()).collect();
    assert_eq!(told, ["accepted", "rejected", "rejected"], "{results:?}");
    assert!(results[1].to_string().contains("/data/points"), "{results:?}");
    assert_eq!(client.publish(&[first()])[0]["status"], "duplicate");
    shown(&mut client);

    let publish = json!({"rules": RULES, "effective_from": "2026-01-01T00:00:00Z"});
    client.send("POST", "/v1/rule-sets/loyal/publish", &publish).expect_status(200);
    assert_eq!(points(&mut client, "loyal"), "53.5");
    server.terminate(PATIENCE);
    sealed(place);
    archived(place);
}

/// An archive knows the types that its log registers.
fn archived(place: &Place) {
    place.file("loyal.toml", RULES);
    place.kulta(["archive", "facts"]).run().expect_code(0);
    let arguments = ["replay", "--rules", "loyal.toml", "--archive", "facts", "--out", "scores.csv"];
    place.alone(arguments).run().expect_code(0);
    let scores = std::fs::read_to_string(place.directory().join("scores.csv")).unwrap();
    assert!(scores.contains(",53.5,"), "{scores}");
    // Also one that was brought up to date.
    place.kulta(["archive", "facts"]).run().expect_code(0);
    place.alone(arguments).run().expect_code(0);
}

fn register(client: &mut Client) {
    let body = registration(schema());
    let ask = |client: &mut Client| {
        let request = client.post("/v1/event-types").header("idempotency-key", "k");
        request.json(&body).send().expect_status(200).json()
    };
    let done = ask(client);
    assert_eq!((text(&done, "type"), &done["dataversion"], &done["registered"]), (TYPE, &json!(1), &json!(true)));
    assert_eq!(ask(client)["position"], done["position"], "once");
    let again = client.send("POST", "/v1/event-types", &body).expect_status(200).json();
    assert_eq!(again["dataversion"], json!(1), "the same again is nothing new");
    assert_eq!(client.read(&format!("/v1/streams/event_type-{TYPE}"))["items"].as_array().unwrap().len(), 1);
    let listed = client.read("/v1/event-types");
    let find = |name: &str| listed["items"].as_array().unwrap().iter().find(|item| item["type"] == name).cloned();
    let (own, built_in) = (find(TYPE).unwrap(), find("purchase.made").unwrap());
    assert_eq!(
        (&own["registered"], &own["publishable"], text(&own, "importance")),
        (&json!(true), &json!(true), "high")
    );
    assert_eq!(built_in["registered"], false);
    let served = client.read(&format!("/v1/event-types/{TYPE}"));
    assert_eq!(
        (&served["x-registered"], text(&served, "description")),
        (&json!(true), "The customer redeemed points.")
    );
    assert_eq!(served["properties"]["value"]["x-money"], true);
    assert_eq!(served["properties"]["remark"], json!({"type": "string", "maxLength": 200, "x-personal": true}));
    // What is served can be registered.
    let round = client.send("POST", "/v1/event-types", &registration(served)).expect_status(200).json();
    assert_eq!(round["dataversion"], json!(1), "{round}");
    assert_eq!(client.read(&format!("/v1/streams/event_type-{TYPE}"))["items"].as_array().unwrap().len(), 1);
}

/// In the timeline with its importance, whole.
fn shown(client: &mut Client) {
    let id = client.record("club", "7");
    let timeline = client.read(&format!("/v1/customers/{id}/timeline?importance=high"));
    let entry = &timeline["items"][0];
    assert_eq!((text(entry, "type"), text(entry, "importance")), (TYPE, "high"));
    assert_eq!((&entry["data"]["value"], &entry["data"]["remark"]), (&json!("25.00"), &json!(SECRET)));
    assert_eq!((&entry["data"]["points"], &entry["data"]["channel"]), (&json!(500), &json!("1.50")));
}

/// Facts stand in the row; what is personal, and what the schema does not know, stands nowhere in clear.
fn sealed(place: &Place) {
    let rows = place.rows();
    let facts: Vec<_> = rows.values().flatten().filter(|row| row.contains("gold") && row.contains("SEK")).collect();
    assert!(facts.iter().any(|row| row.contains("500") && row.contains("25.00")), "{facts:?}");
    let hex: String = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    for (table, rows) in &rows {
        let found = rows.iter().any(|row| row.contains(SECRET) || row.to_lowercase().contains(&hex));
        assert!(!found, "it stands in {table}");
    }
    if place.is_sqlite() {
        for (name, bytes) in database_files(&place.directory()) {
            assert!(!bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()), "it stands in {name}");
        }
    }
}

/// After a restart, by file, and as the type grows.
fn kept_and_grown(place: &Place) {
    let line = |event: Value| event.to_string() + "\n";
    let other = event("club", "7", "9", "2026-02-02T10:00:00Z", "loyalty.unheard_of", json!({}));
    let second = redeemed("2", json!({"points": 100, "tier": "silver", "value": 3, "currency": "EUR", "weight": 0}));
    place.file("events.ndjson", line(first()) + &line(second) + &line(other));
    let import = place.kulta(["import", "events.ndjson", "--rejects", "rejects.ndjson"]).run();
    assert_eq!(import.stdout.lines().last(), Some("accepted=1 duplicate=1 conflict=0 rejected=1"), "{}", import.stderr);
    let rejects = std::fs::read_to_string(place.directory().join("rejects.ndjson")).unwrap();
    assert!(rejects.contains("unknown-type"), "{rejects}");

    let server = place.serve();
    let mut client = server.client();
    assert_eq!(points(&mut client, "loyal"), "56.5");
    grown(&mut client);
    assert_eq!(points(&mut client, "shops"), "7");
    sent_again(&mut client);
    assert_eq!(points(&mut client, "loyal"), "56.5", "what was is as it was");
    server.terminate(PATIENCE);
    place.kulta(["rebuild"]).run().expect_code(0);
    place.kulta(["verify"]).run().expect_code(0);
    by_command_line(place);
}

/// What was refused waits among the dead letters until its type is there.
fn sent_again(client: &mut Client) {
    let letters = client.read("/v1/dead-letters");
    let letter = &letters["items"][0];
    assert_eq!((letters["items"].as_array().unwrap().len(), text(letter, "reason")), (1, "unknown-type"), "{letters}");
    let address = format!("/v1/dead-letters/{}", letter["id"]);
    let send = |client: &mut Client| {
        client.send("POST", &address, &json!({"action": "resubmit"})).expect_status(200).json()["results"][0].clone()
    };
    assert!(is_unknown(&send(client)));
    let body = json!({"type": "loyalty.unheard_of", "schema": {"type": "object"}});
    client.send("POST", "/v1/event-types", &body).expect_status(200);
    assert_eq!(send(client)["status"], "accepted");
}

/// A property is added; what a property holds does not change.
fn grown(client: &mut Client) {
    let with = |name: &str, property: Value| {
        let mut schema = schema();
        schema["properties"][name] = property;
        registration(schema)
    };
    for (body, pointer) in [
        (with("points", json!({"type": "number", "x-facet": true})), "/schema/properties/points"),
        (with("points", json!({"type": "integer"})), "/schema/properties/points"),
        (with("value", json!({"type": "string", "format": "uri"})), "/schema/properties/value/format"),
        (json!({"type": "purchase.dreamt_of", "schema": {"type": "object"}}), "/type"),
        (json!({"type": "loyalty.joined"}), "/schema"),
        (json!({"type": "loyalty.joined", "schema": {"type": "object"}, "importance": "urgent"}), "/importance"),
        (json!({"type": "loyalty.joined", "schema": {"type": "object"}, "version": 7}), "/version"),
    ] {
        let problem = client.send("POST", "/v1/event-types", &body).expect_status(422).json();
        assert!(problem["errors"].to_string().contains(&format!("{pointer}\"")), "{problem}");
    }
    // `channel` came before anybody knew it, and was sealed. From now on it is a fact.
    let rules = "name = \"shops\"\n[[rule]]\nid = \"a\"\non = \"loyalty.points_redeemed\"\npoints = \"channel\"\n";
    let publish = json!({"rules": rules, "effective_from": "2026-01-01T00:00:00Z"});
    client.send("POST", "/v1/rule-sets/shops/publish", &publish).expect_status(422);
    let more = with("channel", json!({"type": "number", "x-facet": true}));
    let done = client.send("POST", "/v1/event-types", &more).expect_status(200).json();
    assert_eq!(done["dataversion"], json!(2), "{done}");
    client.send("POST", "/v1/rule-sets/shops/publish", &publish).expect_status(200);
    // The same event again is the same event, whatever has become of its type.
    assert_eq!(client.publish(&[first()])[0]["status"], "duplicate");
    client.accepted(&[redeemed("4", json!({"points": 0, "channel": 7}))]);
    let mut late = redeemed("5", json!({"points": 0}));
    late["dataversion"] = json!(2);
    client.accepted(&[late]);
}

/// `kulta rules` and `kulta replay` know the types of the log that they are told.
fn by_command_line(place: &Place) {
    place.file("loyal.toml", RULES);
    place.kulta(["rules", "check", "loyal.toml"]).run().expect_code(1);
    let url = place.database_url();
    place.kulta(["rules", "check", "loyal.toml", "--database-url", &url]).run().expect_code(0);
    place.file("list.toml", RULES.replace("on = \"loyalty.points_redeemed\"", "on = [\"loyalty.points_redeemed\"]"));
    place.kulta(["rules", "publish", "list.toml"]).run().expect_code(0);
    let replay = ["replay", "--rules", "loyal.toml", "--as-of", "2026-03-01T00:00:00Z", "--out", "scores.csv"];
    place.kulta(replay).run().expect_code(0);
    let scores = std::fs::read_to_string(place.directory().join("scores.csv")).unwrap();
    assert!(scores.lines().any(|line| line.contains("club:7") && line.contains(",56.5,")), "{scores}");
}

#[test]
fn registered_types_on_sqlite() {
    let place = Place::sqlite();
    registered_and_used(&place);
    kept_and_grown(&place);
}

#[test]
fn registered_types_on_postgresql() {
    let place = Place::postgresql();
    registered_and_used(&place);
    kept_and_grown(&place);
}

/// What is registered at one node is known at the other before it answers.
#[test]
fn another_node_knows_a_type_at_once() {
    let place = Place::postgresql();
    let (one, other) = (place.serve(), place.serve());
    let (mut one_client, mut other_client) = (one.client(), other.client());
    let mut register = |name: &str, properties: Value| {
        let body = json!({"type": name, "schema": {"type": "object", "properties": properties}});
        one_client.send("POST", "/v1/event-types", &body).expect_status(200);
    };
    let mut publish = |name: &str, id: &str, data: Value| {
        let told = event("club", "7", &format!("{name} {id}"), "2026-02-01T10:00:00Z", name, data);
        other_client.publish(&[told]).remove(0)
    };
    for number in 0..5 {
        let name = format!("loyalty.joined_{number}");
        assert!(is_unknown(&publish(&name, "a", json!({}))));
        register(&name, json!({"level": {"enum": ["gold"], "x-facet": true}}));
        assert_eq!(publish(&name, "a", json!({"level": "gold"}))["status"], "accepted");
        // What has grown is known too: another word, and a member that is a fact from now on.
        assert!(publish(&name, "b", json!({"level": "lead"})).to_string().contains("/data/level"));
        let grown = json!({
            "level": {"enum": ["gold", "lead"], "x-facet": true}, "points": {"type": "integer", "x-facet": true},
        });
        register(&name, grown);
        if number % 2 == 0 {
            assert_eq!(publish(&name, "b", json!({"level": "lead"}))["status"], "accepted");
        }
        assert_eq!(publish(&name, "c", json!({"points": 5}))["status"], "accepted");
    }
    let count = |what: &str| place.texts(&format!("SELECT CAST(count(*) AS TEXT) FROM log WHERE {what}"));
    assert_eq!(count("source = 'club' AND CAST(facts AS TEXT) LIKE '%points%'"), ["5"]);
    assert_eq!(count("source = 'club' AND unknown > 0"), ["0"]);
    register("loyalty.left", json!({}));
    let rules = "name = \"a\"\n[[rule]]\nid = \"a\"\non = \"loyalty.left\"\npoints = 1\n";
    let checked = other_client.send("POST", "/v1/rule-sets/check", &json!({"rules": rules})).expect_status(200).json();
    assert_eq!(checked["errors"].as_array().map_or(0, Vec::len), 0, "{checked}");
    register("loyalty.came_back", json!({}));
    other_client.get("/v1/event-types/loyalty.came_back").send().expect_status(200);
    other.terminate(PATIENCE);
    one.terminate(PATIENCE);
}

/// Who may publish and read may not say what there is.
#[test]
fn registering_needs_a_governor() {
    let place = Place::sqlite();
    let secret = "s".repeat(32);
    let token = format!("[[token]]\nname = \"ann\"\nsecret = \"{secret}\"\nmay = [\"read\", \"publish\", \"edit\"]\n");
    place.file("kulta.toml", token);
    let server = place.kulta(["serve", "--listen", "127.0.0.1:0", "--config", "kulta.toml"]).serve();
    let mut client = server.client().with_token(&secret);
    client.send("POST", "/v1/event-types", &registration(schema())).expect_status(403);
    server.terminate(PATIENCE);
}
