use super::*;
use crate::store::given::event;
use crate::store::log::{CursorMove, Reseal};

fn append(mode: Mode, events: Vec<NewEvent>) -> Append {
    Append { events, ..Append::new(mode) }
}

fn outcomes(plan: &Plan<'_>) -> Vec<Vec<EventOutcome>> {
    plan.outcomes.iter().map(|outcome| outcome.as_ref().unwrap().events.clone()).collect()
}

#[test]
fn requests_of_a_group_see_each_other() {
    use EventOutcome::{Accepted, Conflict, Duplicate};
    let group = [
        append(Mode::EachAlone, vec![event(1, 1, "a"), event(2, 2, "b"), event(1, 1, "a")]),
        append(Mode::EachAlone, vec![event(2, 9, "b"), event(3, 3, "a")]),
    ];
    let known = Known { head: 10, ..Known::default() };
    let plan = plan(&group, known, Instant::from_micros(5));
    assert_eq!(outcomes(&plan), [vec![Accepted(11), Accepted(12), Duplicate(11)], vec![Conflict(12), Accepted(13)]]);
    let places: Vec<_> = plan.rows.iter().map(|row| (row.position, row.revision)).collect();
    assert_eq!(places, [(11, 0), (12, 0), (13, 1)]);
    assert_eq!(plan.head, 13);
}

#[test]
fn a_failed_expectation_fails_its_own_request_only() {
    let mut refused = append(Mode::AllOrNothing, vec![event(1, 1, "a")]);
    refused.expect = vec![("a".into(), Expected::Exact(4))];
    let group = [refused, append(Mode::AllOrNothing, vec![event(2, 2, "a")])];
    let plan = plan(&group, Known::default(), Instant::from_micros(0));
    assert!(matches!(&plan.outcomes[0], Err(AppendError::WrongRevision { actual: None, .. })));
    assert_eq!(plan.outcomes[1].as_ref().unwrap().events, [EventOutcome::Accepted(1)]);
}

#[test]
fn a_repeated_command_succeeds_whatever_it_expects() {
    let mut repeated = append(Mode::AllOrNothing, vec![event(1, 1, "a")]);
    repeated.expect = vec![("a".into(), Expected::None)];
    let mut other = repeated.clone();
    other.events[0].fingerprint = Uuid::from_u128(2);
    let stored = KnownEvent { position: 4, fingerprint: Uuid::from_u128(1), version: 1 };
    let known = Known {
        head: 9,
        events: HashMap::from([(Uuid::from_u128(1), stored)]),
        revisions: HashMap::from([("a".into(), 0)]),
        ..Known::default()
    };
    let group = [repeated, other];
    let plan = plan(&group, known, Instant::from_micros(0));
    assert_eq!(plan.outcomes[0].as_ref().unwrap().events, [EventOutcome::Duplicate(4)]);
    assert!(matches!(plan.outcomes[1], Err(AppendError::Conflict { position: 4 })));
    assert!(plan.rows.is_empty());
}

#[test]
fn the_first_data_key_holds_and_an_erased_record_gets_none() {
    let record = RecordId(Uuid::from_u128(7));
    let key = |byte| NewKey { record, class: Retention::Contact, wrapped: vec![byte] };
    let person = NewRecord { record, source: "erp".into(), sealed_subject: Vec::new() };
    let with = |byte, content| Append {
        records: vec![person.clone()],
        keys: vec![key(byte)],
        ..append(Mode::EachAlone, vec![event(content, content, "a")])
    };
    let group = [with(1, 1), with(2, 2), with(1, 3)];
    let first = plan(&group, Known::default(), Instant::from_micros(0));
    assert!(matches!(&first.outcomes[1], Err(AppendError::StaleKeys(who)) if *who == [record]));
    assert!(first.outcomes[2].is_ok());
    assert_eq!((first.keys.len(), first.records.len(), first.records[0].1), (1, 1, 1));

    let erased = Known { records: HashSet::from([record]), ..Known::default() };
    let group = [with(1, 1)];
    assert!(matches!(plan(&group, erased, Instant::from_micros(0)).outcomes[0], Err(AppendError::StaleKeys(_))));
}

/// Takes the keys that the log holds for its own, and none of erased records.
#[derive(Debug)]
struct Willing;

impl Reseal for Willing {
    fn reseal(&self, append: &Append, stored: &BTreeMap<RecordId, Vec<NewKey>>) -> Option<Append> {
        let others = append.keys.iter().filter(|key| !stored.contains_key(&key.record));
        Some(Append { keys: others.chain(stored.values().flatten()).cloned().collect(), ..append.clone() })
    }
}

#[test]
fn what_was_sealed_by_keys_that_do_not_hold_is_sealed_again() {
    let [told, erased, new] = [7, 8, 9].map(|number| RecordId(Uuid::from_u128(number)));
    let key = |record, class, byte| NewKey { record, class, wrapped: vec![byte] };
    let append = |reseal: Option<Arc<dyn Reseal>>| Append {
        keys: [told, erased, new].map(|record| key(record, Retention::Contact, 1)).into(),
        reseal,
        ..append(Mode::EachAlone, vec![event(1, 1, "a")])
    };
    let held = [key(told, Retention::Contact, 2), key(told, Retention::Conversation, 3)];
    let known = Known {
        records: HashSet::from([told, erased]),
        keys: held.iter().map(|key| ((key.record, key.class as i16), key.wrapped.clone())).collect(),
        ..Known::default()
    };
    let group = [append(Some(Arc::new(Willing))), append(None)];
    let anew = sealed_anew(&group, &known);
    let [of_told, and_of_told] = held;
    assert_eq!(anew[0].keys, [key(new, Retention::Contact, 1), of_told, and_of_told]);
    assert!(matches!(anew[1], Cow::Borrowed(_)));
    let plan = plan(&anew, known, Instant::from_micros(0));
    assert!(plan.outcomes[0].is_ok());
    assert!(matches!(&plan.outcomes[1], Err(AppendError::StaleKeys(who)) if *who == [told, erased]));
}

#[test]
fn a_cursor_is_moved_from_where_it_stands() {
    let by = |number, from: Option<&str>, to: &str| {
        let cursor = CursorMove { name: "c".to_owned(), from: from.map(str::to_owned), to: to.to_owned() };
        Append { cursors: vec![cursor], ..append(Mode::EachAlone, vec![event(number, number, "a")]) }
    };
    let group = [by(1, None, "1"), by(2, None, "2"), by(3, Some("1"), "3"), by(4, Some("1"), "4")];
    let plan = plan(&group, Known::default(), Instant::from_micros(0));
    let stored: Vec<_> = plan.outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(stored, [true, false, true, false]);
    assert!(matches!(&plan.outcomes[3], Err(AppendError::CursorMoved { name }) if name == "c"));
    assert_eq!((plan.rows.len(), plan.cursors.get("c")), (2, Some(&"3")));
}

#[test]
fn recorded_at_never_goes_back() {
    let known = Known { recorded_at: Instant::from_micros(50), ..Known::default() };
    assert_eq!(plan::<Append>(&[], known, Instant::from_micros(40)).recorded_at.micros(), 50);
}
