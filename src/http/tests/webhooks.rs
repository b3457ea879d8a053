//! Webhooks keep the time of the node's clock.

use kulta_events::Instant;
use kulta_projections::propagation::held::About;
use kulta_test_support::receiver::{Received, Receiver, Reply};
use serde_json::{Value, json};
use uuid::Uuid;

use super::kit::{Node, PATIENCE};
use crate::commands::subscriber::Command;
use crate::commands::{Context, Wish};
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

/// Where a request of the outbox for billing stands: what its stream says, once it says so much.
async fn outbox(node: &Node, events: usize) -> (String, Vec<Value>) {
    let look = || async {
        let asked = node.get("/v1/events?type=outbox.requested")["items"][0].clone();
        let Some(message) = asked["data"]["message"].as_str() else { return Err(asked) };
        let said = node.get(&format!("/v1/streams/outbox-{message}"))["items"].as_array().unwrap().clone();
        if said.len() == events { Ok((message.to_owned(), said)) } else { Err(json!(said)) }
    };
    kulta_test_support::eventually(PATIENCE, look).await
}

/// An automation asks for a webhook to billing, which holds nothing else that changes by that.
fn ask(node: &Node, receiver: &Receiver, enabled: bool) {
    let hook = json!({"kind": "webhook", "url": receiver.url("/"), "fields": ["email"], "enabled": enabled});
    node.client().put("/v1/subscribers/billing").json(&hook).send().expect_status(200);
    let definition = json!({"when": {"nothing": {"on": ["customer.registered"], "days": 1}},
        "then": [{"webhook": {"subscriber": "billing"}}], "from": "2020-01-01T00:00:00Z"});
    let body = json!({"definition": definition});
    node.client().put("/v1/automations/welcome").json(&body).send().expect_status(200);
}

fn withheld(said: &[Value], message: &str) {
    assert_eq!(said[1]["type"], "outbox.withheld");
    assert_eq!(said[1]["data"], json!({"message": message, "reason_code": "undeliverable"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_automation_asks_for_is_given_up_too() {
    let receiver = Receiver::start();
    receiver.answer(|_| Reply::status(500));
    let node = node(&receiver).await;
    ask(&node, &receiver, true);
    let (message, _) = outbox(&node, 1).await;
    let mut now = instant(&json!(super::kit::NOW));
    for tried in 1_u64..10 {
        let look = || async {
            let missed = node.get("/v1/events?type=subscriber.missed")["items"].as_array().unwrap().clone();
            if missed.len() as u64 == tried { Ok(missed) } else { Err(missed) }
        };
        let missed = kulta_test_support::eventually(PATIENCE, look).await;
        assert_eq!((receiver.received().len() as u64, &missed[0]["data"]["message"]), (tried, &json!(message)));
        now = now.plus_days(2);
        node.clock.set(now);
    }
    let (_, said) = outbox(&node, 2).await;
    withheld(&said, &message);
    assert_eq!(node.get("/v1/outbox?channel=webhook")["items"], json!([]));
    let standing = node.get("/v1/subscribers/billing");
    assert_eq!((&standing["retrying"], &standing["given_up"]), (&json!(0), &json!(0)), "{standing}");
    // Nothing is left of it: whatever comes later is told by itself.
    receiver.answer(|_| Reply::status(200));
    node.clock.set(now.plus_days(30));
    told(&node, ("f", 10), "customer.contact_edited", &json!({"email": "c@x.fi"}));
    let all = || async {
        let all = receiver.received();
        if all.len() > 10 { Ok(all) } else { Err(all.len()) }
    };
    let all = kulta_test_support::eventually(PATIENCE, all).await;
    let types: Vec<_> = all[9..].iter().map(|one| one.json()["type"].clone()).collect();
    assert_eq!(types, ["automation.fired", "customer.changed"]);
}

/// A node died after it had written down the last try.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_given_up_is_withheld_after_a_crash() {
    let receiver = Receiver::start();
    let node = node(&receiver).await;
    ask(&node, &receiver, false);
    let (message, _) = outbox(&node, 1).await;
    let miss = Command::Miss {
        name: "billing".to_owned(),
        about: About::Message(message.parse().unwrap()),
        position: None,
        attempt: 10,
        retry_at: None,
        reason_code: "status-500".to_owned(),
    };
    let context = Context { actor: 1, idempotency_key: None, request: String::new() };
    node.services.customers.run(&context, &Wish::Subscriber(miss)).await.unwrap();
    ask(&node, &receiver, true);
    let (_, said) = outbox(&node, 2).await;
    withheld(&said, &message);
    assert_eq!(receiver.received().len(), 0);
}
