//! A customer's timeline: by time, latest first.

use kulta::store::{Log, NewEvent, StoredEvent, TimelinePage};
use kulta_events::Instant;

use crate::kit::{Kit, about, accepted, facts, record, with_parts};

/// Events 1, 2, … of two records in turns, at these times.
async fn fill(log: &dyn Log, times: &[i64]) {
    let at = |(number, micros): (u64, &i64)| {
        with_parts(NewEvent { time: Instant::from_micros(*micros), ..about(number, record(number % 2)) })
    };
    accepted(log.append(facts((1..).zip(times).map(at).collect())).await);
}

fn page(records: &[u64], before: Option<i64>, limit: usize) -> TimelinePage {
    TimelinePage {
        records: records.iter().map(|number| record(*number)).collect(),
        before: before.map(Instant::from_micros),
        until: None,
        limit,
    }
}

/// Positions by time, those of one time sorted.
fn order(events: &[StoredEvent]) -> Vec<(i64, u64)> {
    assert!(events.is_sorted_by(|a, b| a.time >= b.time));
    let mut order: Vec<_> = events.iter().map(|event| (-event.time.micros(), event.position)).collect();
    order.sort_unstable();
    order.into_iter().map(|(time, position)| (-time, position)).collect()
}

pub async fn latest_first_and_ties_stay_together(kit: Kit) {
    let log = kit.open().await;
    fill(&*log, &[10, 30, 20, 20, 20, -5, 30]).await;
    let read =
        async |records: &[u64], before, limit| order(&log.timeline(&page(records, before, limit)).await.unwrap());
    assert_eq!(read(&[0, 1], None, 2).await, [(30, 2), (30, 7)]);
    assert_eq!(read(&[0, 1], None, 1).await, [(30, 2), (30, 7)]);
    // Two were asked for; the third has the time of the second.
    assert_eq!(read(&[0, 1], Some(30), 2).await, [(20, 3), (20, 4), (20, 5)]);
    assert_eq!(read(&[0, 1], Some(20), 2).await, [(10, 1), (-5, 6)]);
    assert_eq!(read(&[1], None, 100).await, [(30, 7), (20, 3), (20, 5), (10, 1)]);
    assert_eq!(read(&[0, 0], None, 100).await, [(30, 2), (20, 4), (-5, 6)]);
    let events = log.timeline(&page(&[0], None, 1)).await.unwrap();
    assert_eq!((events[0].parts.len(), events[0].position), (2, 2));
}

pub async fn cut_by_time_and_position(kit: Kit) {
    let log = kit.open().await;
    fill(&*log, &[10, 30, 20, 20, 20, -5, 30]).await;
    let cut = TimelinePage { until: Some(4), ..page(&[0, 1], Some(30), 1) };
    assert_eq!(order(&log.timeline(&cut).await.unwrap()), [(20, 3), (20, 4)]);
    let cut = TimelinePage { until: Some(1), ..page(&[0, 1], None, 10) };
    assert_eq!(order(&log.timeline(&cut).await.unwrap()), [(10, 1)]);
}

pub async fn empty_when_there_is_nothing(kit: Kit) {
    let log = kit.open().await;
    fill(&*log, &[10, 30]).await;
    for nothing in [page(&[], None, 5), page(&[7], None, 5), page(&[0, 1], Some(10), 5)] {
        assert!(log.timeline(&nothing).await.unwrap().is_empty(), "{nothing:?}");
    }
}
