//! Merging, splitting, contradictions, taking back.

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use super::{after, merge, refused, registered};
use crate::kit::{Asks, Place, event, pages, text};

struct Two {
    crm: String,
    erp: String,
}

/// A customer of the CRM and one of the ERP, with a purchase.
fn two(client: &mut Client) -> Two {
    let purchase = json!({"amount": "9.50", "currency": "EUR"});
    client.accepted(&[
        registered("crm", "7", "1", json!({"kind": "person", "name": "Aino", "email": "a@b.fi"})),
        registered("erp", "9/1", "1", json!({"name": "Aino Mäkinen", "phone": "040 1"})),
        event("erp", "9/1", "2", "2026-02-01T10:00:00Z", "purchase.made", purchase),
    ]);
    Two { crm: client.record("crm", "7"), erp: client.record("erp", "9/1") }
}

/// A golden record without what is a function of the log's order.
fn facts(golden: &Value) -> Value {
    let mut facts = golden.clone();
    facts.as_object_mut().unwrap().remove("position");
    facts
}

fn timeline(client: &mut Client, id: &str) -> Vec<String> {
    let items = pages(client, &format!("/v1/customers/{id}/timeline"));
    items.iter().map(|item| format!("{} {}", text(item, "source"), text(item, "type"))).collect()
}

fn merged_split_and_undone(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let Two { crm, erp } = two(&mut client);
    let before = [&crm, &erp].map(|id| (facts(&client.read(&format!("/v1/customers/{id}"))), id.clone()));

    let merged = merge(&mut client, &erp, &crm);
    assert_eq!(merged["customer_id"], crm.as_str(), "the founding record's id, whoever is merged with whom");
    let golden = after(&mut client, &crm, &merged);
    assert_eq!((&golden["name"], &golden["fields"]["email"]["value"]), (&json!("Aino Mäkinen"), &json!("a@b.fi")));
    assert_eq!(
        timeline(&mut client, &crm),
        ["erp purchase.made", "erp customer.registered", "crm customer.registered"]
    );

    // The id that was merged away leads on, with everything that was asked, and nobody keeps that in a cache.
    for what in ["", "/timeline?type=purchase&limit=1", "/records", "/freshness?as_of=2026-02-02T00:00:00Z"] {
        let moved = client.get(&format!("/v1/customers/{erp}{what}")).send().expect_status(307);
        assert_eq!(moved.header("location"), Some(format!("/v1/customers/{crm}{what}").as_str()));
        assert_eq!(moved.header("cache-control"), Some("no-store"));
        client.get(moved.header("location").unwrap()).send().expect_status(200);
    }
    let record = client.read("/v1/records/erp/9%2F1");
    assert_eq!((&record["customer_id"], &record["record_id"]), (&json!(crm), &json!(erp)));
    refused(client.send("POST", &format!("/v1/customers/{crm}/merge"), &json!({"with": erp})), 409, "refused");

    // An edit of the whole, which stays with the founding record.
    let edit =
        client.send("PATCH", &format!("/v1/customers/{erp}"), &json!({"language": "sv"})).expect_status(200).json();
    assert_eq!(
        (&edit["customer_id"], &after(&mut client, &crm, &edit)["fields"]["language"]["source"]),
        (&json!(crm), &json!("kulta"))
    );

    let split = json!({"records": [{"source": "erp", "subject": "9/1"}], "reason": "mother and daughter"});
    let split = client.send("POST", &format!("/v1/customers/{crm}/split"), &split).expect_status(200).json();
    assert_eq!(split["customers"], json!([crm, erp]));
    assert_eq!(facts(&after(&mut client, &erp, &split)), before[1].0, "the id answers again, as before");
    let apart = facts(&client.read(&format!("/v1/customers/{crm}")));
    assert_eq!((&apart["name"], apart["records"].as_array().unwrap().len()), (&json!("Aino"), 2));
    assert_eq!(timeline(&mut client, &erp), ["erp purchase.made", "erp customer.registered"]);
    let records = client.read(&format!("/v1/customers/{crm}/records"));
    assert_eq!(records["items"].as_array().unwrap().len(), 2, "the edit stayed");

    contradicted(&mut client, &crm, &erp, &split);
    taken_back(&mut client, &crm, &erp, &merged, &split, &before[1].0);
    let verified = client.post("/v1/projections/verify").send().expect_status(200).json();
    assert_eq!(verified["differences"], json!([]));
}

