//! The documents that the node serves about itself.

use std::collections::BTreeSet;

use serde_json::Value;

use super::kit::{Node, code};
use crate::http::problem::codes;

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_openapi_document_is_whole() {
    let node = Node::start().await;
    let document = node.get("/openapi.json");
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 5, "{found:?}");
    for reference in found {
        let place = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(place).is_some(), "{reference} leads nowhere");
    }
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            assert!(ids.insert(operation["operationId"].to_string()), "{method} {path}: the id is taken");
            let opens = operation["security"].is_null();
            assert_eq!(opens, !path.starts_with("/v1/") && path != "/metrics", "{method} {path}");
        }
    }
    assert_eq!(document["paths"]["/v1/events"]["post"]["tags"][0], "events");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_documentation_needs_nothing_from_elsewhere() {
    let node = Node::start().await;
    let response = node.client().get("/docs").send().expect_status(200);
    let policy = response.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let page = response.text();
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("<script"), "{page}");
    for shown in ["/v1/dead-letters/{id}", "inv-20931", "schema-Problem", "#event-types"] {
        assert!(page.contains(shown), "{shown} is not on the page");
    }
    let style = node.client().get("/docs/style.css").send().expect_status(200);
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_problem_is_explained() {
    let node = Node::start().await;
    let mut client = node.client();
    for code in codes::ALL {
        let text = client.get(&format!("/problems/{}", code.name)).send().expect_status(200).text();
        assert!(text.starts_with(&format!("# {}", code.title)), "{text}");
    }
    assert_eq!(code(&client.get("/problems/nothing").send()), "not-found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn event_types_have_schemas() {
    let node = Node::start().await;
    let list = node.get("/v1/event-types");
    assert!(list["next"].is_null());
    for item in list["items"].as_array().unwrap() {
        let response = node.client().get(item["schema"].as_str().unwrap()).send().expect_status(200);
        assert_eq!(response.header("content-type"), Some("application/schema+json"));
        assert_eq!(response.json()["title"], item["type"]);
        assert_eq!(response.json()["x-dataversion"], item["dataversion"]);
    }
    let publishable = |name: &str| {
        let items = list["items"].as_array().unwrap();
        items.iter().find(|item| item["type"] == name).unwrap()["publishable"].clone()
    };
    assert_eq!((publishable("purchase.made"), publishable("identity.linked")), (true.into(), false.into()));
    assert_eq!(code(&node.client().get("/v1/event-types/purchase.dreamt").send()), "not-found");
}
