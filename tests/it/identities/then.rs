//! Who was one customer at an earlier `known_at`.

use serde_json::json;

use super::{anna, registered};
use crate::kit::{Asks, PATIENCE, Place, encoded, event, text};

/// The recording time of the last event.
fn now(client: &mut kulta_test_support::http::Client) -> String {
    let head = client.caught_up();
    let page = client.read(&format!("/v1/events?after={}", head - 1));
    encoded(text(&page["items"][0], "recordedat"))
}

fn membership_is_that_of_the_moment(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&[registered("erp", "1", anna("anna@example.fi"))]);
    let alone = now(&mut client);
    client.accepted(&[registered("crm", "1", anna("anna@example.fi"))]);
    let together = now(&mut client);
    let (erp, crm) = (client.record("erp", "1"), client.record("crm", "1"));
    // The CRM corrects itself: it was somebody else all along.
    let other = json!({"given_name": "Zacharias", "family_name": "Topelius", "birth_date": "1818-01-14",
        "email": "z@example.se", "phone": null, "address": null});
    client.accepted(&[event("crm", "1", "2", "2026-01-02T10:00:00Z", "customer.contact_edited", other)]);
    let corrected = now(&mut client);
    client.send("PUT", "/v1/match-policy", &json!({"policy": {"link": 90.0}})).expect_status(200);
    client.caught_up();

    let records = |client: &mut kulta_test_support::http::Client, id: &str, at: &str| {
        let golden = client.read(&format!("/v1/customers/{id}?known_at={at}"));
        (golden["records"].as_array().unwrap().len(), golden["name"].as_str().map(str::to_owned))
    };
    let name = Some("Anna Virtanen".to_owned());
    assert_eq!(records(&mut client, &erp, &alone), (1, name.clone()));
    client.get(&format!("/v1/customers/{crm}?known_at={alone}")).send().expect_status(404);
    assert_eq!(
        records(&mut client, &erp, &together),
        (2, name.clone()),
        "as they stood then, under the policy of then"
    );
    let moved = client.get(&format!("/v1/customers/{crm}?known_at={together}")).send().expect_status(307);
    assert!(moved.header("location").unwrap().contains(&erp));
    assert_eq!(records(&mut client, &erp, &corrected), (1, name));
    assert_eq!(records(&mut client, &crm, &corrected), (1, Some("Zacharias Topelius".to_owned())));
    let timeline = client.read(&format!("/v1/customers/{erp}/timeline?known_at={together}"));
    assert_eq!(timeline["items"].as_array().unwrap().len(), 2);
    server.terminate(PATIENCE);
}

#[test]
fn known_at_on_sqlite() {
    membership_is_that_of_the_moment(&Place::sqlite());
}

#[test]
fn known_at_on_postgresql() {
    membership_is_that_of_the_moment(&Place::postgresql());
}
