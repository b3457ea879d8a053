//! Records that are none: they neither crash anything, nor chain strangers, nor slow the others.

use serde_json::{Value, json};

use super::{anna, records, registered};
use crate::kit::{Asks, PATIENCE, Place};

/// Records that share one address of a mailbox.
const SHARED: usize = 5_000;

fn malformed_records_are_harmless(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&[registered("erp", "1", anna("anna@example.fi"))]);

    let long = "a".repeat(100_000);
    let words = "Virtanen ".repeat(10_000);
    let odd: Vec<(&str, Value)> = vec![
        ("empty", json!({"kind": "person"})),
        ("phone", json!({"phone": "040 999 8877"})),
        ("phone-again", json!({"phone": "+358409998877"})),
        (
            "swapped",
            json!({"given_name": "anna@example.fi", "email": "Puistokatu 12", "phone": "Virtanen",
            "birth_date": "Tampere", "address": {"street": "+358 40 1234567", "city": "1980-02-03"}}),
        ),
        (
            "placeholder",
            json!({"kind": "person", "name": "Ei Tiedossa", "email": "ei@ei.fi", "phone": "0401234567",
            "birth_date": "1900-01-01"}),
        ),
        ("control", json!({"kind": "person", "name": "🙂🙂🙂 ﷽ \u{202e}Anna", "email": "@", "business_id": "----"})),
        (
            "lists",
            json!({"email": (0..40).map(|n| format!("a{n}@x.fi")).collect::<Vec<_>>(),
            "phone": (0..40).map(|n| format!("04{n:08}")).collect::<Vec<_>>()}),
        ),
    ];
    let results =
        client.publish(&odd.iter().map(|(key, data)| registered("odd", key, data.clone())).collect::<Vec<_>>());
    assert!(
        results.iter().all(|result| result["status"] == "accepted" || result["status"] == "rejected"),
        "{results:?}"
    );
    // A name of 100 kB is refused at the door or taken; whichever it is, nothing else suffers.
    client.publish(&[
        registered("odd", "long", json!({"name": long})),
        registered("odd", "words", json!({"name": words})),
    ]);

    let mailbox = |n: usize| {
        json!({"kind": "person", "given_name": format!("Given{n}"), "family_name": format!("Family{n}x{}", n * 7),
            "email": "info@jointmailbox.fi"})
    };
    for chunk in (0..SHARED).collect::<Vec<_>>().chunks(1_000) {
        client.accepted(&chunk.iter().map(|n| registered("shared", &n.to_string(), mailbox(*n))).collect::<Vec<_>>());
    }
    // It waits no longer than some minutes: a comparison of everybody with everybody would take much longer.
    client.caught_up();
    for n in [0, 1, 49, 50, 51, 4_999] {
        assert_eq!(records(&mut client, "shared", &n.to_string()), [format!("shared:{n}")], "strangers are chained");
    }
    assert_eq!(records(&mut client, "erp", "1"), ["erp:1"]);
    for (key, _) in &odd {
        if client.get(&format!("/v1/records/odd/{key}")).send().status == 200 && !key.starts_with("phone") {
            assert_eq!(records(&mut client, "odd", key), [format!("odd:{key}")]);
        }
    }
    // The others go on: a duplicate is found at once.
    client.accepted(&[registered("crm", "1", anna("anna@example.fi"))]);
    assert_eq!(records(&mut client, "crm", "1"), ["crm:1", "erp:1"]);
    server.terminate(PATIENCE);
    place.kulta(["verify"]).run().expect_code(0);
}

#[test]
fn malformed_records_on_sqlite() {
    malformed_records_are_harmless(&Place::sqlite());
}

#[test]
fn malformed_records_on_postgresql() {
    malformed_records_are_harmless(&Place::postgresql());
}
