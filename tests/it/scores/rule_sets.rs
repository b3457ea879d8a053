//! Drafted, checked, published, rolled back, retired.

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use super::{CLICKS, FROM, RULES};
use crate::kit::{Asks, PATIENCE, Place, pages, text};

/// Line 7 and line 8 are wrong.
const WRONG: &str = "name = \"value\"\n\n[[rule]]\nid = \"buying\"\non = \"purchase.made\"\n# so far so good\n\
                     points = \"amoun + 1\"\ncap = { points = 5, per = \"fortnight\" }\n";

fn lives_and_ends(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    assert_eq!(client.read("/v1/rule-sets"), json!({"items": [], "next": null}));
    client.get("/v1/rule-sets/value").send().expect_status(404);
    refuses(&mut client);

    let drafted = client.send("POST", "/v1/rule-sets", &json!({"rules": RULES, "note": "a first idea"}));
    let drafted = drafted.expect_status(200).json();
    assert_eq!((text(&drafted, "rule_set"), drafted["warnings"].as_array().unwrap().len()), ("value", 2));
    assert!(text(&drafted, "words").contains("Grade A from 1000 points on"), "{drafted}");
    let listed = client.read("/v1/rule-sets")["items"][0].clone();
    assert_eq!((&listed["name"], &listed["version"], &listed["versions"]), (&json!("value"), &Value::Null, &json!(0)));
    assert_eq!((&listed["draft"]["note"], &listed["draft"]["hash"]), (&json!("a first idea"), &drafted["hash"]));
    assert_eq!(client.read("/v1/rule-sets/value")["draft"]["rules"], RULES);

    // The draft, from the beginning of the year.
    let body = json!({"effective_from": FROM, "note": "agreed"});
    let request = client.post("/v1/rule-sets/value/publish").header("idempotency-key", "k");
    let first = request.json(&body).send().expect_status(200).json();
    client.send("POST", "/v1/rule-sets", &json!({"rules": CLICKS})).expect_status(200);
    let request = client.post("/v1/rule-sets/value/publish").header("idempotency-key", "k");
    assert_eq!(request.json(&body).send().expect_status(200).json(), first, "once, whatever the draft is now");
    assert_eq!(client.read("/v1/rule-sets/value")["draft"]["rules"], CLICKS);
    client.send("POST", "/v1/rule-sets", &json!({"rules": RULES})).expect_status(200);
    assert_eq!((&first["version"], &first["effective_from"]), (&json!(1), &json!(FROM)));
    let whole = client.read("/v1/rule-sets/value");
    assert_eq!((&whole["draft"], &whole["in_force"]["rules"]), (&Value::Null, &json!(RULES)), "no draft of the same");
    assert_eq!((&whole["in_force"]["note"], &whole["in_force"]["in_force"]), (&json!("agreed"), &json!(true)));
    assert!(text(&whole["in_force"], "words").contains("gaps are counted"));

    let second = super::publish(&mut client, CLICKS, "2026-02-01T00:00:00+02:00");
    assert_eq!((&second["version"], &second["effective_from"]), (&json!(2), &json!("2026-01-31T22:00:00Z")));
    // Back to the first, from now on.
    let back = json!({"version": 1});
    let back = client.send("POST", "/v1/rule-sets/value/publish", &back).expect_status(200).json();
    assert_eq!((&back["version"], &back["hash"]), (&json!(3), &first["hash"]));
    let versions = pages(&mut client, "/v1/rule-sets/value/versions?limit=2");
    let numbers: Vec<_> = versions.iter().map(|version| version["version"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3]);
    let in_force: Vec<_> = versions.iter().map(|version| version["in_force"] == true).collect();
    assert_eq!(in_force, [false, false, true]);
    assert_eq!(versions[1]["hash"], second["hash"]);
    assert!(versions.iter().all(|version| version["position"].is_u64() && version.get("rules").is_none()));
    assert_eq!(client.read("/v1/rule-sets/value/versions/2")["rules"], CLICKS);
    client.get("/v1/rule-sets/value/versions/4").send().expect_status(404);
    client.get("/v1/rule-sets/value/versions/x").send().expect_status(404);

    let retire = |client: &mut Client| client.send("POST", "/v1/rule-sets/value/retire", &json!({"note": "over"}));
    retire(&mut client).expect_status(200);
    retire(&mut client).expect_status(409);
    assert!(client.read("/v1/rule-sets")["items"][0]["retired_at"].is_string());
    super::publish(&mut client, RULES, FROM);
    assert!(client.read("/v1/rule-sets/value")["retired_at"].is_null(), "publishing brings it back");
    large_ones_pass(&mut client);
    server.terminate(PATIENCE);
}

