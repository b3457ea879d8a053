//! Reading by stream, category, type, record and the whole log, in both directions, in pages.

use kulta::store::Direction::{Backwards, Forwards};
use kulta::store::{Log, NewEvent, Page, Select};
use kulta_events::field::Retention;
use kulta_events::{Instant, RecordId};
use kulta_projections::whole::bounds;

use crate::kit::{Kit, START, about, accepted, event, every, facts, fill, positions, record, with_parts};

/// Reads a selection both ways with pages of every size; the positions must be these, and these turned around.
async fn holds(log: &dyn Log, select: Select, expected: &[u64]) {
    let reversed: Vec<_> = expected.iter().rev().copied().collect();
    for limit in [1, 2, 3, 100] {
        assert_eq!(positions(&every(log, select.clone(), Forwards, limit).await), expected, "{select:?} by {limit}");
        assert_eq!(positions(&every(log, select.clone(), Backwards, limit).await), reversed, "{select:?} by {limit}");
    }
}

pub async fn the_whole_log_in_both_directions(kit: Kit) {
    let log = kit.open().await;
    holds(&*log, Select::All, &[]).await;
    fill(&*log, &["a", "record-1", "b-2", "a", "record-2"]).await;
    holds(&*log, Select::All, &[1, 2, 3, 4, 5]).await;
    assert_eq!(positions(&log.read(&Page::forwards(Select::All, 3, 10)).await.unwrap()), [4, 5]);
    assert!(log.read(&Page::forwards(Select::All, 5, 10)).await.unwrap().is_empty());
    assert!(log.read(&Page::forwards(Select::All, u64::MAX, 10)).await.unwrap().is_empty());
}

pub async fn a_stream_in_both_directions(kit: Kit) {
    let log = kit.open().await;
    fill(&*log, &["a", "b", "a", "ab", "b", "a", "a"]).await;
    holds(&*log, Select::Stream("a".to_owned()), &[1, 3, 6, 7]).await;
    holds(&*log, Select::Stream("b".to_owned()), &[2, 5]).await;
    holds(&*log, Select::Stream("c".to_owned()), &[]).await;
    // From a position that is not of this stream.
    let from = |direction, after| Page {
        direction,
        after: Some(after),
        ..Page::forwards(Select::Stream("a".to_owned()), 0, 10)
    };
    assert_eq!(positions(&log.read(&from(Forwards, 2)).await.unwrap()), [3, 6, 7]);
    assert_eq!(positions(&log.read(&from(Backwards, 5)).await.unwrap()), [3, 1]);
}

pub async fn the_stream_of_a_record_in_both_directions(kit: Kit) {
    let log = kit.open().await;
    let own = record(1).stream();
    // What another stream tells about the record has a place there, not in the stream of the record.
    let offer = |number, of| NewEvent { record: Some(record(of)), ..event(number, "offer-1") };
    let first = vec![about(1, record(1)), offer(2, 1), about(3, record(2)), about(4, record(1)), offer(5, 1)];
    accepted(log.append(facts(first)).await);
    accepted(log.append(facts(vec![offer(6, 2), about(7, record(1)), about(8, record(2))])).await);
    holds(&*log, Select::Stream(own.clone()), &[1, 4, 7]).await;
    holds(&*log, Select::Stream(record(2).stream()), &[3, 8]).await;
    holds(&*log, Select::Stream("offer-1".to_owned()), &[2, 5, 6]).await;
    holds(&*log, Select::Records { ids: vec![record(1)], type_prefix: None }, &[1, 2, 4, 5, 7]).await;
    let from =
        |direction, after| Page { direction, after: Some(after), ..Page::forwards(Select::Stream(own.clone()), 0, 10) };
    assert_eq!(positions(&log.read(&from(Forwards, 2)).await.unwrap()), [4, 7]);
    assert_eq!(positions(&log.read(&from(Backwards, 5)).await.unwrap()), [4, 1]);
    for (stream, last) in [(&*own, Some(2)), ("offer-1", Some(2)), ("offer-2", None), (&record(3).stream(), None)] {
        assert_eq!(log.revision(stream).await.unwrap(), last, "{stream}");
    }
    for other in ["record", "record-", "record-1", &own.to_uppercase(), &own.replace('-', "")] {
        holds(&*log, Select::Stream((*other).to_owned()), &[]).await;
        assert_eq!(log.revision(other).await.unwrap(), None, "{other}");
    }
}

