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

fn told(node: &Node, (source, id, subject): (&str, &str, &str), (type_name, time): (&str, &str), data: &Value) {
    let event = json!({"specversion": "1.0", "id": id, "source": source, "subject": subject, "type": type_name, "time": time,
        "data": data});
    assert_eq!(node.publish(&[event])[0]["status"], "accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_decided_of_anothers_offer_comes_after_what_that_system_said() {
    let node = Node::start().await;
    told(&node, ("erp", "1", "7"), ("offer.created", "2026-03-02T11:00:00Z"), &json!({"offer": "o", "title": "Pumps"}));
    // Its clock is an hour ahead.
    let moved = json!({"offer": "o", "stage": "new"});
    told(&node, ("erp", "2", "7"), ("offer.stage_changed", "2026-03-02T13:00:00Z"), &moved);
    let offers = node.get("/v1/offers?status=open")["items"].as_array().unwrap().clone();
    let address = format!("/v1/offers/{}", offers[0]["offer_id"].as_str().unwrap());
    sent(&node, "POST", &format!("{address}/stage"), &json!({"stage": "qualified"}));
    assert_eq!(node.get(&address)["stage"], "qualified");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relation_that_is_ended_has_ended() {
    let node = Node::start().await;
    let other = registered(&node, "Bertil");
    told(&node, ("crm", "1", "7"), ("customer.registered", "2026-03-02T11:00:00Z"), &json!({"name": "Anna"}));
    let head = *node.services.log.head().borrow();
    let subject = node.get(&format!("/v1/customers/{other}?after={head}"))["records"][0]["subject"].clone();
    let related = json!({"to": {"source": "kulta", "subject": subject}, "relation": "member_of"});
    told(&node, ("crm", "2", "7"), ("customer.related", "2026-03-02T13:00:00Z"), &related);
    let head = *node.services.log.head().borrow();
    let anna = node.get(&format!("/v1/records/crm/7?after={head}"))["customer_id"].as_str().unwrap().to_owned();
    let ended = node.client().delete(&format!("/v1/customers/{anna}/relations?to={other}&relation=member_of")).send();
    assert_eq!(ended.status, 200, "{}", ended.text());
    let after = ended.json()["position"].clone();
    assert_eq!(node.get(&format!("/v1/customers/{anna}/relations?after={after}"))["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_that_were_published_last_are_in_force() {
    let node = Node::start().await;
    let start = Instant::parse(NOW).unwrap();
    for number in 1..4 {
        node.clock.set(start.plus_micros(-1_000_000 * number));
        let rules = format!("name = \"value\"\n[[rule]]\nid = \"buying\"\non = \"purchase.made\"\npoints = {number}\n");
        sent(&node, "POST", "/v1/rule-sets/value/publish", &json!({"rules": rules}));
        node.clock.set(start);
        assert_eq!(node.get("/v1/rule-sets/value")["in_force"]["version"], json!(number));
    }
}
