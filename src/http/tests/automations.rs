//! Automations follow the clock.

use kulta_events::Instant;
use serde_json::{Value, json};

use super::kit::{Node, PATIENCE};

fn bought(subject: &str, time: &str) -> Value {
    json!({
        "specversion": "1.0", "id": format!("p-{subject}"), "source": "erp", "type": "purchase.made", "subject": subject,
        "time": time, "data": {"amount": "10", "currency": "EUR"},
    })
}

fn define(node: &Node, id: &str, when: &Value, zone: &str) {
    let definition = json!({"when": when, "time_zone": zone, "then": [{"task": {"title": id, "due_days": 1}}]});
    let body = json!({"definition": definition});
    node.client().put(&format!("/v1/automations/{id}")).json(&body).send().expect_status(200);
}

/// The titles of all tasks, when there are so many.
async fn raised(node: &Node, count: usize) -> Vec<Value> {
    let look = || async {
        let tasks = node.get("/v1/tasks")["items"].as_array().unwrap().clone();
        if tasks.len() >= count { Ok(tasks) } else { Err(tasks.len()) }
    };
    kulta_test_support::eventually(PATIENCE, look).await
}

/// Waits until every event was looked at and waits for its time.
async fn waiting(node: &Node, timers: usize) {
    let look = || async {
        let found = node.get("/v1/automations")["timers"].as_u64().unwrap();
        if found == timers as u64 { Ok(()) } else { Err(found) }
    };
    kulta_test_support::eventually(PATIENCE, look).await;
}

/// Of two causes that come to be one after the other only the first is there between them.
async fn one_after_the_other(node: &Node, before: usize, times: [&str; 2]) {
    for (index, time) in times.into_iter().enumerate() {
        node.clock.set(Instant::parse(time).unwrap());
        assert_eq!(raised(node, before + index + 1).await.len(), before + index + 1, "{time}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn timers_keep_the_time_of_the_wall_clock() {
    let node = Node::start().await;
    node.clock.set(Instant::parse("2026-03-28T06:00:00Z").unwrap());
    define(&node, "quiet", &json!({"nothing": {"on": ["purchase.made"], "days": 1}}), "Europe/Helsinki");
    // The clocks go forward in the night: the day lasts 23 hours.
    node.publish(&[bought("1", "2026-03-28T07:00:00+02:00"), bought("2", "2026-03-28T07:59:59+02:00")]);
    waiting(&node, 2).await;
    one_after_the_other(&node, 0, ["2026-03-29T04:00:01Z", "2026-03-29T05:00:00Z"]).await;
    // And back in October: 25 hours.
    node.clock.set(Instant::parse("2026-10-24T06:00:00Z").unwrap());
    node.publish(&[bought("3", "2026-10-24T08:00:00+03:00"), bought("4", "2026-10-24T08:59:59+03:00")]);
    waiting(&node, 2).await;
    one_after_the_other(&node, 2, ["2026-10-25T06:00:01Z", "2026-10-25T07:00:00Z"]).await;
    let tasks = raised(&node, 4).await;
    let mut days: Vec<_> = tasks.iter().map(|task| task["due"].as_str().unwrap()).collect();
    days.sort_unstable();
    assert_eq!(days, ["2026-03-30", "2026-03-30", "2026-10-26", "2026-10-26"]);
    waiting(&node, 0).await;
    node.stop().done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_days_holds_its_leap_day() {
    let node = Node::start().await;
    node.clock.set(Instant::parse("2028-02-28T12:00:00Z").unwrap());
    define(&node, "quiet", &json!({"nothing": {"on": ["purchase.made"], "days": 2}}), "UTC");
    node.publish(&[bought("1", "2028-02-28T08:00:00Z"), bought("2", "2028-02-28T09:00:00Z")]);
    waiting(&node, 2).await;
    one_after_the_other(&node, 0, ["2028-03-01T08:00:01Z", "2028-03-01T09:00:01Z"]).await;
    node.stop().done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_in_time_stops_the_timer() {
    let node = Node::start().await;
    define(&node, "answer", &json!({"unanswered": {"hours_before_due": 1}}), "UTC");
    let told = |subject: &str, what: &str, time: &str| {
        json!({"specversion": "1.0", "id": format!("{what}-{subject}"), "source": "crm", "subject": subject,
            "type": format!("complaint.{what}"), "time": time, "data": {"complaint": subject}})
    };
    // It is Monday noon: an answer is due within 24 hours.
    node.publish(&[told("1", "opened", "2026-03-02T12:00:00Z"), told("2", "opened", "2026-03-02T12:00:00Z")]);
    waiting(&node, 2).await;
    node.publish(&[told("1", "answered", "2026-03-03T09:00:00Z")]);
    node.clock.set(Instant::parse("2026-03-03T11:00:01Z").unwrap());
    let tasks = raised(&node, 1).await;
    assert_eq!((tasks.len(), &tasks[0]["complaint"]), (1, &json!("2")));
    // From now on, not for what came to be before.
    define(&node, "later", &json!({"unanswered": {"hours_before_due": 2}}), "UTC");
    node.clock.set(Instant::parse("2026-03-04T12:00:00Z").unwrap());
    node.publish(&[told("3", "opened", "2026-03-04T11:00:00Z")]);
    waiting(&node, 2).await;
    node.clock.set(Instant::parse("2026-03-05T10:30:00Z").unwrap());
    let titles: Vec<_> = raised(&node, 3).await.iter().map(|task| task["title"].clone()).collect();
    assert_eq!(titles.iter().filter(|title| *title == "later").count(), 1, "{titles:?}");
    node.stop().done().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_together_links_the_persons_record_once() {
    let node = Node::start().await;
    let definition = json!({"when": {"nothing": {"on": ["purchase.made"], "days": 1}}, "from": "2020-01-01T00:00:00Z",
        "then": [{"tag": "silver"}, {"tag": "gold"}, {"untag": "silver"}]});
    node.client().put("/v1/automations/quiet").json(&json!({"definition": definition})).send().expect_status(200);
    node.publish(&[bought("1", "2026-03-01T08:00:00Z")]);
    let told = |kind: &'static str| node.get(&format!("/v1/events?type={kind}"))["items"].as_array().unwrap().clone();
    let tags = || async {
        let tags = told("customer.tagged");
        if tags.len() == 2 { Ok(tags) } else { Err(tags.len()) }
    };
    let tags = kulta_test_support::eventually(PATIENCE, tags).await;
    assert_eq!(told("identity.linked").len(), 1);
    let after = told("customer.untagged");
    let mut times: Vec<_> = tags.iter().chain(&after).map(|event| event["time"].as_str().unwrap()).collect();
    times.sort_unstable();
    times.dedup();
    assert_eq!(times.len(), 3, "{tags:?} {after:?}");
}
