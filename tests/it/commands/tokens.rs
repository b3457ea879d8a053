//! Named access tokens: who may do what, and whose name stands in the log.

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use super::{refused, registered};
use crate::kit::{Asks, Place, text};

const SETTINGS: &str = r#"
[[token]]
name = "annette"
secret = "annette's secret"

[[token]]
name = "erp-prod"
secret = "erp's secret"
sources = ["erp"]
may = ["publish"]

[[token]]
name = "seller"
secret = "seller's secret"
may = ["read", "edit"]

[[token]]
name = "auditor"
secret = "auditor's secret"
may = ["read"]
"#;

fn names_and_permissions(place: &Place) {
    place.file("kulta.toml", SETTINGS);
    let server = place.server().args(["--config", "kulta.toml"]).serve();
    let client = |name: &str| server.client().with_token(&format!("{name}'s secret"));
    let (mut annette, mut erp, mut seller, mut auditor) =
        (client("annette"), client("erp"), client("seller"), client("auditor"));
    erp.accepted(&[registered("erp", "7", "1", json!({"name": "Aino"}))]);
    let foreign = erp.publish(&[registered("crm", "7", "1", json!({"name": "Aino"}))])[0].clone();
    assert_eq!((&foreign["status"], &foreign["problem"]["code"]), (&json!("rejected"), &json!("forbidden-source")));
    annette.accepted(&[registered("crm", "7", "1", json!({"name": "Aino M"}))]);
    let (own, other) = (annette.record("erp", "7"), annette.record("crm", "7"));

    let edit = json!({"phone": "040 1"});
    seller.send("PATCH", &format!("/v1/customers/{own}"), &edit).expect_status(200);
    let body = json!({"with": other});
    let merge = format!("/v1/customers/{own}/merge");
    refused(seller.send("POST", &merge, &body), 403, "forbidden");
    let merged = annette.send("POST", &merge, &body).expect_status(200).json();
    let customer = format!("/v1/customers/{own}");
    assert_eq!(auditor.read(&format!("{customer}?after={}", merged["position"]))["fields"]["phone"]["value"], "040 1");

    // Who may what: 403 for the known, 401 for the unknown, whatever is asked.
    let nobody = json!({"name": "Eve"});
    let head = annette.caught_up();
    for (name, method, target, body) in [
        ("auditor", "PATCH", &*customer, &edit),
        ("auditor", "POST", "/v1/customers", &nobody),
        ("auditor", "POST", "/v1/events", &nobody),
        ("auditor", "PUT", "/v1/survivorship-policy", &nobody),
        ("auditor", "POST", "/v1/projections/rebuild", &nobody),
        ("auditor", "POST", "/v1/dead-letters/1", &nobody),
        ("erp", "GET", &*customer, &nobody),
        ("erp", "GET", "/v1/events", &nobody),
        ("erp", "GET", "/v1/changes", &nobody),
        ("erp", "GET", "/metrics", &nobody),
        ("seller", "POST", "/v1/events", &nobody),
        ("seller", "DELETE", "/v1/decisions/1", &nobody),
        ("seller", "POST", "/v1/projections/verify", &nobody),
    ] {
        refused(client(name).send(method, target, body), 403, "forbidden");
        refused(server.client().send(method, target, body), 401, "unauthorized");
        refused(server.client().with_token("annette").send(method, target, body), 401, "unauthorized");
    }
    for open in ["/healthz", "/readyz", "/openapi.json", "/docs", "/problems/forbidden"] {
        server.client().get(open).send().expect_status(200);
    }
    assert_eq!(annette.caught_up(), head, "nothing of it happened");

    // Decided by the token, whatever the event says of itself.
    let mut pretends = registered("erp", "8", "2", json!({"name": "B"}));
    pretends["actor"] = json!("annette");
    erp.accepted(&[pretends]);
    let actors: Vec<_> =
        events(&mut annette).iter().map(|event| (text(event, "type").to_owned(), event["actor"].clone())).collect();
    let expected = [
        ("survivorship_policy.published", "kulta"),
        ("match_policy.published", "kulta"),
        ("customer.registered", "erp-prod"),
        ("customer.registered", "annette"),
        ("customer.contact_edited", "seller"),
        ("identity.linked", "seller"),
        ("identity.linked", "annette"),
        ("customer.registered", "erp-prod"),
    ];
    assert_eq!(actors, expected.map(|(type_name, actor)| (type_name.to_owned(), json!(actor))));

    // A key is one of its actor's.
    let keyed = |client: &mut Client, name: &str| {
        let request = client.post("/v1/customers").header("idempotency-key", "1");
        request.json(&json!({"name": name})).send().expect_status(201).json()
    };
    assert_ne!(keyed(&mut annette, "One")["customer_id"], keyed(&mut seller, "Two")["customer_id"]);
}

fn events(client: &mut Client) -> Vec<Value> {
    client.read("/v1/events?limit=100")["items"].as_array().unwrap().clone()
}

#[test]
fn tokens_on_sqlite() {
    names_and_permissions(&Place::sqlite());
}

#[test]
fn tokens_on_postgresql() {
    names_and_permissions(&Place::postgresql());
}
