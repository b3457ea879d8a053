use kulta_events::field::Retention;

use super::*;
use crate::store::given::event;
use crate::store::log::{Append, EventOutcome, Mode, NewKey, NewRecord};
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
    let Guess { known, commits, asked } = recent().guess(&Wanted::of(&group)).unwrap();
    assert!(asked.is_empty());
    assert_eq!((known.head, known.recorded_at, commits), (3, Instant::from_micros(50), 5));
    let plan = plan(&group, known, Instant::from_micros(40));
    let places: Vec<_> = plan.rows.iter().map(|row| (row.position, row.revision)).collect();
    assert_eq!(places, [(4, 1), (5, 2)]);
    assert_eq!(plan.recorded_at, Instant::from_micros(50), "the log's time never falls");
}

#[test]
fn what_it_wrote_is_a_duplicate_where_it_is() {
    let group = append(&[(4, "a"), (2, "b")]);
    let known = recent().guess(&Wanted::of(&group)).unwrap().known;
    let plan = plan(&group, known, Instant::from_micros(50));
    let outcomes = &plan.outcomes[0].as_ref().unwrap().events;
    assert_eq!(outcomes, &[EventOutcome::Accepted(4), EventOutcome::Duplicate(2)]);
}

#[test]
fn another_stream_must_be_asked_for() {
    let asked = |group: &[Append]| recent().guess(&Wanted::of(group)).unwrap().asked;
    assert_eq!(asked(&append(&[(4, "c"), (5, "a")])), ["c".into()]);
    let mut expecting = append(&[(4, "a")]);
    expecting[0].expect.push(("c".into(), crate::store::log::Expected::None));
    assert_eq!(asked(&expecting), ["c".into()]);
}

#[test]
fn a_record_that_it_has_not_stored_is_new_and_so_is_its_stream() {
    let record = RecordId(Uuid::from_u128(7));
    let (mut recent, group) = (recent(), sealed_for(record, 4, true));
    let Guess { known, commits, asked } = recent.guess(&Wanted::of(&group)).unwrap();
    assert!(asked.is_empty());
    assert!(known.records.is_empty() && known.revisions.is_empty());
    let first = plan(&group, known, Instant::from_micros(50));
    assert_eq!((first.records.len(), first.keys.len(), first.rows[0].revision), (1, 1, 0));
    recent.committed(&first, commits);
    // Another request about it was sealed before the first was answered.
    let group = sealed_for(record, 5, true);
    let mut known = recent.guess(&Wanted::of(&group)).unwrap().known;
    assert_eq!(recent.rely(&group, &mut known).map(|relied| relied.len()), Some(1));
    let second = plan(&group, known, Instant::from_micros(50));
    assert_eq!((second.records.len(), second.keys.len(), second.rows[0].revision), (0, 0, 1));
    assert!(second.outcomes[0].is_ok());
}

#[test]
fn of_a_stored_record_a_key_that_is_made_is_new_once() {
    let record = RecordId(Uuid::from_u128(7));
    let mut recent = recent();
    recent.revisions.insert(record.stream().into(), 3);
    for (key, new) in [(4, 1), (5, 0)] {
        let group = sealed_for(record, key, false);
        let Guess { mut known, commits, .. } = recent.guess(&Wanted::of(&group)).unwrap();
        assert!(recent.rely(&group, &mut known).is_some());
        let plan = plan(&group, known, Instant::from_micros(50));
        assert_eq!((plan.rows.len(), plan.records.len(), plan.keys.len()), (1, 0, new));
        recent.committed(&plan, commits);
    }
}

