//! What customers told in vain, and old values that came back.

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use super::{acknowledge, edited, registered, subscribe};
use crate::kit::{Asks, PATIENCE, Place, pages, text};

fn notices(client: &mut Client, kind: &str) -> Vec<Value> {
    let after = client.caught_up();
    pages(client, &format!("/v1/notices?kind={kind}&limit=1&after={after}"))
}

fn told_in_vain(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let anna = registered(&mut client, "billing", "1", "old@x.fi");
    let shop = registered(&mut client, "shop", "9", "shop@x.fi");
    client.send("POST", &format!("/v1/customers/{anna}/merge"), &json!({"with": shop})).expect_status(200);
    client.caught_up();
    subscribe(&mut client, "billing", &json!({"kind": "pull", "source": "billing"}));
    subscribe(&mut client, "letters", &json!({"kind": "pull", "fields": ["address"]}));
    let email = |email: &str| json!({"email": email});
    let known = client.accepted(&[edited("shop", "9", "s1", "2026-01-02T08:00:00Z", &email("new@x.fi"))]);
    assert_eq!(notices(&mut client, "reported_again"), Vec::<Value>::new());
    // She says it to a person, twice, and billing holds the old one still.
    for _ in 0..2 {
        client.send("PATCH", &format!("/v1/customers/{anna}"), &email("new@x.fi")).expect_status(200);
    }
    let found = notices(&mut client, "reported_again");
    assert_eq!(found.len(), 2, "{found:?}");
    for notice in &found {
        let told = ["customer_id", "field", "source", "known_since", "subscribers"].map(|name| notice[name].clone());
        let expected = json!([anna, "email", "kulta", "2026-01-02T08:00:00Z", ["billing"]]);
        assert_eq!(json!(told), expected);
        assert!(!notice.to_string().contains("x.fi"), "{notice}");
    }
    assert_ne!(found[0]["notice_id"], found[1]["notice_id"]);
    // They are told again as they were, also by another process; an acknowledgement takes them away.
    server.terminate(PATIENCE);
    place.kulta(["rebuild"]).run().expect_code(0);
    let server = place.serve();
    let mut client = server.client();
    assert_eq!(notices(&mut client, "reported_again"), found);
    acknowledge(&mut client, "billing", &json!({"customers": [{"customer_id": anna, "position": known}]}));
    assert_eq!(notices(&mut client, "reported_again"), Vec::<Value>::new());

    // It held the new one, and sends the old one all the same: one notice however often, until it knows better.
    assert_eq!(notices(&mut client, "old_value_back"), Vec::<Value>::new());
    for day in 3..6 {
        let (id, time) = (format!("b{day}"), format!("2026-01-0{day}T08:00:00Z"));
        client.publish(&[edited("billing", "1", &id, &time, &email("old@x.fi"))]);
    }
    client.caught_up();
    let found = notices(&mut client, "old_value_back");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(json!([found[0]["field"], found[0]["subscribers"]]), json!(["email", ["billing"]]));
    assert_eq!(text(&found[0], "source"), "billing");
    server.terminate(PATIENCE);
    let server = place.serve();
    let mut client = server.client();
    assert_eq!(notices(&mut client, "old_value_back"), found);
    client.publish(&[edited("billing", "1", "b9", "2026-01-09T08:00:00Z", &email("new@x.fi"))]);
    assert_eq!(notices(&mut client, "old_value_back"), Vec::<Value>::new());
    server.terminate(PATIENCE);
}

#[test]
fn told_in_vain_on_sqlite() {
    told_in_vain(&Place::sqlite());
}

#[test]
fn told_in_vain_on_postgresql() {
    told_in_vain(&Place::postgresql());
}
