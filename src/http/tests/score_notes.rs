//! Whose score changed, as it is noted for the topic of scores: nobody's by mere decay.

use kulta_events::Instant;
use serde_json::{Value, json};

use super::kit::{Node, PATIENCE, purchase};
use crate::store::score_notes::Noted;

/// Points lose half of their worth each day.
const RULES: &str = r#"
name = "value"
[[rule]]
id = "buying"
on = "purchase.made"
points = 8
half_life_days = 1
[[grade]]
name = "A"
from = 3
"#;

async fn node(topic: Option<&str>) -> Node {
    let change = |settings: &mut crate::config::Settings| {
        // Nobody is there: notes stay.
        settings.kafka.brokers = vec!["127.0.0.1:1".to_owned()];
        settings.kafka.scores_topic = topic.map(str::to_owned);
    };
    Node::with(change).await
}

async fn notes(node: &Node) -> Vec<Noted> {
    node.services.projector.projections().live().notes(0, 100).await.unwrap()
}

/// What is noted next, and forgotten by that.
async fn noted(node: &Node, count: usize) -> Vec<&'static str> {
    let look = || async {
        let found = notes(node).await;
        if found.len() >= count { Ok(found) } else { Err(found) }
    };
    let found = kulta_test_support::eventually(PATIENCE, look).await;
    let numbers: Vec<i64> = found.iter().map(|noted| noted.number).collect();
    node.services.projector.projections().live().forget_notes(&numbers).await.unwrap();
    found.iter().map(|noted| noted.note.cause.name()).collect()
}

/// Waits until the list is as of a day, and has all of the log; its only item.
async fn listed(node: &Node, day: &str) -> Value {
    let head = *node.services.log.head().borrow();
    let look = || async {
        let list = node.client().get(&format!("/v1/rule-sets/value/scores?after={head}")).send();
        let list = if list.status == 200 { list.json() } else { Value::Null };
        let is_of = list["scored_as_of"].as_str().is_some_and(|as_of| as_of.starts_with(day));
        if is_of { Ok(list["items"][0].clone()) } else { Err(list) }
    };
    kulta_test_support::eventually(PATIENCE, look).await
}

fn bought(id: &str, subject: &str, time: &str) -> Value {
    let mut event = purchase(id);
    event["subject"] = json!(subject);
    event["time"] = json!(time);
    event
}

fn publish(node: &Node, rules: &str) {
    let body = json!({"rules": rules, "effective_from": "2026-01-01T00:00:00Z"});
    node.client().post("/v1/rule-sets/value/publish").json(&body).send().expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_rules_and_grades_are_noted_and_decay_is_not() {
    let node = node(Some("kulta.scores")).await;
    node.publish(&[bought("p1", "1", "2026-03-02T10:00:00Z"), bought("p2", "2", "2026-03-02T10:00:00Z")]);
    publish(&node, RULES);
    assert_eq!(noted(&node, 2).await, ["rules", "rules"], "the first list is new");

    node.clock.set(Instant::parse("2026-03-03T12:00:00Z").unwrap());
    assert_eq!(listed(&node, "2026-03-03").await["points"], "4");
    assert_eq!(notes(&node).await, [], "both have decayed, and their grade is the same");

    node.publish(&[bought("p3", "1", "2026-03-03T10:00:00Z")]);
    assert_eq!(noted(&node, 1).await, ["event"]);
    let about = json!({"specversion": "1.0", "id": "e1", "source": "erp", "type": "customer.contact_edited",
        "subject": "1", "time": "2026-03-03T10:00:00Z", "data": {"name": "Pumppu Oy"}});
    node.publish(&[about]);
    assert_eq!(listed(&node, "2026-03-03").await["points"], "12");
    assert_eq!(notes(&node).await, [], "what happened changes no points");

    // 12 are 6 a day later, 4 are 2: below the grade.
    node.clock.set(Instant::parse("2026-03-04T12:00:00Z").unwrap());
    assert_eq!(listed(&node, "2026-03-04").await["points"], "6");
    assert_eq!(noted(&node, 1).await, ["grade"]);

    publish(&node, &RULES.replace("points = 8", "points = 16"));
    assert_eq!(noted(&node, 2).await, ["rules", "rules"]);
    // The same rules again say the same of everybody.
    publish(&node, &RULES.replace("points = 8", "points = 16.0"));
    let third = || async {
        let list = node.get("/v1/rule-sets/value/scores");
        if list["version"] == 3 { Ok(()) } else { Err(list) }
    };
    kulta_test_support::eventually(PATIENCE, third).await;
    assert_eq!(notes(&node).await, []);

    node.client().post("/v1/rule-sets/value/retire").json(&json!({})).send().expect_status(200);
    assert_eq!(noted(&node, 2).await, ["rules", "rules"], "there are no scores any more");
    node.stop().done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_tells_nothing_again_and_keeps_what_is_not_told() {
    let node = node(Some("kulta.scores")).await;
    node.publish(&[bought("p1", "1", "2026-03-02T10:00:00Z"), bought("p2", "2", "2026-03-02T10:00:00Z")]);
    publish(&node, RULES);
    assert_eq!(noted(&node, 2).await.len(), 2);
    node.publish(&[bought("p3", "1", "2026-03-02T10:00:00Z")]);
    assert_eq!(listed(&node, "2026-03-02").await["points"], "16");
    node.client().post("/v1/projections/rebuild").send().expect_status(200);
    assert_eq!(notes(&node).await.len(), 1);
    assert_eq!(noted(&node, 1).await, ["event"]);
    node.client().post("/v1/projections/rebuild").send().expect_status(200);
    node.publish(&[bought("p4", "2", "2026-03-02T10:00:00Z")]);
    assert_eq!(noted(&node, 1).await, ["event"]);
    node.stop().done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_topic_nothing_is_noted() {
    let node = node(None).await;
    node.publish(&[bought("p1", "1", "2026-03-02T10:00:00Z")]);
    publish(&node, RULES);
    listed(&node, "2026-03-02").await;
    assert_eq!(notes(&node).await, []);
    // Somebody who publishes them has been here before.
    let live = node.services.projector.projections().live();
    assert_eq!(live.noted_for().await.unwrap(), None);
    node.stop().done().await;
}
