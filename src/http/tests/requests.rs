//! What is true of every request: ids, problems, tokens, health, numbers.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::kit::{Node, PATIENCE, SINGLE, code, purchase};
use crate::config::{Permission, Permissions, Token};
use crate::http::edge::Edge;
use crate::http::{layered, server};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_exist_is_a_problem_with_the_requests_id() {
    let node = Node::start().await;
    let mut client = node.client();
    let response = client.get("/nowhere").header("x-request-id", "my-id.7").send().expect_status(404);
    assert_eq!((code(&response).as_str(), response.header("x-request-id")), ("not-found", Some("my-id.7")));
    let response = client.get("/nowhere").header("x-request-id", "not an id").send();
    assert_ne!(response.header("x-request-id"), Some("not an id"));
    let response = client.put("/v1/events").send().expect_status(405);
    assert_eq!(code(&response), "method-not-allowed");
    let mut allowed: Vec<_> = response.header("allow").unwrap().split(',').collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
    assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(response.header("cache-control"), Some("no-store"));
    for target in ["/v1/streams/a%00b", "/v1/dead-letters/x", "/v1/dead-letters/1/2"] {
        assert_eq!(code(&client.get(target).send().expect_status(404)), "not-found", "{target}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_a_500_that_tells_nothing() {
    let node = Node::start().await;
    let endpoints = Router::new().route("/panic", get(|| async { panic!("anna@example.com") as &'static str }));
    let router = layered(endpoints, Arc::new(Edge::new(node.services.clone())));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let settings = node.services.settings.clone();
    let task = tokio::spawn(async move {
        server::serve(listener, router, &settings.limits, &settings.timeouts, std::future::pending()).await;
    });
    let mut client = kulta_test_support::http::Client::new(address).timeout(PATIENCE);
    for _ in 0..2 {
        let response = client.get("/panic").send().expect_status(500);
        assert_eq!(code(&response), "internal");
        assert!(!response.text().contains("anna"), "{}", response.text());
    }
    task.abort();
}

fn token(name: &str, secret: &str, may: &[Permission]) -> Token {
    let mut token = Token::new(name, secret);
    token.may = may.iter().fold(Permissions::default(), |may, permission| may.with(*permission));
    token
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_say_who_asks_and_what_they_may() {
    let node = Node::with(|settings| {
        settings.tokens = vec![
            token("reader", "r-secret", &[Permission::Read]),
            token("publisher", "p-secret", &[Permission::Publish]),
        ];
    })
    .await;
    let response = node.client().get("/v1/events").send().expect_status(401);
    assert_eq!((code(&response).as_str(), response.header("www-authenticate")), ("unauthorized", Some("Bearer")));
    for wrong in ["x", "r-secret2", "R-secret"] {
        let response = node.client().with_token(wrong).get("/v1/events").send().expect_status(401);
        assert!(!response.text().contains(wrong) || wrong == "x");
    }
    let mut reader = node.client().with_token("r-secret");
    reader.get("/v1/events").send().expect_status(200);
    reader.get("/metrics").send().expect_status(200);
    assert_eq!(code(&reader.post("/v1/events").body("text/plain", "").send().expect_status(403)), "forbidden");
    assert_eq!(code(&reader.post("/v1/dead-letters/1").send().expect_status(403)), "forbidden");
    let mut publisher = node.client().with_token("p-secret");
    publisher.get("/v1/events").send().expect_status(403);
    publisher.post("/v1/events").body("text/plain", "").send().expect_status(415);
    for open in ["/healthz", "/readyz", "/openapi.json", "/docs", "/problems/conflict"] {
        node.client().get(open).send().expect_status(200);
    }
    for guarded in ["/metrics", "/v1/event-types", "/v1/event-types/purchase.made", "/v1/streams/a", "/v1/dead-letters"]
    {
        node.client().get(guarded).send().expect_status(401);
    }
    publisher.get("/v1/event-types").send().expect_status(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_tokens_foreign_names_are_refused() {
    let node = Node::start().await;
    let ask = |host: &str| {
        let mut connection = node.connection();
        connection.write(format!("GET /v1/events HTTP/1.1\r\nhost: {host}\r\n\r\n").as_bytes()).unwrap();
        connection.read_response().unwrap()
    };
    assert_eq!(ask("localhost:7373").status, 200);
    assert_eq!(ask("127.0.0.1").status, 200);
    assert_eq!(code(&ask("evil.example")), "forbidden-host");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_and_numbers_are_told() {
    let node = Node::start().await;
    assert_eq!(node.get("/healthz")["status"], "up");
    assert_eq!(node.get("/readyz")["status"], "ready");
    node.client().request("HEAD", "/healthz").send().expect_status(200);
    node.client().request("BREW", "/healthz").send().expect_status(405);
    let numbers = node.client().get("/metrics").send().expect_status(200).text();
    for line in [
        r#"kulta_http_requests_total{route="/healthz",method="GET",status="200"} 1"#,
        r#"kulta_http_requests_total{route="/healthz",method="other",status="405"} 1"#,
        "kulta_log_head 2",
        "kulta_dead_letters_open 0",
    ] {
        assert!(numbers.contains(line), "{line} is not in\n{numbers}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_does_not_answer_is_a_503() {
    let node = Node::start().await;
    node.services.log.close().await;
    let event = purchase("1").to_string();
    for response in [
        node.client().get("/readyz").send(),
        node.client().get("/v1/events").send(),
        node.client().post("/v1/events").body(SINGLE, event).send(),
    ] {
        assert_eq!((code(&response).as_str(), response.status), ("unavailable", 503), "{}", response.text());
        assert_eq!(response.header("retry-after"), Some("1"));
        let inside = ["sql", "pool", "closed"].into_iter().find(|word| response.text().contains(word));
        assert_eq!(inside, None, "{}", response.text());
    }
    node.client().get("/healthz").send().expect_status(200);
    node.client().get("/metrics").send().expect_status(200);
}
