//! Dead letters by HTTP: listed, opened, sent again, put aside.

use std::sync::Arc;

use serde_json::{Value, json};

use super::kit::{BATCH, FIRST, Node, code, purchase};
use crate::config::Token;

/// A node on which purchases 1 to 3 conflict with what came before.
async fn with_conflicts() -> Node {
    let node = Node::start().await;
    let ids = ["1", "2", "3"];
    node.publish(&ids.map(purchase));
    let others = ids.map(|id| {
        let mut other = purchase(id);
        other["data"]["amount"] = json!("7");
        other
    });
    for (n, result) in node.publish(&others).iter().enumerate() {
        assert_eq!((&result["status"], &result["position"]), (&json!("conflict"), &json!(n as u64 + FIRST)));
    }
    node
}

fn post(node: &Node, id: u64, command: &Value) -> kulta_test_support::http::Response {
    node.client().post(&format!("/v1/dead-letters/{id}")).json(command).send()
}

fn states(node: &Node, query: &str) -> Vec<(u64, String)> {
    let page = node.get(&format!("/v1/dead-letters{query}"));
    let items = page["items"].as_array().unwrap().clone();
    items.iter().map(|item| (item["id"].as_u64().unwrap(), item["state"].as_str().unwrap().to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn conflicts_are_listed_and_opened() {
    let node = with_conflicts().await;
    let page = node.get("/v1/dead-letters?limit=2");
    let first = &page["items"][0];
    assert_eq!((&first["id"], &first["door"], &first["reason"]), (&json!(1), &json!("http"), &json!("conflict")));
    assert_eq!(first["errors"][0]["pointer"], "/id");
    assert!(!page.to_string().contains("100234"), "the list holds no contents");
    let rest = node.get(&format!("/v1/dead-letters?limit=2&cursor={}", page["next"].as_str().unwrap()));
    assert_eq!((&rest["items"][0]["id"], &rest["next"]), (&json!(3), &Value::Null));
    let opened = node.get("/v1/dead-letters/1");
    let body: Value = serde_json::from_str(opened["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["data"]["amount"], &opened["state"]), (&json!("7"), &json!("open")));
    assert_eq!(node.number("kulta_dead_letters_open"), 3);
    assert_eq!(code(&node.client().get("/v1/dead-letters/4").send().expect_status(404)), "not-found");
    assert_eq!(code(&node.client().get("/v1/dead-letters?state=lost").send()), "invalid-parameter");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_are_settled_once() {
    let node = with_conflicts().await;
    // As it is, it conflicts again.
    let again = post(&node, 1, &json!({"action": "resubmit"})).expect_status(200).json();
    assert_eq!((&again["state"], &again["results"][0]["status"]), (&json!("open"), &json!("conflict")));
    let refused = post(&node, 1, &json!({"action": "resubmit", "event": {"id": "1"}})).expect_status(200).json();
    assert_eq!((&refused["state"], &refused["results"][0]["status"]), (&json!("open"), &json!("rejected")));
    let corrected = post(&node, 1, &json!({"action": "resubmit", "event": purchase("1b")})).expect_status(200).json();
    assert_eq!(
        corrected,
        json!({"id": 1, "state": "resubmitted", "position": FIRST + 3, "results": [
            {"source": "erp", "id": "1b", "status": "accepted", "position": FIRST + 3}
        ]})
    );
    assert_eq!(node.get("/v1/dead-letters/1")["settled_position"], FIRST + 3);
    let dismissed = post(&node, 2, &json!({"action": "dismiss"})).expect_status(200).json();
    assert_eq!(dismissed, json!({"id": 2, "state": "dismissed"}));
    for (id, state) in [(1, "resubmitted"), (2, "dismissed")] {
        let response = post(&node, id, &json!({"action": "dismiss"})).expect_status(409);
        assert_eq!((code(&response).as_str(), &response.json()["state"]), ("already-settled", &json!(state)));
    }
    assert_eq!(states(&node, ""), [(3, "open".to_owned())]);
    assert_eq!(states(&node, "?state=dismissed"), [(2, "dismissed".to_owned())]);
    assert_eq!(states(&node, "?state=all").len(), 3);
    assert_eq!(code(&post(&node, 9, &json!({"action": "dismiss"})).expect_status(404)), "not-found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_are_read_strictly() {
    let node = with_conflicts().await;
    for (body, pointer) in [
        ("{}", "/action"),
        ("{\"action\":\"burn\"}", "/action"),
        ("{\"action\":\"dismiss\",\"event\":{}}", "/event"),
        ("{\"action\":\"dismiss\",\"note\":1}", "/note"),
        ("{\"action\":\"dismiss\",\"action\":\"dismiss\"}", ""),
        ("{", ""),
    ] {
        let mut client = node.client();
        let response = client.post("/v1/dead-letters/1").body("application/json", body).send().expect_status(400);
        assert_eq!(
            (code(&response).as_str(), &response.json()["errors"][0]["pointer"]),
            ("malformed", &json!(pointer))
        );
    }
    let response = node.client().post("/v1/dead-letters/1").body("text/plain", "{}").send().expect_status(415);
    assert_eq!(code(&response), "unsupported-media-type");
    let dismiss = || json!({"action": "dismiss"});
    let response = node.client().post("/v1/dead-letters/1").header("idempotency-key", "k").json(&dismiss()).send();
    assert_eq!(code(&response.expect_status(400)), "malformed", "a key is not ignored in silence");
    assert_eq!(states(&node, "").len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sending_again_keeps_to_the_tokens_sources() {
    let node = Node::with(|settings| {
        let mut shop = Token::new("shop", "shop-secret");
        shop.sources = Some(Arc::new(["shop".to_owned()]));
        settings.tokens = vec![Token::new("erp", "erp-secret"), shop];
    })
    .await;
    for amount in ["1", "2"] {
        let mut event = purchase("1");
        event["data"]["amount"] = json!(amount);
        let mut client = node.client().with_token("erp-secret");
        client.post("/v1/events").body(BATCH, json!([event]).to_string()).send().expect_status(200);
    }
    let mut client = node.client().with_token("shop-secret");
    let command = json!({"action": "resubmit", "event": purchase("2")});
    let answer = client.post("/v1/dead-letters/1").json(&command).send().expect_status(200).json();
    assert_eq!(
        (&answer["state"], &answer["results"][0]["problem"]["code"]),
        (&json!("open"), &json!("forbidden-source"))
    );
}
