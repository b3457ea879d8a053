//! The log's facts on their topic: each once, in the order of its stream, and nobody's name.

use std::collections::BTreeMap;

use kulta_test_support::process::Server;
use serde_json::{Value, json};

use super::follow::{Published, Reader, publishing};
use super::wait;
use crate::kit::{Asks, PATIENCE, Place, event, text};
use crate::load::audit::read_log;

/// What must be in no message.
const CLEAR: [&str; 5] = ["Virtanen", "aino", "5551234", "Kukkakatu", "dripping"];

/// What a follower has who ignores what is not newer than what it holds of a stream.
#[derive(Default)]
pub struct Facts {
    /// By position.
    pub events: BTreeMap<u64, Published>,
    /// The last position of each stream.
    last: BTreeMap<String, u64>,
    pub read: usize,
}

impl Facts {
    #[track_caller]
    pub fn take(&mut self, messages: Vec<Published>) {
        self.read += messages.len();
        for message in messages {
            assert_eq!(message.key, message.header("ce_stream"));
            let (last, position) = (self.last.entry(message.key.clone()).or_default(), message.position());
            if position > *last {
                *last = position;
                assert!(self.events.insert(position, message).is_none());
            }
        }
    }

    /// Reads until there is everything up to a position.
    #[track_caller]
    pub fn follow(&mut self, server: &Server, reader: &Reader, until: u64) {
        wait(server, || {
            self.take(reader.take());
            let count = self.events.len() as u64;
            if count == until { Ok(()) } else { Err(format!("{count} of {until} events")) }
        });
    }

    /// That these are the events of the log.
    #[track_caller]
    pub fn are(&self, log: &[Value]) {
        assert_eq!(self.events.len(), log.len());
        for (event, (position, message)) in log.iter().zip(&self.events) {
            assert_eq!(event["position"].as_u64(), Some(*position));
            for (header, member) in [
                ("ce_type", "type"),
                ("ce_source", "source"),
                ("ce_time", "time"),
                ("ce_stream", "stream"),
                ("ce_recordedat", "recordedat"),
            ] {
                assert_eq!(message.header(header), text(event, member), "{event}");
            }
            assert_eq!(message.header("ce_revision"), event["revision"].to_string());
            assert_eq!(message.headers.get("ce_subject").map(String::as_str), event["recordid"].as_str());
        }
    }
}

fn purchases(client: &mut kulta_test_support::http::Client, from: usize, count: usize) {
    let purchase = |n: usize| {
        let data = json!({"amount": format!("{n}.50"), "currency": "EUR", "order": format!("o-{n}")});
        let (subject, id) = (format!("aino.{}@example.fi", n % 90), format!("aino/{n}"));
        event("erp", &subject, &id, "2025-06-01T10:00:00+03:00", "purchase.made", data)
    };
    client.accepted(&(from..from + count).map(purchase).collect::<Vec<_>>());
}

fn every_event_once_in_its_order(place: &Place) {
    let out = publishing(place, "EVENTS");
    let mut server = out.program.serve();
    let mut client = server.client();
    let registered = json!({"kind": "person", "name": "Aino Virtanen", "email": "aino@example.fi",
        "phone": "+358405551234", "address": {"street": "Kukkakatu 5"}, "language": "fi", "nickname": "Aino"});
    client.accepted(&[
        event("erp", "aino.1@example.fi", "aino/r", "2025-01-01T10:00:00Z", "customer.registered", registered),
        event(
            "erp",
            "aino.1@example.fi",
            "aino/c",
            "2025-01-02T10:00:00Z",
            "complaint.opened",
            json!({"complaint": "c-1", "topic": "tap", "text": "a dripping tap"}),
        ),
    ]);
    let customer = client.record("erp", "aino.1@example.fi");
    client.send("PATCH", &format!("/v1/customers/{customer}"), &json!({"name": "Aino K. Virtanen"})).expect_status(200);
    let reader = Reader::of(&server, &out.topic);
    let mut facts = Facts::default();
    // It dies while it publishes, and goes on where it was.
    for round in 0..4 {
        purchases(&mut server.client(), round * 8_000, 8_000);
        server.kill_9();
        server = out.program.serve();
    }
    let log = read_log(&mut server.client());
    facts.follow(&server, &reader, log.len() as u64);
    facts.are(&log);
    let bought = facts.events.values().find(|message| message.header("ce_type") == "purchase.made").unwrap();
    let expected = json!({"amount": "0.50", "currency": "EUR", "order": "o-0"});
    assert_eq!(bought.json(), Some(expected));
    assert_eq!(bought.header("ce_dataversion"), "1");
    let all = format!("{:?}", facts.events);
    for clear in CLEAR {
        assert!(!all.to_lowercase().contains(&clear.to_lowercase()), "{clear} is told");
    }
    // A restart in between says nothing again.
    let read = facts.read;
    assert_eq!(server.terminate(PATIENCE).code(), Some(0));
    let server = out.program.serve();
    purchases(&mut server.client(), 40_000, 10);
    facts.follow(&server, &reader, log.len() as u64 + 10);
    assert_eq!(facts.read, read + 10);
    server.terminate(PATIENCE);
}

#[test]
fn events_from_sqlite() {
    every_event_once_in_its_order(&Place::sqlite());
}

#[test]
fn events_from_postgresql() {
    every_event_once_in_its_order(&Place::postgresql());
}