/// What is not stored.
fn refuses(client: &mut Client) {
    let checked = client.send("POST", "/v1/rule-sets/check", &json!({"rules": WRONG})).expect_status(200).json();
    let places: Vec<_> = checked["errors"].as_array().unwrap().iter().map(|fault| &fault["line"]).collect();
    assert_eq!(places, [&json!(7), &json!(8)], "{checked}");
    assert_eq!((&checked["errors"][1]["column"], &checked["words"]), (&json!(27), &Value::Null));
    assert_eq!(checked["errors"][1]["path"], "rule \"buying\": cap.per");
    for (target, body) in
        [("/v1/rule-sets", json!({"rules": WRONG})), ("/v1/rule-sets/value/publish", json!({"rules": WRONG}))]
    {
        let problem = client.send("POST", target, &body).expect_status(422).json();
        assert_eq!((text(&problem, "code"), problem["errors"].as_array().unwrap().len()), ("rules", 2));
        let detail = text(&problem["errors"][1], "detail");
        assert!(detail.starts_with("line 8, column 27: rule \"buying\": cap.per: expected"), "{detail}");
        assert!(detail.contains("found the text \"fortnight\""), "{detail}");
        assert_eq!(problem["errors"][1]["pointer"], "/rules");
    }
    for (target, body, status) in [
        ("/v1/rule-sets", json!({}), 422),
        ("/v1/rule-sets", json!({"rules": 1}), 422),
        ("/v1/rule-sets", json!({"rules": RULES, "name": "value"}), 422),
        ("/v1/rule-sets/other/publish", json!({"rules": RULES}), 422),
        ("/v1/rule-sets/value/publish", json!({}), 422),
        ("/v1/rule-sets/value/publish", json!({"version": 1}), 404),
        ("/v1/rule-sets/value/publish", json!({"rules": RULES, "version": 1}), 422),
        ("/v1/rule-sets/value/publish", json!({"rules": RULES, "effective_from": "2026-01-01"}), 422),
        ("/v1/rule-sets/value/retire", json!({}), 404),
    ] {
        client.send("POST", target, &body).expect_status(status);
    }
    let fine = client.send("POST", "/v1/rule-sets/check", &json!({"rules": RULES})).expect_status(200).json();
    assert_eq!(
        (&fine["errors"], &fine["name"], fine["hash"].as_str().unwrap().len()),
        (&json!([]), &json!("value"), 64)
    );
    assert_eq!(client.read("/v1/rule-sets"), json!({"items": [], "next": null}), "nothing was stored");
}

/// 262,144 bytes.
fn large_ones_pass(client: &mut Client) {
    let filled = |length: usize| format!("{CLICKS}#{}", "x".repeat(length - CLICKS.len() - 1));
    client.send("POST", "/v1/rule-sets", &json!({"rules": filled(262_144)})).expect_status(200);
    client.send("POST", "/v1/rule-sets", &json!({"rules": filled(262_145)})).expect_status(422);
}

#[test]
fn rule_sets_on_sqlite() {
    lives_and_ends(&Place::sqlite());
}

#[test]
fn rule_sets_on_postgresql() {
    lives_and_ends(&Place::postgresql());
}

/// Who may read may not publish.
#[test]
fn rule_sets_need_a_governor() {
    let place = Place::sqlite();
    let token = |name: &str, may: &str, secret: &str| {
        format!("[[token]]\nname = \"{name}\"\nsecret = \"{secret}\"\nmay = [\"{may}\"]\n")
    };
    let (reader, governor) = ("r".repeat(32), "g".repeat(32));
    place.file("kulta.toml", token("ann", "read", &reader) + &token("bob", "govern", &governor));
    let server = place.kulta(["serve", "--listen", "127.0.0.1:0", "--config", "kulta.toml"]).serve();
    let draft = json!({"rules": RULES});
    let mut client = server.client().with_token(&reader);
    client.send("POST", "/v1/rule-sets/check", &draft).expect_status(200);
    client.send("POST", "/v1/rule-sets", &draft).expect_status(403);
    client.send("POST", "/v1/rule-sets/value/publish", &draft).expect_status(403);
    let mut client = server.client().with_token(&governor);
    client.send("POST", "/v1/rule-sets", &draft).expect_status(200);
    client.send("POST", "/v1/rule-sets/value/publish", &json!({})).expect_status(200);
    client.get("/v1/rule-sets").send().expect_status(403);
}
