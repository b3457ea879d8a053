use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use super::*;
use crate::given::{EventExt, event, record};
use crate::record::RecordState;
use crate::relations::relations;
use crate::rows::RecordRow;

fn told(source: &str, subject: &str, what: &str, on: &str, to: &str, more: &str) -> Recorded {
    let to = record("erp", to);
    let data = format!(r#"{{"relation":"contact_of","to":"{to}"{more}}}"#);
    let mut event = event(source, subject, 1, &format!("customer.{what}"), &data).named(&format!("{on}{what}{to}"));
    event.order.time = Instant::parse(&format!("{on}T12:00:00Z")).unwrap();
    event
}

/// Each record is a customer of its own, but those of `kulta` are the CRM's.
fn holder(id: RecordId) -> Option<CustomerId> {
    let known = (0..4).map(|n| n.to_string()).find(|subject| id == record("kulta", subject));
    Some(known.map_or(id, |subject| record("crm", &subject)).into())
}

fn company(subject: &str) -> CustomerId {
    record("erp", subject).into()
}

fn days(events: &[Recorded], of: &str) -> Vec<String> {
    let text = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let found = belongings(events, company(of), &[CONTACT_OF], holder);
    found.iter().map(|found| format!("{}..{}", text(found.from), text(found.until))).collect()
}

#[test]
fn every_stretch_is_kept() {
    let mut events = vec![told("crm", "1", "related", "2020-01-01", "A", "")];
    assert_eq!(days(&events, "A"), [".."], "nobody said from when");
    events.push(told("crm", "1", "unrelated", "2021-05-01", "A", ""));
    assert_eq!(days(&events, "A"), ["..2021-05-01"]);
    events.push(told("crm", "1", "related", "2022-03-01", "A", r#","role":"buyer""#));
    assert_eq!(days(&events, "A"), ["..2021-05-01", "2022-03-01.."]);
    events.push(told("crm", "1", "related", "2022-04-01", "A", r#","valid_from":"2022-02-01""#));
    assert_eq!(days(&events, "A"), ["..2021-05-01", "2022-02-01.."]);
    events.push(told("crm", "1", "related", "2022-04-02", "A", r#","valid_until":"2022-06-01""#));
    let again = r#","valid_from":"2023-01-01","valid_until":null"#;
    events.push(told("crm", "1", "related", "2023-01-02", "A", again));
    assert_eq!(days(&events, "A"), ["..2021-05-01", "2022-02-01..2022-06-01", "2023-01-01.."]);
    events.push(told("crm", "1", "unrelated", "2024-01-01", "A", r#","valid_until":"2022-12-31""#));
    assert_eq!(days(&events, "A"), ["..2021-05-01", "2022-02-01..2022-06-01"], "it never was after all");
    assert_eq!(days(&events, "B"), [""; 0]);
}

#[test]
fn of_a_customers_records_the_newest_word_holds() {
    let nightly = |on: &str| told("crm", "1", "related", on, "A", r#","role":"buyer","valid_from":"2020-01-01""#);
    let mut events = vec![nightly("2020-01-01"), told("kulta", "1", "unrelated", "2021-05-01", "A", "")];
    events.push(nightly("2021-06-01"));
    assert_eq!(days(&events, "A"), ["2020-01-01..2021-05-01"], "who repeats itself says nothing new");
    events.push(told("kulta", "1", "related", "2022-01-01", "A", ""));
    assert_eq!(days(&events, "A"), ["2020-01-01..2021-05-01", "2022-01-01.."]);
    let own = belongings(&events, record("crm", "1").into(), &[CONTACT_OF], holder);
    assert!(own.is_empty(), "nobody belongs to themselves");
}

#[test]
fn who_moved_is_in_the_ones_days_before_and_the_others_after() {
    let events = [
        told("crm", "1", "related", "2020-01-01", "A", ""),
        told("crm", "1", "unrelated", "2021-05-01", "A", ""),
        told("crm", "1", "related", "2021-05-01", "B", r#","valid_from":"2021-05-01""#),
    ];
    let zone = TimeZone::get("Europe/Helsinki").unwrap();
    let holds = |of: &str, at: &str| {
        let at = Instant::parse(at).unwrap();
        belongings(&events, company(of), &[CONTACT_OF], holder).iter().any(|found| found.holds(at, &zone))
    };
    for (at, is_a) in [("2019-01-01T00:00:00Z", true), ("2021-04-30T20:59:59Z", true), ("2021-04-30T21:00:00Z", false)]
    {
        assert_eq!((holds("A", at), holds("B", at)), (is_a, !is_a), "{at}");
    }
    let b = &belongings(&events, company("B"), &[CONTACT_OF], holder)[0];
    assert_eq!(b.moments(&zone), (Some(Instant::parse("2021-04-30T21:00:00Z").unwrap()), None));
}

#[test]
fn a_group_rolls_up_what_was_its_own() {
    let id = |n: u128| CustomerId(Uuid::from_u128(n));
    let one = |n: u128, relation: &str, from: i16, until: i16| Belonging {
        customer: id(n),
        relation: relation.into(),
        from: Some(date(from, 1, 1)),
        until: Some(date(until, 1, 1)),
        role: None,
    };
    let of = |company: CustomerId| match company.0.as_u128() {
        1 => vec![one(2, SUBSIDIARY_OF, 2010, 2015), one(9, CONTACT_OF, 2000, 2020)],
        2 => vec![one(8, CONTACT_OF, 2012, 2020), one(7, CONTACT_OF, 2016, 2020), one(3, SUBSIDIARY_OF, 2014, 2020)],
        3 => vec![one(1, SUBSIDIARY_OF, 2000, 2030), one(2, SUBSIDIARY_OF, 2000, 2030), one(6, CONTACT_OF, 2000, 2030)],
        _ => Vec::new(),
    };
    let found: Vec<_> = group(id(1), of)
        .into_iter()
        .map(|b| (b.customer.0.as_u128(), b.from.unwrap().year(), b.until.unwrap().year()))
        .collect();
    let expected = [
        (2, 2010, 2015),
        (2, 2014, 2015),
        (3, 2014, 2015),
        (6, 2014, 2015),
        (8, 2012, 2015),
        (8, 2014, 2015),
        (9, 2000, 2020),
    ];
    assert_eq!(found, expected);
    let parent =
        |n: CustomerId| [(5, 4), (4, 3), (3, 2), (2, 4)].iter().find(|(a, _)| id(*a) == n).map(|(_, b)| id(*b));
    assert_eq!((top(id(5), parent), top(id(3), parent), top(id(7), parent)), (id(2), id(2), id(7)));
}

prop_compose! {
    fn any_told()(
        source in select(vec!["crm", "kulta"]),
        subject in select(vec!["1", "2"]),
        what in select(vec!["related", "related", "unrelated", "registered"]),
        on in 1_i64..20,
        to in select(vec!["A", "B"]),
        from in proptest::option::of(select(vec!["\"2020-01-01\"", "\"2024-09-30\"", "\"x\"", "null"])),
        until in proptest::option::of(select(vec!["\"2024-09-01\"", "\"2024-10-05\"", "null", "7"])),
        role in proptest::option::of(select(vec!["\"buyer\"", "null"])),
    ) -> Recorded {
        let member = |name: &str, value: Option<&str>| value.map(|value| format!(",\"{name}\":{value}")).unwrap_or_default();
        let more = member("valid_from", from) + &member("valid_until", until) + &member("role", role);
        let to = record("erp", to);
        let data = format!(r#"{{"relation":"contact_of","to":"{to}"{more}}}"#);
        event(source, subject, on, &format!("customer.{what}"), &data)
    }
}

/// Distinct facts.
fn facts() -> impl Strategy<Value = Vec<Recorded>> {
    proptest::collection::vec(any_told(), 0..24).prop_map(|events| {
        let named = |(index, event): (usize, Recorded)| event.named(&format!("e{index}"));
        events.into_iter().enumerate().map(named).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_of_arrival_is_of_no_account(
        (events, mut late) in facts().prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())),
        doubled in 0_usize..24,
    ) {
        late.extend(late.get(doubled).cloned());
        for of in ["A", "B"] {
            let whole = belongings(&events, company(of), &[CONTACT_OF], holder);
            prop_assert_eq!(&belongings(&late, company(of), &[CONTACT_OF], holder), &whole);
            prop_assert!(whole.iter().all(|found| !is_empty((found.from, found.until))));
        }
    }

    #[test]
    fn who_moved_belongs_to_one_company_on_each_day(
        days in proptest::collection::btree_set(1_i64..60, 1..5),
        asked in 0_i64..70,
        turn in any::<usize>(),
    ) {
        // From A to B and back, each time ending the one and beginning the other on the day of the move.
        let said = |what: &str, on: i64, to: &str| {
            let data = format!(r#"{{"relation":"contact_of","to":"{}"}}"#, record("erp", to));
            event("crm", "1", on, &format!("customer.{what}"), &data).named(&format!("{on}{what}{to}"))
        };
        let at = |moves: usize| if moves.is_multiple_of(2) { ("A", "B") } else { ("B", "A") };
        let mut events = vec![said("related", 0, "A")];
        for (moves, on) in days.iter().enumerate() {
            let (old, new) = at(moves);
            let seen_before = moves > 0;
            events.push(said("unrelated", *on, old));
            let mut begun = said("related", *on, new);
            if !seen_before {
                let from = date_of(begun.order.time, &TimeZone::UTC).unwrap().to_string();
                let Json::Object(members) = &mut begun.payload.data else { unreachable!() };
                members.push(("valid_from".to_owned(), Json::String(from)));
            }
            events.push(begun);
        }
        let turn = turn % events.len();
        events.rotate_left(turn);
        let moment = crate::given::day(asked);
        let (here, there) = at(days.iter().filter(|on| **on <= asked).count());
        let holds = |of: &str| {
            belongings(&events, company(of), &[CONTACT_OF], holder).iter().any(|one| one.holds(moment, &TimeZone::UTC))
        };
        prop_assert!(holds(here) && !holds(there));
    }

    #[test]
    fn what_one_record_says_now_holds_by_its_days(events in facts(), day in 0_i8..40) {
        // Without words of others, days on which the present word holds are days of a stretch.
        let events: Vec<_> = events.into_iter().filter(|event| event.order.source == "crm").collect();
        let day = date(2024, 9, 1).checked_add(jiff::Span::new().days(day)).unwrap();
        for subject in ["1", "2"] {
            let own: Vec<_> = events.iter().filter(|e| e.record == Some(record("crm", subject))).collect();
            let mut row = RecordRow::new(record("crm", subject), "crm".to_owned(), None, 1);
            row.state = RecordState::fold_unsorted(own.iter().copied());
            for found in relations(&[row], &[], holder, None) {
                let Some(to) = found.other else { continue };
                let all = belongings(&events, to, &[CONTACT_OF], holder);
                let held = all.iter().any(|one| one.customer == record("crm", subject).into() && one.holds_on(day));
                let claim = &found.claims[0];
                // Readable days only, and only where somebody said from when.
                if claim.valid_from.as_deref().is_some_and(|from| from != "x") && claim.holds_on(&day.to_string()) {
                    prop_assert!(held, "{claim:?} {all:?}");
                }
            }
        }
    }
}