/// What an older decision keeps apart is merged only when the steward insists.
fn contradicted(client: &mut Client, crm: &str, erp: &str, split: &Value) {
    let head = client.caught_up();
    let again = json!({"with": erp});
    let problem = refused(client.send("POST", &format!("/v1/customers/{crm}/merge"), &again), 409, "contradiction");
    assert_eq!(problem["decisions"], json!([split["decision_id"]]));
    assert_eq!(client.caught_up(), head, "the state is unchanged");
    let insisted = json!({"with": erp, "override": true, "reason": "asked them"});
    let merged = client.send("POST", &format!("/v1/customers/{crm}/merge"), &insisted).expect_status(200).json();
    assert_eq!(after(client, crm, &merged)["records"].as_array().unwrap().len(), 3);
    client.get(&format!("/v1/customers/{erp}")).send().expect_status(307);
    // And taken back: the split, which is older, holds again.
    let decision = text(&merged, "decision_id");
    let reason = format!("/v1/decisions/{decision}?reason=they%20were%20not");
    let withdrawn = client.delete(&reason).send().expect_status(200).json();
    assert_eq!(after(client, erp, &withdrawn)["customer_id"], erp);
    let twice = refused(client.delete(&format!("/v1/decisions/{decision}")).send(), 409, "refused");
    assert_eq!(twice["rule"], "withdrawn");
    let stream = client.read(&format!("/v1/streams/decision-{decision}"));
    let types: Vec<_> = stream["items"].as_array().unwrap().iter().map(|event| text(event, "type")).collect();
    assert_eq!(types, ["identity.linked", "identity.decision_withdrawn"], "both stay in the log");
    assert_eq!(stream["items"][1]["data"]["reason"], "they were not");
}

/// Without the split the first merge holds again; without that nothing is left of it all.
fn taken_back(client: &mut Client, crm: &str, erp: &str, merged: &Value, split: &Value, before: &Value) {
    let withdraw = |client: &mut Client, decision: &Value| {
        client.delete(&format!("/v1/decisions/{}", text(decision, "decision_id"))).send().expect_status(200).json()
    };
    let done = withdraw(client, split);
    assert_eq!(after(client, crm, &done)["records"].as_array().unwrap().len(), 3);
    let done = withdraw(client, merged);
    assert_eq!(&facts(&after(client, erp, &done)), before);
    assert_eq!(client.read(&format!("/v1/customers/{crm}"))["records"].as_array().unwrap().len(), 2);
}

/// A follower of the changes holds what the service holds, through merges, splits and policies.
fn followers_miss_nothing(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let events: Vec<_> =
        (0..25).map(|n| registered("crm", &n.to_string(), &n.to_string(), json!({"name": format!("C{n}")}))).collect();
    client.accepted(&events);
    let ids: Vec<_> = (0..25).map(|n| client.record("crm", &n.to_string())).collect();
    let mut follower = Follower::default();
    follower.follow(&mut client);
    assert_eq!(follower.customers.len(), 25);
    merge(&mut client, &ids[0], &ids[1]);
    let chain = merge(&mut client, &ids[2], &ids[1]);
    client.send("PATCH", &format!("/v1/customers/{}", ids[9]), &json!({"name": "Nine"})).expect_status(200);
    client.caught_up();
    assert_eq!(follower.follow(&mut client), 2, "one page of what changed, and no more");
    assert_eq!(follower.customers.len(), 23);
    follower.assert_equal(&mut client);
    client.delete(&format!("/v1/decisions/{}", text(&chain, "decision_id"))).send().expect_status(200);
    client.caught_up();
    assert_eq!(follower.follow(&mut client), 2, "both halves");
    follower.assert_equal(&mut client);
    let policy = json!({"policy": {"default": {"by": ["source_rank"], "sources": ["crm"]}}});
    client.send("PUT", "/v1/survivorship-policy", &policy).expect_status(200);
    client.caught_up();
    assert_eq!(follower.follow(&mut client), 24, "every golden record was made again");
    follower.assert_equal(&mut client);
    assert_eq!(follower.follow(&mut client), 0);
    refused(client.get("/v1/changes?cursor=00").send(), 400, "invalid-parameter");
}

/// Customers by id, as `/v1/changes` tells of them.
#[derive(Default)]
struct Follower {
    after: u64,
    customers: std::collections::BTreeMap<String, Value>,
}

impl Follower {
    /// Takes over what changed, in small pages; gives how many customers were told.
    fn follow(&mut self, client: &mut Client) -> usize {
        let mut told = 0;
        let target = format!("/v1/changes?after={}&limit=7", self.after);
        let mut page = client.read(&target);
        let position = page["position"].as_u64().unwrap();
        loop {
            for item in page["items"].as_array().unwrap() {
                told += 1;
                assert!(item["position"].as_u64().unwrap() > self.after);
                // What is among its records is no customer of its own any more.
                for record in item["records"].as_array().unwrap() {
                    self.customers.remove(text(record, "record_id"));
                }
                self.customers.insert(text(item, "customer_id").to_owned(), item.clone());
            }
            let Some(next) = page["next"].as_str() else { break };
            page = client.read(&format!("{target}&cursor={next}"));
        }
        self.after = position;
        told
    }

    fn assert_equal(&self, client: &mut Client) {
        for (id, known) in &self.customers {
            assert_eq!(&client.read(&format!("/v1/customers/{id}")), known);
        }
    }
}

#[test]
fn stewards_on_sqlite() {
    merged_split_and_undone(&Place::sqlite());
    followers_miss_nothing(&Place::sqlite());
}

#[test]
fn stewards_on_postgresql() {
    merged_split_and_undone(&Place::postgresql());
    followers_miss_nothing(&Place::postgresql());
}
