//! Validity, age, spans, versions.

use super::*;
use crate::scores::rules::{Cap, Grade, Limit, Window};

#[test]
fn validity_is_half_open_and_limits_what_enters_windows() {
    let mut pays = points(&["purchase.made"], "amount");
    pays.limit = Some(Limit { count: 1, per: Window::Lifetime });
    let mut set = only(points(&["purchase.made"], "amount"));
    set.rules[0].valid = (time("2026-01-01T00:00:00+02:00"), time("2026-07-01T00:00:00+03:00"));
    let facts = [
        purchase("2025-12-31T23:59:59.999999+02:00", "1"),
        purchase("2026-01-01T00:00:00+02:00", "2"),
        purchase("2026-06-30T23:59:59.999999+03:00", "4"),
        purchase("2026-07-01T00:00:00+03:00", "8"),
    ];
    assert_eq!(parts(&score(&set, &facts)), some(&[(1, "2"), (2, "4")]));
    set.rules[0].pays = Pays::Events(pays);
    assert_eq!(parts(&score(&set, &facts)), some(&[(1, "2")]));
}

#[test]
fn events_at_or_after_as_of_are_left_out() {
    let set = only(points(&["purchase.made"], "amount"));
    let facts = [purchase("2026-01-01T00:00:00Z", "1"), purchase("2026-01-02T00:00:00Z", "2")];
    let total = |as_of| score_at(&set, &facts, as_of).unwrap().total;
    assert_eq!(total("2026-01-02T00:00:00Z"), d("1"));
    assert_eq!(total("2026-01-02T00:00:00.000001Z"), d("3"));
}

#[test]
fn points_halve_by_calendar_days_of_the_zone() {
    let mut set = only(points(&["purchase.made"], "amount"));
    set.rules[0].half_life_days = Some(d("2"));
    let facts = [purchase("2026-03-28T23:59:00+02:00", "100"), purchase("2026-03-29T00:01:00+02:00", "100")];
    let scored = score_at(&set, &facts, "2026-03-30T00:00:00+03:00").unwrap();
    // Two days and one day old, though not 24 hours apart from as-of.
    assert_eq!(parts(&scored), some(&[(0, "50"), (1, "70.7106781186548")]));
    assert_eq!((scored.total, scored.rounding), (d("120.7107"), Some(big("0.0000218813452"))));
    let scored = score_at(&set, &facts[1..], "2026-03-29T00:02:00+02:00").unwrap();
    assert_eq!(scored.parts[0].factor, Some(d("1")));
    // In the end nothing is left, and nothing has no part.
    assert_eq!(score_at(&set, &facts, "2030-01-01T00:00:00Z").unwrap().parts, []);
}

#[test]
fn what_has_faded_or_expired_still_fills_its_window() {
    let mut set = only(points(&["purchase.made"], "amount"));
    set.rules[0].cap = Some(Cap { points: d("100"), per: Window::Lifetime });
    set.rules[0].expires_after_days = Some(10);
    let facts = [purchase("2026-01-01T10:00:00Z", "70"), purchase("2026-01-08T10:00:00Z", "70")];
    let total = |as_of| score_at(&set, &facts, as_of).unwrap().total;
    assert_eq!(total("2026-01-10T23:59:59+02:00"), d("100"));
    assert_eq!(total("2026-01-11T00:00:00+02:00"), d("30")); // the tenth day after
    assert_eq!(total("2026-01-17T23:59:59+02:00"), d("30"));
    assert_eq!(total("2026-01-18T00:00:00+02:00"), d("0"));
    let mut both = set.clone();
    both.rules[0].half_life_days = Some(d("8"));
    assert_eq!(score_at(&both, &facts, "2026-01-09T10:00:00Z").unwrap().parts[0].points, big("35"));
    assert_eq!(score_at(&both, &facts, "2026-01-11T10:00:00Z").unwrap().parts.len(), 1);
}

