//! What people decide holds although the clock stands still or goes back, as it does from one node to another.

use kulta_events::Instant;
use serde_json::{Value, json};

use super::kit::{NOW, Node};

fn sent(node: &Node, method: &str, target: &str, body: &Value) -> Value {
    let mut client = node.client();
    let request = match method {
        "PATCH" => client.patch(target),
        _ => client.post(target),
    };
    let done = request.json(body).send();
    assert!(matches!(done.status, 200 | 201), "{} {}", done.status, done.text());
    done.json()
}

fn registered(node: &Node, name: &str) -> String {
    let done = sent(node, "POST", "/v1/customers", &json!({"kind": "person", "name": name}));
    done["customer_id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_edit_is_in_force() {
    let node = Node::start().await;
    let id = registered(&node, "Anna");
    let start = Instant::parse(NOW).unwrap();
    for number in 0..12 {
        node.clock.set(start.plus_micros(-1_000_000 * (number / 4)));
        let email = format!("anna.{number}@example.fi");
        let done = sent(&node, "PATCH", &format!("/v1/customers/{id}"), &json!({"email": email}));
        let golden = node.get(&format!("/v1/customers/{id}?after={}", done["position"]));
        assert_eq!(golden["fields"]["email"]["value"], json!(email));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stewards_last_word_holds() {
    let node = Node::start().await;
    let (one, other) = (registered(&node, "Anna"), registered(&node, "Bertil"));
    let start = Instant::parse(NOW).unwrap();
    for number in 0..6 {
        node.clock.set(start.plus_micros(-1_000_000 * number));
        let merge = json!({"with": other, "override": true});
        let merged = sent(&node, "POST", &format!("/v1/customers/{one}/merge"), &merge);
        let records = node.get(&format!("/v1/customers/{one}/records?after={}", merged["position"]));
        assert_eq!(records["items"].as_array().unwrap().len(), 2, "{number}");
        let away = &records["items"][1];
        let away = json!({"records": [{"source": away["source"], "subject": away["subject"]}]});
        let apart = sent(&node, "POST", &format!("/v1/customers/{one}/split"), &away);
        let records = node.get(&format!("/v1/customers/{one}/records?after={}", apart["position"]));
        assert_eq!(records["items"].as_array().unwrap().len(), 1, "{number}");
    }
}
