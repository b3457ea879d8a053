//! Who is behind, through edits, merges, splits and acknowledgements in any order.

use serde_json::{Value, json};

use super::{acknowledge, behind, edited, registered, subscribe};
use crate::kit::{Asks, PATIENCE, Place, text};

/// Changed in these fields.
fn one(id: &str, fields: &[&str]) -> (String, Vec<String>) {
    (id.to_owned(), fields.iter().map(|&field| field.to_owned()).collect())
}

fn who_is_behind(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let (anna, bert) = (registered(&mut client, "crm", "1", "a@x.fi"), registered(&mut client, "crm", "2", "b@x.fi"));
    let billing = json!({"name": "Billing", "kind": "pull", "fields": ["name", "email"], "within_hours": 1});
    let answer = subscribe(&mut client, "billing", &billing);
    assert_eq!((text(&answer, "subscriber"), answer.get("secret")), ("billing", None));
    subscribe(&mut client, "letters", &json!({"kind": "kafka", "fields": ["address"]}));
    subscribe(&mut client, "whole", &json!({"kind": "pull", "fields": ["email"], "holds": 0}));
    // Whoever registers holds what there is, unless it says otherwise.
    assert_eq!((behind(&mut client, "billing"), behind(&mut client, "letters")), (vec![], vec![]));
    assert_eq!(behind(&mut client, "whole").len(), 2);

    // Only what a subscriber holds makes it old.
    let told = edited("crm", "1", "e1", "2026-01-02T08:00:00Z", &json!({"email": "anna@x.fi", "phone": "1"}));
    let first = client.accepted(&[told]);
    client.accepted(&[edited("crm", "2", "e2", "2026-01-02T08:00:00Z", &json!({"phone": "2"}))]);
    assert_eq!(behind(&mut client, "billing"), [one(&anna, &["email"])]);
    assert_eq!(behind(&mut client, "letters"), []);
    let item = client.read("/v1/subscribers/billing/behind")["items"][0].clone();
    assert_eq!((&item["position"], &item["late"], &item["attempts"]), (&json!(first), &json!(false), &json!(0)));
    assert!(item["age_seconds"].as_i64().unwrap() >= 0 && item["held"].as_u64().unwrap() < first, "{item}");
    let of_anna = client.read(&format!("/v1/customers/{anna}/propagation"));
    let current: Vec<_> = of_anna["subscribers"].as_array().unwrap().iter().map(|one| &one["current"]).collect();
    assert_eq!(current, [false, true, false], "{of_anna}");

    // Acknowledged, also out of order and twice; a later edit makes it old again.
    let second = client.accepted(&[edited("crm", "1", "e3", "2026-01-03T08:00:00Z", &json!({"email": "new@x.fi"}))]);
    let of = |position: u64| json!({"customers": [{"customer_id": anna, "position": position}]});
    acknowledge(&mut client, "billing", &of(first));
    assert_eq!(behind(&mut client, "billing"), [one(&anna, &["email"])]);
    for position in [second, first, second] {
        assert_eq!(acknowledge(&mut client, "billing", &of(position))["results"][0]["status"], "acknowledged");
        assert_eq!(behind(&mut client, "billing"), []);
    }
    // What nobody knows is told apart.
    let stranger = "6ba7b810-9dad-51d1-80b4-00c04fd430c8";
    let some = json!({"customers": [{"customer_id": stranger, "position": 1}, {"customer_id": "x", "position": 1},
        {"customer_id": bert, "position": 1_000_000}, {"customer_id": bert, "position": second}]});
    let results = acknowledge(&mut client, "billing", &some)["results"].clone();
    let codes: Vec<_> = results.as_array().unwrap().iter().map(|result| result["problem"]["code"].clone()).collect();
    assert_eq!(codes, [json!("not-found"), json!("invalid"), json!("invalid"), Value::Null], "{results}");

    // A merge makes the survivor old; the other one is a customer no more. A split makes both old.
    client.send("POST", &format!("/v1/customers/{anna}/merge"), &json!({"with": bert})).expect_status(200);
    assert_eq!(behind(&mut client, "billing"), [one(&anna, &["records"])]);
    assert_eq!(behind(&mut client, "letters"), [one(&anna, &["records"])]);
    let moved = client.get(&format!("/v1/customers/{bert}/propagation")).send();
    assert_eq!((moved.status, moved.header("location").unwrap().contains(&anna)), (307, true));
    let now = client.caught_up();
    // By the id that was merged away, which leads to the same customer.
    acknowledge(&mut client, "billing", &json!({"customers": [{"customer_id": bert, "position": now}]}));
    assert_eq!(behind(&mut client, "billing"), []);
    let split = json!({"records": [bert]});
    client.send("POST", &format!("/v1/customers/{anna}/split"), &split).expect_status(200);
    let mut both = behind(&mut client, "billing");
    both.sort();
    let mut expected = vec![one(&anna, &["records"]), one(&bert, &["records"])];
    expected.sort();
    assert_eq!(both, expected);

    // A restart and a rebuild know the same.
    server.terminate(PATIENCE);
    place.kulta(["rebuild"]).run().expect_code(0);
    let server = place.serve();
    let mut client = server.client();
    both = behind(&mut client, "billing");
    both.sort();
    assert_eq!(both, expected);
    let all = client.read("/v1/subscribers");
    let sums: Vec<_> = all["items"].as_array().unwrap().iter().map(|one| one["behind"]["customers"].clone()).collect();
    assert_eq!(sums, [2, 2, 2], "{all}");
    let head = client.caught_up();
    // A position that nobody told.
    let beyond = json!({"customers": [{"customer_id": anna, "position": head + 1_000}]});
    let told = client.send("POST", "/v1/subscribers/billing/acknowledgements", &beyond).expect_status(200).json();
    assert_eq!((text(&told["results"][0], "customer_id"), text(&told["results"][0], "status")), (&*anna, "rejected"));
    // Everything at once, by one number.
    let all = acknowledge(&mut client, "billing", &json!({"position": head}));
    assert_eq!(behind(&mut client, "billing"), []);
    let billing = client.read(&format!("/v1/subscribers/billing?after={}", all["position"]));
    assert_eq!((&billing["holds"], &billing["behind"]["oldest_since"]), (&json!(head), &Value::Null));
    server.terminate(PATIENCE);
    place.kulta(["verify"]).run().expect_code(0);
}

