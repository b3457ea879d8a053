//! Brokers that are away, frozen or dead, while HTTP intake goes on.

use kulta_test_support::Signal;
use kulta_test_support::broker::Broker;
use kulta_test_support::http::Client;
use kulta_test_support::process::{Program, Server};
use rdkafka::ClientConfig;
use serde_json::json;

use super::events::Facts;
use super::follow::{Follower, Reader};
use super::{metric, wait};
use crate::kit::{Asks, PATIENCE, Place, event};
use crate::load::audit::read_log;

/// Memory that a node may take more while brokers are away, in bytes: much less than what comes in meanwhile would be if
/// it was held.
const MORE_MEMORY: f64 = 120.0 * 1024.0 * 1024.0;
const OF_A_ROUND: usize = 10_000;

fn publish(client: &mut Client, round: usize) {
    for batch in 0..OF_A_ROUND / 1_000 {
        let one = |n: usize| {
            let number = round * OF_A_ROUND + batch * 1_000 + n;
            let (subject, id) = (format!("c-{}", number % 500), format!("e-{number}"));
            let data = json!({"amount": "1", "currency": "EUR", "order": format!("{number:x>190}"),
                "product": format!("{number:y>190}"), "product_group": format!("{number:z>190}")});
            event("erp", &subject, &id, "2025-06-01T10:00:00Z", "purchase.made", data)
        };
        client.accepted(&(0..1_000).map(one).collect::<Vec<_>>());
    }
    let edit = event(
        "erp",
        &format!("c-{round}"),
        &format!("edit-{round}"),
        "2025-06-01T10:00:00Z",
        "customer.contact_edited",
        json!({"name": format!("Name {round}")}),
    );
    client.accepted(&[edit]);
}

fn memory(client: &mut Client) -> f64 {
    metric(client, "kulta_process_resident_memory_bytes").unwrap()
}

fn retries(client: &mut Client, topic: &str) -> f64 {
    metric(client, &format!("kulta_kafka_out_retries_total{{topic=\"{topic}\"}}")).unwrap_or(0.0)
}

fn serve(place: &Place, broker: &Broker) -> Server {
    let program: Program = place
        .server()
        .env("KULTA_KAFKA_BROKERS", broker.address())
        .env("KULTA_KAFKA_EVENTS_TOPIC", "kulta.events")
        .env("KULTA_KAFKA_CUSTOMERS_TOPIC", "kulta.customers")
        .env("KULTA_KAFKA_PARTITIONS", "2");
    program.serve()
}

fn nothing_is_lost_while_brokers_are_away(place: &Place) {
    let mut broker = Broker::start_new();
    let server = serve(place, &broker);
    let mut client = server.client();
    publish(&mut client, 0);
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker.address());
    let reader = Reader::at(&config, &server, "kulta.events");
    let mut facts = Facts::default();
    let head = client.caught_up();
    facts.follow(&server, &reader, head);
    let before = memory(&mut client);

    // Frozen until what was under way is given up.
    broker.signal(Signal::Stop);
    publish(&mut client, 1);
    wait(&server, || match retries(&mut client, "kulta.events") {
        0.0 => Err("nothing was given up".to_owned()),
        _ => Ok(()),
    });
    publish(&mut client, 2);
    let more = memory(&mut client) - before;
    assert!(more < MORE_MEMORY, "{more} bytes more");
    assert!(metric(&mut client, "kulta_kafka_out_lag{topic=\"kulta.events\"}").unwrap() > OF_A_ROUND as f64);
    broker.signal(Signal::Cont);
    let head = client.caught_up();
    facts.follow(&server, &reader, head);

    // Dead, and a node that is started without it.
    broker.kill_9();
    publish(&mut client, 3);
    assert_eq!(server.terminate(PATIENCE).code(), Some(0), "a node ends without its brokers");
    let server = serve(place, &broker);
    let mut client = server.client();
    publish(&mut client, 4);
    broker.start();
    let head = client.caught_up();
    facts.follow(&server, &reader, head);
    facts.are(&read_log(&mut client));
    Follower::at(&config, &server, "kulta.customers").agree(&server);
    assert_eq!(server.terminate(PATIENCE).code(), Some(0));
}

#[test]
fn brokers_are_away_from_sqlite() {
    nothing_is_lost_while_brokers_are_away(&Place::sqlite());
}

#[test]
fn brokers_are_away_from_postgresql() {
    nothing_is_lost_while_brokers_are_away(&Place::postgresql());
}
