//! Everything at once: nodes that read the topic come and go every two seconds, one of them is killed again and again, the
//! broker dies and comes back, and every event is delivered up to five times in no order.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use kulta_test_support::broker::Broker;
use kulta_test_support::process::Program;
use serde_json::json;

use super::once::{PARTITIONS, deliveries, purchase};
use super::{PATIENCE, Topic, ids, wait};
use crate::kit::Place;
use crate::load::audit::read_log;
use crate::load::{Rng, StopOnDrop, setting};

/// `KULTA_KAFKA_EVENTS` and `KULTA_KAFKA_KILLS` make longer runs.
const EVENTS: usize = 8_000;
const KILLS: usize = 6;
/// For how long a guest reads along.
const STAY: Duration = Duration::from_secs(2);

/// Nodes that read along for a while, one after the other: each comes and goes with a rebalance. How many there were.
fn guests(reader: &Program, stop: &AtomicBool) -> usize {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        let guest = reader.serve();
        let until = Instant::now() + STAY;
        while Instant::now() < until && !stop.load(Ordering::Relaxed) {
            std::thread::park_timeout(Duration::from_millis(50));
        }
        assert_eq!(guest.terminate(PATIENCE).code(), Some(0));
        number += 1;
    }
    number
}

#[test]
fn each_event_once_through_all_of_it() {
    let seed = Rng::seed();
    eprintln!("KULTA_SEED={seed}");
    let (events, kills) = (setting("KULTA_KAFKA_EVENTS", EVENTS), setting("KULTA_KAFKA_KILLS", KILLS));
    let deliveries = deliveries(events, &mut Rng::new(seed));
    let (place, mut broker) = (Place::postgresql(), Broker::start_new());
    let mut topic = Topic::at(broker.address(), Topic::unused_name(), PARTITIONS);
    let reader = topic.read_by(&place);
    let stop = AtomicBool::new(false);
    let (server, guests) = std::thread::scope(|scope| {
        let mut server = reader.serve();
        let guests = scope.spawn(|| guests(&reader, &stop));
        let stopping = StopOnDrop(&stop);
        for (number, part) in deliveries.chunks(deliveries.len().div_ceil(kills + 1)).enumerate() {
            let before: i64 = topic.cursors(&place).iter().sum();
            for (partition, message) in part {
                topic.send(*partition, message);
            }
            topic.flush();
            if number == kills / 2 {
                broker.kill_9();
                broker.start();
            }
            wait(&server, || {
                let now = topic.cursors(&place).iter().sum::<i64>();
                if now > before { Ok(()) } else { Err(format!("{now} of {:?}", topic.sent)) }
            });
            if number < kills {
                server.kill_9();
                server = reader.serve();
            }
        }
        drop(stopping);
        topic.all_read(&place, &server);
        (server, guests.join().unwrap())
    });
    eprintln!("{} deliveries, {kills} kills, {guests} guests", deliveries.len());
    let mut client = server.client();
    let log = read_log(&mut client);
    assert_eq!(ids(&log, "erp"), (0..events).map(|number| format!("e-{number}")).collect());
    for event in log.iter().filter(|event| event["source"] == "erp") {
        let number: usize = event["id"].as_str().unwrap()[2..].parse().unwrap();
        assert_eq!(event["data"]["order"], purchase(number)["data"]["order"], "{event}");
    }
    assert_eq!(client.get("/v1/dead-letters").send().expect_status(200).json()["items"], json!([]));
}
