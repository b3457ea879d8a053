//! What only a server with several nodes can get wrong.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kulta::store::EventOutcome::{Accepted, Duplicate};
use kulta::store::{Append, CommandResult, Error, Log};
use kulta_test_support::eventually;
use uuid::Uuid;

use crate::concurrent::{assert_dense, assert_each_once, follow};
use crate::kit::{Kit, accepted, all, command, event, facts, with_parts};
use crate::proxy::Proxy;

const PATIENCE: Duration = Duration::from_secs(60);

async fn told(kit: &Kit, setting: &str) -> String {
    let name = kit.text("SELECT current_database()::text").await;
    kit.execute(&format!("ALTER DATABASE {name} SET {setting}")).await;
    match kulta::store::open(&kit.url(), &kit.options()).await {
        Err(Error::Unsafe(message)) => message,
        other => panic!("opened or failed otherwise: {other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_may_lose_events_is_refused() {
    let kit = Kit::postgres().await;
    let message = told(&kit, "synchronous_commit = off").await;
    assert!(message.contains("synchronous_commit = off"), "{message}");
    assert_eq!(kit.number("SELECT count(*) FROM pg_tables WHERE tablename = 'log'").await, 0);
}

/// The answer to a COMMIT may be lost, or the transaction with it: each caller hears once that its event is accepted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_writer_loses_and_doubles_nothing() {
    const WRITERS: u64 = 16;
    let kit = Kit::postgres().await;
    let log = kit.open().await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (log, stop) = (log.clone(), stop.clone());
            tokio::spawn(async move {
                let mut positions = Vec::new();
                for round in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    // Some groups are large.
                    let events = if writer == 0 { 200 } else { 1 };
                    let first = (writer << 32) + round * events;
                    let batch =
                        (first..first + events).map(|number| with_parts(event(number, &format!("own-{writer}"))));
                    positions.extend(accepted(log.append(facts(batch.collect())).await));
                }
                positions
            })
        })
        .collect();
    let head = log.head();
    for kill in 0..25 {
        kit.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'kulta' AND pid <> pg_backend_pid()",
        )
        .await;
        let seen = *head.borrow();
        let more = || async { (*head.borrow() > seen + 20).then_some(()).ok_or((kill, seen)) };
        eventually(PATIENCE, more).await;
    }
    stop.store(true, Ordering::Relaxed);
    let mut answered = Vec::new();
    for writer in writers {
        answered.extend(writer.await.unwrap());
    }
    let events = all(&*log, 1_000).await;
    assert_dense(&events);
    assert_each_once(answered, events.len());
}

