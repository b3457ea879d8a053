//! Every event once, however often it is delivered, in whatever order, and however often the reader dies.

use serde_json::{Value, json};

use super::{Message, Topic, ids, metric, wait};
use crate::kit::{Place, event};
use crate::load::audit::read_log;
use crate::load::{Rng, setting};

/// `KULTA_KAFKA_EVENTS` and `KULTA_KAFKA_KILLS` make longer runs.
const EVENTS: usize = 20_000;
pub(super) const PARTITIONS: usize = 4;
const KILLS: usize = 10;
/// How often an event is delivered, at most.
const DELIVERIES: u64 = 5;

pub(super) fn purchase(number: usize) -> Value {
    let (subject, time) = (format!("c-{}", number % 700), format!("2025-06-01T10:{:02}:00Z", number % 60));
    let data = json!({"amount": format!("{number}.50"), "currency": "EUR", "order": format!("o-{number}")});
    event("erp", &subject, &format!("e-{number}"), &time, "purchase.made", data)
}

/// Each event up to five times, in both modes, in no order, over all partitions.
pub(super) fn deliveries(events: usize, rng: &mut Rng) -> Vec<(usize, Message)> {
    let mut deliveries = Vec::new();
    for number in 0..events {
        let event = purchase(number);
        for _ in 0..1 + rng.below(DELIVERIES) {
            let message = if rng.percent(50) { Message::structured(&event) } else { Message::binary(&event) };
            deliveries.push((usize::try_from(rng.below(PARTITIONS as u64)).unwrap(), message));
        }
    }
    for at in (1..deliveries.len()).rev() {
        deliveries.swap(at, usize::try_from(rng.below(at as u64 + 1)).unwrap());
    }
    deliveries
}

fn every_event_once(place: &Place) {
    let seed = Rng::seed();
    eprintln!("KULTA_SEED={seed}");
    let (events, kills) = (setting("KULTA_KAFKA_EVENTS", EVENTS), setting("KULTA_KAFKA_KILLS", KILLS));
    let deliveries = deliveries(events, &mut Rng::new(seed));
    let mut topic = Topic::new(PARTITIONS);
    let reader = topic.read_by(place);
    let mut server = reader.serve();
    for (number, part) in deliveries.chunks(deliveries.len().div_ceil(kills + 1)).enumerate() {
        let before: i64 = topic.cursors(place).iter().sum();
        for (partition, message) in part {
            topic.send(*partition, message);
        }
        topic.flush();
        // It dies as soon as it has stored something of these.
        wait(&server, || {
            let now = topic.cursors(place).iter().sum::<i64>();
            if now > before { Ok(()) } else { Err(format!("{now} of {:?}", topic.sent)) }
        });
        if number < kills {
            server.kill_9();
            server = reader.serve();
        }
    }
    topic.all_read(place, &server);
    let mut client = server.client();
    let log = read_log(&mut client);
    assert_eq!(ids(&log, "erp"), (0..events).map(|number| format!("e-{number}")).collect());
    for event in log.iter().filter(|event| event["source"] == "erp") {
        let number: usize = event["id"].as_str().unwrap()[2..].parse().unwrap();
        let sent = purchase(number);
        assert_eq!((&event["subject"], &event["data"]["order"]), (&sent["subject"], &sent["data"]["order"]), "{event}");
        assert_eq!(event["actor"], "kafka");
    }
    assert_eq!(client.get("/v1/dead-letters").send().expect_status(200).json()["items"], json!([]));
    for partition in 0..PARTITIONS {
        let lag = format!("kulta_kafka_lag{{topic=\"{}\",partition=\"{partition}\"}}", topic.name);
        wait(&server, || match metric(&mut client, &lag) {
            Some(0.0) => Ok(()),
            other => Err(format!("{lag} {other:?}")),
        });
    }
}

#[test]
fn on_sqlite() {
    every_event_once(&Place::sqlite());
}

#[test]
fn on_postgresql() {
    every_event_once(&Place::postgresql());
}
