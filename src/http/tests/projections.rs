//! How far each projection is, and which of them fails by itself.

use std::sync::Arc;
use std::time::Duration;

use kulta_events::Instant;
use serde_json::{Value, json};

use super::kit::{NOW, Node, PATIENCE, purchase};
use crate::clock::ManualClock;
use crate::config::Settings;
use crate::http::api::projections::standing::{self, Standing};
use crate::services::Services;

const RULES: &str = r#"
name = "value"
[[rule]]
id = "buying"
on = "purchase.made"
points = 8
"#;

/// A rule set, an automation, and an event for both.
fn occupied(node: &Node) {
    node.publish(&[purchase("p1")]);
    let rules = json!({"rules": RULES, "effective_from": "2026-01-01T00:00:00Z"});
    node.client().post("/v1/rule-sets/value/publish").json(&rules).send().expect_status(200);
    let definition = json!({"when": {"nothing": {"on": ["purchase.made"], "days": 1}}, "time_zone": "UTC",
        "then": [{"task": {"title": "Call them", "due_days": 1}}]});
    let body = json!({"definition": definition});
    node.client().put("/v1/automations/quiet").json(&body).send().expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_projection_tells_how_far_it_is_and_so_do_the_metrics() {
    let node = Node::start().await;
    occupied(&node);
    let head = *node.services.log.head().borrow();
    let look = || async {
        let items = node.get("/v1/projections")["items"].as_array().unwrap().clone();
        let there = |item: &Value| item["state"] == "live" && item["position"] == head && item["lag"] == 0;
        if items.len() == 7 && items.iter().all(there) { Ok(items) } else { Err(items) }
    };
    let items = kulta_test_support::eventually(PATIENCE, look).await;
    let names: Vec<&str> = items.iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["identities", "golden", "timeline", "scores", "work", "propagation", "automations"]);
    for name in names {
        let labelled = |what: &str| node.number(&format!("kulta_projection_{what}{{projection=\"{name}\"}}"));
        assert_eq!((labelled("position"), labelled("lag"), labelled("failing")), (head, 0, 0), "{name}");
    }
    node.stop().done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_or_stands_by_says_so_while_others_follow() {
    let node = Node::start().await;
    occupied(&node);
    let head = *node.services.log.head().borrow();
    node.client().get(&format!("/v1/rule-sets/value/scores?after={head}")).send();
    let listed = || async {
        let list = node.client().get("/v1/rule-sets/value/scores").send();
        if list.status == 200 { Ok(()) } else { Err(list.status) }
    };
    kulta_test_support::eventually(PATIENCE, listed).await;
    let folder = node.stop().done().await;

    // Nothing is ever answered in time: no node starts with that, and automations fail over it.
    let mut settings = Settings {
        database_url: format!("sqlite://{}", folder.path().join("kulta.db").display()),
        ..Settings::default()
    };
    settings.business.answer_within = Duration::ZERO;
    let clock = Arc::new(ManualClock::at(Instant::parse(NOW).unwrap()));
    let services = Services::open(settings, clock, "a test").await.unwrap();
    // Lists of scores are not kept up.
    let running = services.clone();
    let loops = tokio::spawn(async move {
        tokio::join!(running.project(), running.follow_work(), running.follow_propagation(), running.automate())
    });
    let expected = [
        ("identities", "live"),
        ("golden", "live"),
        ("timeline", "live"),
        ("scores", "standing_by"),
        ("work", "live"),
        ("propagation", "live"),
        ("automations", "failing"),
    ];
    let look = || async {
        let all = standing::all(&services).await.unwrap();
        let state = |item: &Standing| (item.name, serde_json::to_value(&item.state).unwrap());
        let states: Vec<_> = all.iter().map(state).collect();
        let same = states.iter().map(|(name, state)| (*name, state.as_str().unwrap())).eq(expected);
        if same { Ok(()) } else { Err(states) }
    };
    kulta_test_support::eventually(PATIENCE, look).await;
    services.stop();
    loops.await.unwrap();
    let after = standing::known(&services, None);
    let stopped = |item: &Standing| serde_json::to_value(&item.state).unwrap() == "stopped";
    assert!(after.iter().all(stopped), "{after:?}");
    services.close().await;
}
