//! Bad input: each kind with its code and its place, in a batch whose other event goes on, and by lines the same.

use serde_json::{Value, json};

use super::kit::{BATCH, LINES, Node, SINGLE, purchase};

/// The purchase with something replaced in its text.
fn spoiled(replace: &str, with: &str) -> String {
    let text = purchase("bad").to_string();
    assert!(text.contains(replace), "{replace}");
    text.replacen(replace, with, 1)
}

fn nested(levels: usize) -> String {
    let deep = "[".repeat(levels) + &"]".repeat(levels);
    spoiled("\"pumps\"", &deep)
}

/// What is wrong, the code, the place.
fn table() -> Vec<(String, &'static str, &'static str)> {
    let amount = |value: &str| spoiled("\"1249.90\"", value);
    let time = |value: &str| spoiled("\"2026-03-02T10:15:00+02:00\"", value);
    let huge = format!("\"{}\"", "x".repeat(1 << 20));
    vec![
        // JSON
        (spoiled("helsinki", "a\\u0000b"), "malformed", ""),
        (spoiled("\"unit\"", "\"id\":\"twice\",\"unit\""), "malformed", ""),
        (spoiled("\"currency\"", "\"amount\":1,\"currency\""), "malformed", ""),
        (nested(40), "malformed", ""),
        (nested(200), "malformed", ""),
        (spoiled("helsinki", "\\ud800"), "malformed", ""),
        (spoiled("\"pumps\"", &huge), "too-large", ""),
        // Types
        ("[]".to_owned(), "wrong-type", ""),
        ("null".to_owned(), "wrong-type", ""),
        (spoiled("\"bad\"", "7"), "wrong-type", "/id"),
        (spoiled("\"100234\"", "{}"), "wrong-type", "/subject"),
        (amount("true"), "invalid", "/data/amount"),
        (spoiled("\"pumps\"", "5"), "invalid", "/data/product_group"),
        (spoiled("purchase.made", "purchase.dreamt"), "unknown-type", "/type"),
        (spoiled("purchase.made", "identity.linked"), "reserved-type", "/type"),
        (spoiled("\"1.0\"", "\"0.3\""), "specversion", "/specversion"),
        (spoiled("\"unit\"", "\"dataversion\":9,\"unit\""), "dataversion", "/dataversion"),
        (spoiled("\"unit\"", "\"data_base64\":\"AA==\",\"unit\""), "wrong-type", "/data_base64"),
        // Names
        (spoiled("\"100234\"", "\"\""), "missing", "/subject"),
        (spoiled("\"100234\"", "\" \""), "missing", "/subject"),
        (spoiled("\"subject\":\"100234\",", ""), "missing", "/subject"),
        (spoiled("\"bad\"", "\"a\\u0007\""), "control-character", "/id"),
        (spoiled("\"bad\"", &format!("\"{}\"", "x".repeat(600))), "too-long", "/id"),
        (spoiled("\"erp\"", "\"kulta\""), "reserved-source", "/source"),
        // Times
        (time("\"2026-03-02T10:15:00\""), "time", "/time"),
        (time("\"2026-03-02\""), "time", "/time"),
        (time("\"2026-02-30T10:15:00Z\""), "time", "/time"),
        (time("\"2026-03-01T23:59:60Z\""), "time", "/time"),
        (time("\"1215-06-15T00:00:00Z\""), "time", "/time"),
        (time("\"2126-03-02T10:15:00Z\""), "future-time", "/time"),
        (time("1772439300"), "wrong-type", "/time"),
        // Money
        (amount("\"-1\""), "invalid", "/data/amount"),
        (amount("-0.01"), "invalid", "/data/amount"),
        (amount("12345678901234"), "invalid", "/data/amount"),
        (amount("0.0000001"), "invalid", "/data/amount"),
        (amount("1e131071"), "invalid", "/data/amount"),
        (amount("\"12,50\""), "invalid", "/data/amount"),
        (spoiled("\"amount\":\"1249.90\",", ""), "missing", "/data/amount"),
        (spoiled("\"EUR\"", "\"XYZ\""), "invalid", "/data/currency"),
    ]
}

