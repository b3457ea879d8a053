//! The writer over a log in memory whose commits fail as told.

use std::collections::{HashMap, VecDeque};

use kulta_events::Instant;

use super::*;
use crate::store::plan::{Known, KnownEvent, plan};
use crate::store::{EventOutcome, Expected, Mode, NewEvent};

/// What happens to a commit.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    /// It is committed, and the answer comes.
    Done,
    /// It is committed, and the answer is lost.
    Lost,
    /// It is not committed.
    Broken,
}

/// What the database would hold.
#[derive(Default)]
struct Memory {
    head: u64,
    events: HashMap<Uuid, (KnownEvent, Vec<u8>)>,
    fates: VecDeque<Fate>,
    groups: Vec<usize>,
}

#[derive(Clone, Default)]
struct Fake(Arc<std::sync::Mutex<Memory>>);

const UNAVAILABLE: fn() -> Error = || Error::timed_out("cut");

#[async_trait]
impl Commit for Fake {
    async fn commit(&mut self, group: &[Append], attempt: &mut Attempt) -> Result<Vec<Outcome>, Error> {
        let mut memory = self.0.lock().unwrap();
        memory.groups.push(group.len());
        if let Some(Trace::Event { position, key, sealed_id, .. }) = attempt.trace()
            && memory.events.get(key).is_some_and(|(event, seal)| event.position == *position && seal == sealed_id)
        {
            return Ok(attempt.answers());
        }
        let events = memory.events.iter().map(|(key, (event, _))| (*key, *event)).collect();
        let known = Known { head: memory.head, events, ..Known::default() };
        let mut plan = plan(group, known, Instant::from_micros(1));
        attempt.note(&mut plan);
        if plan.rows.iter().any(|row| &*row.event.stream == "refused") {
            return Err(Error::Refused(Arc::new(sqlx::Error::RowNotFound)));
        }
        let fate = memory.fates.pop_front().unwrap_or(Fate::Done);
        if fate == Fate::Broken {
            return Err(UNAVAILABLE());
        }
        for row in &plan.rows {
            let event = KnownEvent { position: row.position, fingerprint: row.event.fingerprint, version: 1 };
            memory.events.insert(row.event.key, (event, row.event.sealed_id.clone()));
        }
        memory.head = plan.head;
        if fate == Fate::Lost { Err(UNAVAILABLE()) } else { Ok(attempt.answers()) }
    }
}

fn event(number: u128, stream: &str) -> NewEvent {
    NewEvent {
        stream: stream.into(),
        key: Uuid::from_u128(number),
        fingerprint: Uuid::from_u128(number),
        type_name: "purchase.made",
        version: 1,
        source: "erp".into(),
        record: None,
        time: Instant::from_micros(0),
        actor: 1,
        unit: None,
        facts: "{}".to_owned(),
        sealed_id: vec![1],
        parts: Vec::new(),
        unknown: 0,
        letter: None,
    }
}

fn append(number: u128, stream: &str) -> Append {
    Append { events: vec![event(number, stream)], ..Append::new(Mode::EachAlone) }
}

fn told(outcome: &Outcome) -> Vec<EventOutcome> {
    outcome.as_ref().unwrap().events.clone()
}

#[tokio::test]
async fn a_committed_group_whose_answer_was_lost_is_accepted_once() {
    let fake = Fake::default();
    fake.0.lock().unwrap().fates.extend([Fate::Broken, Fate::Lost]);
    let writer = Writer::start(fake.clone());
    let outcome = writer.append(append(7, "a")).await;
    assert_eq!(told(&outcome), [EventOutcome::Accepted(1)]);
    assert_eq!(fake.0.lock().unwrap().groups.len(), 3);
    // Whoever sends it again hears that it is there.
    assert_eq!(told(&writer.append(append(7, "a")).await), [EventOutcome::Duplicate(1)]);
}

/// A try was not committed, and meanwhile another node stored the very same event at the very same place.
#[tokio::test]
async fn an_event_of_another_node_is_a_duplicate() {
    let fake = Fake::default();
    fake.0.lock().unwrap().fates.extend([Fate::Broken]);
    let others = fake.clone();
    let writer = Writer::start(fake.clone());
    let sent = writer.append(append(7, "a"));
    let stored_elsewhere = async {
        while others.0.lock().unwrap().groups.is_empty() {
            tokio::task::yield_now().await;
        }
        let event = KnownEvent { position: 1, fingerprint: Uuid::from_u128(7), version: 1 };
        let mut memory = others.0.lock().unwrap();
        memory.events.insert(Uuid::from_u128(7), (event, vec![2]));
        memory.head = 1;
    };
    let (outcome, ()) = tokio::join!(sent, stored_elsewhere);
    assert_eq!(told(&outcome), [EventOutcome::Duplicate(1)]);
}

