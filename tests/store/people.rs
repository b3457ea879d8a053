//! Records, their data keys, actors, the secret, and who holds a name.

use std::collections::BTreeMap;

use kulta::store::{Append, AppendError, Log, NewKey, NewRecord};
use kulta_events::field::Retention;

use crate::kit::{Kit, about, accepted, event, facts, record};

fn person(number: u64) -> NewRecord {
    NewRecord { record: record(number), source: "erp".into(), sealed_subject: vec![0, 255, number as u8] }
}

fn key(number: u64, class: Retention, byte: u8) -> NewKey {
    NewKey { record: record(number), class, wrapped: vec![0, byte] }
}

/// A first event about a record, with what the log may not know yet.
fn first(event_number: u64, number: u64, byte: u8) -> Append {
    Append {
        records: vec![person(number)],
        keys: vec![key(number, Retention::Contact, byte)],
        ..facts(vec![about(event_number, record(number))])
    }
}

async fn known(log: &dyn Log, numbers: &[u64]) -> Vec<(u64, Vec<u8>)> {
    let ids: Vec<_> = numbers.iter().map(|number| record(*number)).collect();
    let records = log.records(&ids).await.unwrap();
    records.into_iter().map(|known| (known.first_position, known.sealed_subject)).collect()
}

pub async fn a_record_begins_with_its_first_accepted_event(kit: Kit) {
    let log = kit.open().await;
    accepted(log.append(facts(vec![event(9, "a")])).await);
    accepted(log.append(first(1, 1, 1)).await);
    assert_eq!(known(&*log, &[1, 2]).await, [(2, vec![0, 255, 1])]);
    // Told again with a later event: nothing changes.
    let mut again = first(2, 1, 1);
    again.records[0].sealed_subject = vec![9];
    accepted(log.append(again).await);
    assert_eq!(known(&*log, &[1]).await, [(2, vec![0, 255, 1])]);
    // Named by a duplicate only: no record.
    let duplicate = Append { events: vec![event(9, "a")], ..first(9, 3, 1) };
    log.append(duplicate).await.unwrap();
    assert_eq!(known(&*log, &[3]).await, []);
    assert!(log.records(&[]).await.unwrap().is_empty());
}

pub async fn the_first_data_key_holds(kit: Kit) {
    let log = kit.open().await;
    accepted(log.append(first(1, 1, 1)).await);
    match log.append(first(2, 1, 2)).await {
        Err(AppendError::StaleKeys(stale)) => assert_eq!(stale, [record(1)]),
        other => panic!("not stale: {other:?}"),
    }
    accepted(log.append(first(2, 1, 1)).await);
    let mut other_class = first(3, 1, 1);
    other_class.keys.push(key(1, Retention::Conversation, 7));
    accepted(log.append(other_class).await);
    let keys = log.keys(&[record(1), record(2)]).await.unwrap();
    let of_one = vec![key(1, Retention::Contact, 1), key(1, Retention::Conversation, 7)];
    assert_eq!(keys, BTreeMap::from([(record(1), of_one)]), "the second record does not exist");
    // Two at the same time.
    let (one, other) = tokio::join!(log.append(first(4, 2, 4)), log.append(first(5, 2, 5)));
    assert!(one.is_ok(), "{one:?}");
    assert!(matches!(other, Err(AppendError::StaleKeys(_))), "{other:?}");
}

/// A request in flight must not make the key of an erased person anew.
pub async fn an_erased_record_gets_no_key(kit: Kit) {
    let log = kit.open().await;
    accepted(log.append(first(1, 1, 1)).await);
    kit.execute("DELETE FROM record_key").await;
    assert!(matches!(log.append(first(2, 1, 1)).await, Err(AppendError::StaleKeys(_))));
    assert_eq!(log.keys(&[record(1)]).await.unwrap(), BTreeMap::from([(record(1), vec![])]));
    accepted(log.append(facts(vec![about(2, record(1))])).await);
}

pub async fn actors_keep_their_numbers(kit: Kit) {
    let log = kit.open().await;
    let anna = log.actor("anna").await.unwrap();
    let (one, other) = tokio::join!(log.actor("ääkkö"), log.actor("ääkkö"));
    assert_eq!(one.unwrap(), other.unwrap());
    assert_eq!(log.actor("anna").await.unwrap(), anna);
    assert_ne!(log.actor("Anna").await.unwrap(), anna);
    assert_eq!(log.actor_name(anna).await.unwrap().as_deref(), Some("anna"));
    assert_eq!(log.actor_name(99).await.unwrap(), None);
    kit.execute("UPDATE actor SET name = NULL WHERE name = 'anna'").await;
    assert_eq!(log.actor_name(anna).await.unwrap(), None);
    assert_ne!(log.actor("anna").await.unwrap(), anna);
}

pub async fn the_secret_is_made_once(kit: Kit) {
    let log = kit.open().await;
    assert_eq!(log.secret().await.unwrap(), None);
    assert_eq!(log.init_secret(&[0, 255]).await.unwrap(), [0, 255]);
    assert_eq!(log.init_secret(&[1]).await.unwrap(), [0, 255]);
    assert_eq!(log.secret().await.unwrap(), Some(vec![0, 255]));
}

pub async fn names_are_claimed_one_at_a_time(kit: Kit) {
    let log = kit.open().await;
    let claim = log.claim("projector", "one").await.unwrap().unwrap();
    assert!(claim.is_held());
    assert!(log.claim("projector", "two").await.unwrap().is_none());
    assert_eq!(kit.number("SELECT epoch FROM owner WHERE name = 'projector'").await, claim.epoch());
    let other = log.claim("exporter", "one").await.unwrap().unwrap();
    assert!(other.is_held());
    let epoch = claim.epoch();
    drop(claim);
    let next = kulta_test_support::eventually(std::time::Duration::from_secs(10), || async {
        log.claim("projector", "two").await.unwrap()
    })
    .await;
    assert!(next.epoch() > epoch);
    assert_eq!(kit.number("SELECT count(*) FROM owner WHERE name = 'projector' AND holder = 'two'").await, 1);
}
