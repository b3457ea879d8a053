//! Sources and other short lists: what is counted of them, and page by page.

use serde_json::{Value, json};

use super::kit::{Node, PATIENCE, code, purchase};

fn register(node: &Node, source: &str) {
    let body = json!({"source": source, "description": "a system"});
    node.client().put("/v1/sources").json(&body).send().expect_status(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_that_no_schema_knows_are_counted_where_sources_are_shown() {
    let node = Node::start().await;
    register(&node, "erp");
    register(&node, "crm");
    let mut events = ["1", "2", "3"].map(purchase);
    for event in &mut events[..2] {
        event["data"]["Aino's colour"] = json!("red");
    }
    events[1]["data"]["size"] = json!(43);
    events[2]["source"] = json!("shop");
    events[2]["data"]["size"] = json!(44);
    node.publish(&events);
    let counted = |count: u64| json!([{"type": "purchase.made", "count": count}]);
    let wanted = [("crm", json!([])), ("erp", counted(3)), ("shop", counted(1))];
    let look = || async {
        let found = node.get("/v1/sources");
        let item = |item: &Value| (item["source"].as_str().unwrap().to_owned(), item["unknown_members"].clone());
        let counts: Vec<_> = found["items"].as_array().unwrap().iter().map(item).collect();
        let is_right = counts == wanted.clone().map(|(source, counts)| (source.to_owned(), counts));
        if is_right { Ok(found) } else { Err(found) }
    };
    let found = kulta_test_support::eventually(PATIENCE, look).await;
    assert!(found["items"][1]["registered_at"].is_string() && found["items"][2]["registered_at"].is_null(), "{found}");
    assert!(!found.to_string().contains("Aino"), "names of members may be personal");
}

/// The items of all pages of two.
fn pages(node: &Node, list: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = node.get(&format!("{list}?limit=2{cursor}"));
        let part = page["items"].as_array().unwrap().clone();
        assert!(part.len() <= 2, "{list}: {page}");
        items.extend(part);
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short_lists_have_pages_like_all_others() {
    let node = Node::start().await;
    for source in ["a", "b", "c"] {
        register(&node, source);
        let body = json!({"kind": "pull", "fields": ["email"]});
        let answer = node.client().put(&format!("/v1/subscribers/{source}")).json(&body).send();
        assert!(matches!(answer.status, 200 | 201), "{}", answer.text());
    }
    let head = *node.services.log.head().borrow();
    node.get(&format!("/v1/subscribers?after={head}"));
    for (list, least) in [
        ("/v1/sources", 3),
        ("/v1/subscribers", 3),
        ("/v1/event-types", 50),
        ("/v1/pipelines", 2),
        ("/v1/activity-types", 0),
        ("/v1/automations", 0),
        ("/v1/reports", 0),
        ("/v1/goals", 0),
        ("/v1/lists", 0),
    ] {
        let all = node.get(&format!("{list}?limit=1000"))["items"].as_array().unwrap().clone();
        assert!(all.len() >= least, "{list} has {}", all.len());
        assert_eq!(pages(&node, list), all, "{list}");
        assert_eq!(code(&node.client().get(&format!("{list}?limit=0")).send()), "invalid-parameter", "{list}");
        assert_eq!(code(&node.client().get(&format!("{list}?cursor=abcd")).send()), "invalid-parameter", "{list}");
    }
}