/// The database itself lets no two events have one place, whoever writes.
pub async fn a_place_in_a_stream_is_given_once(kit: Kit) {
    let log = kit.open().await;
    accepted(log.append(facts(vec![about(1, record(1)), about(2, record(1)), event(3, "a"), event(4, "a")])).await);
    for position in [2, 4] {
        let text = format!("UPDATE log SET revision = 0 WHERE position = {position}");
        let refused = kit.try_execute(&text).await.unwrap_err();
        assert!(refused.as_database_error().is_some_and(|error| error.is_unique_violation()), "{refused}");
    }
    kit.execute("UPDATE log SET revision = 9 WHERE position IN (2, 4)").await;
}

pub async fn categories_and_types(kit: Kit) {
    let log = kit.open().await;
    fill(&*log, &["record-1", "offer-1", "offers-1", "record-2", "offer-2-3", "policy", "offer", "recorder-1"]).await;
    let category = |name: &str| Select::Category(name.to_owned());
    holds(&*log, category("record"), &[1, 4]).await;
    holds(&*log, category("offer"), &[2, 5, 7]).await;
    holds(&*log, category("offers"), &[3]).await;
    holds(&*log, category("policy"), &[6]).await;
    holds(&*log, category("recorder"), &[8]).await;
    holds(&*log, category("offer-2"), &[]).await;
    let of_type = |number, type_name| NewEvent { type_name, ..event(number, "x") };
    let types = ["invoice.paid", "invoice.issued", "invoice.paid", "purchase.made"];
    accepted(log.append(facts((9..).zip(types).map(|(number, name)| of_type(number, name)).collect())).await);
    holds(&*log, Select::Type("invoice.paid".to_owned()), &[9, 11]).await;
    holds(&*log, Select::Type("purchase.made".to_owned()), &[1, 2, 3, 4, 5, 6, 7, 8, 12]).await;
    holds(&*log, Select::Type("invoice".to_owned()), &[]).await;
}

pub async fn records_with_a_type_prefix(kit: Kit) {
    let log = kit.open().await;
    let named = |number, about_record, type_name| NewEvent { type_name, ..about(number, record(about_record)) };
    accepted(
        log.append(facts(vec![
            named(1, 1, "customer.registered"),
            named(2, 2, "customer.registered"),
            named(3, 3, "customer.registered"),
            named(4, 1, "purchase.made"),
            named(5, 2, "customer.contact_edited"),
            NewEvent { record: Some(record(1)), type_name: "complaint.opened", ..event(6, "complaint-1") },
            event(7, "policy-x"),
        ]))
        .await,
    );
    let of = |ids: &[u64], prefix: Option<&str>| Select::Records {
        ids: ids.iter().map(|id| record(*id)).collect(),
        type_prefix: prefix.map(str::to_owned),
    };
    holds(&*log, of(&[1], None), &[1, 4, 6]).await;
    holds(&*log, of(&[1, 2], Some("customer.")), &[1, 2, 5]).await;
    holds(&*log, of(&[2, 1, 2], Some("c")), &[1, 2, 5, 6]).await;
    holds(&*log, of(&[1, 2, 3, 4], Some("purchase.made")), &[4]).await;
    holds(&*log, of(&[1], Some("customer.registered.")), &[]).await;
    holds(&*log, of(&[4], None), &[]).await;
    holds(&*log, of(&[], None), &[]).await;
}

pub async fn shares_of_records(kit: Kit) {
    let log = kit.open().await;
    let at = |share: u8, last: bool| {
        let (first, highest) = bounds(share);
        RecordId(if last { highest } else { first })
    };
    let of = |number, id| NewEvent { record: Some(id), ..about(number, id) };
    let typed = |number, type_name| NewEvent { type_name, ..event(number, "decision-1") };
    accepted(
        log.append(facts(vec![
            of(1, at(0, false)),
            of(2, at(0, true)),
            of(3, at(1, false)),
            of(4, at(15, true)),
            of(5, at(16, false)),
            of(6, at(31, false)),
            of(7, at(31, true)),
            event(8, "offer-1"),
            NewEvent { record: Some(at(1, true)), ..typed(9, "identity.linked") },
            typed(10, "survivorship_policy.published"),
            NewEvent { type_name: "match_policy.published", ..of(11, at(16, true)) },
        ]))
        .await,
    );
    let select = |shares: &[u8], beside| Select::Shares { shares: shares.iter().copied().collect(), beside };
    holds(&*log, select(&[0], false), &[1, 2]).await;
    holds(&*log, select(&[1], false), &[3, 9]).await;
    holds(&*log, select(&[15, 31], false), &[4, 6, 7]).await;
    holds(&*log, select(&[16], true), &[5, 8, 9, 10, 11]).await;
    holds(&*log, select(&[], true), &[8, 9, 10, 11]).await;
    holds(&*log, select(&[], false), &[]).await;
    let all: Vec<_> = (0..32).collect();
    holds(&*log, select(&all, false), &[1, 2, 3, 4, 5, 6, 7, 9, 11]).await;
    holds(&*log, select(&all, true), &(1..12).collect::<Vec<_>>()).await;
}

