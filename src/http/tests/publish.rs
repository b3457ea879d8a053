//! Publishing: four forms, one verdict per event, limits.

use std::sync::Arc;

use kulta_test_support::data::gzip;
use serde_json::{Value, json};

use super::kit::{BATCH, FIRST, LINES, Node, SINGLE, code, purchase};
use crate::config::Token;

/// The statuses of an answer's results.
fn statuses(answer: &Value) -> Vec<&str> {
    answer["results"].as_array().unwrap().iter().map(|result| result["status"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_has_the_form_of_the_interface() {
    let node = Node::start().await;
    let body = json!([purchase("a"), purchase("b"), {"specversion": "1.0", "id": "c", "source": "erp"}]).to_string();
    let response = node.client().post("/v1/events").body(BATCH, body).send().expect_status(200);
    assert_eq!(response.header("content-type"), Some("application/json"));
    let answer = response.json();
    assert_eq!(answer["position"], FIRST + 1);
    assert_eq!(answer["results"][0], json!({"source": "erp", "id": "a", "status": "accepted", "position": FIRST}));
    assert_eq!(answer["results"][1], json!({"source": "erp", "id": "b", "status": "accepted", "position": FIRST + 1}));
    let rejected = &answer["results"][2];
    assert_eq!(
        (&rejected["id"], &rejected["status"], &rejected["position"]),
        (&json!("c"), &json!("rejected"), &Value::Null)
    );
    let problem = &rejected["problem"];
    assert_eq!((&problem["type"], &problem["status"]), (&json!("/problems/missing"), &json!(422)));
    assert_eq!(problem["errors"][0]["pointer"], "/type");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_event_is_the_same_in_every_form() {
    let node = Node::start().await;
    let mut client = node.client();
    let event = purchase("Ü 1");
    let first = client.post("/v1/events").body(SINGLE, event.to_string()).send().expect_status(200).json();
    assert_eq!(
        first,
        json!({"position": FIRST, "results": [
            {"source": "erp", "id": "Ü 1", "status": "accepted", "position": FIRST}
        ]})
    );
    let again = [
        client.post("/v1/events").body(BATCH, json!([event]).to_string()).send(),
        client.post("/v1/events").body(&format!("{LINES}; charset=utf-8"), format!("\n{event}\r\n\n")).send(),
        client
            .post("/v1/events")
            .body(SINGLE, gzip(event.to_string().as_bytes()))
            .header("content-encoding", "gzip")
            .send(),
        client
            .post("/v1/events")
            .header("ce-specversion", "1.0")
            .header("ce-id", "%C3%9C%201")
            .header("ce-source", "erp")
            .header("ce-type", "purchase.made")
            .header("ce-subject", "\"100234\"")
            .header("ce-time", "2026-03-02T08:15:00Z")
            .header("ce-unit", "helsinki")
            .header("ce-dataversion", "1")
            .header("ce-traceparent", "00-1-1-01")
            .body("application/json", event["data"].to_string())
            .send(),
    ];
    for response in again {
        let answer = response.expect_status(200).json();
        assert_eq!(
            answer,
            json!({"position": FIRST, "results": [
                {"source": "erp", "id": "Ü 1", "status": "duplicate", "position": FIRST}
            ]})
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_line_leaves_the_others() {
    let node = Node::start().await;
    let mut body = format!("{}\n{{\"id\":\n\n", purchase("1")).into_bytes();
    body.extend_from_slice(b"{\"id\":\"\xff\"}\n");
    body.extend_from_slice(purchase("2").to_string().as_bytes());
    let answer = node.client().post("/v1/events").body(LINES, body).send().expect_status(200).json();
    assert_eq!(statuses(&answer), ["accepted", "rejected", "rejected", "accepted"]);
    assert_eq!(answer["results"][2]["problem"]["code"], "malformed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_at_once_are_answered_in_order() {
    let node = Node::start().await;
    let events: Vec<_> = (0..3_000).map(|n| purchase(&n.to_string())).collect();
    let body = json!(events).to_string();
    assert!(body.len() > 500_000);
    for status in ["accepted", "duplicate"] {
        let sent = gzip(body.as_bytes());
        let request = node.client().post("/v1/events").body(BATCH, sent).header("content-encoding", "gzip").send();
        let answer = request.expect_status(200).json();
        assert_eq!(answer["position"], FIRST + 2_999);
        for (n, result) in answer["results"].as_array().unwrap().iter().enumerate() {
            assert_eq!((&result["id"], &result["position"]), (&json!(n.to_string()), &json!(n as u64 + FIRST)));
            assert_eq!(result["status"], status);
        }
    }
    let numbers = node.client().get("/metrics").send().text();
    let head = format!("kulta_log_head {}", FIRST + 2_999);
    for line in [r#"kulta_events_total{door="http",verdict="accepted"} 3000"#, &head] {
        assert!(numbers.contains(line), "{line} is not in\n{numbers}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_is_refused_as_a_whole() {
    let node = Node::with(|settings| {
        settings.limits.body_bytes = 100_000;
        settings.limits.batch_events = 5;
    })
    .await;
    let mut client = node.client();
    let six = json!((0..6).map(|n| purchase(&n.to_string())).collect::<Vec<_>>());
    let lines: String = six.as_array().unwrap().iter().map(|event| format!("{event}\n")).collect();
    for (form, body) in [(BATCH, six.to_string()), (LINES, lines)] {
        let response = client.post("/v1/events").body(form, body).send().expect_status(413);
        assert_eq!(code(&response), "batch-too-large");
    }
    let spaces = " ".repeat(100_001);
    let response = client.post("/v1/events").body(BATCH, spaces.clone()).send().expect_status(413);
    assert_eq!(code(&response), "body-too-large");
    // Small on its way, too large when unpacked.
    let bomb = gzip(spaces.as_bytes());
    let response = client.post("/v1/events").body(BATCH, bomb).header("content-encoding", "gzip").send();
    assert_eq!(code(&response.expect_status(413)), "body-too-large");
    // Without a length that says so beforehand.
    let mut chunked = node.connection();
    let head = format!("POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: {BATCH}\r\n");
    let chunk = format!("c351\r\n{}\r\n", " ".repeat(0xc351));
    chunked.write(format!("{head}transfer-encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n").as_bytes()).unwrap();
    assert_eq!(code(&chunked.read_response().unwrap()), "body-too-large");
    assert_eq!(node.get("/v1/events")["position"], FIRST - 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_at_all_is_refused_as_a_whole() {
    let node = Node::start().await;
    let whole = gzip(json!([purchase("1")]).to_string().as_bytes());
    let half = whole[..whole.len() / 2].to_vec();
    let trailing = [whole.clone(), b"garbage".to_vec()].concat();
    let plain = |bytes: &[u8]| (bytes.to_vec(), None);
    let zipped = |bytes: Vec<u8>| (bytes, Some("gzip"));
    for (form, (body, encoding), status, expected) in [
        (BATCH, zipped(half), 400, "malformed"),
        (BATCH, zipped(trailing), 400, "malformed"),
        (BATCH, zipped(b"[]".to_vec()), 400, "malformed"),
        (BATCH, plain(b"[{}"), 400, "malformed"),
        (BATCH, plain(b"[\"\xff\"]"), 400, "malformed"),
        (BATCH, plain(b"{}"), 400, "malformed"),
        (BATCH, plain(b""), 400, "malformed"),
        (SINGLE, plain(b"{\"id\":"), 400, "malformed"),
        (SINGLE, plain(b""), 400, "malformed"),
        ("application/json", plain(b"[]"), 415, "unsupported-media-type"),
        ("text/plain", plain(b"[]"), 415, "unsupported-media-type"),
        (BATCH, (whole, Some("br")), 415, "unsupported-encoding"),
    ] {
        let mut client = node.client();
        let mut request = client.post("/v1/events").body(form, body);
        if let Some(encoding) = encoding {
            request = request.header("content-encoding", encoding);
        }
        let response = request.send().expect_status(status);
        assert_eq!(code(&response), expected);
    }
    let response = node.client().post("/v1/events").send().expect_status(415);
    assert!(response.json()["detail"].as_str().unwrap().contains(BATCH));
    assert_eq!(node.publish(&[]), Vec::<Value>::new());
    assert_eq!(node.get("/v1/dead-letters?state=all")["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_publishes_for_its_own_sources_only() {
    let node = Node::with(|settings| {
        let mut token = Token::new("erp-prod", "secret");
        token.sources = Some(Arc::new(["erp".to_owned(), "shop".to_owned()]));
        settings.tokens = vec![token];
    })
    .await;
    let mut foreign = purchase("1");
    foreign["source"] = json!("crm");
    let body = json!([foreign, purchase("2")]).to_string();
    let mut client = node.client().with_token("secret");
    let answer = client.post("/v1/events").body(BATCH, body).send().expect_status(200).json();
    assert_eq!(statuses(&answer), ["rejected", "accepted"]);
    let refused = &answer["results"][0];
    assert_eq!((&refused["source"], &refused["id"]), (&json!("crm"), &json!("1")));
    assert_eq!(refused["problem"]["code"], "forbidden-source");
    assert_eq!(refused["problem"]["errors"][0]["pointer"], "/source");
    let events = client.get(&format!("/v1/events?after={}", FIRST - 1)).send().expect_status(200).json();
    assert_eq!(events["items"][0]["actor"], "erp-prod");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_bodies_at_a_time_are_refused_not_kept() {
    let node = Node::with(|settings| {
        settings.limits.body_bytes = 60_000;
        settings.limits.bodies_bytes = 60_000;
    })
    .await;
    let mut waiting = node.connection();
    let head = format!("POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: {LINES}\r\n");
    waiting.write(format!("{head}content-length: 40000\r\n\r\n{}", "\n".repeat(30_000)).as_bytes()).unwrap();
    node.in_work(1).await;
    let body = "\n".repeat(40_000);
    // The first body may still be on its way through the socket.
    let refused = kulta_test_support::eventually(super::kit::PATIENCE, || async {
        let response = node.client().post("/v1/events").body(LINES, body.clone()).send();
        if response.status == 503 { Ok(response) } else { Err(response.status) }
    })
    .await;
    assert_eq!((code(&refused).as_str(), refused.header("retry-after")), ("overloaded", Some("1")));
    waiting.write("\n".repeat(10_000).as_bytes()).unwrap();
    assert_eq!(waiting.read_response().unwrap().status, 200);
    node.client().post("/v1/events").body(LINES, body).send().expect_status(200);
}
