//! Pipelines, offers and boards over HTTP, on both stores: from other systems and by people, as of any time.

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use crate::kit::{Asks, PATIENCE, Place, event, pages, text};

const BOARD: &str = "/v1/pipelines/default/board";

fn at(day: u32) -> String {
    format!("2026-01-{day:02}T10:00:00Z")
}

/// What the CRM tells of its offer `o1` to its customer 7.
fn told(id: &str, day: u32, what: &str, data: &Value) -> Value {
    let mut all = json!({"offer": "o1"});
    all.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
    event("crm", "7", id, &at(day), &format!("offer.{what}"), all)
}

fn story() -> Vec<Value> {
    let registered = json!({"kind": "organisation", "name": "Pumppu Oy"});
    vec![
        event("crm", "7", "r", &at(1), "customer.registered", registered),
        told("c", 2, "created", &json!({"title": "Pumps", "amount": "1000.50", "currency": "EUR", "owner": "maija"})),
        told("m1", 5, "stage_changed", &json!({"stage": "proposal"})),
        told("a", 6, "amended", &json!({"amount": "900"})),
        told("m2", 8, "stage_changed", &json!({"stage": "somewhere else"})),
        told("m3", 10, "stage_changed", &json!({"stage": "negotiation", "probability": "75"})),
    ]
}

