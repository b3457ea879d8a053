//! Events in, the same events out.

use kulta::store::EventOutcome::{Accepted, Conflict, Duplicate};
use kulta::store::{Append, Mode, NewEvent, StoredEvent};
use kulta_events::Instant;
use kulta_events::field::Retention;
use std::sync::Arc;
use uuid::Uuid;

use crate::kit::{Kit, Letter, START, about, accepted, all, event, facts, record, with_parts};

/// What must come back for what went in.
fn stored(event: NewEvent, position: u64, revision: u64, recorded_at: Instant) -> StoredEvent {
    StoredEvent {
        position,
        stream: event.stream.to_string(),
        revision,
        key: event.key,
        fingerprint: event.fingerprint,
        type_name: event.type_name.to_owned(),
        version: event.version,
        source: event.source.to_string(),
        record: event.record,
        time: event.time,
        recorded_at,
        actor: event.actor,
        unit: event.unit.map(|unit| unit.to_string()),
        facts: event.facts,
        sealed_id: event.sealed_id,
        part_count: i16::try_from(event.parts.len()).unwrap(),
        parts: event.parts,
        unknown: event.unknown,
    }
}

pub async fn everything_comes_back_as_it_was(kit: Kit) {
    let log = kit.open().await;
    let full = NewEvent { version: 3, actor: -4, unknown: 5, ..with_parts(about(1, record(1))) };
    let one_part = NewEvent { parts: vec![(Retention::Conversation, vec![9; 300])], ..event(2, "offer-7") };
    let bare = NewEvent { sealed_id: Vec::new(), unit: None, ..event(3, "offer-7") };
    accepted(log.append(facts(vec![full.clone(), one_part.clone(), bare.clone()])).await);
    let recorded_at = Instant::from_micros(START);
    let expected =
        [stored(full, 1, 0, recorded_at), stored(one_part, 2, 0, recorded_at), stored(bare, 3, 1, recorded_at)];
    assert_eq!(all(&*log, 100).await, expected);
    assert_eq!(all(&*log, 1).await, expected);
}

pub async fn the_same_again_is_a_duplicate(kit: Kit) {
    let log = kit.open().await;
    accepted(log.append(facts(vec![event(1, "a")])).await);
    let again = log.append(facts(vec![event(2, "a"), event(1, "a")])).await.unwrap();
    assert_eq!((again.events, again.head), (vec![Accepted(2), Duplicate(1)], 2));
    let again = log.append(facts(vec![event(1, "a"), event(2, "a")])).await.unwrap();
    assert_eq!((again.events, again.head), (vec![Duplicate(1), Duplicate(2)], 2));
    assert_eq!(all(&*log, 10).await.len(), 2);
}

pub async fn another_content_is_a_conflict_and_kept(kit: Kit) {
    let log = kit.open().await;
    accepted(log.append(facts(vec![event(1, "a")])).await);
    let other = |content, letter| NewEvent {
        fingerprint: Uuid::from_u128(content),
        letter: Some(Arc::new(Letter(letter))),
        ..event(1, "a")
    };
    let outcome = log.append(facts(vec![other(8, 1), event(2, "a"), other(9, 2)])).await.unwrap();
    assert_eq!(outcome.events, [Conflict(1), Accepted(2), Conflict(1)]);
    let letters = log.dead_letters(0, 10, true).await.unwrap();
    let origins: Vec<_> = letters.iter().map(|letter| letter.letter.origin.as_str()).collect();
    assert_eq!(origins, ["orders.csv:1", "orders.csv:2"]);
    assert_eq!(all(&*log, 10).await[0].fingerprint, event(1, "a").fingerprint);
    // A conflict alone, without an event that is stored, is kept too.
    assert_eq!(log.append(facts(vec![other(10, 3)])).await.unwrap().events, [Conflict(1)]);
    assert_eq!(log.dead_letters(0, 10, true).await.unwrap().len(), 3);
}

