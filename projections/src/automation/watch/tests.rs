use kulta_events::Vocabulary;

use super::*;
use crate::given::{EventExt, event, json};
use crate::pipeline::definition::Definitions;
use crate::scores::rules::Facets;

fn definition(when: &str) -> Definition {
    let text = format!(r#"{{"when":{when},"then":[{{"tag":"x"}}],"time_zone":"Europe/Helsinki"}}"#);
    Definition::parse(&json(&text), &Facets::of(&Vocabulary::standard())).unwrap()
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

/// An event in the stream of a thing.
fn told(category: &str, position: u64, time: &str, what: &str, data: &str) -> Recorded {
    let mut event = event("crm", "1", 1, &format!("{category}.{what}"), data).named(time).at(position);
    event.stream = format!("{category}-{}", Uuid::from_u128(7));
    event.order.time = at(time);
    event
}

fn watched(when: &str, events: &[Recorded], as_of: &str) -> (Vec<(String, Option<String>)>, Option<Instant>) {
    let definitions = Definitions::default();
    let pipelines = Pipelines::at(&definitions, None);
    let hours = BusinessHours::built_in(jiff::tz::TimeZone::get("Europe/Helsinki").unwrap());
    let watch = Watch { pipelines: &pipelines, hours: &hours, contact: &ContactPolicy::default() };
    let causes = watch.of(&definition(when), Uuid::from_u128(7), events, at(as_of));
    let one = |found: &super::super::causes::Standing| {
        (format!("{} {}", found.cause.began, found.cause.at), found.ends.map(|ends| ends.to_string()))
    };
    (causes.standings.iter().map(one).collect(), causes.next)
}

#[test]
fn an_offer_that_stays_too_long_over_a_change_of_the_clocks() {
    let when = r#"{"in_stage":{"for":"offers","pipeline":"default","stage":"new","days":2}}"#;
    let mut events = vec![
        told("offer", 1, "2026-03-28T12:00:00+02:00", "created", r#"{"offer":"o"}"#),
        told("offer", 2, "2026-04-02T00:00:00+03:00", "stage_changed", r#"{"offer":"o","stage":"proposal"}"#),
        // Of another offer.
        event("crm", "1", 0, "offer.created", r#"{"offer":"p"}"#),
    ];
    let soon = at("2026-03-30T12:00:00+03:00");
    assert_eq!(watched(when, &events, "2026-03-30T12:00:00+03:00"), (vec![], Some(soon.plus_micros(1))));
    let stood = ("1 2026-03-30T09:00:00Z".to_owned(), None);
    let moved = at("2026-04-02T00:00:00+03:00").plus_micros(1);
    assert_eq!(watched(when, &events, "2026-03-31T00:00:00+03:00"), (vec![stood], Some(moved)));
    let over = ("1 2026-03-30T09:00:00Z".to_owned(), Some("2026-04-01T21:00:00Z".to_owned()));
    assert_eq!(watched(when, &events, "2026-05-01T00:00:00+03:00"), (vec![over], None));
    events.push(told("offer", 3, "2026-03-29T12:00:00+03:00", "won", r#"{"offer":"o"}"#));
    let (standings, _) = watched(when, &events[..], "2026-05-01T00:00:00+03:00");
    assert_eq!(standings, [], "a late word took the cause away");
}

#[test]
fn a_stay_that_began_earlier_than_it_seemed_is_the_same_stay() {
    let when = r#"{"in_stage":{"for":"offers","pipeline":"default","stage":"new","days":2}}"#;
    let definitions = Definitions::default();
    let pipelines = Pipelines::at(&definitions, None);
    let hours = BusinessHours::built_in(jiff::tz::TimeZone::UTC);
    let watch = Watch { pipelines: &pipelines, hours: &hours, contact: &ContactPolicy::default() };
    let parts = |events: &[Recorded]| {
        let found = watch.of(&definition(when), Uuid::from_u128(7), events, at("2026-04-01T00:00:00Z"));
        found.standings.iter().map(|found| found.parts().collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let mut events = vec![
        told("offer", 4, "2026-03-05T00:00:00Z", "amended", r#"{"offer":"o","owner":"aino"}"#),
        told("offer", 5, "2026-03-09T00:00:00Z", "stage_changed", r#"{"offer":"o","stage":"proposal"}"#),
        told("offer", 6, "2026-03-11T00:00:00Z", "stage_changed", r#"{"offer":"o","stage":"new"}"#),
    ];
    assert_eq!(parts(&events), [vec![4], vec![6]]);
    events.push(told("offer", 9, "2026-03-01T00:00:00Z", "created", r#"{"offer":"o"}"#));
    assert_eq!(parts(&events), [vec![9, 4], vec![6]]);
}

#[test]
fn a_lead_is_no_offer() {
    let when = r#"{"in_stage":{"for":"leads","pipeline":"default","stage":"new","days":1}}"#;
    let lead = told("lead", 1, "2026-03-01T12:00:00+02:00", "created", r#"{"lead":"l"}"#);
    let offer = told("offer", 2, "2026-03-01T12:00:00+02:00", "created", r#"{"offer":"o"}"#);
    assert_eq!(watched(when, &[lead, offer.clone()], "2026-03-09T00:00:00Z").0.len(), 1);
    assert_eq!(watched(when, &[offer], "2026-03-09T00:00:00Z"), (vec![], None));
}

#[test]
fn a_complaint_warns_in_open_time_and_is_late_after_it() {
    // A Friday at noon: due on Monday at noon, since weekends are closed.
    let opened = told("complaint", 1, "2026-03-27T12:00:00+02:00", "opened", r#"{"complaint":"c"}"#);
    let answered = told("complaint", 2, "2026-03-31T09:00:00+03:00", "answered", r#"{"complaint":"c"}"#);
    let events = [opened, answered];
    let warn = r#"{"unanswered":{"hours_before_due":4}}"#;
    let late = r#"{"unanswered":{"hours_before_due":0}}"#;
    let warned = at("2026-03-30T08:00:00+03:00");
    assert_eq!(watched(warn, &events, "2026-03-28T00:00:00Z"), (vec![], Some(warned.plus_micros(1))));
    let standing = |at: &str, ends: Option<&str>| vec![(format!("1 {at}"), ends.map(str::to_owned))];
    assert_eq!(watched(warn, &events, "2026-03-30T06:00:00Z").0, standing("2026-03-30T05:00:00Z", None));
    assert_eq!(watched(late, &events, "2026-03-30T09:00:00Z").0, []);
    assert_eq!(watched(late, &events, "2026-03-30T09:00:01Z").0, standing("2026-03-30T09:00:00Z", None));
    let end = Some("2026-03-31T06:00:00Z");
    assert_eq!(watched(late, &events, "2026-04-09T00:00:00Z"), (standing("2026-03-30T09:00:00Z", end), None));
    assert_eq!(watched(late, &events[1..], "2026-04-09T00:00:00Z"), (vec![], None));
}

#[test]
fn conditions_read_the_types_that_change_them() {
    for (when, subject, reads, ignores) in [
        (
            r#"{"in_stage":{"for":"offers","pipeline":"p","stage":"s","days":1}}"#,
            Subject::Offer,
            "offer.won",
            "lead.created",
        ),
        (r#"{"unanswered":{"hours_before_due":1}}"#, Subject::Complaint, "complaint.closed", "offer.won"),
        (r#"{"no_contact":{"days":1}}"#, Subject::Customer, "email.replied", "email.opened"),
        (r#"{"nothing":{"on":["web.visited"],"days":1}}"#, Subject::Customer, "web.visited", "email.opened"),
        (r#"{"not_opened":{"days":1}}"#, Subject::Customer, "email.opened", "email.bounced"),
        (r#"{"points":{"rule_set":"v","above":1}}"#, Subject::Score, "", "purchase.made"),
    ] {
        let when = definition(when).when;
        assert_eq!(when.subject(), subject);
        assert!((when.reads(reads) || reads.is_empty()) && !when.reads(ignores), "{when:?}");
    }
}

#[test]
fn whoever_speaks_is_read() {
    let vocabulary = Vocabulary::standard();
    let no_contact = When::NoContact { days: 1 };
    for event_type in vocabulary.types() {
        let speaks = crate::pipeline::contact::Contact::of(&event("crm", "1", 1, event_type.name, "{}")).is_some();
        assert_eq!(no_contact.reads(event_type.name), speaks, "{}", event_type.name);
    }
}
