//! Topics whose messages may be small only: nothing is held up, and what is too large is told as such.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::events::Facts;
use super::follow::{Reader, publishing};
use super::{brokers, make_topic, metric, wait};
use crate::kit::{Asks, PATIENCE, Place, event, text};
use crate::load::audit::read_log;

const LIMIT: &str = "8000";

/// Text that does not get smaller when it is packed.
fn noise(length: usize, seed: usize) -> String {
    let mut state = 0x2545_f491_4f6c_dd1d_u64.wrapping_mul(2 * seed as u64 + 1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[(state % 36) as usize])
    };
    (0..length).map(|_| next()).collect()
}

fn registered(n: usize, aliases: Value) -> Value {
    let data = json!({"kind": "organisation", "name": format!("Firma {n} Oy"), "aliases": aliases});
    event("crm", &n.to_string(), &format!("r{n}"), "2026-01-01T08:00:00Z", "customer.registered", data)
}

#[test]
fn who_is_too_large_is_told_without_a_value() {
    let place = Place::sqlite();
    let out = publishing(&place, "CUSTOMERS");
    make_topic(&brokers(), &out.topic, 3, &[("max.message.bytes", LIMIT), ("cleanup.policy", "compact")]);
    let server = out.program.serve();
    let mut client = server.client();
    let large = |n: usize| json!((0..20).map(|k| noise(900, 100 * n + k)).collect::<Vec<_>>());
    let aliases = |n: usize| if n % 20 == 7 { large(n) } else { json!([]) };
    client.accepted(&(0..50).map(|n| registered(n, aliases(n))).collect::<Vec<_>>());
    let (began, reader) = (Instant::now(), Reader::of(&server, &out.topic));
    let mut told = std::collections::BTreeMap::new();
    wait(&server, || {
        told.extend(reader.take().into_iter().map(|message| (message.key.clone(), message)));
        if told.len() == 50 { Ok(()) } else { Err(format!("{} of 50", told.len())) }
    });
    assert!(began.elapsed() < Duration::from_secs(30), "it waits until messages are too old");
    let is_stub = |message: &super::follow::Published| message.headers.contains_key("ce_leftout");
    assert_eq!(told.values().filter(|message| is_stub(message)).count(), 3);
    for n in [7, 27, 47] {
        let customer = client.customer("crm", &n.to_string());
        let stub = &told[text(&customer, "customer_id")];
        assert_eq!(stub.json(), Some(json!({"left_out": "too-large"})));
        assert_eq!((stub.header("ce_leftout"), stub.header("ce_type")), ("too-large", "kulta.customer.changed"));
        assert_eq!(stub.header("ce_position"), customer["position"].to_string());
    }
    let log = server.stderr();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("larger than the brokers take")).collect();
    assert!(
        lines.len() == 3 && lines.iter().all(|line| line.contains(&out.topic) && line.contains("position")),
        "{log}"
    );
    assert!(!log.contains("Firma"), "{log}");
    let left_out = format!("kulta_kafka_out_left_out_total{{topic=\"{}\"}}", out.topic);
    wait(&server, || match metric(&mut client, &left_out) {
        Some(count) if count >= 3.0 => Ok(()),
        count => Err(format!("{count:?} left out")),
    });
    // When it is small again it is told as a whole.
    let id = client.record("crm", "7");
    client.send("PATCH", &format!("/v1/customers/{id}"), &json!({"aliases": null})).expect_status(200);
    wait(&server, || {
        let last = reader.take().into_iter().rfind(|message| message.key == id);
        if last.as_ref().is_some_and(|last| !is_stub(last)) { Ok(()) } else { Err(format!("{last:?}")) }
    });
    server.terminate(PATIENCE);
}

/// Each is small, together they are not.
#[test]
fn small_messages_go_out_though_their_pack_is_refused() {
    let place = Place::sqlite();
    let out = publishing(&place, "EVENTS");
    make_topic(&brokers(), &out.topic, 3, &[("max.message.bytes", LIMIT)]);
    let server = out.program.serve();
    let mut client = server.client();
    let purchase = |n: usize| {
        let data = json!({"amount": format!("{n}.50"), "currency": "EUR", "order": noise(200, n)});
        event("erp", &(n % 90).to_string(), &format!("e{n}"), "2025-06-01T10:00:00Z", "purchase.made", data)
    };
    for round in 0..2 {
        client.accepted(&(round * 1_000..(round + 1) * 1_000).map(purchase).collect::<Vec<_>>());
    }
    let log = read_log(&mut client);
    let mut facts = Facts::default();
    facts.follow(&server, &Reader::of(&server, &out.topic), log.len() as u64);
    facts.are(&log);
    assert!(facts.events.values().all(|message| !message.headers.contains_key("ce_leftout")));
    assert_eq!(server.terminate(PATIENCE).code(), Some(0));
}
