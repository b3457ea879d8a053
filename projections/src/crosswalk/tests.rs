use super::*;
use crate::given::{decision, withdrawal};

const LINKED: &str = "identity.linked";
const SEPARATED: &str = "identity.separated";

fn id(number: u128) -> RecordId {
    RecordId(Uuid::from_u128(number))
}

fn ids(numbers: &[u128]) -> Vec<RecordId> {
    numbers.iter().copied().map(id).collect()
}

/// Decisions as (type, one side, other side), one a day.
fn decisions(given: &[(&str, &[u128], &[u128])]) -> Vec<Recorded> {
    let event = |(day, (kind, one, other)): (usize, &(&str, &[u128], &[u128]))| {
        decision(kind, 100 + day as u128, i64::try_from(day).unwrap(), &ids(one), &ids(other))
    };
    given.iter().enumerate().map(event).collect()
}

fn folded(events: &[Recorded]) -> Vec<Decision> {
    let mut decisions = BTreeMap::new();
    for event in events {
        assert!(fold(&mut decisions, event).is_some());
    }
    decisions.into_values().collect()
}

/// The customers among records 1 to `count`, whose first positions go up with their numbers, as lists of numbers.
fn customers(count: u128, events: &[Recorded]) -> Vec<Vec<u128>> {
    let records: Vec<_> = (1..=count).map(|number| (id(number), u64::try_from(number).unwrap())).collect();
    let found = clusters(&records, &folded(events));
    let mut backwards = events.to_vec();
    backwards.reverse();
    assert_eq!(clusters(&records.iter().rev().copied().collect::<Vec<_>>(), &folded(&backwards)), found);
    assert!(found.iter().all(|cluster| cluster.founder == cluster.members[0]));
    found.iter().map(|cluster| cluster.members.iter().map(|member| member.0.as_u128()).collect()).collect()
}

#[test]
fn without_decisions_each_record_is_a_customer() {
    assert_eq!(customers(3, &[]), [[1], [2], [3]]);
}

#[test]
fn linked_records_are_one_customer_with_the_id_of_the_first() {
    let events = decisions(&[(LINKED, &[3], &[2]), (LINKED, &[3], &[4])]);
    assert_eq!(customers(4, &events), [vec![1], vec![2, 3, 4]]);
    let late_founder = [(id(2), 20), (id(3), 10)];
    assert_eq!(clusters(&late_founder, &folded(&events))[0].customer(), id(3).into());
}

#[test]
fn all_of_one_list_are_one_with_all_of_the_other() {
    assert_eq!(customers(5, &decisions(&[(LINKED, &[1, 2], &[4, 5])])), [vec![1, 2, 4, 5], vec![3]]);
}

#[test]
fn the_later_decision_holds() {
    let (link, apart): ((&str, &[u128], &[u128]), _) = ((LINKED, &[1], &[2]), (SEPARATED, &[2][..], &[1][..]));
    assert_eq!(customers(2, &decisions(&[link, apart])), [[1], [2]]);
    assert_eq!(customers(2, &decisions(&[apart, link])), [[1, 2]]);
    assert_eq!(customers(2, &decisions(&[apart, link, apart])), [[1], [2]]);
}

#[test]
fn a_withdrawn_decision_does_not_hold_whenever_it_was_taken_back() {
    let events = decisions(&[(LINKED, &[1], &[2]), (SEPARATED, &[1], &[2])]);
    let taken_back = |events: &[Recorded], of| customers(2, &[events, &[withdrawal(of, 9)]].concat());
    assert_eq!(taken_back(&events, 101), [[1, 2]]);
    assert_eq!(taken_back(&events[..1], 100), [[1], [2]]);
}

#[test]
fn a_separation_keeps_whole_customers_apart_not_only_the_pair() {
    // 1-2 and 3-4 are customers; a later word says 2 is not 3. An old link of 1 with 4 cannot join them.
    let events =
        decisions(&[(LINKED, &[1], &[4]), (LINKED, &[1], &[2]), (LINKED, &[3], &[4]), (SEPARATED, &[2], &[3])]);
    assert_eq!(customers(4, &events), [[1, 2], [3, 4]]);
}

#[test]
fn a_separation_gives_way_to_later_links_round_about() {
    let events = decisions(&[(SEPARATED, &[1], &[3]), (LINKED, &[1], &[2]), (LINKED, &[2], &[3])]);
    assert_eq!(customers(3, &events), [[1, 2, 3]]);
}

#[test]
fn records_that_no_event_named_yet_wait() {
    let events = decisions(&[(LINKED, &[1], &[3]), (LINKED, &[3], &[2])]);
    assert_eq!(customers(2, &events), [[1], [2]]);
    assert_eq!(customers(3, &events), [[1, 2, 3]]);
}

#[test]
fn a_record_on_both_sides_is_not_apart_from_itself() {
    assert_eq!(customers(2, &decisions(&[(LINKED, &[1], &[2]), (SEPARATED, &[1], &[1])])), [[1, 2]]);
    assert_eq!(customers(2, &decisions(&[(LINKED, &[1, 2], &[1])])), [[1, 2]]);
}

