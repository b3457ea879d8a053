//! What is written is read again, row by row, page by page, and all of it or nothing.

use kulta::store::Error;
use kulta::store::views::{Bulk, Crosswalk, RecordName};
use kulta_events::{CustomerId, RecordId};
use kulta_projections::batch::{Answer, Changes, Needs};
use kulta_projections::crosswalk::Decision;
use kulta_projections::rows::{MatchPolicyRow, RecordRow};
use uuid::Uuid;

use super::given::{EPOCH, Store};
use super::on_both_stores;
use super::rows::{
    contents, crowd, customer, decision, expected, id, match_policy, needs, people, policy, record, unknown, withdrawn,
};

on_both_stores!(
    every_row_comes_back_as_it_was,
    a_second_write_replaces_rows_and_adds_counts,
    filling_and_writing_give_the_same_rows,
    parts_of_a_filling_may_come_at_once,
    look_ups_find_what_they_name_and_nothing_else,
    look_ups_take_tens_of_thousands_of_ids,
    members_come_by_first_position,
    pages_of_customers_lose_none_of_those_with_equal_positions,
    deleted_customers_vanish,
    a_failing_write_leaves_nothing_behind,
    an_unreadable_row_is_named_without_its_content,
);

/// One of everything, more rows than any statement takes.
fn everything() -> Changes {
    let half = Decision { withdrawn: Some(withdrawn(93)), ..decision(92, &[], &[4]) };
    let unmade = Decision { made: None, ..half.clone() };
    let repeated = decision(91, &[1, 2, 2], &[3]);
    Changes {
        decisions: vec![decision(90, &[1], &[2]), repeated, half, Decision { id: Uuid::nil(), ..unmade }],
        policies: vec![policy(80, 1), policy(81, 2)],
        match_policies: vec![match_policy(82, 1.0), match_policy(83, 0.5)],
        unknown: vec![unknown("crm", "customer.registered", 3), unknown("Ärp", "customer.registered", 1)],
        ..people(300)
    }
}

async fn every_row_comes_back_as_it_was(store: Store) {
    let live = store.generations.live().await.unwrap();
    assert_eq!(contents(&live).await, expected(&Changes::default(), 0));
    assert_eq!(live.policy().await.unwrap(), None);
    assert_eq!(live.crosswalk().await.unwrap(), Crosswalk::default());
    assert_eq!(live.match_policy().await.unwrap(), MatchPolicyRow::built_in());

    let changes = everything();
    live.write(&changes, 400, EPOCH, None).await.unwrap();

    assert_eq!(contents(&live).await, expected(&changes, 400));
    assert_eq!(live.record(id(5)).await.unwrap(), Some(record(5)));
    assert_eq!(live.record(id(5)).await.unwrap().unwrap().subject, None);
    assert_eq!(live.record(id(999)).await.unwrap(), None);
    let mut records: Vec<_> =
        changes.records.iter().map(|row| (row.customer, row.first_position, row.record)).collect();
    records.sort_unstable();
    let records = records.into_iter().map(|(customer, _, record)| (record, customer)).collect();
    assert_eq!(live.crosswalk().await.unwrap(), Crosswalk { position: 400, records });
    let stored = live.customer(id(7).into()).await.unwrap().unwrap();
    assert_eq!((stored.customer, stored.position), (id(7).into(), customer(7).position));
    assert_eq!(stored.golden, serde_json::to_string(&customer(7).golden).unwrap());
    assert_eq!(live.customer(id(999).into()).await.unwrap(), None);
    assert_eq!(live.policy().await.unwrap(), Some(policy(81, 2)));
    assert_eq!(live.match_policy().await.unwrap(), match_policy(83, 0.5));
}

async fn a_second_write_replaces_rows_and_adds_counts(store: Store) {
    let live = store.generations.live().await.unwrap();
    live.write(&everything(), 400, EPOCH, None).await.unwrap();

    let mut moved = record(3);
    moved.customer = id(2).into();
    moved.subject = None;
    moved.shaped_at = 500;
    let mut richer = customer(2);
    richer.golden = customer(3).golden;
    richer.name = None;
    let early = Decision { id: Uuid::nil(), made: decision(12, &[7], &[8, 9]).made, ..decision(12, &[], &[]) };
    let second = Changes {
        records: vec![moved.clone()],
        customers: vec![richer.clone()],
        decisions: vec![early.clone()],
        policies: vec![policy(80, 9)],
        unknown: vec![unknown("crm", "customer.registered", 4), unknown("shop", "purchase.made", 1)],
        ..Changes::default()
    };
    live.write(&second, 401, EPOCH, None).await.unwrap();

    let mut after = everything();
    after.records[2] = moved;
    after.customers[1] = richer;
    after.decisions[3] = early;
    after.policies[0] = policy(80, 9);
    after.unknown[0].count = 7;
    after.unknown.push(unknown("shop", "purchase.made", 1));
    assert_eq!(contents(&live).await, expected(&after, 401));
    assert_eq!(live.policy().await.unwrap(), Some(policy(81, 2)), "the one with the highest order, not the newest");
}