/// Each answer of the server in turn is lost, that to COMMIT among them: what was committed is accepted and not a
/// duplicate of itself, what was not is committed by the next try.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_found_again() {
    let kit = Kit::postgres().await;
    let (proxy, through) = Proxy::before(&kit.url()).await;
    let log = kulta::store::open(&through, &kit.options()).await.unwrap();
    let mut answered = Vec::new();
    let mut number = 0;
    // A few, many, and an answer to a command that comes without an event.
    for (size, answers) in [(1, 6), (100, 9)] {
        for nth in 1..=answers {
            for round in 0..2 {
                let batch = (0..size).map(|nth| with_parts(event(number + nth, "a"))).collect();
                let result = CommandResult {
                    key: Uuid::from_u128(u128::from(number)),
                    request: Uuid::from_u128(1),
                    status: 200,
                    position: 0,
                    sealed_body: number.to_be_bytes().to_vec(),
                };
                number += size;
                proxy.cut_at(nth);
                let append = Append { result: Some(result.clone()), ..command(batch) };
                let outcome = log.append(append).await.unwrap();
                assert_eq!(outcome.earlier, None, "answer {nth} of a group of {size}, round {round}");
                answered.extend(accepted(Ok(outcome)));
                let alone = CommandResult { key: Uuid::from_u128(1 << 64 | u128::from(number)), ..result };
                proxy.cut_at(nth);
                let outcome = log.append(Append { result: Some(alone), ..command(Vec::new()) }).await.unwrap();
                assert_eq!(outcome.earlier, None, "answer {nth} without events, round {round}");
            }
        }
    }
    proxy.cut_at(0);
    let events = all(&*log, 1_000).await;
    assert_dense(&events);
    assert_each_once(answered, events.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_write_one_dense_log() {
    const EACH: u64 = 640;
    let kit = Kit::postgres().await;
    let nodes = [kit.open().await, kit.open().await, kit.open().await];
    // Two nodes write events of their own, and with every second one an event that the other writes too. The third
    // node hears of all.
    let expected = 2 * EACH + EACH / 2;
    let subscribers: Vec<_> = nodes.iter().map(|node| tokio::spawn(follow(node.clone(), expected, 50))).collect();
    let writers: Vec<_> = (0..2_u64)
        .flat_map(|node| (0..8_u64).map(move |writer| (node, writer)))
        .map(|(node, writer)| {
            let log = nodes[node as usize].clone();
            tokio::spawn(async move { write(&*log, node, writer, EACH / 8).await })
        })
        .collect();
    let mut answered = Vec::new();
    for writer in writers {
        answered.extend(writer.await.unwrap());
    }
    assert_each_once(answered, expected as usize);
    let events = all(&*nodes[0], 500).await;
    assert_dense(&events);
    for subscriber in subscribers {
        assert_eq!(tokio::time::timeout(PATIENCE, subscriber).await.unwrap().unwrap(), events);
    }
}

/// Every second event is sent to both nodes; one of them stores it.
async fn write(log: &dyn Log, node: u64, writer: u64, count: u64) -> Vec<u64> {
    let mut stored = Vec::new();
    for nth in 0..count {
        let shared = writer * count + nth;
        let own = 1_000_000 * (node + 1) + shared;
        let mut events = vec![event(own, "shared-1")];
        if nth % 2 == 0 {
            events.push(event(shared, "shared-2"));
        }
        for outcome in log.append(facts(events)).await.unwrap().events {
            match outcome {
                Accepted(position) => stored.push(position),
                Duplicate(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    stored
}

#[tokio::test]
async fn a_lost_session_loses_its_name() {
    let kit = Kit::postgres().await;
    let (one, other) = (kit.open().await, kit.open().await);
    let claim = one.claim("projector", "one").await.unwrap().unwrap();
    assert!(other.claim("projector", "other").await.unwrap().is_none());
    kit.execute("SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = database WHERE locktype = 'advisory' AND datname = current_database()").await;
    tokio::time::timeout(PATIENCE, claim.lost()).await.expect("the loss is noticed");
    assert!(!claim.is_held());
    let next = other.claim("projector", "other").await.unwrap().unwrap();
    assert_eq!(next.epoch(), claim.epoch() + 1);
}

/// A reader that is cut off gets an error or its page, and the next read works.
#[tokio::test]
async fn reads_go_on_after_a_cut() {
    let kit = Kit::postgres().await;
    let log = kit.open().await;
    accepted(log.append(facts(vec![event(1, "a")])).await);
    assert_eq!(all(&*log, 10).await.len(), 1);
    kit.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kulta' AND datname = current_database()").await;
    assert_eq!(all(&*log, 10).await.len(), 1);
    assert_eq!(accepted(log.append(facts(vec![event(2, "a")])).await), [2]);
}

#[tokio::test]
async fn a_refused_group_takes_no_positions() {
    let kit = Kit::postgres().await;
    let log = kit.open().await;
    let mut batch: Vec<_> = (1..=100).map(|number| event(number, "a")).collect();
    batch[70].facts = "not json".to_owned();
    assert!(log.append(facts(batch.clone())).await.is_err());
    batch[70].facts = "{}".to_owned();
    let positions: HashSet<_> = accepted(log.append(facts(batch)).await).into_iter().collect();
    assert_eq!(positions, (1..=100).collect());
}
