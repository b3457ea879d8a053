//! Cursors, dead letters and answers to commands: in the transaction of the events that they come with.

use kulta::store::EventOutcome::Accepted;
use kulta::store::{Append, AppendError, CommandResult, Expected, Mode, Sent, SentCustomer};
use kulta_events::{CustomerId, Instant, RecordId};
use uuid::Uuid;

use crate::kit::{Kit, START, accepted, all, command, event, facts, letter, moved};

fn result(key: u128, request: u128) -> CommandResult {
    kept(key, request, 0)
}

/// As the log gives it back: with the position after it.
fn kept(key: u128, request: u128, position: u64) -> CommandResult {
    CommandResult {
        key: Uuid::from_u128(key),
        request: Uuid::from_u128(request),
        status: 201,
        position,
        sealed_body: vec![0, 200, 7],
    }
}

/// One of everything.
fn laden(number: u64) -> Append {
    Append {
        expect: vec![("a".into(), Expected::None)],
        cursors: vec![moved("kafka/orders/0", (number > 1).then_some(1), number)],
        dead_letters: vec![letter(number)],
        result: Some(result(u128::from(number), 1)),
        ..command(vec![event(number, "a")])
    }
}

pub async fn what_goes_with_events_is_stored_with_them(kit: Kit) {
    let log = kit.open().await;
    accepted(log.append(laden(1)).await);
    assert_eq!(log.cursor("kafka/orders/0").await.unwrap().as_deref(), Some("1"));
    assert_eq!(log.cursor("kafka/orders/1").await.unwrap(), None);
    assert_eq!(log.command_result(Uuid::from_u128(1)).await.unwrap(), Some(kept(1, 1, 1)));
    assert_eq!(log.command_result(Uuid::from_u128(2)).await.unwrap(), None);
    let letters = log.dead_letters(0, 10, false).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].recorded_at, Instant::from_micros(START));
}

pub async fn a_refused_request_leaves_nothing(kit: Kit) {
    let log = kit.open().await;
    accepted(log.append(laden(1)).await);
    assert!(matches!(log.append(laden(2)).await, Err(AppendError::WrongRevision { .. })));
    // And what the database itself refuses: a stream without a name.
    let nameless = Append { expect: Vec::new(), events: vec![event(3, "")], ..laden(3) };
    assert!(matches!(log.append(nameless).await, Err(AppendError::Store(_))));
    assert_eq!(log.cursor("kafka/orders/0").await.unwrap().as_deref(), Some("1"));
    for refused in [2, 3] {
        assert_eq!(log.command_result(Uuid::from_u128(refused)).await.unwrap(), None);
    }
    assert_eq!(log.dead_letters(0, 10, false).await.unwrap().len(), 1);
    assert_eq!((all(&*log, 10).await.len(), *log.head().borrow()), (1, 1));
}

pub async fn a_cursor_is_moved_by_one_only(kit: Kit) {
    let log = kit.open().await;
    let step = |number, from, to| Append { cursors: vec![moved("c", from, to)], ..facts(vec![event(number, "a")]) };
    accepted(log.append(step(1, None, 1)).await);
    accepted(log.append(step(2, Some(1), 2)).await);
    assert_eq!(log.cursor("c").await.unwrap().as_deref(), Some("2"));
    for stale in [None, Some(1)] {
        let refused = log.append(step(3, stale, 3)).await;
        assert!(matches!(&refused, Err(AppendError::CursorMoved { name }) if name == "c"), "{refused:?}");
    }
    // Two at the same time, and one that brings nothing but its cursor.
    let (one, other) = tokio::join!(log.append(step(4, Some(2), 4)), log.append(step(5, Some(2), 5)));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let stood = if one.is_ok() { 4 } else { 5 };
    let alone = Append { cursors: vec![moved("c", Some(stood), 9)], ..Append::new(Mode::EachAlone) };
    log.append(alone).await.unwrap();
    assert_eq!(log.cursor("c").await.unwrap().as_deref(), Some("9"));
    assert_eq!(all(&*log, 10).await.len(), 3, "what is refused stores nothing");
}