async fn filling_and_writing_give_the_same_rows(store: Store) {
    let changes = everything();
    let built = store.generations.build(EPOCH).await.unwrap();
    let Changes { records, customers, decisions, policies, match_policies, unknown, .. } = changes.clone();
    built.fill(Bulk { records, customers, ..Bulk::default() }).await.unwrap();
    built.fill(Bulk { decisions, policies, match_policies, unknown, ..Bulk::default() }).await.unwrap();
    built.fill(Bulk::default()).await.unwrap();
    built.filled(400).await.unwrap();

    let live = store.generations.live().await.unwrap();
    live.write(&changes, 400, EPOCH, None).await.unwrap();
    assert_eq!(contents(&built).await, contents(&live).await);
    built.write(&everything(), 401, EPOCH, None).await.unwrap();
    assert_eq!(contents(&built).await.records, expected(&changes, 0).records);
}

async fn parts_of_a_filling_may_come_at_once(store: Store) {
    let built = store.generations.build(EPOCH).await.unwrap();
    let part = |from: u64| {
        let Changes { records, customers, .. } = crowd(from..from + 200);
        let unknown = vec![unknown("b", "t", 1), unknown("a", "t", from)];
        Bulk { records, customers, unknown, ..Bulk::default() }
    };
    let filling = (0..8).map(|n| {
        let (built, part) = (built.clone(), part(1 + n * 200));
        tokio::spawn(async move { built.fill(part).await.unwrap() })
    });
    for part in filling.collect::<Vec<_>>() {
        part.await.unwrap();
    }
    built.filled(9).await.unwrap();

    let mut all = crowd(1..=1_600);
    all.unknown = vec![unknown("b", "t", 8), unknown("a", "t", 8 + 200 * (1 + 2 + 3 + 4 + 5 + 6 + 7))];
    assert_eq!(contents(&built).await, expected(&all, 9));
}

async fn look_ups_find_what_they_name_and_nothing_else(store: Store) {
    let live = store.generations.live().await.unwrap();
    let mut changes = everything();
    changes.records[19].customer = id(10).into();
    live.write(&changes, 400, EPOCH, None).await.unwrap();

    let mut answer = live.look_up(&needs([10, 20, 30, 90, 999])).await.unwrap();
    sort(&mut answer);
    let found = |numbers: &[u64]| {
        let mut found: Vec<_> =
            numbers.iter().map(|n| changes.records[usize::try_from(n - 1).unwrap()].clone()).collect();
        found.sort_by_key(|row| row.record);
        found
    };
    assert_eq!(answer.records, found(&[10, 20, 30, 90]), "each once, though it is a record and a member");
    let mut ids = [10, 20, 30, 90].map(id);
    ids.sort_unstable();
    assert_eq!(answer.exist, ids);
    assert_eq!(answer.decisions, [decision(90, &[1], &[2])]);

    let live = &live;
    let only = |needs: Needs| async move { live.look_up(&needs).await.unwrap() };
    let members = Needs { members_of: [CustomerId(id(10).0)].into(), ..Needs::default() };
    let mut answer = only(members).await;
    sort(&mut answer);
    assert_eq!(answer.records, found(&[10, 20]));
    assert!(answer.exist.is_empty() && answer.decisions.is_empty());
    let mut both = vec![decision(90, &[1], &[2]), decision(91, &[1, 2, 2], &[3])];
    both.sort_by_key(|row| row.id);
    assert_eq!(live.decisions_of(&[id(2)]).await.unwrap(), both);
    assert_eq!(live.decisions_of(&[]).await.unwrap(), []);
    let known = Needs { decisions: [Uuid::nil()].into(), ..Needs::default() };
    let unmade = &only(known).await.decisions[0];
    assert_eq!((&unmade.made, &unmade.withdrawn), (&None, &Some(withdrawn(93))));
    let nothing = only(Needs::default()).await;
    assert!(nothing.records.is_empty() && nothing.exist.is_empty() && nothing.decisions.is_empty());
}

fn sort(answer: &mut Answer) {
    answer.exist.sort_unstable();
    answer.records.sort_by_key(|row| row.record);
    answer.decisions.sort_by_key(|row| row.id);
}

async fn look_ups_take_tens_of_thousands_of_ids(store: Store) {
    let live = store.generations.live().await.unwrap();
    live.write(&people(40), 43, EPOCH, None).await.unwrap();
    let mut answer = live.look_up(&needs(31..40_000)).await.unwrap();
    sort(&mut answer);
    let mut there: Vec<RecordId> = (31..=40).map(id).collect();
    there.sort_unstable();
    assert_eq!(answer.exist, there);
    assert_eq!(answer.records.iter().map(|row| row.record).collect::<Vec<_>>(), there);
}

