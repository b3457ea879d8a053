use rust_decimal::Decimal;
use uuid::Uuid;

use super::*;
use crate::given::{day, event};

fn told(on: i64, what: &str, more: &str) -> Recorded {
    event("crm", "1", on, &format!("task.{what}"), &format!(r#"{{"task":"t"{more}}}"#))
}

fn folded(events: &[Recorded]) -> Task {
    Task::at(&TaskHistory::of(events), None).unwrap()
}

fn owner(task: &Task) -> Option<&str> {
    task.owner.value().map(|owner| &**owner)
}

#[test]
fn a_task_is_raised_assigned_snoozed_and_done() {
    let raised = r#","due":"2026-03-05","owner":"aino","priority":2,"offer":"o-1","title":"Call","kind":"call""#;
    let mut events = vec![
        told(1, "raised", raised),
        told(2, "assigned", r#","owner":"eino""#),
        told(3, "snoozed", r#","until":"2026-03-04T06:00:00Z""#),
    ];
    let task = folded(&events);
    assert_eq!((task.status, owner(&task), task.priority), (Status::Open, Some("eino"), 2));
    assert_eq!(task.due, Some(When::Day("2026-03-05".into())));
    assert_eq!(task.snoozed, Some(When::At(Instant::parse("2026-03-04T06:00:00Z").unwrap().micros())));
    assert_eq!((task.about.offer.as_deref(), task.title.as_deref()), (Some("o-1"), Some("Call")));
    events.push(told(4, "done", r#","outcome":"reached""#));
    events.push(told(5, "cancelled", r#","reason_code":"no""#));
    events.push(told(6, "assigned", r#","owner":null"#));
    let task = folded(&events);
    assert_eq!((task.status, task.closed_at, task.outcome.as_deref()), (Status::Done, Some(day(4)), Some("reached")));
    assert_eq!(owner(&task), None, "assigned also afterwards");
    let before = Task::at(&TaskHistory::of(&events), Some(day(4))).unwrap();
    assert_eq!(before.status, Status::Open);
}

#[test]
fn what_was_done_before_it_was_raised_is_done() {
    let raised = told(2, "raised", r#","owner":"aino","due":"2026-03-05""#);
    let task = folded(&[raised, told(1, "done", ""), told(0, "assigned", r#","owner":"eino""#)]);
    assert_eq!((task.status, owner(&task)), (Status::Done, Some("eino")));
    assert!(task.due.is_some());
}

#[test]
fn a_day_begins_and_ends_at_midnight_of_the_time_zone() {
    let zone = TimeZone::get("Europe/Helsinki").unwrap();
    let day = When::Day("2026-03-29".into());
    let at = |text| Some(Instant::parse(text).unwrap());
    assert_eq!(day.begin(&zone), at("2026-03-29T00:00:00+02:00"));
    assert_eq!(day.end(&zone), at("2026-03-30T00:00:00+03:00"));
    assert_eq!(When::Day("9999-12-31".into()).end(&zone), None);
}

#[test]
fn the_list_begins_with_what_presses_most() {
    let zone = TimeZone::get("Europe/Helsinki").unwrap();
    let now = Instant::parse("2026-03-05T12:00:00+02:00").unwrap();
    let raised = |more: &str| folded(&[told(1, "raised", more)]);
    let tasks = [
        raised(""),
        raised(r#","due":"2026-03-06""#),
        raised(r#","due":"2026-03-05""#),
        raised(r#","due":"2026-03-04""#),
        raised(r#","due":"2026-03-05T11:00:00+02:00","priority":1"#),
        raised(r#","due":"2026-04-05""#),
        raised(r#","due":"2026-03-06","priority":0"#),
        folded(&[told(1, "raised", r#","due":"2026-03-04""#), told(2, "snoozed", r#","until":"2026-03-06""#)]),
        folded(&[told(1, "raised", r#","due":"2026-03-04""#), told(2, "snoozed", r#","until":"2026-03-05""#)]),
        folded(&[told(1, "raised", ""), told(2, "done", "")]),
    ];
    let scores = [None, None, None, None, None, None, Some(Decimal::TEN), None, Some(Decimal::ONE), None];
    let with_scores =
        || (0_u128..).map(Uuid::from_u128).zip(&tasks).zip(scores).map(|((id, task), score)| (id, task, score));
    let ranked = rank(with_scores(), now, &zone);
    let found: Vec<_> = ranked.iter().map(|ranked| (ranked.id.as_u128(), ranked.urgency)).collect();
    use Urgency::{Later, Overdue, Someday, Soon, Today};
    let expected =
        [(4, Overdue), (8, Overdue), (3, Overdue), (2, Today), (6, Soon), (1, Soon), (5, Later), (0, Someday)];
    assert_eq!(found, expected);
    let backwards: Vec<_> = with_scores().collect();
    assert_eq!(rank(backwards.into_iter().rev(), now, &zone), ranked);
}

#[test]
fn what_may_be_done_to_a_task() {
    let open = folded(&[told(1, "raised", "")]);
    let done = folded(&[told(1, "raised", ""), told(2, "done", "")]);
    assert_eq!(decide(None, What::Raised), Ok(()));
    assert_eq!(decide(None, What::Done), Err(Refusal::Missing));
    assert_eq!(decide(Some(&open), What::Raised), Err(Refusal::Exists));
    assert_eq!(decide(Some(&open), What::Snoozed), Ok(()));
    assert_eq!(decide(Some(&done), What::Done).map_err(Refusal::rule), Err("closed"));
}
