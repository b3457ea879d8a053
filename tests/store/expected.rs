//! What an append expects of streams.

use kulta::store::EventOutcome::{Accepted, Duplicate};
use kulta::store::{Append, AppendError, Expected, Select};
use uuid::Uuid;

use crate::kit::{Kit, accepted, all, command, event, every, facts};

fn expecting(number: u64, stream: &str, expected: Expected) -> Append {
    Append { expect: vec![(stream.into(), expected)], ..command(vec![event(number, stream)]) }
}

pub async fn any_takes_whatever_there_is(kit: Kit) {
    let log = kit.open().await;
    assert_eq!(accepted(log.append(expecting(1, "a", Expected::Any)).await), [1]);
    assert_eq!(accepted(log.append(expecting(2, "a", Expected::Any)).await), [2]);
}

pub async fn none_exists_and_exact_are_held_to(kit: Kit) {
    let log = kit.open().await;
    let refused = async |append: Append, actual| match log.append(append).await {
        Err(AppendError::WrongRevision { stream, actual: told, .. }) => {
            assert_eq!((stream.as_str(), told), ("a", actual))
        }
        other => panic!("not refused: {other:?}"),
    };
    refused(expecting(1, "a", Expected::Exists), None).await;
    refused(expecting(1, "a", Expected::Exact(0)), None).await;
    accepted(log.append(expecting(1, "a", Expected::None)).await);
    refused(expecting(2, "a", Expected::None), Some(0)).await;
    refused(expecting(2, "a", Expected::Exact(1)), Some(0)).await;
    accepted(log.append(expecting(2, "a", Expected::Exact(0))).await);
    accepted(log.append(expecting(3, "a", Expected::Exists)).await);
    refused(expecting(4, "a", Expected::Exact(1)), Some(2)).await;
    assert_eq!(log.revision("a").await.unwrap(), Some(2));
    assert_eq!(log.revision("b").await.unwrap(), None);
    assert_eq!(all(&*log, 10).await.len(), 3);
}

pub async fn a_refusal_touches_nobody_else(kit: Kit) {
    let log = kit.open().await;
    let (first, refused, last) = tokio::join!(
        log.append(expecting(1, "a", Expected::None)),
        log.append(expecting(2, "b", Expected::Exists)),
        log.append(expecting(3, "c", Expected::None)),
    );
    assert!(matches!(refused, Err(AppendError::WrongRevision { .. })));
    assert_eq!([accepted(first), accepted(last)], [[1], [2]]);
    assert_eq!(*log.head().borrow(), 2);
}

pub async fn several_streams_are_checked_together(kit: Kit) {
    let log = kit.open().await;
    accepted(log.append(facts(vec![event(1, "a")])).await);
    let both = |exact| Append {
        expect: vec![("a".into(), Expected::Exact(exact)), ("b".into(), Expected::None)],
        ..command(vec![event(2, "a"), event(3, "b")])
    };
    assert!(matches!(log.append(both(3)).await, Err(AppendError::WrongRevision { .. })));
    assert_eq!(accepted(log.append(both(0)).await), [2, 3]);
}

pub async fn a_repeated_command_succeeds_whatever_it_expects(kit: Kit) {
    let log = kit.open().await;
    let first = Append { expect: vec![("a".into(), Expected::None)], ..command(vec![event(1, "a"), event(2, "b")]) };
    assert_eq!(log.append(first.clone()).await.unwrap().events, [Accepted(1), Accepted(2)]);
    accepted(log.append(facts(vec![event(3, "a")])).await);
    let again = log.append(first).await.unwrap();
    assert_eq!((again.events, again.head), (vec![Duplicate(1), Duplicate(2)], 3));
}

pub async fn a_command_with_other_content_is_refused(kit: Kit) {
    let log = kit.open().await;
    accepted(log.append(command(vec![event(1, "a")])).await);
    let mut other = command(vec![event(2, "a"), event(1, "a")]);
    other.events[1].fingerprint = Uuid::from_u128(9);
    assert!(matches!(log.append(other).await, Err(AppendError::Conflict { position: 1 })));
    assert_eq!(all(&*log, 10).await.len(), 1);
}

pub async fn revisions_are_dense_per_stream(kit: Kit) {
    let log = kit.open().await;
    for batch in 0..4 {
        let streams = ["a", "b", "a", "c-1", "a"];
        let events = streams.iter().zip(batch * 5..).map(|(stream, number)| event(number, stream)).collect();
        accepted(log.append(facts(events)).await);
    }
    for (stream, count) in [("a", 12), ("b", 4), ("c-1", 4)] {
        let events = every(&*log, Select::Stream(stream.to_owned()), kulta::store::Direction::Forwards, 3).await;
        let revisions: Vec<_> = events.iter().map(|event| event.revision).collect();
        assert_eq!(revisions, (0..count).collect::<Vec<_>>());
    }
}