pub async fn until_cuts_the_log(kit: Kit) {
    let log = kit.open().await;
    fill(&*log, &["a", "b", "a", "a", "b"]).await;
    let page = |select, direction, after, until| Page {
        direction,
        after,
        until: Some(until),
        ..Page::forwards(select, 0, 10)
    };
    let stream = || Select::Stream("a".to_owned());
    for (page, expected) in [
        (page(Select::All, Forwards, Some(1), 3), vec![2, 3]),
        (page(Select::All, Forwards, None, 0), vec![]),
        (page(Select::All, Backwards, None, 2), vec![2, 1]),
        (page(Select::All, Backwards, Some(3), 4), vec![2, 1]),
        (page(Select::All, Backwards, Some(5), 2), vec![2, 1]),
        (page(stream(), Forwards, Some(0), 3), vec![1, 3]),
        (page(stream(), Backwards, None, 3), vec![3, 1]),
        (page(stream(), Backwards, Some(4), 4), vec![3, 1]),
        (page(stream(), Backwards, Some(0), 4), vec![]),
        (page(Select::Type("purchase.made".to_owned()), Forwards, Some(3), 4), vec![4]),
        (page(Select::All, Forwards, None, u64::MAX), vec![1, 2, 3, 4, 5]),
    ] {
        assert_eq!(positions(&log.read(&page).await.unwrap()), expected, "{page:?}");
    }
}

pub async fn parts_only_when_asked_for(kit: Kit) {
    let log = kit.open().await;
    accepted(log.append(facts(vec![with_parts(event(1, "a")), event(2, "a")])).await);
    for select in [Select::All, Select::Stream("a".to_owned()), Select::Type("purchase.made".to_owned())] {
        let with = log.read(&Page::forwards(select.clone(), 0, 10)).await.unwrap();
        assert_eq!((with[0].parts.len(), with[0].part_count, with[1].part_count), (2, 2, 0));
        let without = Page { parts: false, ..Page::forwards(select, 0, 10) };
        let without = log.read(&without).await.unwrap();
        assert_eq!((without[0].parts.len(), without[0].part_count), (0, 2));
        assert_eq!(without[0].facts, with[0].facts);
    }
}

/// Erasing a person deletes rows of `sealed`; the event goes on telling that it had parts.
pub async fn erased_parts_keep_reading(kit: Kit) {
    let log = kit.open().await;
    let events = (1..=3).map(|number| with_parts(about(number, record(1)))).collect();
    accepted(log.append(facts(events)).await);
    kit.execute("DELETE FROM sealed WHERE position = 2").await;
    kit.execute("DELETE FROM sealed WHERE position = 3 AND class = 1").await;
    let counts = |events: &[kulta::store::StoredEvent]| -> Vec<_> {
        events.iter().map(|event| (event.parts.len(), event.part_count)).collect()
    };
    let events = log.read(&Page::forwards(Select::All, 0, 10)).await.unwrap();
    assert_eq!(counts(&events), [(2, 2), (0, 2), (1, 2)]);
    assert_eq!(events[2].parts[0].0, Retention::Conversation);
    let select = Select::Records { ids: vec![record(1)], type_prefix: None };
    assert_eq!(counts(&log.read(&Page::forwards(select, 0, 10)).await.unwrap()), [(2, 2), (0, 2), (1, 2)]);
}

pub async fn the_position_at_a_moment(kit: Kit) {
    let log = kit.open().await;
    let at = async |micros| log.position_at(Instant::from_micros(micros)).await.unwrap();
    assert_eq!(at(START).await, 0);
    kit.clock.store(100, std::sync::atomic::Ordering::Relaxed);
    // Positions 1-3 are recorded at 100, then one each at 101, 102, …
    accepted(log.append(facts((1..=3).map(|number| event(number, "a")).collect())).await);
    for number in 4..=20 {
        accepted(log.append(facts(vec![event(number, "a")])).await);
    }
    for (micros, position) in [(i64::MIN, 0), (99, 0), (100, 3), (101, 4), (110, 13), (117, 20), (i64::MAX, 20)] {
        assert_eq!(at(micros).await, position, "at {micros}");
    }
    // A clock that goes back does not take the log with it.
    kit.clock.store(50, std::sync::atomic::Ordering::Relaxed);
    accepted(log.append(facts(vec![event(21, "a")])).await);
    assert_eq!((at(116).await, at(117).await), (19, 21));
}