fn only_offer(client: &mut Client, query: &str) -> Value {
    client.caught_up();
    let mut found = pages(client, &format!("/v1/offers?{query}"));
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn act(client: &mut Client, id: &str, action: &str, body: &Value) -> Value {
    client.send("POST", &format!("/v1/offers/{id}/{action}"), body).expect_status(200).json()
}

/// The rule that forbids it.
fn refused(client: &mut Client, id: &str, action: &str, body: &Value) -> String {
    let before = client.read(&format!("/v1/offers/{id}"));
    let problem = client.send("POST", &format!("/v1/offers/{id}/{action}"), body).expect_status(409).json();
    assert_eq!(client.read(&format!("/v1/offers/{id}")), before, "{problem}");
    text(&problem, "rule").to_owned()
}

fn what_systems_tell_is_on_the_board_in_any_order(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let built_in = client.read("/v1/pipelines");
    assert_eq!(built_in["items"].as_array().unwrap().len(), 2);
    assert_eq!((&built_in["items"][0]["built_in"], &built_in["items"][0]["default"]), (&json!(true), &json!(true)));
    client.get("/v1/pipelines/nothing/board").send().expect_status(404);
    // Last things first.
    let mut events = story();
    events.reverse();
    client.accepted(&events);

    let offer = only_offer(&mut client, "owner=maija");
    let id = text(&offer, "offer_id").to_owned();
    let stands = ["stage", "status", "amount", "currency", "probability", "title"].map(|name| offer[name].clone());
    assert_eq!(stands, ["negotiation", "open", "900", "EUR", "75", "Pumps"].map(|text| json!(text)));
    assert_eq!(text(&offer, "customer_id"), text(&client.customer("crm", "7"), "customer_id"));
    let whole = client.get(&format!("/v1/offers/{id}")).send().expect_status(200);
    let (tag, whole) = (whole.header("etag").map(str::to_owned), whole.json());
    assert_eq!(tag, Some(format!("\"{}\"", whole["position"])));
    let stages: Vec<_> = whole["turns"].as_array().unwrap().iter().map(|turn| turn["stage"].clone()).collect();
    assert_eq!(stages, [Value::Null, json!("proposal"), json!("somewhere else"), json!("negotiation")]);
    let sums: Vec<_> = whole["sums"].as_array().unwrap().iter().map(|sum| sum["amount"].clone()).collect();
    assert_eq!(sums, ["1000.5", "900"]);
    assert_eq!((text(&whole, "source"), text(&whole, "name")), ("crm", "o1"));

    // As of each day it stands where it stood; an unknown stage is not dropped.
    for (day, column, defined, days, weighted) in [
        (4, "new", true, 1, "100.05"),
        (6, "proposal", true, 0, "500.25"),
        (7, "proposal", true, 1, "450"),
        (9, "somewhere else", false, 0, "0"),
    ] {
        let board = client.read(&format!("{BOARD}?as_of=2026-01-{day:02}T09:00:00Z"));
        let columns = board["columns"].as_array().unwrap();
        let found = columns.iter().find(|found| found["count"] == 1).unwrap_or_else(|| panic!("{board}"));
        assert_eq!((text(found, "stage"), &found["defined"]), (column, &json!(defined)), "{day}");
        assert_eq!(found["offers"][0]["days_in_stage"], days, "{day}");
        assert_eq!(found["sums"][0]["weighted"], weighted, "{day}");
    }
    assert_eq!(client.read(&format!("{BOARD}?as_of=2026-01-02T09:00:00Z"))["count"], 0);
    // Before anything was told, nothing was known, whatever happened then.
    assert_eq!(client.read(&format!("{BOARD}?known_at=2026-01-09T00:00:00Z"))["count"], 0);
    assert_eq!(client.read(&format!("{BOARD}?owner=nobody"))["count"], 0);

    // Another node, or this one after a restart, knows the same.
    server.terminate(PATIENCE);
    let server = place.serve();
    let mut client = server.client();
    client.caught_up();
    assert_eq!(client.read(&format!("/v1/offers/{id}")), whole);
    server.terminate(PATIENCE);
}

fn people_move_offers_by_the_rules(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&story());
    let customer = client.customer("crm", "7");
    let customer_id = text(&customer, "customer_id").to_owned();
    let theirs = text(&only_offer(&mut client, "status=open"), "offer_id").to_owned();

    // Another system's offer is moved in its own stream, and the customer stays one.
    act(&mut client, &theirs, "stage", &json!({"stage": "qualified", "reason": "they had doubts"}));
    let offer = only_offer(&mut client, "status=open");
    assert_eq!((text(&offer, "offer_id"), text(&offer, "stage")), (&*theirs, "qualified"));
    assert_eq!(text(&offer, "customer_id"), customer_id);
    assert_eq!(offer["probability"], "30", "the move drops its own");
    let now = client.customer("crm", "7");
    let sources: Vec<_> = now["records"].as_array().unwrap().iter().map(|record| record["source"].clone()).collect();
    assert_eq!(sources, ["crm", "kulta"]);
    // An edit afterwards finds the record that is there.
    client.send("PATCH", &format!("/v1/customers/{customer_id}"), &json!({"language": "fi"})).expect_status(200);
    assert_eq!(client.customer("crm", "7")["records"].as_array().unwrap().len(), 2);

    for (action, body, rule) in [
        ("stage", json!({"stage": "qualified"}), "same-stage"),
        ("stage", json!({"stage": "nowhere"}), "unknown-stage"),
        ("stage", json!({"stage": "new", "pipeline": "other"}), "other-pipeline"),
        ("stage", json!({"stage": "new", "probability": "101"}), "probability"),
        ("reopen", json!({}), "not-closed"),
    ] {
        assert_eq!(refused(&mut client, &theirs, action, &body), rule, "{body}");
    }
    client.send("POST", &format!("/v1/offers/{theirs}/stage"), &json!({"stge": "new"})).expect_status(422);
    client.send("POST", &format!("/v1/offers/{theirs}/sell"), &json!({})).expect_status(404);
    let stale = client.post(&format!("/v1/offers/{theirs}/win")).header("if-match", "\"1\"").json(&json!({}));
    stale.send().expect_status(412);
    let tag = client.get(&format!("/v1/offers/{theirs}")).send().header("etag").unwrap().to_owned();
    let won = client.post(&format!("/v1/offers/{theirs}/win")).header("if-match", &tag);
    won.json(&json!({"amount": "850"})).send().expect_status(200);
    assert_eq!(refused(&mut client, &theirs, "stage", &json!({"stage": "new"})), "closed");
    assert_eq!(refused(&mut client, &theirs, "undo", &json!({})), "closed");
    let offer = only_offer(&mut client, "status=won");
    assert_eq!(offer["amount"], "850");
    act(&mut client, &theirs, "reopen", &json!({}));
    act(&mut client, &theirs, "comment", &json!({"text": "called again"}));
    client.caught_up();
    let document = json!({"reference": "dms://contract/7", "hash": "sha256:ab", "title": "Contract"});
    act(&mut client, &theirs, "document", &document);
    client.send("PATCH", &format!("/v1/offers/{theirs}"), &json!({"contacts": [customer_id]})).expect_status(200);
    for (contacts, pointer) in [(json!(["7"]), "/contacts/0"), (json!([uuid::Uuid::nil()]), "/contacts/0")] {
        let body = json!({"contacts": contacts});
        let problem = client.send("PATCH", &format!("/v1/offers/{theirs}"), &body).expect_status(422).json();
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    client.caught_up();
    let whole = client.read(&format!("/v1/offers/{theirs}"));
    assert_eq!(
        (&whole["comments"][0]["text"], whole["comments"].as_array().unwrap().len()),
        (&json!("called again"), 1)
    );
    assert_eq!(
        [&whole["documents"][0]["reference"], &whole["documents"][0]["hash"]],
        ["dms://contract/7", "sha256:ab"]
    );
    assert_eq!(whole["contacts"][0]["customer_id"], json!(customer_id));

    own_offers(&mut client, &customer_id);
    server.terminate(PATIENCE);
    place.kulta(["verify"]).run().expect_code(0);
}

/// An offer that a person makes, and moves back.
fn own_offers(client: &mut Client, customer: &str) {
    let body = json!({"customer": customer, "title": "Valves", "amount": "10", "currency": "EUR"});
    let ask = |client: &mut Client| {
        let request = client.post("/v1/offers").header("idempotency-key", "k1");
        request.json(&body).send().expect_status(201).json()
    };
    let made = ask(client);
    assert_eq!(ask(client)["offer_id"], made["offer_id"], "once");
    let id = text(&made, "offer_id").to_owned();
    act(client, &id, "stage", &json!({"stage": "proposal"}));
    act(client, &id, "undo", &json!({}));
    client.caught_up();
    let offer = client.read(&format!("/v1/offers/{id}"));
    assert_eq!((text(&offer, "stage"), offer["turns"].as_array().unwrap().len()), ("new", 3));
    client.send("PATCH", &format!("/v1/offers/{id}"), &json!({"amount": null})).expect_status(200);
    let head = client.caught_up();
    assert_eq!(client.read(&format!("/v1/offers/{id}?after={head}"))["amount"], Value::Null);
    let of_customer = pages(client, &format!("/v1/offers?customer={customer}&limit=1"));
    assert_eq!(of_customer.len(), 2);
    let without = json!({"customer": customer, "amount": "10"});
    let problem = client.send("POST", "/v1/offers", &without).expect_status(409).json();
    assert_eq!(problem["rule"], "amount-without-currency");
    let nobody = json!({"customer": "00000000-0000-5000-8000-0000000000ff"});
    client.send("POST", "/v1/offers", &nobody).expect_status(404);
}

fn pipelines_are_defined_version_by_version(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let stage = |id: &str, probability: u32| json!({"stage": id, "name": id, "probability": probability});
    let defined = |stages: Value| json!({"name": "Projects", "for": "offers", "default": true, "stages": stages});
    let mut put =
        |body: &Value, status: u16| client.send("PUT", "/v1/pipelines/projects", body).expect_status(status).json();
    put(&defined(json!([stage("a", 10), stage("b", 50)])), 200);
    for (stages, rule) in [(json!([]), "no-stages"), (json!([stage("a", 1), stage("a", 2)]), "stage-twice")] {
        assert_eq!(put(&defined(stages), 409)["rule"], rule);
    }
    assert_eq!(put(&json!({"for": "leads", "stages": [stage("a", 1)]}), 409)["rule"], "other-things");
    put(&json!({"for": "cats", "stages": [stage("a", 1)]}), 422);
    put(&json!({"for": "offers"}), 422);
    client.accepted(&story());
    let head = client.caught_up();
    let board = client.read(&format!("/v1/pipelines/projects/board?after={head}"));
    let stages: Vec<_> = board["columns"].as_array().unwrap().iter().map(|column| text(column, "stage")).collect();
    assert_eq!(stages, ["a", "b", "negotiation"]);
    client.send("PUT", "/v1/pipelines/projects", &defined(json!([stage("negotiation", 20)]))).expect_status(200);
    client.caught_up();
    let board = client.read("/v1/pipelines/projects/board");
    assert_eq!(
        board["columns"][0]["sums"][0],
        json!({"currency": "EUR", "count": 1, "amount": "900", "weighted": "675"})
    );
    server.terminate(PATIENCE);
}

#[test]
fn boards_on_sqlite() {
    what_systems_tell_is_on_the_board_in_any_order(&Place::sqlite());
}

#[test]
fn boards_on_postgresql() {
    what_systems_tell_is_on_the_board_in_any_order(&Place::postgresql());
}

#[test]
fn sellers_on_sqlite() {
    people_move_offers_by_the_rules(&Place::sqlite());
}

#[test]
fn sellers_on_postgresql() {
    people_move_offers_by_the_rules(&Place::postgresql());
}

#[test]
fn definitions_on_sqlite() {
    pipelines_are_defined_version_by_version(&Place::sqlite());
}

#[test]
fn definitions_on_postgresql() {
    pipelines_are_defined_version_by_version(&Place::postgresql());
}
