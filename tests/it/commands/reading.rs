//! Both time axes, entity tags, waiting for a position.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{etag, refused, registered};
use crate::kit::{Asks, Place, event, text};

fn both_time_axes(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let edited = |id: &str, time: &str, email: &str| {
        event("crm", "7", id, time, "customer.contact_edited", json!({"email": email}))
    };
    client.accepted(&[registered("crm", "7", "1", json!({"name": "Aino", "email": "first@b.fi"}))]);
    client.accepted(&[edited("3", "2026-03-01T00:00:00Z", "third@b.fi")]);
    // Told late: it happened in between.
    client.accepted(&[edited("2", "2026-02-01T00:00:00Z", "second@b.fi")]);
    let id = client.record("crm", "7");
    let recorded: Vec<_> = client.read("/v1/events?source=crm")["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| text(event, "recordedat").to_owned())
        .collect();
    let email = |client: &mut kulta_test_support::http::Client, at: &str| {
        client.read(&format!("/v1/customers/{id}?{at}"))["fields"]["email"]["value"].clone()
    };
    for (at, value) in [
        ("as_of=2026-01-01T10:00:00Z", Value::Null), // at or after is left out
        ("as_of=2026-01-01T10:00:00.000001Z", json!("first@b.fi")),
        ("as_of=2026-02-01T00:00:00Z", json!("first@b.fi")),
        ("as_of=2026-02-15T02:00:00%2B02:00", json!("second@b.fi")),
        ("as_of=2026-03-15T00:00:00Z", json!("third@b.fi")),
        (&format!("known_at={}", recorded[0]), json!("first@b.fi")),
        (&format!("known_at={}", recorded[1]), json!("third@b.fi")),
        (&format!("known_at={}&as_of=2026-02-15T00:00:00Z", recorded[1]), json!("first@b.fi")),
        (&format!("known_at={}&as_of=2026-02-15T00:00:00Z", recorded[2]), json!("second@b.fi")),
    ] {
        assert_eq!(email(&mut client, at), value, "{at}");
    }
    let entries = |client: &mut kulta_test_support::http::Client, at: &str| {
        let timeline = client.read(&format!("/v1/customers/{id}/timeline?{at}"));
        timeline["items"].as_array().unwrap().iter().map(|item| text(item, "id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(entries(&mut client, "as_of=2026-03-01T00:00:00Z"), ["2", "1"]);
    assert_eq!(entries(&mut client, &format!("known_at={}", recorded[1])), ["3", "1"]);
    assert_eq!(entries(&mut client, "limit=1"), ["3"]);

    // Who belongs to a customer is what was known then, whatever as_of says.
    let other = registered("erp", "9", "1", json!({"phone": "1"}));
    client.accepted(&[other]);
    let erp = client.record("erp", "9");
    super::merge(&mut client, &id, &erp);
    client.caught_up();
    let known = client.read("/v1/events?source=erp")["items"][0]["recordedat"].as_str().unwrap().to_owned();
    let apart = client.read(&format!("/v1/customers/{erp}?known_at={known}"));
    assert_eq!((&apart["customer_id"], apart["records"].as_array().unwrap().len()), (&json!(erp), 1));
    client.get(&format!("/v1/customers/{erp}?as_of=2026-02-01T00:00:00Z")).send().expect_status(307);
    let both = client.read(&format!("/v1/customers/{id}?as_of=2026-01-15T00:00:00Z"));
    assert_eq!(both["records"].as_array().unwrap().len(), 2);
    // Before anybody knew of the record there was no such customer.
    let before = client.get(&format!("/v1/customers/{erp}?known_at={}", recorded[2])).send();
    refused(before, 404, "not-found");
    for wrong in ["as_of=2026-01-01", "known_at=yesterday", "as_of=", "asof=2026-01-01T00:00:00Z"] {
        refused(client.get(&format!("/v1/customers/{id}?{wrong}")).send(), 400, "invalid-parameter");
    }
}

fn tags_and_positions(place: &Place) {
    let server = place.server().env("KULTA_TIMEOUTS_WAIT", "300ms").serve();
    let mut client = server.client();
    client.accepted(&[registered("crm", "7", "1", json!({"name": "Aino"}))]);
    let id = client.record("crm", "7");
    let tag = etag(&mut client, &id);
    let again = |client: &mut kulta_test_support::http::Client, tag: &str, what: &str| {
        client.get(&format!("/v1/customers/{id}{what}")).header("if-none-match", tag).send()
    };
    let same = again(&mut client, &tag, "").expect_status(304);
    assert_eq!((same.header("etag"), same.body.len()), (Some(tag.as_str()), 0));
    again(&mut client, "\"999\"", "").expect_status(200);
    let past = again(&mut client, &tag, "?as_of=2026-02-01T00:00:00Z").expect_status(200);
    assert_eq!(past.header("etag"), None, "the past is no entity to be changed");
    client.accepted(&[event(
        "crm",
        "7",
        "2",
        "2026-01-02T00:00:00Z",
        "purchase.made",
        json!({"amount": 1, "currency": "EUR"}),
    )]);
    client.caught_up();
    again(&mut client, &tag, "").expect_status(304);
    client.accepted(&[event(
        "crm",
        "7",
        "3",
        "2026-01-02T00:00:00Z",
        "customer.contact_edited",
        json!({"language": "fi"}),
    )]);
    let head = client.caught_up();
    again(&mut client, &tag, "").expect_status(200);

    // A position that the log has: at once. One that nobody gave: a mistake, told after the time for waiting.
    client.get(&format!("/v1/customers/{id}?after={head}")).send().expect_status(200);
    for target in [format!("/v1/customers/{id}"), "/v1/records/crm/7".to_owned(), "/v1/survivorship-policy".to_owned()]
    {
        let asked = Instant::now();
        let beyond = refused(client.get(&format!("{target}?after={}", head + 1)).send(), 400, "invalid-parameter");
        assert!(asked.elapsed() >= Duration::from_millis(300));
        assert!(text(&beyond, "detail").contains(&format!("the log ends at position {head}")), "{beyond}");
    }
    refused(client.get(&format!("/v1/customers/{id}?after=-1")).send(), 400, "invalid-parameter");
    // One that comes while it waits.
    let patient = place_of_patience(&server, &id, head + 1);
    client.accepted(&[event(
        "crm",
        "7",
        "4",
        "2026-01-03T00:00:00Z",
        "customer.contact_edited",
        json!({"name": "Eve"}),
    )]);
    assert_eq!(patient.join().unwrap()["name"], "Eve", "whoever waits sees it");
}

/// A reader that asks for a position until it is there.
fn place_of_patience(
    server: &kulta_test_support::process::Server,
    id: &str,
    position: u64,
) -> std::thread::JoinHandle<Value> {
    let (mut client, target) = (server.client(), format!("/v1/customers/{id}?after={position}"));
    std::thread::spawn(move || {
        for _ in 0..100 {
            let response = client.get(&target).send();
            if response.status == 200 {
                return response.json();
            }
            response.expect_status(400);
        }
        panic!("position {position} never came")
    })
}

#[test]
fn reading_on_sqlite() {
    both_time_axes(&Place::sqlite());
    tags_and_positions(&Place::sqlite());
}

#[test]
fn reading_on_postgresql() {
    both_time_axes(&Place::postgresql());
    tags_and_positions(&Place::postgresql());
}
