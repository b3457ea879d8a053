use std::collections::BTreeSet;

use kulta_events::{CustomerId, RecordId, Recorded};
use proptest::prelude::*;

use super::changes::Shaped;
use super::fields::Fields;
use super::held::{Held, Ledger};
use super::index::{Index, Scope, Tracked};
use super::notices::{Notice, What, notices};
use crate::given::{EventExt, day, event, json, record};

/// An edit of the e-mail address in a source, on a day.
fn says(source: &str, on: i64, email: &str) -> Recorded {
    edit(source, on, &format!(r#"{{"email":"{email}"}}"#))
}

fn edit(source: &str, on: i64, data: &str) -> Recorded {
    event(source, "7", on, "customer.contact_edited", data)
}

/// What stands out for a subscriber that publishes as `billing`: what, told on which day, known since which.
fn found(events: &[Recorded]) -> Vec<(What, i64, i64)> {
    let sources = BTreeSet::from(["billing".into()]);
    let days = |notice: &Notice| {
        let of = |position: u64| i64::try_from(position).unwrap() - 1;
        assert_eq!((notice.at, notice.known_at), (day(of(notice.position)), day(of(notice.known_position))));
        (notice.what, of(notice.position), of(notice.known_position))
    };
    notices(events, &sources, Fields::contact()).iter().map(days).collect()
}

#[test]
fn what_was_known_is_reported_again() {
    let known = [says("billing", 1, "old@x.fi"), says("crm", 2, "new@x.fi")];
    let with = |more: &[Recorded]| found(&[&known, more].concat());
    assert_eq!(with(&[]), []);
    // Another record, and people who say it again, in any notation.
    assert_eq!(with(&[says("shop", 3, "New@X.fi ")]), [(What::ReportedAgain, 3, 2)]);
    let twice = with(&[says("kulta", 3, "new@x.fi"), says("kulta", 4, "new@x.fi")]);
    assert_eq!(twice, [(What::ReportedAgain, 3, 2), (What::ReportedAgain, 4, 2)]);
    // The same system repeats itself every night, and whoever registers a customer tells all that it knows.
    assert_eq!(with(&[says("crm", 3, "new@x.fi"), says("crm", 4, "new@x.fi")]), []);
    assert_eq!(with(&[event("shop", "7", 3, "customer.registered", r#"{"email":"new@x.fi"}"#)]), []);
    // What is known by now is something else.
    assert_eq!(with(&[says("shop", 3, "new@x.fi"), says("crm", 4, "third@x.fi")]), []);
}

#[test]
fn an_old_value_comes_back_from_a_subscriber() {
    let known = [says("billing", 1, "old@x.fi"), says("crm", 3, "new@x.fi")];
    let with = |more: &[Recorded]| found(&[&known, more].concat());
    // However often it is sent: one cause.
    assert_eq!(with(&[says("billing", 4, "old@x.fi")]), [(What::OldValueBack, 4, 3)]);
    assert_eq!(with(&[says("billing", 4, "old@x.fi"), says("billing", 5, "old@x.fi")]), [(What::OldValueBack, 4, 3)]);
    // Until it says what is known.
    assert_eq!(with(&[says("billing", 4, "old@x.fi"), says("billing", 5, "new@x.fi")]), [(What::ReportedAgain, 5, 3)]);
    // It had the new one already, and lost it.
    let lost = [says("billing", 4, "new@x.fi"), says("billing", 5, "old@x.fi")];
    assert!(with(&lost).contains(&(What::OldValueBack, 5, 3)));
    // No subscriber's source; a new value; one that came before the change was learned of.
    assert_eq!(with(&[says("shop", 4, "old@x.fi")]), []);
    assert_eq!(with(&[says("billing", 4, "third@x.fi")]), []);
    assert_eq!(found(&[known[0].clone(), known[1].clone().at(9), says("billing", 4, "old@x.fi")]), []);
    // What was cleared is not known any more, and what is erased says nothing.
    assert_eq!(with(&[edit("crm", 4, r#"{"email":null}"#), says("billing", 5, "old@x.fi")]), []);
    assert_eq!(with(&[edit("billing", 4, "{}")]), []);
}

#[test]
fn what_changed_and_what_did_not() {
    let records = [record("crm", "7")];
    let events = [
        event("crm", "7", 1, "customer.registered", r#"{"name":"Anna","email":"a@x.fi"}"#),
        event("crm", "7", 2, "customer.tagged", r#"{"tag":"vip"}"#),
        event("crm", "7", 3, "customer.contact_edited", r#"{"phone":"1"}"#),
    ];
    let shaped = |position, events, records| Shaped {
        customer: record("crm", "7").into(),
        position,
        records,
        events,
        decisions: &[],
        policies: &[],
    };
    let changes = |floor| {
        let changes = shaped((4, day(3)), &events, &records).changes(floor);
        changes.iter().map(|change| (change.position, change.fields.names().collect())).collect::<Vec<_>>()
    };
    assert_eq!(changes(0), [(2, vec!["name", "email"]), (4, vec!["phone"])]);
    assert_eq!(changes(2), [(4, vec!["phone"])]);
    // What shaped it and is no fact of its records joined or parted it.
    let last = shaped((9, day(9)), &events, &records).changes(4);
    assert_eq!(last[0].fields, Fields::RECORDS);
}

fn about(position: u64, on: i64, type_name: &str, data: &str) -> Recorded {
    let mut event = event("kulta", "-", on, type_name, data).at(position);
    event.record = None;
    event
}

fn ledger(events: &[Recorded]) -> Ledger {
    let mut ledger = Ledger::default();
    events.iter().for_each(|event| ledger.tell(event));
    ledger
}

fn tracked(position: u64, fields: &str, records: &[RecordId]) -> Tracked {
    let event = edit("crm", i64::try_from(position).unwrap() - 1, fields);
    let scope = Scope { floor: 0, sources: BTreeSet::new(), fields: Fields::contact() };
    let customer = records[0].into();
    let position = (position, event.recorded_at);
    let events: Vec<Recorded> = Some(event).filter(|_| fields != "{}").into_iter().collect();
    Tracked::of(&Shaped { customer, position, records, events: &events, decisions: &[], policies: &[] }, &scope)
}

#[test]
fn who_is_behind_by_fields_and_merges() {
    let (one, two) = (record("crm", "7"), record("shop", "7"));
    let registered = r#"{"subscriber":"billing","kind":"pull","fields":["email"],"within_hours":48,"holds":3}"#;
    let mut ledger = ledger(&[about(5, 5, "subscriber.registered", registered)]);
    let billing = ledger.subscribers()["billing"].clone();
    let mut index = Index::default();
    index.put(one.into(), tracked(10, r#"{"email":"a@x.fi"}"#, &[one]));
    index.put(two.into(), tracked(11, r#"{"phone":"1"}"#, &[two]));
    let behind = |index: &Index, ledger: &Ledger| {
        let nobody = (0, CustomerId(uuid::Uuid::nil()));
        index.behind(ledger, &billing, nobody).map(|behind| behind.customer).collect::<Vec<_>>()
    };
    assert_eq!(behind(&index, &ledger), [CustomerId::from(one)]);
    let tally = index.tally(&ledger, &billing, day(12));
    assert_eq!((tally.customers, tally.late, tally.oldest), (1, 1, Some(day(9))));
    let acknowledged = |position: u64, to: u64| {
        about(
            position,
            12,
            "subscriber.acknowledged",
            &format!(r#"{{"subscriber":"billing","customers":[{{"customer":"{one}","position":{to}}}]}}"#),
        )
    };
    ledger.tell(&acknowledged(12, 10));
    assert_eq!(behind(&index, &ledger), []);
    // Older says nothing.
    ledger.tell(&acknowledged(13, 4));
    assert_eq!(behind(&index, &ledger), []);
    // The other one is merged into it, and is a customer no more; a split makes it one again.
    index.put(one.into(), tracked(14, "{}", &[one, two]));
    assert_eq!((behind(&index, &ledger), index.len()), (vec![CustomerId::from(one)], 1));
    // Whoever acknowledges the id that was merged away knows the customer.
    ledger.tell(&about(
        15,
        15,
        "subscriber.acknowledged",
        &format!(r#"{{"subscriber":"billing","customers":[{{"customer":"{two}","position":14}}]}}"#),
    ));
    assert_eq!(behind(&index, &ledger), []);
    index.put(two.into(), tracked(16, "{}", &[two]));
    index.put(one.into(), tracked(16, "{}", &[one]));
    assert_eq!(behind(&index, &ledger).len(), 2);
    ledger.tell(&about(17, 17, "subscriber.acknowledged", r#"{"subscriber":"billing","position":16}"#));
    assert_eq!(behind(&index, &ledger), []);
    index.prune(ledger.floor().unwrap());
    assert!(index.is_empty());
}

#[test]
fn what_got_there_after_all_is_missed_no_more() {
    let one = record("crm", "7");
    let registered = about(1, 1, "subscriber.registered", r#"{"subscriber":"b","kind":"webhook","url":"https://b"}"#);
    let missed = |position: u64, attempt: u64| {
        let data = format!(
            r#"{{"subscriber":"b","customer":"{one}","position":9,"attempt":{attempt},"reason_code":"timeout","retry_at":"2026-01-01T00:00:00Z"}}"#
        );
        about(position, 10, "subscriber.missed", &data)
    };
    let mut ledger = ledger(&[registered, missed(11, 2), missed(10, 1)]);
    let miss = ledger.standing("b").unwrap().misses.values().next().unwrap().clone();
    assert_eq!((miss.attempt, miss.position), (2, 9));
    ledger.tell(&about(12, 12, "subscriber.acknowledged", r#"{"subscriber":"b","position":9}"#));
    ledger.tell(&missed(10, 1));
    assert!(ledger.standing("b").unwrap().misses.is_empty());
}

#[test]
fn definitions_are_versions() {
    let told = |on: i64, data: &str| about(u64::try_from(on).unwrap(), on, "subscriber.registered", data);
    let first = told(5, r#"{"subscriber":"b","kind":"webhook","url":"https://b","secret":1}"#);
    let second = told(7, r#"{"subscriber":"b","kind":"webhook","url":"https://c","secret":2,"holds":1}"#);
    let third = told(9, r#"{"subscriber":"b","kind":"webhook","url":"https://c","secret":2,"enabled":false}"#);
    let both = [ledger(&[first.clone(), second.clone(), third.clone()]), ledger(&[third, first, second])];
    for ledger in both {
        let b = &ledger.subscribers()["b"];
        assert_eq!((b.number, b.base, b.position), (3, 5, 9));
        assert_eq!((b.version.url.as_deref(), b.secret_since, b.version.enabled), (Some("https://c"), day(7), false));
        assert_eq!(ledger.floor(), None);
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let check = |text: &str| super::subscriber::check(&json(text)).map_err(|all| all[0].pointer.clone());
    assert_eq!(check(r#"{"subscriber":"billing-2","kind":"webhook","url":"https://b","fields":["email"]}"#), Ok(()));
    for (text, pointer) in [
        (r#"{"subscriber":"A b","kind":"pull"}"#, "/subscriber"),
        (r#"{"subscriber":"b","kind":"webhook"}"#, "/url"),
        (r#"{"subscriber":"b","kind":"pull","url":"https://b"}"#, "/url"),
        (r#"{"subscriber":"b","kind":"pull","fields":["email","shoe_size"]}"#, "/fields/1"),
        (r#"{"subscriber":"b","kind":"pull","within_hours":0}"#, "/within_hours"),
        (r#"{"subscriber":"b","kind":"pull","holds":-1}"#, "/holds"),
    ] {
        assert_eq!(check(text), Err(pointer.to_owned()), "{text}");
    }
}

proptest! {
    /// The same events, however they come, stand out the same.
    #[test]
    fn order_of_arrival_does_not_matter(
        told in prop::collection::vec((0_usize..4, 0_usize..3, prop::bool::ANY), 0..12),
        seed in prop::collection::vec(any::<u32>(), 12),
    ) {
        let events: Vec<Recorded> = told
            .iter()
            .enumerate()
            .map(|(on, (source, email, registers))| {
                let kind = if *registers { "customer.registered" } else { "customer.contact_edited" };
                let data = [r#"{"email":"a@x.fi"}"#, r#"{"email":"b@x.fi"}"#, r#"{"email":null}"#][*email];
                event(["crm", "billing", "shop", "kulta"][*source], "7", i64::try_from(on).unwrap(), kind, data)
            })
            .collect();
        let mut shuffled: Vec<_> = events.iter().cloned().zip(&seed).collect();
        shuffled.sort_by_key(|(_, key)| **key);
        let shuffled: Vec<Recorded> = shuffled.into_iter().map(|(event, _)| event).collect();
        let (straight, other) = (found(&events), found(&shuffled));
        prop_assert_eq!(&straight, &other);
        // Nothing is told of what somebody said first, nor of what is older than what it names.
        prop_assert!(straight.iter().all(|(_, at, since)| at > since));
        // One cause, one notice.
        let causes: BTreeSet<_> = straight.iter().collect();
        prop_assert_eq!(causes.len(), straight.len());
    }

    /// Acknowledgements may come in any order, again, and in parts.
    #[test]
    fn acknowledgements_may_come_in_any_order(
        told in prop::collection::vec((prop::option::of(0_u64..20), prop::collection::vec((0_u128..4, 0_u64..20), 0..3)), 0..8),
        seed in prop::collection::vec(any::<u32>(), 8),
    ) {
        let items = |some: &[(u128, u64)]| {
            some.iter().map(|(id, position)| (RecordId(uuid::Uuid::from_u128(*id)), *position)).collect::<Vec<_>>()
        };
        type Acknowledgement = (Option<u64>, Vec<(u128, u64)>);
        let fold = |all: &[&Acknowledgement]| {
            let mut held = Held::default();
            for (everything, some) in all {
                held.acknowledge(*everything, items(some));
            }
            held
        };
        let straight: Vec<_> = told.iter().collect();
        let mut shuffled: Vec<_> = told.iter().zip(&seed).collect();
        shuffled.sort_by_key(|(_, key)| **key);
        let shuffled: Vec<_> = shuffled.into_iter().map(|(one, _)| one).collect();
        let doubled = [straight.clone(), shuffled.clone()].concat();
        prop_assert_eq!(fold(&straight), fold(&shuffled));
        prop_assert_eq!(fold(&straight), fold(&doubled));
    }

    /// An index that was kept up is the one that is made at the end.
    #[test]
    fn kept_up_or_made_anew(put in prop::collection::vec((0_usize..3, 1_u64..30), 0..10)) {
        let records = ["a", "b", "c"].map(|subject| record("crm", subject));
        let mut kept = Index::default();
        let mut latest = std::collections::BTreeMap::new();
        for (number, position) in put {
            kept.put(records[number].into(), tracked(position, "{}", &records[number..=number]));
            latest.insert(number, position);
        }
        let mut made = Index::default();
        for (number, position) in latest {
            made.put(records[number].into(), tracked(position, "{}", &records[number..=number]));
        }
        prop_assert_eq!(kept, made);
    }
}
