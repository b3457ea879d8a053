//! Finding customers: by what somebody types, and before somebody is registered.

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use super::{anna, registered};
use crate::kit::{Asks, PATIENCE, Place, encoded, text};

fn found(client: &mut Client, typed: &str) -> Vec<Value> {
    client.caught_up();
    client.read(&format!("/v1/customers?q={}", encoded(typed)))["items"].as_array().unwrap().clone()
}

/// The comparisons for which a hit was found.
fn reasons(hit: &Value) -> Vec<&str> {
    hit["found"]["reasons"].as_array().unwrap().iter().map(|reason| text(reason, "comparison")).collect()
}

fn what_somebody_types(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let company = json!({"kind": "organisation", "name": "Oy Pumppu Ab", "business_id": "0112038-9",
        "address": {"street": "Katu 1", "postal_code": "00100", "city": "Helsinki"}});
    let stranger = json!({"kind": "person", "name": "Matti Meikäläinen", "email": "matti@example.fi"});
    client.accepted(&[
        registered("erp", "100234", anna("anna.virtanen@example.fi")),
        registered("crm", "a/7", anna("anna.virtanen@example.fi")),
        registered("billing", "55", company),
        registered("erp", "100235", stranger),
    ]);
    let anna = text(&client.customer("erp", "100234"), "customer_id").to_owned();
    let pumppu = text(&client.customer("billing", "55"), "customer_id").to_owned();
    for (typed, customer, reason) in [
        ("Virtanen", &anna, "name"),
        ("anna virtanen", &anna, "name"),
        ("Wirtanen Anna", &anna, "name"),
        ("ANNA.VIRTANEN@EXAMPLE.FI", &anna, "email"),
        ("040 512 8837", &anna, "phone"),
        ("00358405128837", &anna, "phone"),
        ("100234", &anna, "source_key"),
        ("erp:100234", &anna, "source_key"),
        ("crm:a/7", &anna, "source_key"),
        (anna.as_str(), &anna, "record_id"),
        ("pumppu", &pumppu, "name"),
        ("Pumppu Oy", &pumppu, "name"),
        ("0112038-9", &pumppu, "registered_id"),
        ("FI01120389", &pumppu, "registered_id"),
    ] {
        let hits = found(&mut client, typed);
        assert_eq!(hits.len(), 1, "{typed}: {hits:?}");
        assert_eq!(text(&hits[0], "customer_id"), customer, "{typed}");
        assert!(reasons(&hits[0]).iter().any(|found| found.ends_with(reason)), "{typed}: {hits:?}");
    }
    assert_eq!(found(&mut client, "Nobody Atall"), [json!(null); 0]);
    client.get("/v1/customers").send().expect_status(400);
    client.get("/v1/customers?q=a&limit=0").send().expect_status(400);
    server.terminate(PATIENCE);
}

fn before_a_new_customer_is_registered(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&[registered("erp", "1", anna("anna@example.fi"))]);
    let position = client.caught_up();
    let mut candidates = |attributes: Value| {
        let answer = client.send("POST", "/v1/customers/match", &attributes).expect_status(200).json();
        answer["candidates"].as_array().unwrap().clone()
    };
    let same = candidates(anna("anna@example.fi"));
    assert_eq!((same.len(), &same[0]["verdict"]), (1, &json!("same")), "{same:?}");
    assert!(same[0]["why"]["probability"].as_f64() > Some(0.99));
    let unclear = candidates(super::maybe_anna());
    assert_eq!((unclear.len(), &unclear[0]["verdict"]), (1, &json!("unclear")), "{unclear:?}");
    assert_eq!(candidates(json!({"kind": "person", "name": "Matti Meikäläinen"})), [json!(null); 0]);

    let refused = client.send("POST", "/v1/customers/match", &json!({"emial": "a@b.fi"})).expect_status(422).json();
    assert_eq!(refused["errors"][0]["pointer"], "/emial");
    assert_eq!(client.caught_up(), position, "nothing was stored");
    server.terminate(PATIENCE);
}

#[test]
fn searched_on_sqlite() {
    what_somebody_types(&Place::sqlite());
}

#[test]
fn searched_on_postgresql() {
    what_somebody_types(&Place::postgresql());
}

#[test]
fn before_a_registration_on_sqlite() {
    before_a_new_customer_is_registered(&Place::sqlite());
}

#[test]
fn before_a_registration_on_postgresql() {
    before_a_new_customer_is_registered(&Place::postgresql());
}

/// A node that stands by follows the one that projects, and takes over what it knows.
#[test]
fn the_node_that_stands_by_knows_who_is_who() {
    let place = Place::postgresql();
    let (one, two) = (place.serve(), place.serve());
    let mut clients = [one.client(), two.client()];
    clients[0].accepted(&[registered("erp", "1", anna("anna@example.fi"))]);
    let names = |client: &mut Client| -> Vec<usize> {
        let hits = found(client, "Virtanen");
        let mut sizes: Vec<_> = hits.iter().map(|hit| hit["records"].as_array().unwrap().len()).collect();
        sizes.sort_unstable();
        sizes
    };
    let eventually = |client: &mut Client, expected: &[usize]| {
        let give_up = std::time::Instant::now() + PATIENCE;
        // A node that stands by looks every quarter of a second.
        while names(client) != expected {
            assert!(std::time::Instant::now() < give_up, "{:?}", names(client));
        }
    };
    clients.iter_mut().for_each(|client| eventually(client, &[1]));
    clients[1]
        .accepted(&[registered("crm", "1", anna("anna@example.fi")), registered("crm", "2", super::maybe_anna())]);
    clients.iter_mut().for_each(|client| eventually(client, &[1, 2]));
    for client in &mut clients {
        client.caught_up();
        assert_eq!(client.read("/v1/reviews")["total"], 1);
    }
    // Whichever projected is gone; the other goes on with what it knew.
    one.kill_9();
    clients[1].accepted(&[registered("shop", "1", anna("anna@example.fi"))]);
    eventually(&mut clients[1], &[1, 3]);
    two.terminate(PATIENCE);
    place.kulta(["verify"]).run().expect_code(0);
}
