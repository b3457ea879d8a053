//! Another match policy: seen before it is published, swapped in as a whole.

use serde_json::{Value, json};

use super::{anna, maybe_anna, records, registered};
use crate::kit::{Asks, PATIENCE, Place};

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
        assert_eq!(preview["examples"][0]["becomes"].as_array().unwrap().len(), 1, "{preview}");
    }
    assert_eq!(records(&mut client, "shop", "1"), ["shop:1"], "a preview changes nothing");
    let strict = json!({"policy": {"link": 90.0, "strong_ids": ["business"]}});
    let preview = client.send("POST", "/v1/match-policy/preview", &strict).expect_status(200).json()["preview"].clone();
    assert_eq!((&preview["customers_after"], &preview["split"]), (&json!(4), &json!(1)), "{preview}");

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
