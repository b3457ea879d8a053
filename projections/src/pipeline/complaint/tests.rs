use jiff::tz::TimeZone;

use super::*;
use crate::given::{EventExt, event};

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn told(time: &str, what: &str, more: &str) -> Recorded {
    let mut told = event("crm", "1", 1, &format!("complaint.{what}"), &format!(r#"{{"complaint":"c"{more}}}"#));
    told.order.time = at(time);
    told.named(&format!("{time} {what}"))
}

fn folded(events: &[Recorded]) -> Complaint {
    Complaint::at(&ComplaintHistory::of(events), None).unwrap()
}

fn hours() -> BusinessHours {
    BusinessHours::built_in(TimeZone::get("Europe/Helsinki").unwrap())
}

const MONDAY: &str = "2026-03-02T10:00:00+02:00";
const TUESDAY: &str = "2026-03-03T10:00:00+02:00";
const WEDNESDAY: &str = "2026-03-04T12:00:00+02:00";
const THURSDAY: &str = "2026-03-05T10:00:00+02:00";
const HOUR: i64 = 3_600 * Instant::SECOND;

#[test]
fn every_round_has_its_own_clock() {
    let complaint = folded(&[
        told(MONDAY, "opened", r#","topic":"delivery","channel":"phone""#),
        told(TUESDAY, "answered", ""),
        told(WEDNESDAY, "customer_reacted", r#","outcome":"angry""#),
    ]);
    assert_eq!((complaint.status, complaint.topic.as_deref()), (Status::Waiting, Some("delivery")));
    let [first, second] = complaint.rounds.as_slice() else { panic!("two rounds: {complaint:?}") };
    let clock = first.clock(&hours(), at(THURSDAY));
    assert_eq!(clock, Clock { due: Some(at(TUESDAY)), left: Some(0), breached: false });
    let clock = second.clock(&hours(), at(THURSDAY));
    assert_eq!((clock.left, clock.breached), (Some(2 * HOUR), false));
    assert_eq!(second.clock(&hours(), at("2026-03-05T13:00:00+02:00")).left, Some(-HOUR));
    assert_eq!(second.began, What::CustomerReacted);
}

#[test]
fn a_reaction_waits_again_unless_it_settles_the_matter() {
    let begun = [told(MONDAY, "opened", ""), told(TUESDAY, "closed", r#","outcome":"refund""#)];
    let with = |more: &str| folded(&[begun[0].clone(), begun[1].clone(), told(WEDNESDAY, "customer_reacted", more)]);
    let settled = with(r#","outcome":"satisfied""#);
    assert_eq!((settled.status, settled.closed_at, settled.rounds.len()), (Status::Closed, Some(at(TUESDAY)), 1));
    let again = with("");
    assert_eq!((again.status, again.closed_at, again.rounds.len()), (Status::Waiting, None, 2));
    assert_eq!(again.outcome.as_deref(), Some("refund"));
    // Who waits already, waits since before.
    let waits = folded(&[begun[0].clone(), told(TUESDAY, "customer_reacted", ""), told(WEDNESDAY, "reopened", "")]);
    assert_eq!(waits.waiting().map(|round| round.from), Some(at(MONDAY)));
}

#[test]
fn what_was_answered_before_it_was_opened_is_answered() {
    let events = [told(MONDAY, "answered", ""), told(TUESDAY, "opened", r#","topic":"late""#)];
    for events in [[&events[0], &events[1]], [&events[1], &events[0]]] {
        let complaint = Complaint::at(&ComplaintHistory::of(events), None).unwrap();
        assert_eq!((complaint.status, complaint.rounds.len()), (Status::Answered, 0));
        assert_eq!(complaint.topic.as_deref(), Some("late"));
    }
}

#[test]
fn notices_follow_from_facts_and_a_late_fact_withdraws_them() {
    let id = Uuid::from_u128(5);
    let mut events = vec![told(MONDAY, "opened", "").at(4)];
    let all = |events: &[Recorded], as_of| {
        let found = notices(id, &folded(events), &hours(), 4 * HOUR, at(as_of));
        found.into_iter().map(|notice| (notice.alarm, notice.at, notice.round)).collect::<Vec<_>>()
    };
    let warning = (Alarm::Warning, at("2026-03-03T06:00:00+02:00"), 4);
    assert_eq!(all(&events, "2026-03-03T06:00:00+02:00"), []);
    assert_eq!(all(&events, "2026-03-03T06:00:00.000001+02:00"), [warning]);
    assert_eq!(all(&events, TUESDAY), [warning]);
    assert_eq!(all(&events, WEDNESDAY), [warning, (Alarm::Breach, at(TUESDAY), 4)]);
    // On Wednesday we learn that it was answered on Tuesday at seven, or on Monday already.
    events.push(told("2026-03-03T07:00:00+02:00", "answered", "").at(5));
    assert_eq!(all(&events, WEDNESDAY), [warning]);
    events.push(told("2026-03-02T18:00:00+02:00", "answered", "").at(6));
    assert_eq!(all(&events, WEDNESDAY), []);
}
