//! Relations are found from either side.

use kulta::store::views::{Bulk, NamedCustomer};
use kulta_events::RecordId;
use kulta_projections::batch::Changes;
use kulta_projections::record::RecordState;
use kulta_projections::rows::{RecordRow, RelationRow};

use super::given::{EPOCH, Store};
use super::on_both_stores;
use super::rows::{bare, contents, id, people, record};

on_both_stores!(
    related_records_and_names_are_found,
    relations_are_changed_in_place_and_outlive_merges,
    relations_are_filled_as_they_are_written,
);

fn sorted(mut rows: Vec<RecordRow>) -> Vec<RecordId> {
    rows.sort_by_key(|row| row.first_position);
    rows.into_iter().map(|row| row.record).collect()
}

/// `record(n)` is a contact of `record(n + 1)`.
async fn related_records_and_names_are_found(store: Store) {
    let live = store.generations.live().await.unwrap();
    let mut changes = people(9);
    changes.records.push(bare(20));
    live.write(&changes, 30, EPOCH, None).await.unwrap();

    assert_eq!(sorted(live.related_to(&[id(3), id(10), id(20)]).await.unwrap()), [id(2), id(9)]);
    assert_eq!(live.related_to(&[id(3)]).await.unwrap(), [record(2)], "as it stands");
    assert_eq!(live.related_to(&[id(1)]).await.unwrap(), []);
    assert_eq!(live.related_to(&[]).await.unwrap(), []);

    assert_eq!(sorted(live.records(&[id(20), id(4), id(999), id(4)]).await.unwrap()), [id(4), id(20)]);
    assert_eq!(live.records(&[]).await.unwrap(), []);
    assert_eq!(sorted(live.members_of(&[id(20).into(), id(4).into(), id(999).into()]).await.unwrap()), [id(4), id(20)]);

    let mut named = live.named(&[id(2).into(), id(5).into(), id(999).into()]).await.unwrap();
    named.sort_by_key(|named| named.name.is_none());
    let [known, erased] = &named[..] else { panic!("{named:?}") };
    assert_eq!((known.customer, known.kind.as_deref()), (id(2).into(), Some("person")));
    assert!(known.name.as_deref().is_some_and(|name| name.contains("日本")), "{known:?}");
    assert_eq!(*erased, NamedCustomer { customer: id(5).into(), kind: None, name: None });
}

async fn relations_are_changed_in_place_and_outlive_merges(store: Store) {
    let live = store.generations.live().await.unwrap();
    live.write(&people(4), 7, EPOCH, None).await.unwrap();
    let before = contents(&live).await.relations;
    assert_eq!(before.len(), 4);

    // Record 3 says again what it says, now without days; and it belongs to another customer.
    let mut moved = record(3);
    moved.customer = id(1).into();
    moved.state = record(4).state;
    let theirs: Vec<_> = RelationRow::of(&moved).collect();
    live.write(&Changes { records: vec![moved], deleted: vec![id(3).into()], ..Changes::default() }, 8, EPOCH, None)
        .await
        .unwrap();
    let after = contents(&live).await.relations;
    assert!(before.iter().all(|row| after.contains(row)) && after.contains(&theirs[0]), "{after:?}");
    assert_eq!(after.len(), 5);

    let mut shorter = record(3);
    let days = serde_json::to_string(&shorter.state).unwrap();
    let days = days.replace("2030-01-01", "2025-01-01").replace(r#""f":"2020-02-29","#, "");
    shorter.state = serde_json::from_str::<RecordState>(&days).unwrap();
    live.write(&Changes { records: vec![shorter.clone()], ..Changes::default() }, 9, EPOCH, None).await.unwrap();
    let after = contents(&live).await.relations;
    let changed = RelationRow::of(&shorter).next().unwrap();
    assert_eq!((changed.valid_from.as_deref(), changed.valid_until.as_deref()), (None, Some("2025-01-01")));
    assert!(after.contains(&changed));
    assert_eq!(after.len(), 5);
}

async fn relations_are_filled_as_they_are_written(store: Store) {
    let live = store.generations.live().await.unwrap();
    live.write(&people(300), 400, EPOCH, None).await.unwrap();
    let built = store.generations.build(EPOCH).await.unwrap();
    let Changes { records, customers, .. } = people(300);
    let (one, other) = records.split_at(170);
    for records in [other, one] {
        built.fill(Bulk { records: records.to_vec(), ..Bulk::default() }).await.unwrap();
    }
    built.fill(Bulk { customers, ..Bulk::default() }).await.unwrap();
    built.filled(400).await.unwrap();
    let relations = contents(&built).await.relations;
    assert_eq!((relations.len(), &relations), (300, &contents(&live).await.relations));
    assert_eq!(sorted(built.related_to(&[id(3)]).await.unwrap()), [id(2)]);
}