#[test]
fn a_key_that_it_stored_is_relied_on_and_another_is_looked_up() {
    let record = RecordId(Uuid::from_u128(7));
    let (mut recent, group) = (recent(), sealed_for(record, 4, true));
    let Guess { mut known, commits, .. } = recent.guess(&Wanted::of(&group)).unwrap();
    assert_eq!(recent.rely(&group, &mut known), Some(Vec::new()), "it is not stored yet");
    recent.committed(&plan(&group, known, Instant::from_micros(50)), commits);
    let contact = ((record, Retention::Contact as i16), vec![1]);

    let later = [sealed_for(record, 5, true), sealed_for(record, 6, true)].concat();
    let mut known = recent.guess(&Wanted::of(&later)).unwrap().known;
    assert_eq!(recent.rely(&later, &mut known), Some(vec![&later[0].keys[0]]), "once");
    assert_eq!(known.keys, HashMap::from([contact.clone()]));

    let another_class = sealed_for(record, 5, false);
    let mut known = recent.guess(&Wanted::of(&sealed_for(record, 5, true))).unwrap().known;
    assert_eq!(recent.rely(&another_class, &mut known), Some(Vec::new()), "nobody has stored it");
    assert_eq!(known.keys, HashMap::from([contact]));

    let mut another = sealed_for(record, 5, true);
    another[0].keys[0].wrapped = vec![2];
    assert_eq!(recent.rely(&another, &mut Known::default()), None);
}

#[test]
fn a_contact_key_that_is_not_remembered_is_looked_up() {
    let record = RecordId(Uuid::from_u128(7));
    let mut recent = recent();
    recent.revisions.insert(record.stream().into(), 3);
    let group = sealed_for(record, 4, false);
    let Guess { mut known, commits, .. } = recent.guess(&Wanted::of(&group)).unwrap();
    assert_eq!(recent.rely(&group, &mut known), Some(Vec::new()));
    recent.committed(&plan(&group, known, Instant::from_micros(50)), commits);
    // It was stored long ago, or is gone.
    assert_eq!(recent.rely(&sealed_for(record, 5, true), &mut Known::default()), None);
}

#[test]
fn a_record_that_was_taken_to_be_new_may_have_a_stream_that_is_not_remembered() {
    let record = RecordId(Uuid::from_u128(7));
    let wanted = Wanted::of(&sealed_for(record, 4, true));
    let mut known = Known::default();
    assert!(!Recent::overlooked(&wanted, &known, &HashMap::new()));
    known.records.insert(record);
    assert!(Recent::overlooked(&wanted, &known, &HashMap::new()));
    assert!(!Recent::overlooked(&wanted, &known, &HashMap::from([(record.stream().into(), 0)])));
}

/// An event sealed under a key that the log does not hold yet, of a record that it does not hold yet or does.
fn sealed_for(record: RecordId, key: u128, new: bool) -> [Append; 1] {
    let mut group = append(&[(key, &record.stream())]);
    let class = if new { Retention::Contact } else { Retention::Conversation };
    group[0].keys.push(NewKey { record, class, wrapped: vec![1] });
    if new {
        group[0].records.push(NewRecord { record, source: "erp".into(), sealed_subject: Vec::new() });
    }
    group
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
fn after_a_wrong_guess_it_looks_up_for_a_while_and_twice_as_long_after_the_next() {
    let (mut recent, group) = (recent(), append(&[(4, "a")]));
    let asked = |recent: &mut Recent| (0..).take_while(|_| recent.guess(&Wanted::of(&group)).is_none()).count();
    for expected in [16, 32, 64] {
        recent.was_wrong();
        assert_eq!(asked(&mut recent), expected);
    }
    (0..20).for_each(|_| recent.was_wrong());
    assert_eq!(asked(&mut recent), 4_096);
    recent.committed(&plan::<Append>(&[], Known::default(), Instant::from_micros(50)), 4);
    recent.was_wrong();
    assert_eq!(asked(&mut recent), 16, "a guess was right meanwhile");
}

#[test]
fn nothing_is_guessed_after_somebody_else_wrote() {
    let mut recent = recent();
    recent.forget();
    assert!(recent.guess(&Wanted::of(&append(&[(4, "a")]))).is_none());
    assert!(recent.guess(&Wanted::default()).is_none());
}
