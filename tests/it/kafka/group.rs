//! Several nodes of one log share the partitions of a topic, while nodes come, go and die.

use kulta_test_support::process::Server;

use super::{Message, PATIENCE, Topic, counted, ids, metric, purchase, wait};
use crate::kit::Place;
use crate::load::audit::read_log;

const PARTITIONS: usize = 6;
const ROUNDS: usize = 6;
const OF_A_ROUND: usize = 1_500;

fn partitions_of(server: &Server, topic: &Topic) -> usize {
    let mut client = server.client();
    let lag = |partition| format!("kulta_kafka_lag{{topic=\"{}\",partition=\"{partition}\"}}", topic.name);
    (0..PARTITIONS).filter(|partition| metric(&mut client, &lag(*partition)).is_some()).count()
}

#[test]
fn each_event_once_whoever_reads_it() {
    let place = Place::postgresql();
    let mut topic = Topic::new(PARTITIONS);
    let reader = topic.read_by(&place);
    let mut nodes = [reader.serve(), reader.serve()];
    for round in 0..ROUNDS {
        for number in 0..OF_A_ROUND {
            topic.send(number % PARTITIONS, &purchase(round * OF_A_ROUND + number));
        }
        topic.flush();
        // A node leaves or dies with the partitions that it has, and another comes.
        let [leaving, staying] = nodes;
        wait(&leaving, || match partitions_of(&leaving, &topic) {
            0 => Err("the node was given nothing to read".to_owned()),
            _ => Ok(()),
        });
        if round % 2 == 0 {
            leaving.kill_9();
        } else {
            assert_eq!(leaving.terminate(PATIENCE).code(), Some(0));
        }
        nodes = [staying, reader.serve()];
    }
    topic.all_read(&place, &nodes[1]);
    // Both have a share of it in the end.
    let shares = wait(&nodes[1], || {
        let shares = [0, 1].map(|node| partitions_of(&nodes[node], &topic));
        if shares == [PARTITIONS / 2; 2] { Ok(shares) } else { Err(format!("{shares:?}")) }
    });
    assert_eq!(shares.iter().sum::<usize>(), PARTITIONS);
    let log = read_log(&mut nodes[0].client());
    assert_eq!(ids(&log, "erp"), (0..ROUNDS * OF_A_ROUND).map(|number| format!("e-{number}")).collect());
    for node in nodes {
        let said = node.stderr();
        assert!(!said.contains("panicked") && !said.contains("begins anew"), "{said}");
        assert_eq!(node.terminate(PATIENCE).code(), Some(0));
    }
}

/// As in a rebalance that one of them has not heard of yet, but all the time: both read every partition.
#[test]
fn of_two_who_read_a_partition_only_one_stores() {
    let place = Place::postgresql();
    let mut topic = Topic::new(3);
    let reader = topic.read_by(&place);
    let nodes = [reader.serve(), reader.env("KULTA_KAFKA_GROUP", format!("another-of-{}", topic.name)).serve()];
    for node in &nodes {
        wait(node, || match partitions_of(node, &topic) {
            3 => Ok(()),
            other => Err(format!("{other} of 3 partitions")),
        });
    }
    let (events, poison) = (4_000, 40);
    for number in 0..events {
        topic.send(number % 3, &purchase(number));
        if number % (events / poison) == 0 {
            topic.send(number % 3, &Message::raw(format!("{{\"number\": {number}}}")));
        }
        if number % 100 == 0 {
            topic.flush();
        }
    }
    topic.flush();
    topic.all_read(&place, &nodes[0]);
    let of_both = |name: &str| {
        let of = |node: &Server| metric(&mut node.client(), name).unwrap_or(0.0);
        nodes.iter().map(of).sum::<f64>()
    };
    let verdict = |verdict: &str| of_both(&counted(verdict));
    // The log itself sees nothing twice: what one has stored is refused to the other as a whole. A node counts a moment
    // after it has stored.
    let all = [events as f64, poison as f64];
    wait(&nodes[0], || match ["accepted", "rejected"].map(verdict) {
        now if now[0] >= all[0] && now[1] >= all[1] => Ok(()),
        now => Err(format!("{now:?} of {all:?}")),
    });
    assert_eq!(["accepted", "rejected", "duplicate"].map(verdict), [all[0], all[1], 0.0]);
    assert!(of_both("kulta_kafka_moved_total") > 0.0, "they never met");
    let mut client = nodes[1].client();
    assert_eq!(ids(&read_log(&mut client), "erp").len(), events);
    let letters = client.get("/v1/dead-letters?limit=1000").send().expect_status(200).json();
    assert_eq!(letters["items"].as_array().unwrap().len(), poison);
}
