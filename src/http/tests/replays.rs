//! Replays by HTTP: what a key names.

use serde_json::{Value, json};

use super::kit::{Node, code};

const RULES: &str = "name = \"v\"\n[[rule]]\nid = \"b\"\non = \"purchase.made\"\npoints = 'floor(amount)'\n";

fn post(node: &Node, key: &str, asked: &Value) -> kulta_test_support::http::Response {
    node.client().post("/v1/replays").header("idempotency-key", key).json(asked).send()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_gets_the_same_replay() {
    let node = Node::start().await;
    let asked = json!({"rules": RULES});
    let first = post(&node, "k", &asked).expect_status(202);
    let again = post(&node, "k", &asked).expect_status(202);
    assert_eq!(first.json()["id"], again.json()["id"]);
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(node.get("/v1/replays")["items"].as_array().unwrap().len(), 1);
    let other = json!({"rules": RULES, "as_of": "2026-01-01T00:00:00Z"});
    assert_eq!(code(&post(&node, "k", &other).expect_status(422)), "key-reused");
    let next = post(&node, "l", &other).expect_status(202);
    assert_ne!(first.json()["id"], next.json()["id"]);
    assert_eq!(code(&post(&node, "", &asked).expect_status(400)), "malformed");
}
