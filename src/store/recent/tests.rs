use super::*;
use crate::store::given::event;
use crate::store::log::{Append, Mode, NewRecord};
use crate::store::plan::plan;

fn append(events: &[(u128, &str)]) -> [Append; 1] {
    let event = |(key, stream): &(u128, &str)| event(*key, *key, stream);
    [Append { events: events.iter().map(event).collect(), ..Append::new(Mode::EachAlone) }]
}

/// A memory of a writer that has committed events 1 to 3 in two streams, as the first of the log.
fn recent() -> Recent {
    let group = append(&[(1, "a"), (2, "b"), (3, "a")]);
    let mut recent = Recent::default();
    recent.committed(&plan(&group, Known::default(), Instant::from_micros(50)), 4);
    recent
}

#[test]
fn what_it_wrote_is_known() {
    let group = append(&[(4, "b"), (5, "a")]);
    let (known, commits) = recent().guess(&Wanted::of(&group)).unwrap();
    assert_eq!((known.head, known.recorded_at, commits), (3, Instant::from_micros(50), 5));
    let plan = plan(&group, known, Instant::from_micros(40));
    let places: Vec<_> = plan.rows.iter().map(|row| (row.position, row.revision)).collect();
    assert_eq!(places, [(4, 1), (5, 2)]);
    assert_eq!(plan.recorded_at, Instant::from_micros(50), "the log's time never falls");
}

#[test]
fn another_stream_or_a_key_seen_before_must_be_looked_up() {
    assert!(recent().guess(&Wanted::of(&append(&[(4, "c")]))).is_none());
    assert!(recent().guess(&Wanted::of(&append(&[(4, "a"), (2, "b")]))).is_none());
    let mut expecting = append(&[(4, "a")]);
    expecting[0].expect.push(("c".into(), crate::store::log::Expected::None));
    assert!(recent().guess(&Wanted::of(&expecting)).is_none());
}

#[test]
fn a_record_that_it_has_not_stored_is_new_and_so_is_its_stream() {
    let new = |record: RecordId| {
        let stream = format!("record-{record}");
        let mut group = append(&[(4, &stream)]);
        group[0].records.push(NewRecord { record, source: "erp".into(), sealed_subject: Vec::new() });
        group
    };
    let record = RecordId(Uuid::from_u128(7));
    let (mut recent, group) = (recent(), new(record));
    let (known, commits) = recent.guess(&Wanted::of(&group)).unwrap();
    assert!(known.records.is_empty() && known.revisions.is_empty());
    let plan = plan(&group, known, Instant::from_micros(50));
    assert_eq!((plan.records.len(), plan.rows[0].revision), (1, 0));
    recent.committed(&plan, commits);
    // Another request about it was sealed before the first was answered.
    let mut group = new(record);
    group[0].events[0].key = Uuid::from_u128(5);
    assert!(recent.guess(&Wanted::of(&group)).is_none());
}

#[test]
fn only_streams_that_are_neither_remembered_nor_new_are_asked_for() {
    let record = RecordId(Uuid::from_u128(7));
    let mut group = append(&[(4, "a"), (5, "c"), (6, &record.stream())]);
    group[0].records.push(NewRecord { record, source: "erp".into(), sealed_subject: Vec::new() });
    let (remembered, asked) = recent().share(&Wanted::of(&group));
    assert_eq!(remembered, HashMap::from([("a".into(), 1)]));
    assert_eq!(asked, ["c".into()]);
}

#[test]
fn after_a_wrong_guess_it_looks_up_for_a_while() {
    let (mut recent, group) = (recent(), append(&[(4, "a")]));
    recent.was_wrong();
    let asked = (0..).take_while(|_| recent.guess(&Wanted::of(&group)).is_none()).count();
    assert_eq!(asked, LOOK_UPS_AFTER_A_WRONG_GUESS as usize);
}

#[test]
fn nothing_is_guessed_after_somebody_else_wrote() {
    let mut recent = recent();
    recent.forget();
    assert!(recent.guess(&Wanted::of(&append(&[(4, "a")]))).is_none());
    assert!(recent.guess(&Wanted::default()).is_none());
}