#[tokio::test]
async fn the_guilty_request_fails_alone() {
    let fake = Fake::default();
    let writer = Writer::start(fake.clone());
    let streams = ["a", "a", "refused", "a", "a", "a", "refused", "a"];
    let sent = streams.iter().zip(0..).map(|(stream, number)| writer.append(append(number, stream)));
    let outcomes = futures::future::join_all(sent).await;
    for (outcome, stream) in outcomes.iter().zip(streams) {
        let refused = matches!(outcome, Err(AppendError::Store(Error::Refused(_))));
        assert_eq!(refused, stream == "refused", "{outcome:?}");
    }
    assert_eq!(fake.0.lock().unwrap().head, 6);
}

#[tokio::test]
async fn every_caller_of_a_group_hears_that_the_database_is_away() {
    let fake = Fake::default();
    fake.0.lock().unwrap().fates.extend([Fate::Broken; 20]);
    let writer = Writer::start_retrying(fake, Duration::from_millis(100));
    let outcomes = futures::future::join_all((0..3).map(|number| writer.append(append(number, "a")))).await;
    for outcome in outcomes {
        assert!(matches!(outcome, Err(AppendError::Store(Error::Unavailable(_)))), "{outcome:?}");
    }
}

#[tokio::test]
async fn closing_answers_what_waits_and_refuses_what_comes() {
    let writer = Arc::new(Writer::start(Fake::default()));
    let waiting: Vec<_> = (0..50)
        .map(|number| {
            let writer = writer.clone();
            tokio::spawn(async move { writer.append(append(number, "a")).await })
        })
        .collect();
    tokio::task::yield_now().await;
    writer.close().await;
    for waiting in waiting {
        match waiting.await.unwrap() {
            Ok(_) | Err(AppendError::Store(Error::Closed)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(matches!(writer.append(append(99, "a")).await, Err(AppendError::Store(Error::Closed))));
    writer.close().await;
}

#[tokio::test]
async fn a_failed_expectation_is_no_reason_to_try_again() {
    let fake = Fake::default();
    let writer = Writer::start(fake.clone());
    let mut refused = append(1, "a");
    refused.expect = vec![("a".into(), Expected::Exists)];
    assert!(matches!(writer.append(refused).await, Err(AppendError::WrongRevision { .. })));
    assert_eq!(fake.0.lock().unwrap().groups, [1]);
}

/// Tells how many groups have begun, and commits each when it is let go.
struct Held {
    begun: watch::Sender<usize>,
    gate: Arc<Semaphore>,
}

#[async_trait]
impl Commit for Held {
    async fn commit(&mut self, group: &[Append], _: &mut Attempt) -> Result<Vec<Outcome>, Error> {
        self.begun.send_modify(|begun| *begun += 1);
        self.gate.acquire().await.unwrap().forget();
        Ok(group.iter().map(|_| Ok(Appended { head: 1, events: Vec::new(), earlier: None })).collect())
    }
}

#[tokio::test]
async fn a_committed_group_is_answered_as_soon_as_the_next_is_on_its_way() {
    let (begun, gate) = (watch::Sender::new(0), Arc::new(Semaphore::new(0)));
    let (mut groups, held) = (begun.subscribe(), Held { begun, gate: gate.clone() });
    let writer = Arc::new(Writer::start(held));
    let send = |number| {
        let writer = writer.clone();
        tokio::spawn(async move { writer.append(append(number, "a")).await })
    };
    let first = send(1);
    groups.wait_for(|begun| *begun == 1).await.unwrap();
    let second = send(2);
    while writer.queue.capacity() == writer.queue.max_capacity() {
        tokio::task::yield_now().await;
    }
    gate.add_permits(1);
    let answer = tokio::time::timeout(Duration::from_secs(10), first).await.expect("it is committed").unwrap();
    assert!(answer.is_ok() && *groups.borrow() == 2 && !second.is_finished());
    gate.add_permits(1);
    assert!(second.await.unwrap().is_ok());
}
