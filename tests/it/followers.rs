//! Followers of `/v1/changes` as a stream: nothing is missed, also over restarts, rebuilds, merges and splits.

use std::collections::BTreeMap;
use std::time::Duration;

use kulta_test_support::http::{Client, Connection};
use kulta_test_support::process::Server;
use serde_json::{Value, json};

use crate::kit::{Asks, PATIENCE, Place, event, pages, text};

/// What a follower holds: golden records by customer id.
#[derive(Default)]
struct Follower {
    customers: BTreeMap<String, Value>,
    last: Option<String>,
}

impl Follower {
    /// Follows until nothing is missing up to a position.
    fn follow(&mut self, server: &Server, until: u64) {
        let mut connection = Connection::open(server.addr(), Duration::from_secs(30)).unwrap();
        let last = self.last.as_ref().map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
        let request = format!("GET /v1/changes HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n{last}\r\n");
        connection.write(request.as_bytes()).unwrap();
        let (mut kind, mut id) = (String::new(), String::new());
        loop {
            let line = connection.read_line().unwrap();
            if let Some(rest) = line.strip_prefix("event: ") {
                kind = rest.to_owned();
            } else if let Some(rest) = line.strip_prefix("id: ") {
                id = rest.to_owned();
            } else if let Some(rest) = line.strip_prefix("data: ") {
                let data: Value = serde_json::from_str(rest).unwrap();
                if kind == "customer" {
                    self.take(data);
                    self.last = Some(std::mem::take(&mut id));
                } else if data["position"].as_u64().unwrap() >= until {
                    return;
                }
            }
        }
    }

    /// Whoever held one of its records before and is another customer does not hold it any more; who holds none is gone.
    fn take(&mut self, customer: Value) {
        let id = text(&customer, "customer_id").to_owned();
        let records = customer["records"].as_array().unwrap().clone();
        for (other, held) in &mut self.customers {
            if *other != id {
                held["records"].as_array_mut().unwrap().retain(|record| !records.contains(record));
            }
        }
        self.customers.retain(|_, held| !held["records"].as_array().unwrap().is_empty());
        self.customers.insert(id, customer);
    }
}

/// The golden records by page.
fn golden(client: &mut Client) -> BTreeMap<String, Value> {
    let all = pages(client, "/v1/changes?limit=7");
    all.into_iter().map(|customer| (text(&customer, "customer_id").to_owned(), customer)).collect()
}

fn registered(n: usize) -> Value {
    let data = json!({"kind": "organisation", "name": format!("Firma {n} Oy"), "email": format!("info@firma{n}.fi")});
    event("crm", &n.to_string(), &format!("r{n}"), "2026-01-01T08:00:00Z", "customer.registered", data)
}

fn a_follower_ends_with_the_golden_records(place: &Place) {
    let server = place.serve();
    let mut client = server.client();
    let mut follower = Follower::default();
    client.accepted(&(0..250).map(registered).collect::<Vec<_>>());
    let head = client.caught_up();
    follower.follow(&server, head);
    assert_eq!(follower.customers, golden(&mut client));
    // Matching may take some for one.
    let count = follower.customers.len();

    let ids = [1, 2, 3].map(|n| text(&client.customer("crm", &n.to_string()), "customer_id").to_owned());
    let merge = json!({"with": ids[1]});
    client.send("POST", &format!("/v1/customers/{}/merge", ids[0]), &merge).expect_status(200);
    client.send("PATCH", &format!("/v1/customers/{}", ids[2]), &json!({"language": "fi"})).expect_status(200);
    let head = client.caught_up();
    follower.follow(&server, head);
    assert_eq!(follower.customers, golden(&mut client));
    assert_eq!(follower.customers.len(), count - 1);

    // It goes on where it was, after a death and on another generation.
    server.kill_9();
    let server = place.serve();
    let mut client = server.client();
    let split = json!({"records": [{"source": "crm", "subject": "2"}]});
    client.caught_up();
    client.send("POST", &format!("/v1/customers/{}/split", ids[0]), &split).expect_status(200);
    client.post("/v1/projections/rebuild").send().expect_status(200);
    client.accepted(&(250..260).map(registered).collect::<Vec<_>>());
    let head = client.caught_up();
    follower.follow(&server, head);
    assert_eq!(follower.customers, golden(&mut client));
    assert!(follower.customers.len() > count);

    // One that is there hears of what happens, and of the end.
    let mut connection = Connection::open(server.addr(), Duration::from_secs(30)).unwrap();
    let request =
        format!("GET /v1/changes?after={head} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n");
    connection.write(request.as_bytes()).unwrap();
    while !connection.read_line().unwrap().starts_with("event: position") {}
    client.accepted(&[registered(260)]);
    while !connection.read_line().unwrap().starts_with("event: customer") {}
    server.terminate(PATIENCE);
    assert!(connection.read_to_close().is_ok());
    let server = place.serve();
    let bad =
        server.client().get("/v1/changes").header("accept", "text/event-stream").header("last-event-id", "7").send();
    bad.expect_status(400);
    server.terminate(PATIENCE);
}

#[test]
fn followers_on_sqlite() {
    a_follower_ends_with_the_golden_records(&Place::sqlite());
}

#[test]
fn followers_on_postgresql() {
    a_follower_ends_with_the_golden_records(&Place::postgresql());
}
