//! Another policy: every customer is made anew in the transaction that brings it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use kulta::store::Error;
use kulta_events::CustomerId;
use kulta_projections::batch::Changes;
use kulta_projections::rows::{CustomerRow, PolicyRow, RecordRow};

use super::given::{EPOCH, Store};
use super::on_both_stores;
use super::rows::{bare, contents, crowd, id, policy};

on_both_stores!(every_customer_is_made_anew_with_all_its_records, a_refold_that_fails_changes_nothing);

/// So many records make a little more than one page of customers.
const PEOPLE: u64 = 1_800;

/// Records, and customers of four and of three of them.
fn groups(count: u64) -> Changes {
    let mut changes = crowd(1..=count);
    for (n, row) in changes.records.iter_mut().enumerate() {
        let n = n as u64;
        row.customer = id(1 + n - n % 7 % 4).into();
    }
    let founders: BTreeSet<_> = changes.records.iter().map(|row| row.customer).collect();
    changes.customers.retain(|row| founders.contains(&row.customer));
    changes
}

fn by_customer(rows: &[RecordRow]) -> BTreeMap<CustomerId, Vec<RecordRow>> {
    let mut of: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in rows {
        of.entry(row.customer).or_default().push(row.clone());
    }
    of
}

fn refolded(rows: &[RecordRow], policy: &PolicyRow) -> Vec<CustomerRow> {
    let of = by_customer(rows);
    let folded = of.values().filter_map(|members| CustomerRow::of(&members.iter().collect::<Vec<_>>(), policy));
    folded.collect()
}

async fn every_customer_is_made_anew_with_all_its_records(store: Store) {
    let live = store.generations.live().await.unwrap();
    live.write(&groups(PEOPLE), PEOPLE + 3, EPOCH, None).await.unwrap();

    // The same transaction brings a record: it must be among those that are refolded.
    let new = bare(PEOPLE + 1);
    let policy = policy(3_000, 5);
    let changes =
        Changes { records: vec![new.clone()], policies: vec![policy.clone()], refold_all: true, ..Changes::default() };
    let seen = Mutex::new(Vec::new());
    let refold = |rows: Vec<RecordRow>| {
        seen.lock().unwrap().push(rows.clone());
        refolded(&rows, &policy)
    };
    live.write(&changes, 3_000, EPOCH, Some(&refold)).await.unwrap();

    let pages = seen.into_inner().unwrap();
    let mut met = BTreeSet::new();
    for page in &pages {
        let customers = by_customer(page);
        assert!(customers.len() <= 500);
        assert!(customers.keys().all(|customer| met.insert(*customer)), "a customer in two pages");
    }
    let mut records = groups(PEOPLE).records;
    records.push(new);
    let mut seen = pages.concat();
    seen.sort_by_key(|row| row.record);
    records.sort_by_key(|row| row.record);
    assert_eq!(seen, records);
    let after = contents(&live).await;
    assert_eq!(after.customers, refolded(&records, &policy));
    assert!(after.customers.iter().all(|row| row.position == 3_000));
    assert_eq!((after.checkpoint, after.policies), (3_000, vec![policy]));
}

async fn a_refold_that_fails_changes_nothing(store: Store) {
    let live = store.generations.live().await.unwrap();
    live.write(&groups(PEOPLE), PEOPLE + 3, EPOCH, None).await.unwrap();
    let before = contents(&live).await;
    let policy = policy(3_000, 5);
    let calls = Mutex::new(0);
    // The second page cannot be written.
    let refold = |rows: Vec<RecordRow>| {
        let mut made = refolded(&rows, &policy);
        *calls.lock().unwrap() += 1;
        if *calls.lock().unwrap() == 2 {
            made[0].position = u64::MAX;
        }
        made
    };
    let changes = Changes { policies: vec![policy.clone()], refold_all: true, ..Changes::default() };
    let error = live.write(&changes, 3_000, EPOCH, Some(&refold)).await.unwrap_err();
    assert!(matches!(error, Error::Inconsistent(_)), "{error:?}");
    assert_eq!(*calls.lock().unwrap(), 2);
    assert_eq!(contents(&live).await, before);
}
