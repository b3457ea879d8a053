//! Scores on their topic: what events and rules change, and who is gone.

use std::collections::BTreeMap;

use kulta_test_support::process::Server;
use serde_json::{Value, json};

use super::follow::{Published, Reader, publishing};
use super::wait;
use crate::kit::{Asks, PATIENCE, Place, event, text};

const RULES: &str = r#"
name = "value"
[[rule]]
id = "buying"
on = "purchase.made"
points = "floor(amount)"
[[grade]]
name = "A"
from = 100
"#;

fn bought(n: usize, subject: usize, amount: usize) -> Value {
    let data = json!({"amount": amount.to_string(), "currency": "EUR"});
    event("erp", &subject.to_string(), &format!("p{n}"), "2026-01-05T10:00:00Z", "purchase.made", data)
}

/// What a follower holds of scores, by customer id.
struct Follower {
    reader: Reader,
    scores: BTreeMap<String, Value>,
    read: Vec<Published>,
}

impl Follower {
    fn read(&mut self) {
        for message in self.reader.take() {
            assert_eq!((message.header("ce_ruleset"), message.header("ce_subject")), ("value", message.key.as_str()));
            match message.json() {
                Some(score) => self.scores.insert(message.key.clone(), score),
                None => self.scores.remove(&message.key),
            };
            self.read.push(message);
        }
    }

    /// Reads until it has what the node's list has.
    #[track_caller]
    fn agree(&mut self, server: &Server) {
        let mut client = server.client();
        let head = client.caught_up();
        wait(server, || {
            let list = client.read(&format!("/v1/rule-sets/value/scores?limit=1000&after={head}"));
            let told = |score: &Value| (score["points"].clone(), score["grade"].clone(), score["version"].clone());
            let items = list["items"].as_array().unwrap().iter().map(|item| {
                let told = (item["points"].clone(), item["grade"].clone(), list["version"].clone());
                (text(item, "customer_id").to_owned(), told)
            });
            let (items, before): (BTreeMap<_, _>, _) = (items.collect(), self.read.len());
            self.read();
            let scores: BTreeMap<_, _> = self.scores.iter().map(|(id, score)| (id.clone(), told(score))).collect();
            if scores == items && self.read.len() == before { Ok(()) } else { Err(format!("{scores:?} of {items:?}")) }
        });
    }

    /// Causes of the messages since the last call, how often each.
    fn causes(&mut self) -> BTreeMap<String, usize> {
        let mut causes = BTreeMap::new();
        for message in self.read.drain(..) {
            *causes.entry(message.header("ce_cause").to_owned()).or_default() += 1;
        }
        causes
    }
}

fn scores_are_followed(place: &Place) {
    let out = publishing(place, "SCORES");
    let server = out.program.serve();
    let mut client = server.client();
    client.accepted(&(0..300).map(|n| bought(n, n, 90)).collect::<Vec<_>>());
    let publish = |client: &mut kulta_test_support::http::Client, rules: &str| {
        let body = json!({"rules": rules, "effective_from": "2026-01-01T00:00:00Z"});
        client.send("POST", "/v1/rule-sets/value/publish", &body).expect_status(200);
    };
    publish(&mut client, RULES);
    let reader = Reader::of(&server, &out.topic);
    let mut follower = Follower { reader, scores: BTreeMap::new(), read: Vec::new() };
    let causes = |of: &[(&str, usize)]| of.iter().map(|(cause, count)| ((*cause).to_owned(), *count)).collect();
    wait(&server, || match follower.reader_has(300) {
        true => Ok(()),
        false => Err(format!("{} of 300", follower.scores.len())),
    });
    follower.agree(&server);
    assert_eq!(follower.causes(), causes(&[("rules", 300)]));

    // One buys, another is only spoken of.
    client.accepted(&[
        bought(300, 7, 20),
        event("erp", "8", "e8", "2026-01-06T10:00:00Z", "customer.contact_edited", json!({"name": "Kahdeksan Oy"})),
    ]);
    let seven = client.record("erp", "7");
    wait(&server, || {
        follower.read();
        if follower.scores[&seven]["points"] == "110" { Ok(()) } else { Err(format!("{:?}", follower.scores[&seven])) }
    });
    follower.agree(&server);
    assert_eq!(follower.scores[&seven]["grade"], "A");
    assert_eq!(follower.causes(), causes(&[("event", 1)]));

    // Two become one, while nobody publishes; the one that is gone is taken back, also over a rebuild.
    server.kill_9();
    let server = place.kulta(["serve", "--listen", "127.0.0.1:0"]).env("KULTA_KAFKA_BROKERS", "127.0.0.1:1");
    let server = server.env("KULTA_KAFKA_SCORES_TOPIC", &out.topic).serve();
    let mut client = server.client();
    let eight = client.record("erp", "8");
    client.send("POST", &format!("/v1/customers/{seven}/merge"), &json!({"with": eight})).expect_status(200);
    let head = client.caught_up();
    client.read(&format!("/v1/rule-sets/value/scores?after={head}"));
    client.post("/v1/projections/rebuild").send().expect_status(200);
    assert_eq!(server.terminate(PATIENCE).code(), Some(0));
    let server = out.program.serve();
    let mut client = server.client();
    wait(&server, || {
        follower.read();
        if follower.scores.contains_key(&eight) { Err("it is there still".to_owned()) } else { Ok(()) }
    });
    follower.agree(&server);
    assert_eq!(follower.scores[&seven]["points"], "200");
    assert_eq!(follower.causes(), causes(&[("event", 2)]));

    publish(&mut client, &RULES.replace("floor(amount)", "floor(amount) + 1"));
    wait(&server, || {
        follower.read();
        let version = follower.scores[&seven]["version"].clone();
        if version == 2 { Ok(()) } else { Err(version.to_string()) }
    });
    follower.agree(&server);
    assert_eq!(follower.causes(), causes(&[("rules", 299)]));

    client.send("POST", "/v1/rule-sets/value/retire", &json!({})).expect_status(200);
    wait(&server, || {
        follower.read();
        if follower.scores.is_empty() { Ok(()) } else { Err(format!("{} are there", follower.scores.len())) }
    });
    server.terminate(PATIENCE);
}

impl Follower {
    fn reader_has(&mut self, count: usize) -> bool {
        self.read();
        self.scores.len() == count
    }
}

#[test]
fn scores_from_sqlite() {
    scores_are_followed(&Place::sqlite());
}

#[test]
fn scores_from_postgresql() {
    scores_are_followed(&Place::postgresql());
}
