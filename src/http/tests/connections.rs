//! Connections that dawdle are closed, too many are refused, a stop is orderly.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use kulta_test_support::eventually;
use kulta_test_support::http::Connection;

use super::kit::{Node, PATIENCE, SINGLE, code, purchase};

const SHORT: Duration = Duration::from_millis(300);
/// Far below the defaults and far above the time that the test's own timeouts take.
const SOON: Duration = Duration::from_secs(8);

async fn impatient() -> Node {
    Node::with(|settings| {
        let times = &mut settings.timeouts;
        (times.header, times.body, times.idle, times.write) = (SHORT, SHORT, SHORT, SHORT);
    })
    .await
}

/// Reads until the server closes; panics when that takes too long.
fn closes(connection: &mut Connection) -> String {
    let start = Instant::now();
    let read = connection.read_to_close();
    assert!(start.elapsed() < SOON, "closed only after {:?}", start.elapsed());
    match read {
        Ok(bytes) => String::from_utf8(bytes).unwrap(),
        Err(error) if error.kind() == ErrorKind::ConnectionReset => String::new(),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_says_nothing_is_closed() {
    let node = impatient().await;
    assert_eq!(closes(&mut node.connection()), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_header_is_not_waited_for() {
    let node = impatient().await;
    let mut connection = node.connection();
    connection.write(b"GET /healthz HTTP/1.1\r\nhost: localh").unwrap();
    closes(&mut connection);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_header_that_drips_is_not_waited_for() {
    let node = impatient().await;
    let (mut connection, start) = (node.connection(), Instant::now());
    connection.write(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n").unwrap();
    // Each byte comes in good time, the whole never does.
    let mut pause = tokio::time::interval(SHORT / 6);
    while connection.write(b"x").is_ok() {
        assert!(start.elapsed() < SOON, "still open after {:?}", start.elapsed());
        pause.tick().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_half_header_is_not_waited_for() {
    let node = impatient().await;
    let mut connection = node.connection();
    connection.write(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    assert_eq!(connection.read_response().unwrap().status, 200);
    connection.write(b"GET /healthz HTT").unwrap();
    closes(&mut connection);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_body_is_answered_408_and_closed() {
    let node = impatient().await;
    let mut connection = node.connection();
    let head = format!("POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: {SINGLE}\r\n");
    connection.write(format!("{head}content-length: 100\r\n\r\n{{\"spec").as_bytes()).unwrap();
    let response = connection.read_response().unwrap();
    assert_eq!((response.status, code(&response).as_str()), (408, "request-timeout"));
    closes(&mut connection);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_body_that_nobody_reads_does_not_keep_the_connection() {
    let node = impatient().await;
    let mut connection = node.connection();
    connection.write(b"POST /nowhere HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\nhalf").unwrap();
    assert_eq!(connection.read_response().unwrap().status, 404);
    closes(&mut connection);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_is_closed_but_not_before_its_time() {
    let node = Node::with(|settings| {
        (settings.timeouts.header, settings.timeouts.idle) = (SHORT, 4 * SHORT);
    })
    .await;
    let mut connection = node.connection();
    connection.write(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    assert_eq!(connection.read_response().unwrap().status, 200);
    let start = Instant::now();
    closes(&mut connection);
    assert!(start.elapsed() > 2 * SHORT, "closed as if in a header, after {:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_nobody_reads_is_given_up() {
    let node = impatient().await;
    let mut connection = node.connection();
    // Far more answers than socket buffers hold, none of them read.
    let start = Instant::now();
    let request = b"GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(64);
    let error = loop {
        assert!(start.elapsed() < PATIENCE, "still open after {:?}", start.elapsed());
        if let Err(error) = connection.write(&request) {
            break error;
        }
    };
    assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_beyond_the_limit_are_told_and_later_ones_served() {
    let node = Node::with(|settings| settings.limits.connections = 2).await;
    let (first, mut second) = (node.connection(), node.connection());
    second.write(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    assert_eq!(second.read_response().unwrap().status, 200);
    let mut third = node.connection();
    let response = third.read_response().unwrap();
    assert_eq!((response.status, response.header("retry-after")), (503, Some("1")));
    assert_eq!(response.json()["code"], "overloaded");
    drop((first, third));
    eventually(SOON, || async {
        let status = node.client().get("/healthz").try_send().map(|response| response.status);
        (matches!(status, Ok(200))).then_some(()).ok_or(format!("{status:?}"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_lets_requests_finish_and_closes_the_rest() {
    let node = Node::start().await;
    let (mut idle, mut busy) = (node.connection(), node.connection());
    let body = purchase("1").to_string();
    let head = format!("POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: {SINGLE}\r\n");
    let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    let (sent, rest) = request.split_at(request.len() - 5);
    busy.write(sent.as_bytes()).unwrap();
    idle.write(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    assert_eq!(idle.read_response().unwrap().status, 200);
    node.in_work(1).await;
    let address = node.address;
    let stopping = node.stop();
    closes(&mut idle);
    let refused = || async { Connection::open(address, SOON).is_err().then_some(()).ok_or("still accepts") };
    eventually(SOON, refused).await;
    assert!(!stopping.task.is_finished());
    busy.write(rest.as_bytes()).unwrap();
    let response = busy.read_response().unwrap();
    assert_eq!((response.status, response.header("connection")), (200, Some("close")), "{}", response.text());
    stopping.done().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_bounded() {
    let node = Node::with(|settings| settings.timeouts.shutdown = SHORT).await;
    let mut busy = node.connection();
    busy.write(b"POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\n").unwrap();
    busy.write(b"content-length: 100\r\n\r\n{").unwrap();
    node.in_work(1).await;
    tokio::time::timeout(SOON, node.stop().done()).await.unwrap();
}
