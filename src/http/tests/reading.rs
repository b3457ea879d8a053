//! Reading the log and its streams.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::kit::{FIRST, NOW, Node, code, purchase};

fn ids(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap()).collect()
}

/// Five events: three purchases of 100234, one of another subject, one registration at another source.
async fn node() -> Node {
    let node = Node::start().await;
    let mut other = purchase("d");
    other["subject"] = json!("7 ä/b");
    let registered = json!({
        "specversion": "1.0", "id": "e", "source": "crm", "type": "customer.registered", "subject": "100234",
        "time": "2026-03-01T00:00:00Z", "correlationid": "talk-1", "causationid": "form-9",
        "data": {"kind": "person", "name": "Anna Virtanen", "shoe_size": "39", "attributes": {"hobby": "chess"}},
    });
    for result in node.publish(&[purchase("a"), purchase("b"), other, purchase("c"), registered]) {
        assert_eq!(result["status"], "accepted");
    }
    node
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_come_back_as_they_were_said_with_what_the_log_knows() {
    let node = node().await;
    let page = node.get(&format!("/v1/events?after={}", FIRST - 1));
    assert_eq!(
        (ids(&page), &page["next"], &page["position"]),
        (vec!["a", "b", "d", "c", "e"], &Value::Null, &json!(FIRST + 4))
    );
    let event = &page["items"][4];
    let record = event["recordid"].as_str().unwrap();
    assert_eq!(
        *event,
        json!({
            "specversion": "1.0", "id": "e", "source": "crm", "type": "customer.registered", "subject": "100234",
            "time": "2026-03-01T00:00:00Z", "correlationid": "talk-1", "causationid": "form-9", "dataversion": 1,
            "data": {"kind": "person", "name": "Anna Virtanen", "shoe_size": "39", "attributes": {"hobby": "chess"}},
            "position": FIRST + 4, "recordedat": NOW, "actor": "local", "stream": format!("record-{record}"), "revision": 0,
            "recordid": record,
        })
    );
    assert_eq!(page["items"][0]["data"]["amount"], "1249.90");
    assert_eq!(page["items"][0]["unit"], "helsinki");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_and_pages_combine() {
    let node = node().await;
    for (query, expected) in [
        ("type=purchase.made", vec!["a", "b", "d", "c"]),
        ("source=crm", vec!["e"]),
        ("source=erp&subject=100234", vec!["a", "b", "c"]),
        ("source=erp&subject=7%20%C3%A4%2Fb", vec!["d"]),
        ("source=crm&subject=100234&type=customer.registered", vec!["e"]),
        ("source=crm&subject=100234&type=customer.reg", vec![]),
        ("source=crm&type=purchase.made", vec![]),
        ("after=5", vec!["c", "e"]),
        ("after=7", vec![]),
        ("after=9", vec![]),
        ("type=nothing.heard", vec![]),
    ] {
        let page = node.get(&format!("/v1/events?{query}"));
        assert_eq!((ids(&page), &page["next"]), (expected.clone(), &Value::Null), "{query}");
        // The same by pages of one.
        let (mut found, mut target) = (Vec::new(), format!("/v1/events?{query}&limit=1"));
        loop {
            let page = node.get(&target);
            found.extend(ids(&page).into_iter().map(str::to_owned));
            let Some(next) = page["next"].as_str() else { break };
            target = format!("/v1/events?{query}&limit=1&cursor={next}");
        }
        assert_eq!(found, expected, "{query}");
    }
    for (query, pointer) in [
        ("subject=1", "?subject"),
        ("limit=0", "?limit"),
        ("limit=100000", "?limit"),
        ("after=x", "?after"),
        ("after=-1", "?after"),
        ("cursor=00", "?cursor"),
        ("tpye=a", "?tpye"),
        ("type=a&type=b", "?type"),
        ("type=a%00b", "?type"),
        ("type=%ff", "?type"),
    ] {
        let response = node.client().get(&format!("/v1/events?{query}")).send().expect_status(400);
        assert_eq!(code(&response), "invalid-parameter", "{query}");
        let found = response.json()["errors"][0]["pointer"].as_str().unwrap_or("?").to_owned();
        assert!(found.starts_with(pointer), "{query}: {found}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_can_wait_for_what_comes() {
    let node = node().await;
    let (address, start) = (node.address, Instant::now());
    let wait = std::thread::spawn(move || {
        let mut client = kulta_test_support::http::Client::new(address);
        client.get("/v1/events?after=6&source=erp&wait=30").send().expect_status(200).json()
    });
    node.in_work(1).await;
    // Nothing for this reader, which goes on waiting.
    let mut foreign = purchase("x");
    foreign["source"] = json!("shop");
    node.publish(&[foreign]);
    node.publish(&[purchase("f")]);
    let page = tokio::task::spawn_blocking(|| wait.join().unwrap()).await.unwrap();
    assert_eq!((ids(&page), &page["position"]), (vec!["f"], &json!(FIRST + 6)));
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_ends_in_time_and_with_the_node() {
    let node = Node::with(|settings| settings.timeouts.wait = Duration::from_millis(200)).await;
    assert_eq!(ids(&node.get(&format!("/v1/events?wait=3600&after={}", FIRST - 1))), Vec::<&str>::new());
    let node = Node::start().await;
    let mut waiting = node.connection();
    let after = FIRST - 1;
    let request = format!("GET /v1/events?wait=30&after={after} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    waiting.write(request.as_bytes()).unwrap();
    node.in_work(1).await;
    let (stopping, start) = (node.stop(), Instant::now());
    assert_eq!(waiting.read_response().unwrap().json()["items"], json!([]));
    stopping.done().await;
    assert!(start.elapsed() < Duration::from_secs(15));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_read_from_both_ends() {
    let node = Node::start().await;
    // Other records' events lie between those of the stream.
    let mut events = Vec::new();
    for n in 0..20 {
        events.push(purchase(&format!("a{n}")));
        let mut other = purchase(&format!("b{n}"));
        other["subject"] = json!(format!("s{}", n % 3));
        events.push(other);
    }
    node.publish(&events);
    let stream = node.get("/v1/events?limit=1&source=erp")["items"][0]["stream"].as_str().unwrap().to_owned();
    let read = |query: &str| node.get(&format!("/v1/streams/{stream}?{query}"));
    let expected = |revisions: &[u64]| revisions.iter().map(|n| format!("a{n}")).collect::<Vec<_>>();
    for (query, revisions, more) in [
        ("limit=3", vec![0, 1, 2], true),
        ("from=17", vec![17, 18, 19], false),
        ("from=7&limit=2", vec![7, 8], true),
        ("from=0&limit=1", vec![0], true),
        ("from=19", vec![19], false),
        ("from=20", vec![], false),
        ("direction=backwards&limit=2", vec![19, 18], true),
        ("direction=backwards&from=2", vec![2, 1, 0], false),
        ("direction=backwards&from=0", vec![0], false),
        ("direction=backwards&from=99&limit=1", vec![19], true),
    ] {
        let page = read(query);
        assert_eq!(ids(&page), expected(&revisions), "{query}");
        assert_eq!((!page["next"].is_null(), &page["revision"]), (more, &json!(19)), "{query}");
    }
    let first = read("direction=backwards&from=9&limit=4");
    let second = read(&format!("direction=backwards&limit=4&cursor={}", first["next"].as_str().unwrap()));
    assert_eq!(ids(&second), expected(&[5, 4, 3, 2]));
    assert_eq!(code(&node.client().get("/v1/streams/record-nobody").send().expect_status(404)), "not-found");
    let wrong = node.client().get(&format!("/v1/streams/{stream}?direction=up")).send().expect_status(400);
    assert_eq!(code(&wrong), "invalid-parameter");
}
