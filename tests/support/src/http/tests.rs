//! Against a server that sends what it is told, byte for byte.
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use serde_json::json;

use super::*;

/// Answers connection after connection with the given parts, each after a request head has been read; gives back
/// the heads. A connection is closed when its parts have been sent.
fn scripted(connections: Vec<Vec<&'static str>>) -> (SocketAddr, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let mut heads = Vec::new();
        for answers in connections {
            let mut stream = BufReader::new(listener.accept().unwrap().0);
            for answer in answers {
                heads.push(read_request(&mut stream));
                stream.get_mut().write_all(answer.as_bytes()).unwrap();
            }
        }
        heads
    });
    (addr, server)
}

fn read_request(stream: &mut impl BufRead) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(stream.read_line(&mut head).unwrap(), 0, "closed after {head:?}");
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).unwrap();
    head + std::str::from_utf8(&body).unwrap()
}

#[test]
fn keeps_its_connection_and_sends_what_it_is_told() {
    let (addr, server) = scripted(vec![vec![
        "HTTP/1.1 200 OK\r\nETag: \"7\"\r\nContent-Length: 8\r\n\r\n{\"a\":12}",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nnot\r\n6;x=y\r\n there\r\n0\r\nt: u\r\n\r\n",
    ]]);
    let mut client = Client::new(addr).with_token("secret");
    let response = client.get("/v1/x?q=%20").header("accept", "a/b").send().expect_status(200);
    assert_eq!(response.header("etag"), Some("\"7\""));
    assert_eq!(response.json(), json!({"a": 12}));
    assert_eq!(client.post("/y").json(&json!([1])).send().status, 204);
    assert_eq!(client.delete("/z").send().expect_status(404).text(), "not there");
    let heads = server.join().unwrap();
    let first =
        format!("GET /v1/x?q=%20 HTTP/1.1\r\nhost: {addr}\r\nauthorization: Bearer secret\r\naccept: a/b\r\n\r\n");
    assert_eq!(heads[0], first);
    assert!(heads[1].ends_with("content-type: application/json\r\ncontent-length: 3\r\n\r\n[1]"), "{}", heads[1]);
}

#[test]
fn opens_a_new_connection_when_the_server_has_closed_the_old_one() {
    let (addr, server) = scripted(vec![
        vec!["HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"],
        vec!["HTTP/1.1 200 OK\r\n\r\nuntil the end"],
        vec!["HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"],
    ]);
    let mut client = Client::new(addr);
    assert_eq!(client.get("/1").send().status, 200);
    assert_eq!(client.get("/2").send().text(), "until the end");
    assert_eq!(client.get("/3").send().status, 503);
    assert_eq!(server.join().unwrap().len(), 3);
}

#[test]
fn an_answer_that_breaks_off_is_an_error() {
    for answer in ["HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab", "HTTP/1.1 200 OK\r\ncont", "", "SMTP\r\n\r\n"] {
        let (addr, server) = scripted(vec![vec![answer]]);
        let error = Client::new(addr).get("/").try_send().unwrap_err();
        let expected = matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData);
        assert!(expected, "{answer:?}: {error}");
        server.join().unwrap();
    }
}

#[test]
fn reads_a_body_as_it_comes() {
    let (addr, server) = scripted(vec![vec![
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n\
         6\r\nid: 1\n\r\n9\r\n\nid: 2\nda\r\n6\r\nta: x\n\r\n0\r\n\r\n",
    ]]);
    let streaming = Client::new(addr).get("/v1/changes").stream().unwrap();
    assert_eq!(streaming.head.header("content-type"), Some("text/event-stream"));
    let lines: Vec<_> = BufReader::new(streaming).lines().map(Result::unwrap).collect();
    assert_eq!(lines, ["id: 1", "", "id: 2", "data: x"]);
    server.join().unwrap();
}

#[test]
fn a_raw_connection_sends_anything() {
    let (addr, server) = scripted(vec![vec!["HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\nno"]]);
    let mut connection = Connection::open(addr, Duration::from_secs(10)).unwrap();
    connection.write(b"NONSENSE\r\n").unwrap();
    connection.write(b"\r\n").unwrap();
    connection.finish_writing().unwrap();
    assert_eq!(connection.read_response().unwrap().status, 400);
    assert_eq!(connection.read_to_close().unwrap(), b"");
    assert_eq!(server.join().unwrap(), ["NONSENSE\r\n\r\n"]);
}

#[test]
fn a_silent_server_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = Client::new(listener.local_addr().unwrap()).timeout(Duration::from_millis(50));
    let error = client.get("/").try_send().unwrap_err();
    assert!(matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut), "{error}");
}