async fn members_come_by_first_position(store: Store) {
    let live = store.generations.live().await.unwrap();
    let mut changes = people(9);
    for row in &mut changes.records[..6] {
        row.customer = id(1).into();
    }
    changes.records[3].first_position = 3;
    live.write(&changes, 12, EPOCH, None).await.unwrap();
    let members = live.members(id(1).into()).await.unwrap();
    let mut expected = changes.records[..6].to_vec();
    expected.sort_by_key(|row| (row.first_position, row.record));
    assert_eq!(members, expected);
    assert_eq!(live.members(id(2).into()).await.unwrap(), []);
    // Without what they say, of several customers at once.
    let asked = [id(1).into(), id(2).into(), id(7).into()];
    let mut named: Vec<_> = expected.iter().chain([&changes.records[6]]).map(name).collect();
    named.sort_by_key(|name| (name.first_position, name.record));
    assert_eq!(live.record_names(&asked).await.unwrap(), named);
    assert_eq!(live.record_names(&[]).await.unwrap(), []);
}

fn name(row: &RecordRow) -> RecordName {
    let RecordRow { record, customer, first_position, ref source, ref subject, .. } = *row;
    RecordName { record, customer, first_position, source: source.clone(), subject: subject.clone() }
}

async fn pages_of_customers_lose_none_of_those_with_equal_positions(store: Store) {
    let live = store.generations.live().await.unwrap();
    let mut changes = people(100);
    for (n, row) in changes.customers.iter_mut().enumerate() {
        row.position = 100 + n as u64 / 20;
    }
    live.write(&changes, 200, EPOCH, None).await.unwrap();

    let mut found = Vec::new();
    let mut after = (100, Uuid::max());
    loop {
        let page = live.customers_since(after, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        after = (last.position, last.customer.0);
        found.extend(page.into_iter().map(|row| (row.position, row.customer)));
    }
    let mut expected: Vec<_> = changes.customers.iter().map(|row| (row.position, row.customer)).collect();
    expected.retain(|(position, _)| *position > 100);
    expected.sort_unstable();
    assert_eq!(found, expected);
}

async fn deleted_customers_vanish(store: Store) {
    let live = store.generations.live().await.unwrap();
    live.write(&people(6), 9, EPOCH, None).await.unwrap();
    let mut moved = record(4);
    moved.customer = id(2).into();
    let deleted = vec![id(4).into(), id(999).into()];
    live.write(&Changes { records: vec![moved], deleted, ..Changes::default() }, 10, EPOCH, None).await.unwrap();
    assert_eq!(live.customer(id(4).into()).await.unwrap(), None);
    let left: Vec<_> = contents(&live).await.customers.into_iter().map(|row| row.customer).collect();
    let mut expected: Vec<CustomerId> = [1, 2, 3, 5, 6].map(|n| id(n).into()).to_vec();
    expected.sort_unstable();
    assert_eq!(left, expected);
}

async fn a_failing_write_leaves_nothing_behind(store: Store) {
    let live = store.generations.live().await.unwrap();
    live.write(&people(3), 6, EPOCH, None).await.unwrap();
    let before = contents(&live).await;

    // The last thing that is written does not go in.
    let unwritable = Changes { unknown: vec![unknown("crm", "t", u64::MAX)], ..everything() };
    let error = live.write(&unwritable, 400, EPOCH, None).await.unwrap_err();
    assert!(matches!(error, Error::Inconsistent(_)), "{error:?}");
    assert_eq!(contents(&live).await, before);

    // A table refuses.
    store.on_tables(live.number(), "DROP TABLE {g}unknown_member").await;
    let error = live.write(&everything(), 400, EPOCH, None).await.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error:?}");
    assert_eq!(live.checkpoint().await.unwrap(), 6);
    assert_eq!(live.records_page(None, 9).await.unwrap().len(), 3);
    live.write(&people(4), 7, EPOCH, None).await.unwrap();
    assert_eq!(live.checkpoint().await.unwrap(), 7);
}

async fn an_unreadable_row_is_named_without_its_content(store: Store) {
    let live = store.generations.live().await.unwrap();
    live.write(&people(1), 4, EPOCH, None).await.unwrap();
    store.on_tables(live.number(), r#"UPDATE {g}record SET state = '{"m":"Matti"}'"#).await;
    let error = live.record(id(1)).await.unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(matches!(error, Error::Inconsistent(_)), "{text}");
    assert!(text.contains(&id(1).to_string()) && !text.contains("Matti"), "{text}");
    // Verification goes on behind it.
    assert_eq!(live.records_page(None, 9).await.unwrap(), [(id(1), None)]);
}
