//! Registering, editing, verifying, declining.

use serde_json::{Value, json};

use super::{after, etag, positions, refused, registered};
use crate::kit::{Asks, Place, text};

fn a_person_registers_edits_and_verifies(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let body = json!({"kind": "person", "name": "Aino Example", "email": "aino@example.fi", "phone": "040 1"});
    let done = client.send("POST", "/v1/customers", &body).expect_status(201).json();
    let id = text(&done, "customer_id").to_owned();
    let golden = after(&mut client, &id, &done);
    assert_eq!((&golden["name"], &golden["records"][0]["source"]), (&json!("Aino Example"), &json!("kulta")));

    // Absent says nothing, null clears, a list replaces.
    let edit = json!({"email": null, "phone": ["040 2", "040 3"], "language": "fi"});
    let done = client.send("PATCH", &format!("/v1/customers/{id}"), &edit).expect_status(200).json();
    let golden = after(&mut client, &id, &done);
    assert_eq!(golden["customer_id"], id.as_str(), "a customer of kulta's is edited in its own record");
    assert_eq!(golden["records"].as_array().unwrap().len(), 1);
    assert_eq!((golden["fields"].get("email"), &golden["name"]), (None, &json!("Aino Example")));
    assert_eq!(golden["fields"]["phone"]["value"], "040 2");
    assert_eq!(golden["fields"]["phone"]["others"][0]["value"], "040 3");

    // If-Match: what was read still stands, or 412 with where it stands now.
    let read = etag(&mut client, &id);
    let patch = |client: &mut kulta_test_support::http::Client, tag: &str, city: &str| {
        let request = client.patch(&format!("/v1/customers/{id}")).header("if-match", tag);
        request.json(&json!({"address": {"city": city}})).send()
    };
    let done = patch(&mut client, &read, "Turku").expect_status(200).json();
    let stale = refused(patch(&mut client, &read, "Oulu"), 412, "changed");
    assert_eq!(stale["position"], done["position"]);
    assert_eq!(etag(&mut client, &id), format!("\"{}\"", done["position"]));
    assert_eq!(after(&mut client, &id, &done)["fields"]["address"]["value"]["city"], "Turku");
    let done = patch(&mut client, "*", "Pori").expect_status(200).json();
    after(&mut client, &id, &done);
    refused(patch(&mut client, "W/\"1\"", "Oulu"), 400, "malformed");
    // A fact that arrives in between is no reason to refuse what was read before, if it shapes nothing.
    let read = etag(&mut client, &id);
    let golden = client.read(&format!("/v1/customers/{id}"));
    let other = registered("crm", "1", "1", json!({"name": "Somebody Else"}));
    client.accepted(&[other]);
    client.caught_up();
    patch(&mut client, &read, "Vaasa").expect_status(200);
    assert_eq!(golden["fields"]["address"]["value"]["city"], "Pori");
}

fn a_verification_confirms_equal_values_only(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&[
        registered("crm", "7", "1", json!({"kind": "person", "email": "a@b.fi", "phone": "040 1"})),
        registered("erp", "7", "1", json!({"email": "old@b.fi"})),
    ]);
    let (crm, erp) = (client.record("crm", "7"), client.record("erp", "7"));
    super::merge(&mut client, &crm, &erp);
    let verify = json!({"field": "email", "value": "old@b.fi", "method": "phone"});
    let done = client.send("POST", &format!("/v1/customers/{crm}/verify"), &verify).expect_status(200).json();
    let golden = after(&mut client, &crm, &done);
    let email = &golden["fields"]["email"];
    assert_eq!((&email["value"], &email["source"]), (&json!("old@b.fi"), &json!("erp")), "confirmed last");
    assert!(email["verified_at"].is_string());
    let others: Vec<_> = email["others"].as_array().unwrap().iter().collect();
    assert_eq!((others.len(), &others[0]["value"], &others[0]["verified_at"]), (1, &json!("a@b.fi"), &Value::Null));

    let decline = json!({"field": "birth_date", "reason": "prefers not to"});
    let done = client.send("POST", &format!("/v1/customers/{crm}/decline"), &decline).expect_status(200).json();
    let golden = after(&mut client, &crm, &done);
    assert!(golden["declined"]["birth_date"].is_string(), "{golden}");
    let timeline = client.read(&format!("/v1/customers/{crm}/timeline?type=customer.contact_declined"));
    assert_eq!(timeline["items"][0]["data"]["reason"], "prefers not to");
    // The kulta record that the first of these made belongs to the customer from the same append on.
    let records = client.read(&format!("/v1/customers/{crm}/records"));
    let sources: Vec<_> = records["items"].as_array().unwrap().iter().map(|record| text(record, "source")).collect();
    assert_eq!(sources, ["crm", "erp", "kulta"]);
}

