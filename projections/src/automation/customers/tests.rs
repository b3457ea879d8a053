use kulta_events::Vocabulary;

use super::*;
use crate::given::{EventExt, day, event, record};
use crate::scores::rules::Facets;

/// Days of causes, their ends, and the places of the events that they are made of.
type Found = (i64, Option<i64>, Vec<u64>);

fn found(causes: &Causes) -> Vec<Found> {
    let number = |at: Instant| (at.micros() - day(0).micros()) / Instant::DAY;
    let one = |standing: &Standing| {
        (number(standing.cause.at), standing.ends.map(number), standing.parts().collect::<Vec<_>>())
    };
    causes.standings.iter().map(one).collect()
}

#[test]
fn a_silence_ends_with_the_next_word() {
    let events = [
        event("crm", "1", 1, "activity.logged", r#"{"activity":"a","kind":"call"}"#),
        event("crm", "1", 3, "note.written", r#"{"note":"n","text":"not a word to the customer"}"#),
        event("shop", "2", 8, "form.submitted", r#"{"form":"f"}"#),
        event("crm", "1", 10, "email.sent", "{}"),
        event("crm", "1", 12, "activity.logged", r#"{"activity":"b","kind":"research","direction":"internal"}"#),
    ];
    let quiet = |as_of| no_contact(&events, &ContactPolicy::default(), 5, &TimeZone::UTC, day(as_of));
    assert_eq!(found(&quiet(6)), []);
    assert_eq!(quiet(6).next, Some(day(6).plus_micros(1)));
    assert_eq!(found(&quiet(7)), [(6, None, vec![2])]);
    assert_eq!(quiet(7).next, Some(day(8).plus_micros(1)), "the form that is known already");
    assert_eq!(found(&quiet(20)), [(6, Some(8), vec![2]), (13, None, vec![9])]);
    assert_eq!(quiet(20).next, None);
    assert_eq!(quiet(20).standings[1].cause.thing, record("shop", "2").0, "named by the record that spoke last");
    assert_eq!(quiet(20).standings[1].cause.name(), format!("{}/9", record("shop", "2").0));
}

#[test]
fn a_corrected_word_counts_as_it_was_corrected() {
    let events = [
        event("crm", "1", 1, "activity.logged", r#"{"activity":"a","kind":"call"}"#),
        event("crm", "1", 4, "activity.logged", r#"{"activity":"b","kind":"call"}"#),
        event("crm", "1", 5, "activity.logged", r#"{"activity":"b","kind":"call","direction":"internal"}"#),
    ];
    let quiet = |as_of| no_contact(&events, &ContactPolicy::default(), 5, &TimeZone::UTC, day(as_of));
    assert_eq!(quiet(5).next, Some(day(5).plus_micros(1)), "the correction");
    assert_eq!(found(&quiet(20)), [(6, None, vec![2])]);
}

#[test]
fn only_what_is_meant_breaks_a_silence() {
    let on = ["purchase.made".into()];
    let large = Condition::parse("amount >= 100", &on, &Facets::of(&Vocabulary::standard())).unwrap();
    let events = [
        event("shop", "1", 1, "purchase.made", r#"{"amount":"100","currency":"EUR"}"#),
        event("shop", "1", 3, "purchase.made", r#"{"amount":"99","currency":"EUR"}"#),
        event("shop", "1", 4, "purchase.returned", r#"{"amount":"500","currency":"EUR"}"#),
        event("shop", "1", 9, "purchase.made", "{}"),
    ];
    let at = |only| nothing(&events, (&on, only), 5, &TimeZone::UTC, day(20));
    assert_eq!(found(&at(Some(&large))), [(6, None, vec![2])]);
    assert_eq!(found(&at(None)), [(8, Some(9), vec![4]), (14, None, vec![10])]);
    assert!(nothing(&events[2..3], (&on, None), 5, &TimeZone::UTC, day(20)).standings.is_empty(), "it never began");
}

#[test]
fn one_mail_is_one_cause_whether_its_sending_or_its_arrival_is_told_first() {
    let mail = |on, what: &str, message: &str| {
        event("news", "1", on, &format!("email.{what}"), &format!(r#"{{"message":"{message}"}}"#)).named(message)
    };
    let sent = mail(1, "sent", "a");
    let delivered = mail(2, "delivered", "a");
    let opened = mail(9, "opened", "a");
    let others = [
        mail(1, "sent", "b").at(90),
        mail(3, "link_clicked", "b").at(91),
        mail(1, "sent", "c").at(92),
        mail(2, "bounced", "c").at(93),
        event("news", "1", 1, "email.sent", "{}").at(94),
    ];
    let at = |told: &[&Recorded], as_of| {
        let events: Vec<_> = told.iter().copied().chain(&others).cloned().collect();
        not_opened(&events, 2, &TimeZone::UTC, day(as_of))
    };
    let c = (3, None, vec![92]);
    assert_eq!(found(&at(&[&sent, &delivered, &opened], 3)), []);
    assert_eq!(found(&at(&[&opened, &delivered, &sent], 4)), [(3, None, vec![2, 3]), c.clone()]);
    assert_eq!(found(&at(&[&delivered], 9)), [c.clone(), (4, None, vec![3])], "both share an event");
    assert_eq!(found(&at(&[&opened, &delivered, &sent], 10)), [(3, Some(9), vec![2, 3]), c]);
}

#[test]
fn what_was_counted_is_used_up_and_stands_for_as_many_days() {
    let on = ["email.link_clicked".into()];
    let clicks: Vec<_> =
        [1, 3, 8, 9, 10, 11].into_iter().map(|on| event("news", "1", on, "email.link_clicked", "{}")).collect();
    let at = |clicks: &[Recorded], as_of| {
        counted(clicks, (&on, None), AtLeast { count: 3, within_days: 7 }, &TimeZone::UTC, day(as_of))
    };
    assert_eq!(found(&at(&clicks, 9)), [], "the eighth day is not within seven");
    assert_eq!(at(&clicks[..2], 20).next, None, "no time completes a count");
    assert_eq!(found(&at(&clicks, 20)), [(9, Some(16), vec![10, 4, 9])]);
    let late = event("news", "1", 4, "email.link_clicked", "{}");
    let shifted: Vec<_> = clicks.iter().cloned().chain([late]).collect();
    let found = found(&at(&shifted, 20));
    assert_eq!(found, [(4, Some(11), vec![5, 2, 4]), (10, Some(17), vec![11, 9, 10])]);
    let single = counted(&clicks[..1], (&on, None), AtLeast { count: 1, within_days: 1 }, &TimeZone::UTC, day(20));
    assert_eq!(single.standings[0].parts().collect::<Vec<_>>(), [2]);
}