pub async fn what_topics_hold_is_stored_with_its_cursor(kit: Kit) {
    let log = kit.open().await;
    let customer = |id: u128| CustomerId(Uuid::from_u128(id));
    let held = |id: u128, records: &[u128]| {
        let records = records.iter().map(|id| RecordId(Uuid::from_u128(*id))).collect();
        SentCustomer { customer: customer(id), records }
    };
    let step = |from, to, put: Vec<SentCustomer>, removed: &[u128]| {
        let removed = removed.iter().map(|id| customer(*id)).collect();
        let sent = Some(Sent { topic: "kulta.customers".to_owned(), put, removed });
        Append { cursors: vec![moved("c", from, to)], sent, ..Append::new(Mode::EachAlone) }
    };
    log.append(step(None, 1, (1..=600).map(|id| held(id, &[id])).collect(), &[])).await.unwrap();
    log.append(step(Some(1), 2, vec![held(1, &[1, 2])], &[2])).await.unwrap();
    let stale = log.append(step(Some(1), 3, vec![held(1, &[9])], &[])).await;
    assert!(matches!(stale, Err(AppendError::CursorMoved { .. })), "{stale:?}");
    let asked: Vec<_> = [1, 2, 3, 700].map(customer).into();
    let mut found = log.sent("kulta.customers", &asked).await.unwrap();
    found.sort_by_key(|sent| sent.customer);
    assert_eq!(found, [held(1, &[1, 2]), held(3, &[3])]);
    assert_eq!(log.sent("another", &asked).await.unwrap(), []);
    assert_eq!(log.sent_page("kulta.customers", None, 2).await.unwrap(), [held(1, &[1, 2]), held(3, &[3])]);
    let last = log.sent_page("kulta.customers", Some(customer(599)), 2).await.unwrap();
    assert_eq!(last, [held(600, &[600])]);
    // Many at once go away too.
    let gone: Vec<u128> = (3..=600).collect();
    log.append(step(Some(2), 3, Vec::new(), &gone)).await.unwrap();
    assert_eq!(log.sent_page("kulta.customers", None, 9).await.unwrap(), [held(1, &[1, 2])]);
}

pub async fn an_idempotency_key_gives_the_first_answer(kit: Kit) {
    let log = kit.open().await;
    let with = |number, result| Append { result: Some(result), ..command(vec![event(number, "a")]) };
    let first = log.append(with(1, result(7, 1))).await.unwrap();
    assert_eq!((first.events, first.earlier), (vec![Accepted(1)], None));
    let again = log.append(with(2, result(7, 2))).await.unwrap();
    assert_eq!((again.events, again.earlier), (vec![], Some(kept(7, 1, 1))));
    // Two with one key at the same time: one of them is done.
    let (one, other) = tokio::join!(log.append(with(3, result(8, 3))), log.append(with(4, result(8, 4))));
    assert_eq!([one.unwrap().earlier, other.unwrap().earlier], [None, Some(kept(8, 3, 2))]);
    assert_eq!(all(&*log, 10).await.len(), 2);
}

pub async fn a_dead_letter_is_kept_once(kit: Kit) {
    let log = kit.open().await;
    let letters = |numbers: &[u64]| Append {
        dead_letters: numbers.iter().map(|number| letter(*number)).collect(),
        ..Append::new(Mode::EachAlone)
    };
    log.append(letters(&[1, 1])).await.unwrap();
    log.append(letters(&[1, 2])).await.unwrap();
    let kept = log.dead_letters(0, 10, false).await.unwrap();
    let origins: Vec<_> = kept.iter().map(|kept| kept.letter.origin.as_str()).collect();
    assert_eq!(origins, ["orders.csv:1", "orders.csv:2"]);
    assert!(kept[0].id >= 1 && kept[0].id < kept[1].id);
}

pub async fn dead_letters_are_listed_and_settled(kit: Kit) {
    let log = kit.open().await;
    let three = Append { dead_letters: (1..=3).map(letter).collect(), ..facts(vec![event(1, "a")]) };
    accepted(log.append(three).await);
    let kept = log.dead_letters(0, 10, true).await.unwrap();
    let ids: Vec<_> = kept.iter().map(|kept| kept.id).collect();
    let one = log.dead_letter(ids[1]).await.unwrap().unwrap();
    assert_eq!((one.state.as_str(), one.settled_position), ("open", None));
    let sent = letter(2);
    assert_eq!(
        (one.letter.key, one.letter.door, one.letter.reason, one.letter.problems, one.letter.record),
        (sent.key, sent.door, sent.reason, sent.problems, sent.record)
    );
    assert_eq!(one.letter.sealed_body, sent.sealed_body);
    assert!(log.dead_letter(99).await.unwrap().is_none());

    assert_eq!(log.open_dead_letters().await.unwrap(), 3);
    accepted(log.append(Append { settles: vec![ids[0], 99], ..facts(vec![event(2, "a")]) }).await);
    assert!(log.dismiss_dead_letter(ids[1]).await.unwrap());
    for settled in [ids[0], ids[1], 99] {
        assert!(!log.dismiss_dead_letter(settled).await.unwrap());
    }
    let states: Vec<_> = log.dead_letters(0, 10, false).await.unwrap();
    let states: Vec<_> = states.iter().map(|letter| (letter.state.as_str(), letter.settled_position)).collect();
    assert_eq!(states, [("resubmitted", Some(2)), ("dismissed", Some(2)), ("open", None)]);
    assert_eq!(log.dead_letters(0, 10, true).await.unwrap()[0].id, ids[2]);
    assert_eq!(log.open_dead_letters().await.unwrap(), 1);
    assert_eq!(log.dead_letters(ids[0], 1, false).await.unwrap()[0].id, ids[1]);
}