pub async fn a_batch_sees_its_own_events(kit: Kit) {
    let log = kit.open().await;
    let mut other = event(1, "a");
    other.fingerprint = Uuid::from_u128(9);
    let outcome = log.append(facts(vec![event(1, "a"), event(1, "a"), other, event(2, "a")])).await.unwrap();
    assert_eq!(outcome.events, [Accepted(1), Duplicate(1), Conflict(1), Accepted(2)]);
}

pub async fn times_are_exact_to_the_microsecond(kit: Kit) {
    let log = kit.open().await;
    let times = [0, 1, -1, -62_135_596_800_000_000, 253_402_300_799_999_999, i64::MIN, i64::MAX];
    let at = |(number, micros): (u64, &i64)| NewEvent { time: Instant::from_micros(*micros), ..event(number, "a") };
    accepted(log.append(facts((1..).zip(&times).map(at).collect())).await);
    let stored: Vec<_> = all(&*log, 10).await.iter().map(|event| event.time.micros()).collect();
    assert_eq!(stored, times);
}

pub async fn absent_values_stay_absent(kit: Kit) {
    let log = kit.open().await;
    let absent = NewEvent { unit: None, record: None, ..event(1, "a") };
    let empty = NewEvent { unit: Some("".into()), ..event(2, "a") };
    accepted(log.append(facts(vec![absent, empty])).await);
    let events = all(&*log, 10).await;
    assert_eq!((&events[0].unit, events[0].record), (&None, None));
    assert_eq!(events[1].unit.as_deref(), Some(""));
}

pub async fn large_and_strange_values_come_back(kit: Kit) {
    let log = kit.open().await;
    let long = format!(r#"{{"text":"{}"}}"#, "ä".repeat(1 << 19));
    let strange = "{\"a\":\"\\u0001 \\ud83d\\ude00 ; , . ' \\\" \u{2028} 💰\",\"n\":12345678901234567890.10}";
    let events = vec![
        NewEvent { facts: long.clone(), ..event(1, "a") },
        NewEvent { facts: strange.to_owned(), stream: "ärger-\"';,.".into(), ..event(2, "a") },
        NewEvent { parts: vec![(Retention::Contact, (0..=255).cycle().take(1 << 20).collect())], ..event(3, "a") },
    ];
    accepted(log.append(facts(events.clone())).await);
    for (stored, event) in all(&*log, 10).await.into_iter().zip(events) {
        assert_eq!((stored.facts, stored.stream, stored.parts), (event.facts, event.stream.to_string(), event.parts));
    }
    assert_eq!(log.revision("ärger-\"';,.").await.unwrap(), Some(0));
    accepted(log.append(facts(vec![event(4, "ärger-\"';,.")])).await);
    assert_eq!(log.revision("ärger-\"';,.").await.unwrap(), Some(1));
}

pub async fn an_append_of_nothing_is_nothing(kit: Kit) {
    let log = kit.open().await;
    accepted(log.append(facts(vec![event(1, "a")])).await);
    let commits = kit.number("SELECT commits FROM log_state").await;
    let nothing = log.append(Append::new(Mode::EachAlone)).await.unwrap();
    assert_eq!((nothing.head, nothing.events, nothing.earlier), (1, vec![], None));
    assert_eq!(kit.number("SELECT commits FROM log_state").await, commits);
}

/// Small groups and large ones are written by different statements: each size must store the same.
pub async fn bulk_is_as_small(kit: Kit) {
    let log = kit.open().await;
    let (mut number, mut sent) = (0, Vec::new());
    for size in [1_usize, 2, 7, 8, 9, 31, 33, 65, 249, 250, 251, 600, 5_001] {
        let batch: Vec<_> = (0..size as u64)
            .map(|nth| {
                number += 1;
                let event = about(number, record(number % 97));
                if nth % 5 == 0 { with_parts(event) } else { event }
            })
            .collect();
        accepted(log.append(facts(batch.clone())).await);
        sent.extend(batch);
    }
    let stored_events = all(&*log, 1_000).await;
    assert_eq!(stored_events.len(), sent.len());
    for ((stored_event, sent), position) in stored_events.into_iter().zip(sent).zip(1..) {
        let (revision, at) = (stored_event.revision, stored_event.recorded_at);
        assert_eq!(stored_event, stored(sent, position, revision, at));
    }
}
