//! Who holds old data, when subscribers come and go.

use serde_json::{Value, json};

use super::kit::{Node, PATIENCE};

fn told(node: &Node, (id, subject): (&str, &str), type_name: &str, data: &Value) -> u64 {
    let event = json!({"specversion": "1.0", "id": id, "source": "crm", "subject": subject, "type": type_name,
        "time": "2026-03-01T08:00:00Z", "data": data});
    let answer = node.publish(&[event]);
    answer[0]["position"].as_u64().unwrap()
}

fn put(node: &Node, name: &str, body: &Value) {
    let answer = node.client().put(&format!("/v1/subscribers/{name}")).json(body).send();
    assert!(matches!(answer.status, 200 | 201), "{}", answer.text());
}

fn behind(node: &Node, name: &str) -> usize {
    let head = *node.services.log.head().borrow();
    node.get(&format!("/v1/subscribers/{name}/behind?after={head}"))["items"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_with_an_older_copy_is_told_what_it_missed() {
    let node = Node::start().await;
    for subject in ["1", "2"] {
        told(&node, (&format!("r{subject}"), subject), "customer.registered", &json!({"email": "a@x.fi"}));
    }
    let head = *node.services.log.head().borrow();
    node.get(&format!("/v1/subscribers?after={head}"));
    let pull = json!({"kind": "pull", "fields": ["email"]});
    put(&node, "billing", &pull);
    put(&node, "letters", &pull);
    let first = told(&node, ("e1", "1"), "customer.contact_edited", &json!({"email": "b@x.fi"}));
    let last = told(&node, ("e2", "2"), "customer.contact_edited", &json!({"email": "c@x.fi"}));
    assert_eq!((behind(&node, "billing"), behind(&node, "letters")), (2, 2));
    put(&node, "letters", &json!({"kind": "pull", "fields": ["email"], "enabled": false}));
    let all = json!({"position": last});
    node.client().post("/v1/subscribers/billing/acknowledgements").json(&all).send().expect_status(200);
    let forgotten = || async {
        let kept = node.services.propagation.look(|index, _| index.len());
        if kept == 0 { Ok(()) } else { Err(kept) }
    };
    kulta_test_support::eventually(PATIENCE, forgotten).await;
    put(&node, "late", &json!({"kind": "pull", "fields": ["email"], "holds": first - 1}));
    assert_eq!(behind(&node, "late"), 2);
    put(&node, "letters", &pull);
    assert_eq!((behind(&node, "letters"), behind(&node, "billing")), (2, 0));
}
