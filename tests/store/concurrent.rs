//! Many writers and subscribers at once: nothing missed, doubled or reordered.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use kulta::store::EventOutcome::{Accepted, Duplicate};
use kulta::store::{Append, AppendError, Error, EventOutcome, Expected, Log, Page, Select, StoredEvent};
use uuid::Uuid;

use crate::kit::{Kit, accepted, all, command, event, facts, with_parts};

const WRITERS: u64 = 32;
const ROUNDS: u64 = 25;
const PATIENCE: Duration = Duration::from_secs(120);

/// Follows the head from the beginning until `count` events were seen, as a projector does.
pub async fn follow(log: Arc<dyn Log>, count: u64, limit: usize) -> Vec<StoredEvent> {
    let mut head = log.head();
    let mut seen: Vec<StoredEvent> = Vec::new();
    while (seen.len() as u64) < count {
        let after = seen.last().map_or(0, |event| event.position);
        let known = *head.borrow_and_update();
        let page = log.read(&Page::forwards(Select::All, after, limit)).await.unwrap();
        // The head is never ahead of what can be read.
        let reached = page.last().map_or(after, |event| event.position);
        assert!(page.len() == limit || reached >= known, "head {known}, but nothing above {reached}");
        if page.is_empty() {
            tokio::time::timeout(PATIENCE, head.changed()).await.expect("the head moves").unwrap();
        }
        seen.extend(page);
    }
    seen
}

/// Positions dense from 1, revisions dense from 0 in each stream, no event twice.
pub fn assert_dense(events: &[StoredEvent]) {
    let mut next: HashMap<&str, u64> = HashMap::new();
    let mut keys = HashSet::new();
    for (event, position) in events.iter().zip(1..) {
        let revision = next.entry(&event.stream).or_insert(0);
        assert_eq!((event.position, event.revision), (position, *revision));
        *revision += 1;
        assert!(keys.insert(event.key), "event {} is there twice", event.key);
    }
    assert!(events.is_sorted_by(|a, b| a.recorded_at <= b.recorded_at));
}

/// The answers "accepted" of all writers name each of the positions once.
pub fn assert_each_once(mut answered: Vec<u64>, count: usize) {
    answered.sort_unstable();
    assert_eq!(answered.len(), count);
    for (position, expected) in answered.into_iter().zip(1..) {
        assert_eq!(position, expected, "answered twice or not at all");
    }
}

/// What writer `writer` sends in a round, and how many events of it must be stored.
async fn round(log: &dyn Log, writer: u64, round: u64) -> Vec<u64> {
    let number = (writer * ROUNDS + round) * 10;
    let own = format!("own-{writer}");
    match round % 5 {
        // Facts into a stream of its own and one that all share.
        0 => accepted(log.append(facts(vec![event(number, &own), with_parts(event(number + 1, "shared-1"))])).await),
        // The same event from every writer: one of them is the first.
        1 => {
            let shared = event(1_000_000_000 + round, "shared-2");
            let outcome = log.append(facts(vec![shared, event(number, &own)])).await.unwrap();
            let stored = |event: &EventOutcome| match event {
                Accepted(position) => Some(*position),
                Duplicate(_) => None,
                EventOutcome::Conflict(_) | EventOutcome::Older(_) => panic!("same content"),
            };
            outcome.events.iter().filter_map(stored).collect()
        }
        // An expectation that fails.
        2 => {
            let refused =
                Append { expect: vec![(own.as_str().into(), Expected::None)], ..command(vec![event(number, &own)]) };
            assert!(matches!(log.append(refused).await, Err(AppendError::WrongRevision { .. })));
            Vec::new()
        }
        // What the database refuses.
        3 => {
            let refused = facts(vec![event(number, &own), event(number + 1, "")]);
            assert!(matches!(log.append(refused).await, Err(AppendError::Store(Error::Refused(_)))));
            Vec::new()
        }
        // An expectation that holds, since nobody else writes this stream.
        _ => {
            let last = log.revision(&own).await.unwrap().unwrap();
            let exact = Append {
                expect: vec![(own.as_str().into(), Expected::Exact(last))],
                ..command(vec![event(number, &own), event(number + 1, &own)])
            };
            accepted(log.append(exact).await)
        }
    }
}

pub async fn writers_and_subscribers(kit: Kit) {
    let log = kit.open().await;
    // Per writer and five rounds: 2 + 1 + 0 + 0 + 2 events, and one shared event for all writers.
    let expected = WRITERS * ROUNDS / 5 * 5 + ROUNDS / 5;
    let subscribers: Vec<_> =
        [1, 7, 1_000].map(|limit| tokio::spawn(follow(log.clone(), expected, limit))).into_iter().collect();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let log = log.clone();
            tokio::spawn(async move {
                let mut stored = Vec::new();
                for number in 0..ROUNDS {
                    stored.extend(round(&*log, writer, number).await);
                }
                stored
            })
        })
        .collect();
    let mut answered = Vec::new();
    for writer in writers {
        let stored = writer.await.unwrap();
        assert!(stored.is_sorted());
        answered.extend(stored);
    }
    assert_each_once(answered, expected as usize);
    let events = all(&*log, 500).await;
    assert_eq!(events.len() as u64, expected);
    assert_dense(&events);
    for subscriber in subscribers {
        let seen = tokio::time::timeout(PATIENCE, subscriber).await.expect("subscribers see everything").unwrap();
        assert_eq!(seen, events);
    }
    assert_eq!(*log.head().borrow(), expected);
}

pub async fn what_the_database_refuses_fails_alone(kit: Kit) {
    let log = kit.open().await;
    // Held together by being sent at once: most of them go into one group.
    let sent: Vec<_> = (0..200_u64)
        .map(|number| {
            let log = log.clone();
            let stream = if number % 50 == 13 { "" } else { "a" };
            tokio::spawn(async move { log.append(facts(vec![event(number, stream)])).await })
        })
        .collect();
    let mut refused = 0;
    for (sent, number) in sent.into_iter().zip(0_u64..) {
        match sent.await.unwrap() {
            Ok(_) => assert_ne!(number % 50, 13),
            Err(AppendError::Store(Error::Refused(_))) => refused += 1,
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(refused, 4);
    let events = all(&*log, 500).await;
    assert_eq!(events.len(), 196);
    assert_dense(&events);
}

pub async fn an_append_given_up_by_its_caller_is_whole_or_absent(kit: Kit) {
    let log = kit.open().await;
    for number in 0..20 {
        let batch = (0..3).map(|nth| event(number * 3 + nth, "a")).collect();
        // Given up before it can be answered, at ever later moments.
        let patience = Duration::from_micros(number * 200);
        let _ = tokio::time::timeout(patience, log.append(facts(batch))).await;
    }
    log.append(facts(vec![event(1_000, "last")])).await.unwrap();
    let events = all(&*log, 100).await;
    assert_dense(&events);
    let first_keys: HashSet<Uuid> = events.iter().map(|event| event.key).collect();
    for number in 0..20 {
        let there = (0..3).filter(|nth| first_keys.contains(&event(number * 3 + nth, "a").key)).count();
        assert!(there == 0 || there == 3, "{there} of three");
    }
}