fn wrong_commands_change_nothing(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&[registered("crm", "7", "1", json!({"name": "A"}))]);
    let id = client.record("crm", "7");
    let nobody = "00000000-0000-5000-8000-000000000000";
    let before = positions(&mut client);
    let customer = |what: &str| format!("/v1/customers/{id}{what}");
    for (method, target, body, status, code, pointer) in [
        ("POST", "/v1/customers".to_owned(), json!({}), 422, "invalid", ""),
        ("POST", "/v1/customers".to_owned(), json!([]), 422, "invalid", ""),
        ("POST", "/v1/customers".to_owned(), json!({"kind": "dog"}), 422, "invalid", "/kind"),
        ("POST", "/v1/customers".to_owned(), json!({"nmae": "A"}), 422, "invalid", "/nmae"),
        ("POST", "/v1/customers".to_owned(), json!({"address": {"city": 5}}), 422, "invalid", "/address/city"),
        ("PATCH", customer(""), json!({"email": 7}), 422, "invalid", "/email"),
        ("PATCH", customer(""), json!({}), 422, "invalid", ""),
        ("PATCH", format!("/v1/customers/{nobody}"), json!({"name": "B"}), 404, "not-found", ""),
        ("PATCH", "/v1/customers/7".to_owned(), json!({"name": "B"}), 404, "not-found", ""),
        ("POST", customer("/verify"), json!({"field": "email"}), 422, "invalid", "/value"),
        ("POST", customer("/verify"), json!({"value": "x"}), 422, "invalid", "/field"),
        ("POST", customer("/verify"), json!({"field": "name", "value": "A", "method": 5}), 422, "invalid", "/method"),
        ("POST", customer("/decline"), json!({"field": "email", "raeson": "x"}), 422, "invalid", "/raeson"),
        ("POST", customer("/merge"), json!({"reason": "x"}), 422, "invalid", "/with"),
        ("POST", customer("/merge"), json!({"with": "7"}), 422, "invalid", "/with"),
        ("POST", customer("/merge"), json!({"with": nobody}), 404, "not-found", ""),
        ("POST", customer("/merge"), json!({"with": id}), 409, "refused", ""),
        ("POST", customer("/merge"), json!({"with": nobody, "overide": true}), 422, "invalid", "/overide"),
        ("POST", customer("/split"), json!({"records": []}), 409, "refused", ""),
        ("POST", customer("/split"), json!({"records": [id]}), 409, "refused", ""),
        ("POST", customer("/split"), json!({"records": [{"source": "crm"}]}), 422, "invalid", "/records/0"),
        ("POST", customer("/split"), json!({"records": [id, nobody]}), 422, "invalid", "/records/1"),
        ("PUT", "/v1/survivorship-policy".to_owned(), json!({"policy": {"by": []}}), 422, "invalid", "/policy"),
        ("PUT", "/v1/survivorship-policy".to_owned(), json!({}), 422, "invalid", "/policy"),
    ] {
        let problem = refused(client.send(method, &target, &body), status, code);
        let found = problem["errors"][0]["pointer"].as_str().unwrap_or_default();
        assert_eq!(found, pointer, "{method} {target} {body}: {problem}");
    }
    let deleted = client.delete(&format!("/v1/decisions/{nobody}")).send();
    refused(deleted, 404, "not-found");
    let text = client.patch(&format!("/v1/customers/{id}")).body("text/plain", "{}").send();
    refused(text, 415, "unsupported-media-type");
    let twice = client.patch(&format!("/v1/customers/{id}")).body("application/json", "{\"name\":1,\"name\":2}").send();
    refused(twice, 400, "malformed");
    assert_eq!(positions(&mut client), before, "nothing was appended");
}

#[test]
fn people_on_sqlite() {
    a_person_registers_edits_and_verifies(&Place::sqlite());
    a_verification_confirms_equal_values_only(&Place::sqlite());
    wrong_commands_change_nothing(&Place::sqlite());
}

#[test]
fn people_on_postgresql() {
    a_person_registers_edits_and_verifies(&Place::postgresql());
    a_verification_confirms_equal_values_only(&Place::postgresql());
    wrong_commands_change_nothing(&Place::postgresql());
}
