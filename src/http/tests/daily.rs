//! Notes, activities and lists: pages, whose they are, as they are now.

use serde_json::{Value, json};

use super::kit::{Node, code};

fn told(node: &Node, (source, id, subject): (&str, &str, &str), type_name: &str, data: &Value) {
    let event = json!({"specversion": "1.0", "id": id, "source": source, "subject": subject, "type": type_name,
        "time": format!("2026-03-01T08:00:{:02}Z", id.len()), "data": data});
    assert_eq!(node.publish(&[event])[0]["status"], "accepted");
}

fn customer(node: &Node, source: &str, subject: &str) -> String {
    told(
        node,
        (source, &format!("r{subject}"), subject),
        "customer.registered",
        &json!({"name": format!("Anna {subject}")}),
    );
    let head = *node.services.log.head().borrow();
    let record = node.get(&format!("/v1/records/{source}/{subject}?after={head}"));
    record["customer_id"].as_str().unwrap().to_owned()
}

fn say(node: &Node, target: &str, body: &Value) -> Value {
    node.client().post(target).json(body).send().expect_status(201).json()
}

/// All items over pages of one.
fn pages(node: &Node, target: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = node.get(&format!("{target}&limit=1{cursor}"));
        items.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { return items };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_come_in_pages_and_anothers_can_be_pinned() {
    let node = Node::start().await;
    let (anna, other) = (customer(&node, "crm", "1"), customer(&node, "crm", "22"));
    told(&node, ("crm", "first", "1"), "note.written", &json!({"note": "1", "text": "Speaks Swedish"}));
    told(&node, ("crm", "second", "1"), "note.written", &json!({"note": "2", "text": "Moves in May"}));
    told(&node, ("crm", "others", "22"), "note.written", &json!({"note": "1", "text": "Hard of hearing"}));
    let notes = |node: &Node, id: &str| -> Vec<(String, bool)> {
        let all = pages(node, &format!("/v1/notes?customer={id}"));
        all.iter().map(|one| (one["note"].as_str().unwrap().to_owned(), one["pinned"] == true)).collect()
    };
    let named = |name: &str, pinned: bool| (name.to_owned(), pinned);
    assert_eq!(notes(&node, &anna), [named("2", false), named("1", false)]);
    // Two customers have a note of this id.
    let refused = node.client().post("/v1/notes/1/pin").json(&json!({})).send();
    assert_eq!((refused.status, &refused.json()["rule"]), (409, &json!("several-notes")));
    let pinned = say(&node, "/v1/notes/1/pin", &json!({"customer": anna}));
    let wait = format!("/v1/notes?customer={anna}&after={}", pinned["position"]);
    node.get(&wait);
    assert_eq!(notes(&node, &anna), [named("1", true), named("2", false)]);
    assert_eq!(notes(&node, &other), [named("1", false)]);
    say(&node, "/v1/notes/2/pin", &json!({}));
    assert_eq!(notes(&node, &anna), [named("2", true), named("1", true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_activities_go_on_where_they_were() {
    let node = Node::start().await;
    let anna = customer(&node, "crm", "1");
    for name in ["a", "b", "c"] {
        say(&node, "/v1/activities", &json!({"customer": anna, "activity": name, "kind": "call"}));
    }
    let page = node.get("/v1/activities?limit=2");
    let named = |page: &Value| -> Vec<Value> {
        page["items"].as_array().unwrap().iter().map(|one| one["activity"].clone()).collect()
    };
    assert_eq!(named(&page), ["c", "b"]);
    // The one at which the page ended is corrected meanwhile.
    say(&node, "/v1/activities", &json!({"customer": anna, "activity": "b", "kind": "call", "outcome": "reached"}));
    let next = node.get(&format!("/v1/activities?limit=2&cursor={}", page["next"].as_str().unwrap()));
    assert_eq!(named(&next), ["a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_corrected_after_a_merge_is_the_same_thing() {
    let node = Node::start().await;
    let (older, anna) = (customer(&node, "crm", "1"), customer(&node, "crm", "22"));
    say(&node, "/v1/activities", &json!({"customer": anna, "activity": "x", "kind": "call"}));
    let merge = json!({"with": anna, "override": true});
    let merged = node.client().post(&format!("/v1/customers/{older}/merge")).json(&merge).send();
    let position = merged.expect_status(200).json()["position"].clone();
    node.get(&format!("/v1/customers/{older}?after={position}"));
    let again = json!({"customer": older, "activity": "x", "kind": "call", "outcome": "reached"});
    let done = say(&node, "/v1/activities", &again);
    let found = node.get(&format!("/v1/activities?customer={older}&after={}", done["position"]));
    let outcomes: Vec<_> = found["items"].as_array().unwrap().iter().map(|one| one["outcome"].clone()).collect();
    assert_eq!(outcomes, ["reached"], "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_known_as_it_is_now_says_so() {
    let node = Node::start().await;
    let anna = customer(&node, "crm", "1");
    for target in [
        format!("/v1/notes?customer={anna}"),
        "/v1/activities?kind=call".to_owned(),
        "/v1/outbox?channel=email".to_owned(),
    ] {
        let refused = node.client().get(&format!("{target}&as_of=2020-01-01T00:00:00Z")).send();
        assert_eq!((refused.status, &*code(&refused)), (400, "invalid-parameter"));
    }
    // Nor does anybody wait for what nobody stored.
    let refused = node.client().get("/v1/tasks?after=9000000000000000000").send();
    assert_eq!((refused.status, &*code(&refused)), (400, "invalid-parameter"));
}
