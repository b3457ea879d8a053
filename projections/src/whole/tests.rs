use super::*;
use crate::given::{EventExt, decision, event, record};

fn log() -> Vec<Recorded> {
    let registered = |source, on| event(source, "1", on, "customer.registered", r#"{"name":"Aino","shoe_size":"43"}"#);
    let events = vec![
        registered("erp", 5),
        registered("crm", 6),
        event("shop", "1", 7, "purchase.made", r#"{"amount":1}"#),
        decision("identity.linked", 7, 8, &[record("erp", "1")], &[record("crm", "1")]),
        event("erp", "1", 1, "customer.contact_edited", r#"{"name":"Late"}"#),
        event("erp", "1", 9, "customer.contact_edited", r#"{"phone":"1"}"#),
    ];
    (1..).zip(events).map(|(position, event)| event.at(position)).collect()
}

fn refolded(log: &[Recorded]) -> RecordState {
    RecordState::fold_unsorted(log.iter().filter(|event| event.record == Some(record("erp", "1"))))
}

#[test]
fn late_records_are_folded_again_before_the_end() {
    let mut whole = Whole::new(3);
    log().iter().for_each(|event| whole.apply(event));
    let late = BTreeSet::from([record("erp", "1")]);
    assert_eq!(whole.late(), late);
    assert_eq!(whole.finish(2).err(), Some(StillLate(late)));
    whole.set_state(record("erp", "1"), &refolded(&log()));
    let finished = whole.finish(2).unwrap();
    assert_eq!(finished.customer_count(), 2);
    assert_eq!(finished.unknown().rows().map(|row| row.count).collect::<Vec<_>>(), [1, 1]);

    let rows = finished.chunks(10).map(|chunk| chunk.rows(|id| Some(id.to_string()))).collect::<Vec<_>>();
    let (records, customers) = &rows[0];
    assert_eq!((rows.len(), records.len(), customers.len()), (1, 3, 2));
    let merged = customers.iter().find(|row| row.records == 2).unwrap();
    assert_eq!((merged.customer, merged.position), (record("erp", "1").into(), 6));
    assert_eq!(merged.golden.text("phone"), Some("1"));
    assert!(records.iter().all(|row| row.subject == Some(row.record.to_string())));
}

#[test]
fn the_parts_may_be_folded_on_threads_of_their_own() {
    let shards = 2;
    let (mut central, mut parts) = Whole::new(shards).into_parts();
    let log = log();
    std::thread::scope(|scope| {
        for (number, shard) in parts.iter_mut().enumerate() {
            let mine = move |event: &&Recorded| matches!(Part::of(event, shards), Part::Shard(n) | Part::Both(n) if n == number);
            let log = &log;
            scope.spawn(move || log.iter().filter(mine).for_each(|event| shard.apply(event)));
        }
        let central_ones = log.iter().filter(|event| !matches!(Part::of(event, shards), Part::Shard(_)));
        central_ones.for_each(|event| central.apply(event));
    });
    let mut threaded = Whole::from_parts(central, parts);
    let mut single = Whole::new(1);
    log.iter().for_each(|event| single.apply(event));
    threaded.set_state(record("erp", "1"), &refolded(&log));
    single.set_state(record("erp", "1"), &refolded(&log));
    let (threaded, single) = (threaded.finish(2).unwrap(), single.finish(2).unwrap());
    let on_threads: Vec<_> = std::thread::scope(|scope| {
        let chunks: Vec<_> = threaded.chunks(1).collect();
        let made: Vec<_> = chunks.into_iter().map(|chunk| scope.spawn(move || chunk.rows(|_| None))).collect();
        made.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(on_threads, single.chunks(1).map(|chunk| chunk.rows(|_| None)).collect::<Vec<_>>());
}
