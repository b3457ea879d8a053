//! Found live, asked, answered, taken back; stewards' decisions hold through re-runs.

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use super::{anna, maybe_anna, records, registered};
use crate::kit::{Asks, PATIENCE, Place, text};

fn questions(client: &mut Client) -> Vec<Value> {
    client.caught_up();
    let page = client.read("/v1/reviews");
    let items = page["items"].as_array().unwrap().clone();
    assert_eq!(page["total"], items.len());
    items
}

fn answer(client: &mut Client, question: &Value, decision: &str) -> Value {
    let body = json!({"decision": decision, "reason": "asked on the phone"});
    let done = client.send("POST", &format!("/v1/reviews/{}", text(question, "id")), &body).expect_status(200).json();
    client.read(&format!("/v1/decisions/{}?after={}", text(&done, "decision_id"), done["position"]));
    done
}

fn undo(client: &mut Client, decision: &Value) {
    let target = format!("/v1/decisions/{}", text(decision, "decision_id"));
    client.request("DELETE", &target).send().expect_status(200);
    client.caught_up();
    let taken_back = client.read(&target);
    assert_eq!((&taken_back["stands"], taken_back["withdrawn_at"].is_string()), (&json!(false), true));
}

const ALL: [&str; 3] = ["crm:1", "erp:1", "shop:1"];

fn duplicates_are_found_asked_and_decided(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client
        .accepted(&[registered("erp", "1", anna("anna@example.fi")), registered("crm", "1", anna("anna@example.fi"))]);
    assert_eq!(records(&mut client, "crm", "1"), ["crm:1", "erp:1"], "linked without asking");
    client.accepted(&[registered("shop", "1", maybe_anna())]);
    assert_eq!(records(&mut client, "shop", "1"), ["shop:1"]);

    // Why the two are one: the comparisons add up. Why the third is not, and that it is asked.
    let erp = client.record("erp", "1");
    let why = client.read(&format!("/v1/customers/{erp}/why"));
    let pair = &why["pairs"][0]["why"];
    let sum: f64 = pair["comparisons"].as_array().unwrap().iter().map(|line| line["bits"].as_f64().unwrap()).sum();
    let bits = |name: &str| pair[name].as_f64().unwrap();
    assert!((sum + bits("prior") + bits("frequency") + bits("household") - bits("bits")).abs() < 0.1, "{why}");
    assert!(bits("bits") > bits("link_from"));
    let shop = client.record("shop", "1");
    let not = client.read(&format!("/v1/customers/{erp}/why?with={shop}"));
    assert_eq!(not["pairs"][0]["same_customer"], false, "{not}");
    assert!(not["pairs"][0]["why"]["bits"].as_f64() < not["pairs"][0]["why"]["link_from"].as_f64(), "{not}");

    let asked = questions(&mut client);
    assert_eq!((asked.len(), &asked[0]["why"], &asked[0]["gain"]), (1, &json!("unclear"), &json!(3)), "{asked:?}");

    // Later: it stays, behind the others. Taken back: it is as it was.
    let later = answer(&mut client, &asked[0], "later");
    assert!(questions(&mut client)[0]["postponed_at"].is_string());
    undo(&mut client, &later);
    let again = questions(&mut client);
    assert_eq!((&again[0]["id"], &again[0]["postponed_at"]), (&asked[0]["id"], &json!(null)));

    // Linked, and taken back.
    let linked = answer(&mut client, &asked[0], "link");
    assert_eq!(records(&mut client, "shop", "1"), ALL);
    assert_eq!(questions(&mut client), [json!(null); 0]);
    let target = format!("/v1/reviews/{}", text(&asked[0], "id"));
    let again = client.send("POST", &target, &json!({"decision": "link"})).expect_status(409).json();
    assert_eq!(again["rule"], "same-customer");
    undo(&mut client, &linked);
    assert_eq!(records(&mut client, "shop", "1"), ["shop:1"]);
    assert_eq!(questions(&mut client).len(), 1);

    // Kept apart: never asked again, whatever the record says later.
    let separated = answer(&mut client, &asked[0], "separate");
    assert_eq!(questions(&mut client), [json!(null); 0]);
    let better = json!({"given_name": "Anna", "birth_date": "1980-02-03", "email": "anna@example.fi"});
    let edit = crate::kit::event("shop", "1", "2", "2026-01-02T10:00:00Z", "customer.contact_edited", better);
    client.accepted(&[edit]);
    assert_eq!(records(&mut client, "shop", "1"), ["shop:1"], "the decision holds");
    assert_eq!(questions(&mut client), [json!(null); 0]);
    undo(&mut client, &separated);
    assert_eq!(records(&mut client, "shop", "1"), ALL, "now the evidence is enough");
    server.terminate(PATIENCE);
    place.kulta(["verify"]).run().expect_code(0);
}

