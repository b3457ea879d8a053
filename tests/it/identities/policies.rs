//! Another match policy: seen before it is published, swapped in as a whole.

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use super::{anna, maybe_anna, records, registered};
use crate::kit::{Asks, PATIENCE, Place};

/// The customer that holds a record.
fn id(client: &mut Client, source: &str, subject: &str) -> String {
    client.read(&format!("/v1/records/{source}/{subject}"))["customer_id"].as_str().unwrap().to_owned()
}

/// Id, whether it stays, and number of records of each customer; those of most records first.
fn sides(customers: &Value) -> Vec<(String, bool, u64)> {
    let one = |customer: &Value| {
        let id = customer["customer_id"].as_str().unwrap().to_owned();
        assert_eq!(customer["records"].as_array().unwrap().len() as u64, customer["record_count"]);
        (id, customer["stays"].as_bool().unwrap(), customer["record_count"].as_u64().unwrap())
    };
    let mut found: Vec<_> = customers.as_array().unwrap().iter().map(one).collect();
    found.sort_by_key(|(_, _, records)| std::cmp::Reverse(*records));
    found
}

fn previewed_published_and_taken_back(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    client.accepted(&[
        registered("erp", "1", anna("anna@example.fi")),
        registered("crm", "1", anna("anna@example.fi")),
        registered("shop", "1", maybe_anna()),
        registered("shop", "2", json!({"kind": "person", "name": "Matti Meikäläinen"})),
    ]);
    let first = client.read("/v1/match-policy?after=6");
    assert_eq!(first["position"], 2);

    // What would happen, twice: the second time from what was kept.
    let generous = json!({"policy": {"link": -3.0}});
    for _ in 0..2 {
        let preview =
            client.send("POST", "/v1/match-policy/preview", &generous).expect_status(200).json()["preview"].clone();
        let count = |name: &str| preview[name].as_u64().unwrap();
        assert_eq!((count("customers_before"), count("customers_after")), (3, 2), "{preview}");
        assert_eq!((count("joined"), count("split"), count("unchanged")), (2, 0, 1), "{preview}");
        assert_eq!(preview["ids"], json!({"stay": 2, "end": 1, "begin": 0}), "{preview}");
        let diff = client.read(&format!("/v1/match-policy/previews/{}", preview["id"].as_str().unwrap()));
        assert_eq!(diff["items"], preview["examples"], "{diff}");
        let (erp, shop) = (id(&mut client, "erp", "1"), id(&mut client, "shop", "1"));
        let [change] = diff["items"].as_array().unwrap().as_slice() else { panic!("{diff}") };
        assert_eq!(sides(&change["before"]), [(erp.clone(), true, 2), (shop, false, 1)], "{change}");
        assert_eq!(sides(&change["after"]), [(erp, true, 3)], "{change}");
        assert_eq!((&diff["total"], &diff["next"]), (&json!(1), &Value::Null));
    }
    assert_eq!(records(&mut client, "shop", "1"), ["shop:1"], "a preview changes nothing");
    let strict = json!({"policy": {"link": 90.0, "strong_ids": ["business"]}});
    let preview = client.send("POST", "/v1/match-policy/preview", &strict).expect_status(200).json()["preview"].clone();
    assert_eq!((&preview["customers_after"], &preview["split"]), (&json!(4), &json!(1)), "{preview}");
    assert_eq!(preview["ids"], json!({"stay": 3, "end": 0, "begin": 1}), "{preview}");
    let (erp, crm) = (&preview["examples"][0]["after"][0], &preview["examples"][0]["after"][1]);
    let begun: Vec<_> = [erp, crm].into_iter().filter(|customer| customer["stays"] == false).collect();
    assert_eq!(begun.len(), 1, "the record that came first keeps the id: {preview}");
    assert_eq!(begun[0]["records"][0]["source"], "crm", "{preview}");
    assert_eq!(begun[0]["records"][0]["record_id"], begun[0]["customer_id"], "{preview}");
    for gone in ["x", "00000000-0000-0000-0000-000000000000"] {
        client.get(&format!("/v1/match-policy/previews/{gone}")).send().expect_status(404);
    }

    // Published: as previewed. Back to the former policy: as before.
    let published = client.send("PUT", "/v1/match-policy", &generous).expect_status(200).json();
    let policy = client.read(&format!("/v1/match-policy?after={}", published["position"]));
    assert_eq!((&policy["policy"]["link"], &policy["position"]), (&json!(-3.0), &published["position"]));
    assert_eq!(records(&mut client, "shop", "1"), ["crm:1", "erp:1", "shop:1"]);
    client
        .send("PUT", "/v1/match-policy", &json!({"policy": first["policy"], "note": "it was too much"}))
        .expect_status(200);
    assert_eq!(records(&mut client, "shop", "1"), ["shop:1"]);
    assert_eq!(records(&mut client, "erp", "1"), ["crm:1", "erp:1"]);

    // Learned from the records, and usable as it comes.
    let trained = client.request("POST", "/v1/match-policy/train").send().expect_status(200).json();
    assert!(trained["preview"]["customers_after"].is_u64(), "{trained}");
    client.send("PUT", "/v1/match-policy", &json!({"policy": trained["policy"]})).expect_status(200);
    client.caught_up();

    for (policy, pointer) in [
        (json!({"link": "high"}), "/policy"),
        (json!({"link": -5.0}), "/policy"),
        (json!({"lnik": 1.0}), "/policy"),
        (json!({}), "/policy"),
        (Value::Null, "/policy"),
    ] {
        for (method, target) in [("PUT", "/v1/match-policy"), ("POST", "/v1/match-policy/preview")] {
            let problem = client.send(method, target, &json!({"policy": policy})).expect_status(422).json();
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        }
    }
    server.terminate(PATIENCE);
    place.kulta(["verify"]).run().expect_code(0);
}

#[test]
fn match_policies_on_sqlite() {
    previewed_published_and_taken_back(&Place::sqlite());
}

#[test]
fn match_policies_on_postgresql() {
    previewed_published_and_taken_back(&Place::postgresql());
}
