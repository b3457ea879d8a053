//! Webhooks keep the time of the node's clock.

use kulta_events::Instant;
use kulta_test_support::receiver::{Received, Receiver, Reply};
use serde_json::{Value, json};
use uuid::Uuid;

use super::kit::{Node, PATIENCE};
use crate::webhooks::schedule::next_try;

async fn node(receiver: &Receiver) -> Node {
    let node = Node::with(|settings| settings.webhooks.allow_private = true).await;
    told(&node, ("r", 8), "customer.registered", &json!({"name": "Anna", "email": "a@x.fi"}));
    caught_up(&node);
    let hook = json!({"kind": "webhook", "url": receiver.url("/")});
    node.client().put("/v1/subscribers/billing").json(&hook).send().expect_status(201);
    node
}

fn told(node: &Node, (id, hour): (&str, u8), type_name: &str, data: &Value) {
    let event = json!({
        "specversion": "1.0", "id": id, "source": "crm", "type": type_name, "subject": "1",
        "time": format!("2026-03-01T{hour:02}:00:00Z"), "data": data,
    });
    node.publish(&[event]);
}

fn caught_up(node: &Node) {
    let head = *node.services.log.head().borrow();
    node.get(&format!("/v1/subscribers?after={head}"));
}

/// The only customer that billing holds as it was, when it satisfies a condition.
async fn behind(node: &Node, fits: impl Fn(&Value) -> bool) -> Value {
    let look = || async {
        let found = node.get("/v1/subscribers/billing/behind")["items"][0].clone();
        if fits(&found) { Ok(found) } else { Err(found) }
    };
    kulta_test_support::eventually(PATIENCE, look).await
}

fn instant(value: &Value) -> Instant {
    Instant::parse(value.as_str().unwrap()).unwrap()
}

fn id(received: &Received) -> Uuid {
    received.header("webhook-id").strip_prefix("msg_").unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_tried_ten_times_over_days_and_then_given_up() {
    let receiver = Receiver::start();
    receiver.answer(|_| Reply::status(500));
    let node = node(&receiver).await;
    told(&node, ("e", 9), "customer.contact_edited", &json!({"email": "b@x.fi"}));
    let mut now = instant(&json!(super::kit::NOW));
    for tried in 1_u64..10 {
        let item = behind(&node, |item| item["attempts"] == tried).await;
        let received = receiver.received();
        assert_eq!((received.len() as u64, &item["failure"]), (tried, &json!("status-500")));
        let at = instant(&item["retry_at"]);
        assert_eq!(Some(at), next_try(id(&received[0]), tried, now, None), "{tried}");
        // The receiver is left alone for at most two hours besides.
        now = at.plus_micros(2 * 3_600 * Instant::SECOND);
        node.clock.set(now);
    }
    let item = behind(&node, |item| item["attempts"] == 10).await;
    assert_eq!(item["retry_at"], Value::Null);
    let received = receiver.received();
    assert!(received.iter().all(|one| id(one) == id(&received[0])), "another id on another try");
    let times: std::collections::BTreeSet<_> = received.iter().map(|one| one.header("webhook-timestamp")).collect();
    assert_eq!((received.len(), times.len()), (10, 10));
    assert_eq!(node.get("/v1/subscribers/billing")["given_up"], 1);
    // Who changes again is told again.
    receiver.answer(|_| Reply::status(200));
    node.clock.set(now.plus_days(1));
    told(&node, ("f", 10), "customer.contact_edited", &json!({"email": "c@x.fi"}));
    behind(&node, Value::is_null).await;
    let last = receiver.received().pop().unwrap();
    assert_eq!(
        (last.json()["data"]["fields"]["email"]["value"].clone(), id(&last) == id(&received[0])),
        (json!("c@x.fi"), false)
    );
    assert_eq!(node.get("/v1/subscribers/billing")["given_up"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_may_ask_for_time() {
    let receiver = Receiver::start();
    receiver.answer(|_| Reply::Status(503, vec!["retry-after: 7200".to_owned()]));
    let node = node(&receiver).await;
    told(&node, ("e", 9), "customer.contact_edited", &json!({"email": "b@x.fi"}));
    let item = behind(&node, |item| item["attempts"] == 1).await;
    let now = instant(&json!(super::kit::NOW));
    assert_eq!(instant(&item["retry_at"]), now.plus_micros(7_200 * Instant::SECOND));
}