fn subscribers_are_documents(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let body = json!({"kind": "webhook", "url": "https://billing.example/kulta"});
    let created = client.send("PUT", "/v1/subscribers/billing", &body).expect_status(201).json();
    let secret = text(&created, "secret").to_owned();
    assert!(secret.starts_with("whsec_") && secret.len() == 50, "{created}");
    let read = client.get("/v1/subscribers/billing").send();
    let tag = read.header("etag").unwrap().to_owned();
    let view = read.expect_status(200).json();
    assert_eq!((&view["version"], &view["enabled"], &view["url"]), (&json!(1), &json!(true), &body["url"]));
    assert_eq!(view["fields"], json!(["given_name", "family_name", "name", "email", "phone", "address"]));
    // The secret is told once; another one on demand.
    let again = client.send("PUT", "/v1/subscribers/billing", &body).expect_status(200).json();
    assert_eq!(again.get("secret"), None);
    let stale = client.put("/v1/subscribers/billing").header("if-match", &tag).json(&body).send();
    stale.expect_status(412);
    let rotated = client.send("POST", "/v1/subscribers/billing/secret", &json!({})).expect_status(200).json();
    assert!(text(&rotated, "secret").starts_with("whsec_") && rotated["secret"] != json!(secret));
    // One command, one answer.
    let keyed = |client: &mut kulta_test_support::http::Client| {
        let request = client.post("/v1/subscribers/billing/secret").header("idempotency-key", "k").json(&json!({}));
        request.send().expect_status(200).json()
    };
    assert_eq!(keyed(&mut client), keyed(&mut client));
    for (action, enabled) in [("disable", false), ("enable", true)] {
        let target = format!("/v1/subscribers/billing/{action}");
        client.send("POST", &target, &json!({"reason": "maintenance"})).expect_status(200);
        assert_eq!(client.read("/v1/subscribers/billing")["enabled"], enabled);
    }
    assert_eq!(client.read("/v1/subscribers/billing")["url"], body["url"]);
    // Refused by member.
    let refused = |client: &mut kulta_test_support::http::Client, name: &str, body: &Value| {
        let problem = client.send("PUT", &format!("/v1/subscribers/{name}"), body).expect_status(422).json();
        text(&problem["errors"][0], "pointer").to_owned()
    };
    assert_eq!(refused(&mut client, "b", &json!({"kind": "webhook"})), "/url");
    assert_eq!(refused(&mut client, "b", &json!({"kind": "fax"})), "/kind");
    assert_eq!(refused(&mut client, "b", &json!({"kind": "pull", "secret": 7})), "/secret");
    assert_eq!(refused(&mut client, "b", &json!({"kind": "pull", "fields": ["mood"]})), "/fields/0");
    for target in ["/v1/subscribers/nobody", "/v1/subscribers/nobody/behind"] {
        client.get(target).send().expect_status(404);
    }
    client.send("POST", "/v1/subscribers/nobody/acknowledgements", &json!({"position": 1})).expect_status(404);
    client.send("POST", "/v1/subscribers/nobody/secret", &json!({})).expect_status(404);
    // The address is sealed, the secret is nowhere.
    server.terminate(PATIENCE);
    for (table, rows) in place.rows() {
        for row in rows {
            let hides = |text: &str| !row.contains(text);
            assert!(hides("billing.example") && hides(&secret), "{table}: {row}");
        }
    }
}

#[test]
fn behind_on_sqlite() {
    who_is_behind(&Place::sqlite());
    subscribers_are_documents(&Place::sqlite());
}

#[test]
fn behind_on_postgresql() {
    who_is_behind(&Place::postgresql());
    subscribers_are_documents(&Place::postgresql());
}
