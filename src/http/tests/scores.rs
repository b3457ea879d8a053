//! Lists of scores follow the clock.

use kulta_events::Instant;
use serde_json::{Value, json};

use super::kit::{Node, PATIENCE, purchase};

/// Points lose half of their worth each day, and are gone on the third; whoever buys nothing for two days loses five.
const RULES: &str = r#"
name = "value"
time_zone = "Europe/Helsinki"
[[rule]]
id = "buying"
on = "purchase.made"
points = 8
half_life_days = 1
expires_after_days = 3
[[rule]]
id = "quiet"
absent = { on = "purchase.made", days = 2 }
points = -5
[[grade]]
name = "A"
from = 4
"#;

fn publish(node: &Node, rules: &str, effective_from: &str) {
    let body = json!({"rules": rules, "effective_from": effective_from});
    node.client().post("/v1/rule-sets/value/publish").json(&body).send().expect_status(200);
}

/// The only item of the list as of a time, when there is one.
async fn listed(node: &Node, as_of: &str) -> Value {
    let look = || async {
        let response = node.client().get("/v1/rule-sets/value/scores").send();
        let list = if response.status == 200 { response.json() } else { Value::Null };
        if list["scored_as_of"] == as_of { Ok(list["items"][0].clone()) } else { Err(list) }
    };
    kulta_test_support::eventually(PATIENCE, look).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_made_anew_after_midnight_in_the_time_zone_of_the_rules() {
    let node = Node::start().await;
    node.publish(&[purchase("p1")]);
    publish(&node, RULES, "2026-01-01T00:00:00Z");
    for (now, as_of, points, grade) in [
        ("2026-03-02T21:59:59Z", "2026-03-02T21:59:59.999999Z", "8", json!("A")),
        ("2026-03-02T22:00:00Z", "2026-03-03T21:59:59.999999Z", "4", json!("A")),
        ("2026-03-03T23:00:00Z", "2026-03-04T21:59:59.999999Z", "-3", Value::Null),
        // Nobody looked for some days.
        ("2026-03-09T10:00:00Z", "2026-03-09T21:59:59.999999Z", "-5", Value::Null),
    ] {
        node.clock.set(Instant::parse(now).unwrap());
        let item = listed(&node, as_of).await;
        assert_eq!((&item["points"], &item["grade"]), (&json!(points), &grade), "{now}");
        let score = node.get(&format!("/v1/customers/{}/score?as_of={as_of}", item["customer_id"].as_str().unwrap()));
        assert_eq!(score["points"], points, "{now}");
    }
    node.stop().done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_comes_into_force_at_its_time() {
    let node = Node::start().await;
    node.publish(&[purchase("p1")]);
    publish(&node, RULES, "2026-01-01T00:00:00Z");
    let today = "2026-03-02T21:59:59.999999Z";
    assert_eq!(listed(&node, today).await["points"], "8");
    publish(&node, &RULES.replace("points = 8", "points = 6"), "2026-03-02T15:00:00Z");
    let list = node.get("/v1/rule-sets/value/scores");
    assert_eq!((&list["version"], &list["items"][0]["points"]), (&json!(1), &json!("8")));
    node.clock.set(Instant::parse("2026-03-02T15:00:00Z").unwrap());
    let swapped = || async {
        let list = node.get("/v1/rule-sets/value/scores");
        if list["version"] == 2 { Ok(list["items"][0]["points"].clone()) } else { Err(list) }
    };
    assert_eq!(kulta_test_support::eventually(PATIENCE, swapped).await, "6");
    node.stop().done().await;
}