fn decisions_hold_through_rebuilds_and_other_policies(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client
        .accepted(&[registered("erp", "1", anna("anna@example.fi")), registered("crm", "1", anna("anna@example.fi"))]);
    client.accepted(&[registered("shop", "9", json!({"kind": "person", "name": "Matti Meikäläinen"}))]);
    let (erp, crm, shop) = (client.record("erp", "1"), client.record("crm", "1"), client.record("shop", "9"));
    let split = json!({"records": [{"source": "crm", "subject": "1"}], "reason": "mother and daughter"});
    client.send("POST", &format!("/v1/customers/{erp}/split"), &split).expect_status(200);
    client.send("POST", &format!("/v1/customers/{erp}/merge"), &json!({"with": shop})).expect_status(200);
    let stands = |client: &mut Client, when: &str| {
        assert_eq!(records(client, "erp", "1"), ["erp:1", "shop:9"], "{when}");
        assert_eq!(records(client, "crm", "1"), ["crm:1"], "{when}");
        let not = client.read(&format!("/v1/customers/{erp}/why?with={crm}"));
        assert_eq!(not["decisions"].as_array().unwrap().len(), 1, "{not}");
    };
    stands(&mut client, "at first");
    client.send("PUT", "/v1/match-policy", &json!({"policy": {"link": -20.0, "ask": -30.0}})).expect_status(200);
    stands(&mut client, "under a policy that links nearly everything");
    client.request("POST", "/v1/projections/rebuild").send().expect_status(200);
    stands(&mut client, "after a rebuild");
    server.terminate(PATIENCE);
    let server = place.serve();
    stands(&mut server.client(), "after a restart");
    server.terminate(PATIENCE);
    place.kulta(["verify"]).run().expect_code(0);
}

/// Different valid business ids keep records apart that are equal in all else; a steward may link them all the same.
fn strong_ids_are_a_veto_for_matching_and_not_for_stewards(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let company = |id: &str| {
        json!({"kind": "organisation", "name": "Pumppu Oy", "business_id": id, "email": "info@pumppu.fi",
            "address": {"street": "Katu 1", "postal_code": "00100", "city": "Helsinki"}})
    };
    client.accepted(&[registered("erp", "1", company("0112038-9")), registered("crm", "1", company("1572860-0"))]);
    assert_eq!(records(&mut client, "erp", "1"), ["erp:1"]);
    let asked = questions(&mut client);
    assert_eq!(asked[0]["why"], "contradiction", "{asked:?}");
    let (erp, crm) = (client.record("erp", "1"), client.record("crm", "1"));
    let not = client.read(&format!("/v1/customers/{erp}/why?with={crm}"));
    assert_eq!(not["pairs"][0]["why"]["vetoes"].as_array().unwrap().len(), 1, "{not}");
    answer(&mut client, &asked[0], "link");
    assert_eq!(records(&mut client, "crm", "1"), ["crm:1", "erp:1"]);
    server.terminate(PATIENCE);
}

/// A customer whom a third record's coming, or going, changed stands at a later position: followers see it.
fn whoever_follows_changes_sees_customers_that_others_changed(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&[registered("erp", "1", anna("anna@example.fi"))]);
    let joined = client.accepted(&[registered("crm", "1", anna("anna@example.fi"))]);
    let erp = client.record("erp", "1");
    let before = client.customer("erp", "1");
    assert_eq!((before["records"].as_array().unwrap().len(), before["position"].as_u64()), (2, Some(joined)));
    let other = json!({"given_name": "Zacharias", "family_name": "Topelius", "birth_date": "1818-01-14",
        "email": "z@example.se", "phone": null, "address": null});
    let left = crate::kit::event("crm", "1", "2", "2026-01-02T10:00:00Z", "customer.contact_edited", other);
    let left = client.accepted(&[left]);
    assert_eq!(records(&mut client, "erp", "1"), ["erp:1"]);
    let changed = client.read(&format!("/v1/changes?after={joined}"));
    let ids: Vec<&str> = changed["items"].as_array().unwrap().iter().map(|item| text(item, "customer_id")).collect();
    assert_eq!(ids.len(), 2, "{changed}");
    assert!(ids.contains(&erp.as_str()), "{changed}");
    assert_eq!(client.customer("erp", "1")["position"], left);
    client.request("POST", "/v1/projections/rebuild").send().expect_status(200);
    assert_eq!(client.read(&format!("/v1/changes?after={joined}")), changed, "a rebuild hides nothing from followers");
    server.terminate(PATIENCE);
    place.kulta(["verify"]).run().expect_code(0);
}

macro_rules! on_both {
    ($($name:ident: $sqlite:ident, $postgresql:ident;)*) => {$(
        #[test]
        fn $sqlite() {
            $name(&Place::sqlite());
        }

        #[test]
        fn $postgresql() {
            $name(&Place::postgresql());
        }
    )*};
}

on_both! {
    duplicates_are_found_asked_and_decided: asked_and_decided_on_sqlite, asked_and_decided_on_postgresql;
    decisions_hold_through_rebuilds_and_other_policies: decisions_hold_on_sqlite, decisions_hold_on_postgresql;
    strong_ids_are_a_veto_for_matching_and_not_for_stewards: strong_ids_on_sqlite, strong_ids_on_postgresql;
    whoever_follows_changes_sees_customers_that_others_changed: followers_on_sqlite, followers_on_postgresql;
}