#[test]
fn a_day_that_comes_again_keeps_its_window_and_no_age_is_below_zero() {
    // At 00:01 on 29 October 1989 clocks in St John's went back to 23:01 on the 28th.
    let mut pays = points(&["purchase.made"], "amount");
    pays.limit = Some(Limit { count: 1, per: Window::Day });
    let mut set = only(pays);
    set.zone = TimeZone::get("America/St_Johns").unwrap();
    set.rules[0].half_life_days = Some(d("1"));
    let facts = [
        purchase("1989-10-28T23:30:00-02:30", "1"),
        purchase("1989-10-29T00:00:30-02:30", "2"),
        purchase("1989-10-28T23:30:00-03:30", "4"), // the 28th again
        purchase("1989-10-29T00:00:30-03:30", "8"), // the 29th again
    ];
    assert!(facts.is_sorted_by_key(|fact| fact.at));
    let scored = score_at(&set, &facts[..2], "1989-10-28T23:31:00-03:30").unwrap();
    assert_eq!(parts(&scored), some(&[(0, "1"), (1, "2")]));
    let scored = score_at(&set, &facts, "1989-10-29T12:00:00-03:30").unwrap();
    assert_eq!(parts(&scored), some(&[(0, "0.5"), (1, "2")]));
}

#[test]
fn versions_see_their_own_time_with_windows_afresh() {
    let first = {
        let mut pays = points(&["purchase.made"], "1");
        pays.limit = Some(Limit { count: 2, per: Window::Lifetime });
        rules(vec![rule(Pays::Events(pays)), rule(Pays::Absence(absent("purchase.made", 10, "-100")))])
    };
    let mut second = first.clone();
    if let Pays::Events(pays) = &mut second.rules[0].pays {
        pays.worth = Worth::Points(Expression::parse("1000.00005").unwrap());
    }
    second.grades = vec![Grade { name: "B".into(), from: d("0"), service: None, allows: Default::default() }];
    let versions = [(time("2026-01-01T00:00:00Z"), &first), (time("2026-02-01T00:00:00Z"), &second)];
    let facts = [
        purchase("2025-12-31T00:00:00Z", "1"), // before the first version
        purchase("2026-01-01T00:00:00Z", "1"),
        purchase("2026-01-02T00:00:00Z", "1"),
        purchase("2026-01-25T00:00:00Z", "1"), // beyond the limit; its gap would end in the second version's time
        purchase("2026-02-05T00:00:00Z", "1"),
        purchase("2026-02-06T00:00:00Z", "1"),
        purchase("2026-02-07T00:00:00Z", "1"),
    ];
    let score = |as_of| {
        let in_force = InForce::new(&versions, &is_money, time(as_of));
        let scored = in_force.score(&seen(&facts), &facts[0]).unwrap();
        let grade = in_force.grade(scored.total).map(|grade| grade.name.to_string());
        (scored, grade)
    };
    let (scored, grade) = score("2026-02-10T00:00:00Z");
    assert_eq!(parts(&scored.versions[0])[..2], some(&[(1, "1"), (2, "1")]));
    // The gap after 2 January ended on the 12th; the one after 25 January did not end in that version's time.
    assert_eq!(parts(&scored.versions[0])[2..], [(None, "-100".to_owned())]);
    assert_eq!(parts(&scored.versions[1]), some(&[(4, "1000.00005"), (5, "1000.00005")]));
    assert_eq!((scored.exact, scored.total, scored.rounding), (big("1902.0001"), d("1902.0001"), None));
    assert_eq!(grade, Some("B".to_owned()));
    let (scored, grade) = score("2026-01-31T23:59:59Z");
    assert_eq!((scored.total, grade), (d("-98"), None));
    assert_eq!(score("2025-01-01T00:00:00Z").0.total, d("0"));
    assert_eq!(in_force_at(&versions, i64::MAX), Some(1));
    assert_eq!(in_force_at(&versions, versions[1].0), Some(1));
    assert_eq!(in_force_at(&versions, versions[1].0 - 1), Some(0));
    assert_eq!(in_force_at(&versions, versions[0].0 - 1), None);
}