#[track_caller]
fn check(verdict: &Value, event: &str, code: &str, pointer: &str) {
    let event: String = event.chars().take(300).collect();
    assert_eq!(verdict["status"], "rejected", "{event}\n{verdict}");
    let problem = &verdict["problem"];
    let expected = (&json!(code), &json!(pointer), &json!(format!("/problems/{code}")));
    assert_eq!((&problem["code"], &problem["errors"][0]["pointer"], &problem["type"]), expected, "{event}\n{verdict}");
    let said = problem.to_string();
    assert!(!said.contains("100234") && !said.contains("helsinki"), "repeats a value: {said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_events_are_named_with_code_and_place_and_leave_the_rest() {
    let node = Node::start().await;
    let mut client = node.client();
    for (n, (event, code, pointer)) in table().into_iter().enumerate() {
        let good = purchase(&format!("good-{n}"));
        let batch = client.post("/v1/events").body(BATCH, format!("[{event},{good}]")).send().expect_status(200).json();
        check(&batch["results"][0], &event, code, pointer);
        assert_eq!(batch["results"][1]["status"], "accepted");
        let lines = client.post("/v1/events").body(LINES, format!("{good}\n{event}")).send().expect_status(200).json();
        check(&lines["results"][1], &event, code, pointer);
        assert_eq!(lines["results"][0]["status"], "duplicate");
        let single = client.post("/v1/events").body(SINGLE, event.clone()).send().expect_status(200).json();
        check(&single["results"][0], &event, code, pointer);
    }
    // What HTTP has answered is not kept.
    assert_eq!(node.get("/v1/dead-letters?state=all")["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_looks_bad_and_is_not_is_accepted() {
    let node = Node::start().await;
    for (n, (replace, with)) in [
        ("\"1249.90\"", "9999999999999.999999"),
        ("\"1249.90\"", "1.5e2"),
        ("\"pumps\"", "\"pumps\",\"margin\":\"-12.5\""),
        ("\"pumps\"", "\"pumps\",\"unheard_of\":{\"a\":[1]}"),
        ("\"helsinki\"", "null"),
        ("\"2026-03-02T10:15:00+02:00\"", "\"2026-03-03T11:00:00Z\""),
        ("\"unit\"", "\"traceparent\":\"00-1-1-01\",\"unit\""),
    ]
    .into_iter()
    .enumerate()
    {
        let event = spoiled(replace, with).replace("\"bad\"", &format!("\"ok-{n}\""));
        let answer = node.client().post("/v1/events").body(SINGLE, event).send().expect_status(200).json();
        assert_eq!(answer["results"][0]["status"], "accepted", "{with}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_is_wrong_is_told_at_once() {
    let node = Node::start().await;
    let event = spoiled("\"EUR\"", "\"XYZ\"").replace("1249.90", "-1");
    let answer = node.client().post("/v1/events").body(SINGLE, event).send().expect_status(200).json();
    let errors = answer["results"][0]["problem"]["errors"].as_array().unwrap();
    let pointers: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/data/amount", "/data/currency"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_headers_of_binary_mode_are_named_like_members() {
    let node = Node::start().await;
    let send = |id: &str, time: &str, media: &str, data: &str| {
        let mut client = node.client();
        let request = client.post("/v1/events").header("ce-specversion", "1.0").header("ce-source", "erp");
        let request = request.header("ce-type", "purchase.made").header("ce-subject", "1").header("ce-id", id);
        request.header("ce-time", time).body(media, data).send().expect_status(200).json()["results"][0].clone()
    };
    let (time, json, data) = ("2026-03-02T08:15:00Z", "application/json", "{\"amount\":1,\"currency\":\"EUR\"}");
    for (verdict, code, pointer) in [
        (send("%ff", time, json, data), "malformed", "/id"),
        (send("a%00", time, json, data), "malformed", ""),
        (send("1", "yesterday", json, data), "time", "/time"),
        (send("1", time, json, "{"), "malformed", "/data"),
        (send("1", time, json, "{},\"source\":\"kulta\""), "malformed", "/data"),
        (send("1", time, json, ""), "missing", "/data/amount"),
        (send("1", time, "text/xml", "<a/>"), "wrong-type", "/datacontenttype"),
        (send("1", time, json, "[]"), "wrong-type", "/data"),
    ] {
        check(&verdict, "", code, pointer);
        assert_eq!(verdict["source"], "erp");
    }
}
