//! Customers by ids in any form, and under conditions.

use serde_json::{Value, json};

use super::kit::{Node, code, purchase};

fn registered(node: &Node, name: &str) -> String {
    let body = json!({"kind": "person", "name": name});
    let done = node.client().post("/v1/customers").json(&body).send().expect_status(201).json();
    node.get(&format!("/v1/changes?after={}", done["position"]));
    let id = done["customer_id"].as_str().unwrap().to_owned();
    node.get(&format!("/v1/customers/{id}?after={}", done["position"]));
    id
}

fn merge(node: &Node, id: &str, with: &str, if_match: Option<&str>) -> (u16, Value) {
    let body = json!({"with": with});
    let mut client = node.client();
    let mut request = client.post(&format!("/v1/customers/{id}/merge"));
    if let Some(tag) = if_match {
        request = request.header("if-match", tag);
    }
    let done = request.json(&body).send();
    (done.status, done.json())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_was_merged_away_leads_on_however_it_is_written() {
    let node = Node::start().await;
    let (anna, other) = (registered(&node, "Anna"), registered(&node, "Bertil"));
    let (_, merged) = merge(&node, &anna, &other, None);
    node.get(&format!("/v1/customers/{anna}?after={}", merged["position"]));
    let forms = [other.clone(), other.to_uppercase(), other.replace('-', "")];
    for (form, rest) in forms.iter().zip(["", "/timeline?limit=1", "/records"]) {
        let moved = node.client().get(&format!("/v1/customers/{form}{rest}")).send();
        assert_eq!(moved.status, 307);
        assert_eq!(moved.header("location"), Some(&*format!("/v1/customers/{anna}{rest}")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_condition_holds_or_nothing_is_done() {
    let node = Node::start().await;
    let (anna, other) = (registered(&node, "Anna"), registered(&node, "Bertil"));
    let tag = node.client().get(&format!("/v1/customers/{anna}")).send().header("etag").unwrap().to_owned();
    let edit = node.client().patch(&format!("/v1/customers/{anna}")).json(&json!({"email": "a@x.fi"})).send();
    node.get(&format!("/v1/customers/{anna}?after={}", edit.expect_status(200).json()["position"]));
    let (status, problem) = merge(&node, &anna, &other, Some(&tag));
    assert_eq!((status, &problem["code"]), (412, &json!("changed")));
    let tag = node.client().get(&format!("/v1/customers/{anna}")).send().header("etag").unwrap().to_owned();
    assert_eq!(merge(&node, &anna, &other, Some(&tag)).0, 200);
    // What has no entity tag fulfils no condition.
    let visit = json!({"name": "Visit"});
    let refused = node.client().put("/v1/activity-types/visit").header("if-match", "\"1\"").json(&visit).send();
    assert_eq!((refused.status, &*code(&refused)), (412, "changed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_padded_subject_is_the_same_on_the_way_out() {
    let node = Node::start().await;
    let event = json!({"specversion": "1.0", "id": "1", "source": "erp", "subject": "100234   ",
        "type": "customer.registered", "time": "2026-03-01T08:00:00Z", "data": {"name": "Anna"}});
    node.publish(&[event]);
    let head = *node.services.log.head().borrow();
    node.get(&format!("/v1/records/erp/100234%20%20%20?after={head}"));
    let events = node.get("/v1/events?source=erp&subject=100234%20%20%20");
    assert_eq!(events["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn few_entries_among_many_are_all_found_in_their_order() {
    let node = Node::start().await;
    // One in 150 is a registration: the pages in between hold none. Equal times, so that pages end among them.
    let told = |number: u32| {
        let mut event = purchase(&number.to_string());
        event["time"] = json!(format!("2026-03-02T{:02}:{:02}:00Z", number / 4 / 60, number / 4 % 60));
        if number.is_multiple_of(150) {
            event["type"] = json!("customer.registered");
            event["data"] = json!({"kind": "person", "name": "Anna Virtanen"});
        }
        event
    };
    let events: Vec<_> = (0..1_000).map(told).collect();
    node.publish(&events);
    let head = *node.services.log.head().borrow();
    let customer = node.get(&format!("/v1/records/erp/100234?after={head}"))["customer_id"].clone();
    let first = format!("/v1/customers/{}/timeline?type=customer.registered&limit=2", customer.as_str().unwrap());
    let (mut found, mut target) = (Vec::new(), first.clone());
    loop {
        let page = node.get(&target);
        let ids = page["items"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned());
        found.extend(ids);
        let Some(next) = page["next"].as_str() else { break };
        target = format!("{first}&cursor={next}");
    }
    assert_eq!(found, ["900", "750", "600", "450", "300", "150", "0"]);
}