#[test]
fn a_split_takes_a_merge_back_record_by_record() {
    let merged = [(LINKED, &[1_u128][..], &[2_u128][..]), (LINKED, &[3], &[4]), (LINKED, &[1, 2], &[3, 4])];
    let split = [&merged[..], &[(SEPARATED, &[3, 4], &[1, 2])]].concat();
    assert_eq!(customers(4, &decisions(&merged)), [[1, 2, 3, 4]]);
    assert_eq!(customers(4, &decisions(&split)), [[1, 2], [3, 4]]);
    let one_out = [&merged[..], &[(SEPARATED, &[2], &[1, 3, 4])]].concat();
    assert_eq!(customers(4, &decisions(&one_out)), [vec![1, 3, 4], vec![2]]);
}

#[test]
fn what_is_known_of_a_decision_does_not_depend_on_what_came_first() {
    let made = decision(LINKED, 7, 1, &[id(1)], &[id(2)]);
    let [first, second] = [withdrawal(7, 2), withdrawal(7, 3)];
    let known = folded(&[made.clone(), first.clone(), second.clone()]);
    assert_eq!(folded(&[second.clone(), first.clone(), made.clone()]), known);
    assert_eq!((known[0].position(), known[0].stands()), (4, false));
    assert!(folded(&[second])[0].made.is_none());
    let text = serde_json::to_string(&known[0]).unwrap();
    assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), known[0]);
}

#[test]
fn should_a_stream_hold_two_decisions_the_later_one_is_meant() {
    let (link, apart) = (decision(LINKED, 7, 1, &[id(1)], &[id(2)]), decision(SEPARATED, 7, 2, &[id(1)], &[id(2)]));
    // The earlier one comes last, so that it has the higher place in the log.
    let link = crate::given::EventExt::at(link, 99);
    for events in [[link.clone(), apart.clone()], [apart, link]] {
        assert_eq!(folded(&events)[0].made.as_ref().map(|made| made.verdict), Some(Verdict::Separate));
    }
}

#[test]
fn large_decisions_do_not_grow_with_their_pairs() {
    let (one, other): (Vec<_>, Vec<_>) = ((1..=1000).collect(), (1001..=2000).collect());
    let events = decisions(&[(LINKED, &one, &other), (SEPARATED, &one[..500], &other[..500]), (LINKED, &[1], &[2])]);
    // All that may be joined is: the halves that are apart each take along what is free.
    let found = customers(2000, &events);
    assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [1000, 1000]);
    assert!(found[0].contains(&500) && found[0].contains(&1501) && found[1].contains(&1001));
    assert_eq!(
        contradictions(&Pairing { records: ids(&one), from: ids(&other) }, Verdict::Separate, &folded(&events)).len(),
        1
    );
}

#[test]
fn a_new_decision_contradicts_those_that_it_overrides() {
    let old = folded(&decisions(&[
        (LINKED, &[1], &[2]),
        (SEPARATED, &[3], &[1, 4]),
        (SEPARATED, &[5], &[6]),
        (LINKED, &[5], &[6]),
    ]));
    let against = |records: &[u128], from: &[u128], verdict| {
        let found = contradictions(&Pairing { records: ids(records), from: ids(from) }, verdict, &old);
        found.iter().map(|id| id.as_u128()).collect::<Vec<_>>()
    };
    assert_eq!(against(&[1, 2], &[3], Verdict::Link), [101]);
    assert_eq!(against(&[4], &[3], Verdict::Link), [101], "either way round");
    assert_eq!(against(&[2], &[1], Verdict::Separate), [100]);
    assert_eq!(against(&[5], &[6], Verdict::Separate), [103]);
    assert!(against(&[5], &[6], Verdict::Link).is_empty(), "a later link spoke of this pair already");
    assert!(against(&[1], &[4], Verdict::Link).is_empty(), "both on one side says nothing about the two");
    assert!(against(&[1], &[2], Verdict::Link).is_empty());
    let withdrawn = folded(&[decisions(&[(LINKED, &[1], &[2])]), vec![withdrawal(100, 3)]].concat());
    assert!(contradictions(&Pairing { records: ids(&[1]), from: ids(&[2]) }, Verdict::Separate, &withdrawn).is_empty());
}

#[test]
fn edits_stay_with_the_record_that_they_were_made_for() {
    // 10 holds people's edits of founding record 1, 20 those of 2; later a steward merged them.
    let attaching = |edits: u128, founding, on| decision(LINKED, edits, on, &[id(edits)], &[id(founding)]);
    let merge = decision(LINKED, 500, 3, &ids(&[1, 10]), &ids(&[2, 20]));
    let attached = attachments(&folded(&[attaching(10, 1, 1), attaching(20, 2, 2), merge]));
    assert_eq!(attached, BTreeMap::from([(id(10), id(1)), (id(20), id(2))]));

    let members = ids(&[1, 2, 3, 10, 20]);
    let split = |chosen: &[u128]| split_lists(&members, &ids(chosen), &attached);
    assert_eq!(split(&[2]), Pairing { records: ids(&[2, 20]), from: ids(&[1, 3, 10]) });
    assert_eq!(split(&[2, 10]), Pairing { records: ids(&[2, 20]), from: ids(&[1, 3, 10]) });
    assert_eq!(split(&[1, 2, 3]).from, ids(&[]), "nothing is left to split from");
    // Where the founding record went elsewhere, the edits go as chosen.
    assert_eq!(split_lists(&ids(&[3, 10]), &ids(&[10]), &attached).records, ids(&[10]));
}
