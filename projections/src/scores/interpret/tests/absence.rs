//! Points for gaps.

use super::*;
use crate::scores::rules::{Cap, Window};

fn quiet(days: u32) -> RuleSet {
    rules(vec![rule(Pays::Absence(absent("purchase.made", days, "-50")))])
}

fn absence(set: &mut RuleSet) -> &mut ForAbsence {
    match &mut set.rules[0].pays {
        Pays::Absence(absence) => absence,
        Pays::Events(_) => panic!("for events"),
    }
}

fn ends(scored: &Scored) -> Vec<String> {
    assert!(scored.parts.iter().all(|part| part.event.is_none()));
    scored.parts.iter().map(|part| Timestamp::from_microsecond(part.at).unwrap().to_string()).collect()
}

#[test]
fn each_gap_pays_once() {
    let facts = [
        fact("2025-01-01T00:00:00Z", "web.visited", &[]),
        purchase("2026-01-01T10:00:00Z", "1"),
        purchase("2026-01-31T10:00:00Z", "1"), // thirty days later to the microsecond
        purchase("2026-03-02T09:59:59.999999Z", "1"), // a microsecond less
        fact("2026-03-20T00:00:00Z", "web.visited", &[]),
        purchase("2026-07-01T00:00:00Z", "1"), // several times thirty days
    ];
    let scored = score(&quiet(30), &facts);
    assert_eq!(ends(&scored), ["2026-01-31T10:00:00Z", "2026-04-01T08:59:59.999999Z", "2026-07-31T00:00:00Z"]);
    assert_eq!(scored.total, d("-150"));
    assert_eq!(score(&quiet(30), &[]).parts, []);
    assert_eq!(score(&quiet(30), &facts[..1]).parts, []);
}

#[test]
fn a_gap_keeps_the_wall_clock_time_when_clocks_change() {
    // Summer time begins on 29 March 2026 at 03:00, so 23 hours make this day.
    let facts = [purchase("2026-03-28T12:00:00+02:00", "1"), purchase("2026-03-29T12:00:00+03:00", "1")];
    assert_eq!(ends(&score(&quiet(1), &facts)), ["2026-03-29T09:00:00Z", "2026-03-30T09:00:00Z"]);
    // 24 hours later, but not yet the same time of day: 25 October 2026 has 25 hours.
    let facts = [purchase("2026-10-24T12:00:00+03:00", "1"), purchase("2026-10-25T11:00:00+02:00", "1")];
    assert_eq!(ends(&score(&quiet(1), &facts)), ["2026-10-26T09:00:00Z"]);
    // A time of day that is skipped.
    let facts = [purchase("2026-03-28T03:30:00+02:00", "1")];
    assert_eq!(ends(&score(&quiet(1), &facts)), ["2026-03-29T01:30:00Z"]);
}

#[test]
fn a_gap_that_lasts_until_as_of_or_the_end_of_the_span_has_not_happened() {
    let facts = [purchase("2026-01-01T10:00:00Z", "1")];
    let total = |as_of| score_at(&quiet(30), &facts, as_of).unwrap().total;
    assert_eq!(total("2026-01-31T10:00:00Z"), d("0"));
    assert_eq!(total("2026-01-31T10:00:00.000001Z"), d("-50"));
    let set = quiet(30);
    let until =
        |until| Interpreter::new(&set, &is_money, (i64::MIN, time(until)), time(AS_OF)).score(&seen(&facts), &facts[0]);
    assert_eq!(until("2026-01-31T10:00:00Z").unwrap().total, d("0"));
    assert_eq!(until("2026-01-31T10:00:00.000001Z").unwrap().total, d("-50"));
}

#[test]
fn counting_may_start_at_the_first_event_of_any_type() {
    let mut set = quiet(30);
    absence(&mut set).from_first_event = true;
    let facts = [
        fact("2025-01-01T00:00:00Z", "web.visited", &[]),
        fact("2025-01-05T00:00:00Z", "web.visited", &[]),
        purchase("2026-12-31T10:00:00Z", "1"),
    ];
    assert_eq!(ends(&score(&set, &facts)), ["2025-01-31T00:00:00Z"]);
    assert_eq!(ends(&score(&set, &facts[..2])), ["2025-01-31T00:00:00Z"]);
    assert_eq!(ends(&score(&set, &facts[1..])), ["2025-02-04T00:00:00Z"]);
    assert_eq!(score(&set, &facts[2..]).parts, []);
    assert_eq!(score(&set, &[]).parts, []);
}

#[test]
fn validity_cap_and_age_apply_when_the_gap_had_its_length() {
    let facts = [
        purchase("2026-01-01T10:00:00Z", "1"), // gap until 11 January
        purchase("2026-01-15T10:00:00Z", "1"), // 25 January
        purchase("2026-02-01T10:00:00Z", "1"), // 11 February
        purchase("2026-03-01T10:00:00Z", "1"), // 11 March
    ];
    let mut set = quiet(10);
    set.rules[0].valid = (time("2026-01-25T10:00:00Z"), time("2026-03-11T10:00:00Z"));
    assert_eq!(ends(&score(&set, &facts)), ["2026-01-25T10:00:00Z", "2026-02-11T10:00:00Z"]);
    let mut set = quiet(10);
    set.rules[0].cap = Some(Cap { points: d("60"), per: Window::Month });
    let points: Vec<_> = parts(&score(&set, &facts)).into_iter().map(|(_, points)| points).collect();
    assert_eq!(points, ["-50", "-10", "-50", "-50"]);
    let mut set = quiet(10);
    set.rules[0].half_life_days = Some(d("30"));
    set.rules[0].expires_after_days = Some(59);
    let scored = score_at(&set, &facts, "2026-04-10T00:00:00+03:00").unwrap();
    // The ages are 89, 75, 58 and 30 days.
    assert_eq!(scored.parts.len(), 2);
    assert_eq!(scored.parts[1].points, big("-25"));
    assert_eq!((scored.parts[1].credited.clone(), scored.parts[1].factor), (big("-50"), Some(d("0.5"))));
}

#[test]
fn points_for_gaps_may_read_the_customer_only() {
    let mut set = quiet(10);
    absence(&mut set).points = Expression::parse("-customer.weight").unwrap();
    let facts = [purchase("2026-01-01T10:00:00Z", "1"), purchase("2026-02-01T10:00:00Z", "1")];
    assert_eq!(score(&set, &facts).total, d("-6"));
    absence(&mut set).points = Expression::parse("customer.unknown").unwrap();
    let scored = score(&set, &facts);
    assert_eq!((scored.missing, scored.parts), (vec![2], vec![]));
    absence(&mut set).points = Expression::parse("1 / 0").unwrap();
    let refused = score_at(&set, &facts, AS_OF);
    assert!(matches!(refused, Err(ScoreError::Refused(Refusal { rule: 0, event: None, .. }))), "{refused:?}");
}
