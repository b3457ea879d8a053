use kulta_events::recorded::EventName;
use proptest::prelude::*;

use super::*;
use crate::pipeline::funnel::{End, Stay};

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn helsinki() -> TimeZone {
    TimeZone::get("Europe/Helsinki").unwrap()
}

#[test]
fn days_are_days_of_the_wall_clock() {
    for (from, days, later) in [
        ("2026-03-28T12:00:00+02:00", 1, "2026-03-29T12:00:00+03:00"),
        ("2026-10-24T12:00:00+03:00", 1, "2026-10-25T12:00:00+02:00"),
        // Skipped, and coming twice.
        ("2026-03-28T03:30:00+02:00", 1, "2026-03-29T04:30:00+03:00"),
        ("2026-10-24T03:30:00+03:00", 1, "2026-10-25T03:30:00+03:00"),
        // Over a leap day, and not.
        ("2028-02-28T12:00:00+02:00", 2, "2028-03-01T12:00:00+02:00"),
        ("2026-02-28T12:00:00+02:00", 2, "2026-03-02T12:00:00+02:00"),
        ("2026-01-01T12:00:00+02:00", 0, "2026-01-01T12:00:00+02:00"),
    ] {
        assert_eq!(days_later(at(from), days, &helsinki()), Some(at(later)), "{from}");
    }
    assert_eq!(days_later(at("9999-12-01T00:00:00Z"), 90, &helsinki()), None);
    assert_eq!(days_later(at("2026-12-01T00:00:00Z"), u32::MAX, &helsinki()), None);
    assert_eq!(days_later(Instant::from_micros(i64::MAX), 1, &helsinki()), None);
}

#[test]
fn every_long_stay_is_a_cause_of_its_own() {
    let stay = |stage: &str, from, until: Option<&str>, position| Stay {
        pipeline: "p".into(),
        stage: stage.into(),
        from: at(from),
        until: until.map(at),
        position,
    };
    let journey = Journey {
        stays: vec![
            stay("a", "2026-03-01T12:00:00Z", Some("2026-03-03T12:00:00Z"), 1),
            stay("b", "2026-03-03T12:00:00Z", Some("2026-03-09T12:00:00Z"), 2),
            stay("a", "2026-03-09T12:00:00Z", Some("2026-03-12T00:00:00Z"), 3),
            stay("a", "2026-03-20T12:00:00Z", None, 4),
        ],
        place: ("p".into(), "a".into()),
        end: End::Open,
    };
    let thing = Uuid::from_u128(1);
    let began = |as_of| {
        let found = overstays(thing, &journey, ("p", "a"), 2, &helsinki(), at(as_of));
        found.into_iter().map(|cause| cause.began).collect::<Vec<_>>()
    };
    assert_eq!(began("2026-03-20T12:00:00Z"), [3], "exactly two days are not too long");
    assert_eq!(began("2026-03-22T12:00:00Z"), [3]);
    assert_eq!(began("2026-03-22T12:00:00.000001Z"), [3, 4]);
    assert_eq!(began("2026-03-10T12:00:00Z"), [0_u64; 0]);
    assert!(overstays(thing, &journey, ("q", "a"), 2, &helsinki(), at("2027-01-01T00:00:00Z")).is_empty());
}

fn heard(day: u8, id: u8) -> Order {
    let time = Instant::default().plus_days(i64::from(day));
    Order { time, source: "crm".to_owned(), id: EventName::Id(format!("{id}")) }
}

#[test]
fn a_late_word_takes_a_silence_away_or_parts_it() {
    let thing = Uuid::from_u128(1);
    let as_of = Instant::default().plus_days(100);
    let of = |words: &[(Order, u64)]| {
        let found =
            silences(thing, words.iter().map(|(order, position)| (order, *position)), 10, &TimeZone::UTC, as_of);
        found.into_iter().map(|cause| cause.name()).collect::<Vec<_>>()
    };
    let name = |began: u64| format!("{thing}/{began}");
    let mut words = vec![(heard(1, 1), 1), (heard(20, 2), 2), (heard(95, 3), 3)];
    assert_eq!(of(&words), [name(1), name(2)]);
    words.push((heard(11, 4), 4));
    assert_eq!(of(&words), [name(2)], "ten days and then nine are not too long");
    words.push((heard(50, 5), 5));
    assert_eq!(of(&words), [name(2), name(5)]);
    assert!(of(&[]).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each cause has a name of its own, the order of arrival is of no account, and time takes no cause away.
    #[test]
    fn causes_follow_from_facts_and_time(days in proptest::collection::vec(0_u8..120, 0..12), limit in 1_u32..40, now in 0_u8..130) {
        let words: Vec<_> = (0..).zip(&days).map(|(id, day)| (heard(*day, id), u64::from(id))).collect();
        let thing = Uuid::from_u128(1);
        let of = |words: &[(Order, u64)], now: u8| {
            let as_of = Instant::default().plus_days(i64::from(now));
            silences(thing, words.iter().map(|(order, position)| (order, *position)), limit, &TimeZone::UTC, as_of)
        };
        let found = of(&words, now);
        let backwards: Vec<_> = words.iter().rev().chain(&words).cloned().collect();
        prop_assert_eq!(&of(&backwards, now), &found);
        let mut names: Vec<_> = found.iter().map(Cause::name).collect();
        names.dedup();
        prop_assert_eq!(names.len(), found.len());
        let later = of(&words, now.saturating_add(9));
        prop_assert!(found.iter().all(|cause| later.contains(cause)));
        // A cause is a stretch without a word, counted by hand.
        let quiet = |cause: &Cause| {
            let began = &words.iter().find(|(_, position)| *position == cause.began).unwrap().0;
            words.iter().all(|(order, _)| order <= began || order.time > cause.at || order.time >= Instant::default().plus_days(i64::from(now)))
        };
        prop_assert!(found.iter().all(quiet));
    }
}
