//! Several nodes of one log: one publishes to a topic, and another goes on when it dies or freezes.

use kulta_test_support::Signal;
use kulta_test_support::process::Server;
use serde_json::json;

use super::events::Facts;
use super::follow::{Follower, Reader, publishing};
use super::{Topic, metric, wait};
use crate::kit::{Asks, PATIENCE, Place, event};
use crate::load::audit::read_log;

const ROUNDS: usize = 4;

fn publishes(node: &Server, topic: &str) -> bool {
    metric(&mut node.client(), &format!("kulta_kafka_out_lag{{topic=\"{topic}\"}}")).is_some()
}

fn becomes_publisher(node: &Server, topic: &str) {
    wait(node, || if publishes(node, topic) { Ok(()) } else { Err("it does not publish".to_owned()) });
}

fn publish(node: &Server, round: usize) {
    let mut client = node.client();
    for batch in 0..10 {
        let one = |n: usize| {
            let number = round * 10_000 + batch * 500 + n;
            let (subject, id) = (format!("c-{}", number % 70), format!("e-{number}"));
            let (type_name, data) = match number % 3 {
                0 => ("customer.contact_edited", json!({"name": format!("Name {number}")})),
                _ => ("purchase.made", json!({"amount": "1", "currency": "EUR"})),
            };
            event("erp", &subject, &id, &format!("2025-06-01T{:02}:00:00Z", round), type_name, data)
        };
        client.accepted(&(0..500).map(one).collect::<Vec<_>>());
    }
}

#[test]
fn another_node_goes_on_where_the_first_one_died_or_froze() {
    let place = Place::postgresql();
    let customers = publishing(&place, "CUSTOMERS");
    let events = Topic::unused_name();
    let program = customers.program.env("KULTA_KAFKA_EVENTS_TOPIC", &events);
    let first = program.serve();
    for topic in [&events, &customers.topic] {
        becomes_publisher(&first, topic);
    }
    let mut nodes = [first, program.serve()];
    assert!(!publishes(&nodes[1], &events), "one node publishes to a topic");
    for round in 0..ROUNDS {
        let [publisher, other] = nodes;
        publish(&publisher, round);
        if round % 2 == 0 {
            publisher.kill_9();
            for topic in [&events, &customers.topic] {
                becomes_publisher(&other, topic);
            }
            nodes = [other, program.serve()];
        } else {
            publisher.signal(Signal::Stop);
            publish(&other, round + ROUNDS);
            for topic in [&events, &customers.topic] {
                becomes_publisher(&other, topic);
            }
            // It wakes up with what it was about to publish.
            publisher.signal(Signal::Cont);
            publish(&other, round + 2 * ROUNDS);
            nodes = [other, publisher];
        }
    }
    let mut client = nodes[0].client();
    let head = client.caught_up();
    let (mut facts, reader) = (Facts::default(), Reader::of(&nodes[0], &events));
    facts.follow(&nodes[0], &reader, head);
    facts.are(&read_log(&mut client));
    let mut follower = Follower::of(&nodes[0], &customers.topic);
    follower.agree(&nodes[0]);
    assert_eq!(follower.fell_back, 0, "what is older came after what is newer under one key");
    for node in nodes {
        let said = node.stderr();
        assert!(!said.contains("panicked"), "{said}");
        assert_eq!(node.terminate(PATIENCE).code(), Some(0));
    }
}
