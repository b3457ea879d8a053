use kulta_events::Recorded;

use super::*;
use crate::given::{event, json};
use crate::pipeline::definition::Definitions;
use crate::pipeline::lead::LeadHistory;
use crate::pipeline::offer::OfferHistory;
use crate::pipeline::standing::Passes;

fn pipelines() -> Pipelines {
    let data = r#"{"pipeline":"b2b","for":"offers","default":true,"stages":[{"stage":"new"},{"stage":"proposal"}]}"#;
    let old = r#"{"pipeline":"old","for":"offers","retired":true,"stages":[{"stage":"x"}]}"#;
    let events = [event("kulta", "-", 1, "pipeline.defined", data), event("kulta", "-", 2, "pipeline.defined", old)];
    Pipelines::at(&Definitions::of(&events), None)
}

fn told(family: &str, events: &[(&str, &str)]) -> Vec<Recorded> {
    (1..).zip(events).map(|(on, (what, data))| event("crm", "1", on, &format!("{family}.{what}"), data)).collect()
}

fn an_offer(events: &[(&str, &str)]) -> Option<Offer> {
    Offer::at(&OfferHistory::of(&told("offer", events)), None)
}

fn a_lead(events: &[(&str, &str)]) -> Option<Lead> {
    Lead::at(&LeadHistory::of(&told("lead", events)), None)
}

/// The rule that refuses, or `may`.
fn rule(found: Result<(), Refusal>) -> &'static str {
    found.map_or_else(|refusal| refusal.rule(), |()| "may")
}

const OPEN: &[(&str, &str)] = &[("created", r#"{"offer":"o","stage":"new","amount":"5","currency":"EUR"}"#)];
const WON: &[(&str, &str)] = &[OPEN[0], ("won", r#"{"offer":"o"}"#)];
const STRANGE: &[(&str, &str)] = &[("created", r#"{"offer":"o","pipeline":"of another system","amount":"5"}"#)];

#[test]
fn what_may_be_done_to_an_offer_depends_on_where_it_stands() {
    use offer::What::{Amended, Commented, Created, DocumentAttached, Lost, Reopened, StageChanged, Won};
    for (state, what, data, expected) in [
        (&[][..], Created, "{}", "may"),
        (&[], Created, r#"{"pipeline":"b2b","stage":"proposal"}"#, "may"),
        (&[], Created, r#"{"pipeline":"nowhere"}"#, "unknown-pipeline"),
        (&[], Created, r#"{"pipeline":"old"}"#, "retired-pipeline"),
        (&[], Created, r#"{"stage":"x"}"#, "unknown-stage"),
        (&[], Created, r#"{"amount":"5"}"#, "amount-without-currency"),
        (&[], Created, r#"{"probability":101}"#, "probability"),
        (&[], Commented, "{}", "missing"),
        (OPEN, Created, "{}", "exists"),
        (OPEN, StageChanged, r#"{"stage":"proposal"}"#, "may"),
        (OPEN, StageChanged, r#"{"stage":"new"}"#, "same-stage"),
        (OPEN, StageChanged, r#"{"stage":"nowhere"}"#, "unknown-stage"),
        (OPEN, StageChanged, r#"{"stage":"x","pipeline":"old"}"#, "other-pipeline"),
        (OPEN, StageChanged, r#"{"stage":"proposal","probability":"-1"}"#, "probability"),
        (OPEN, Amended, r#"{"currency":null}"#, "amount-without-currency"),
        (OPEN, Amended, r#"{"currency":null,"amount":null}"#, "may"),
        (OPEN, Reopened, "{}", "not-closed"),
        (OPEN, Won, "{}", "may"),
        (OPEN, Lost, "{}", "may"),
        (WON, Won, "{}", "closed"),
        (WON, Lost, "{}", "closed"),
        (WON, Amended, "{}", "closed"),
        (WON, StageChanged, r#"{"stage":"proposal"}"#, "closed"),
        (WON, Commented, "{}", "may"),
        (WON, DocumentAttached, "{}", "may"),
        (WON, Reopened, r#"{"stage":"new"}"#, "may"),
        (WON, Reopened, r#"{"stage":"nowhere"}"#, "unknown-stage"),
        (STRANGE, StageChanged, r#"{"stage":"new"}"#, "unknown-pipeline"),
        (STRANGE, Lost, "{}", "may"),
        (STRANGE, Amended, r#"{"owner":"aino"}"#, "may"),
    ] {
        let state = an_offer(state);
        let before = state.clone();
        assert_eq!(rule(offer(state.as_ref(), &pipelines(), what, &json(data))), expected, "{what:?} {data}");
        assert_eq!(state, before);
    }
}

#[test]
fn what_may_be_done_to_a_lead_depends_on_where_it_stands() {
    use lead::What::{Created, Disqualified, HandedOver, HandoverAccepted, HandoverRejected, Qualified, StageChanged};
    const NEW: &[(&str, &str)] = &[("created", r#"{"lead":"l"}"#)];
    const NO: &[(&str, &str)] = &[NEW[0], ("disqualified", r#"{"lead":"l"}"#)];
    const YES: &[(&str, &str)] = &[NEW[0], ("qualified", r#"{"lead":"l"}"#)];
    const ASKED: &[(&str, &str)] = &[NEW[0], ("handed_over", r#"{"lead":"l"}"#)];
    for (state, what, data, expected) in [
        (&[][..], Created, r#"{"stage":"new"}"#, "may"),
        (&[], Created, r#"{"pipeline":"b2b"}"#, "unknown-pipeline"),
        (&[], Qualified, "{}", "missing"),
        (NEW, Created, "{}", "exists"),
        (NEW, StageChanged, r#"{"stage":"contacted"}"#, "may"),
        (NEW, StageChanged, r#"{"stage":"new"}"#, "same-stage"),
        (NEW, StageChanged, r#"{"stage":"proposal"}"#, "unknown-stage"),
        (NEW, StageChanged, r#"{"stage":"contacted","amount":"5"}"#, "amount-without-currency"),
        (NEW, Qualified, "{}", "may"),
        (NEW, HandoverAccepted, "{}", "no-handover"),
        (NEW, HandedOver, "{}", "may"),
        (ASKED, HandedOver, "{}", "handover-waits"),
        (ASKED, HandoverRejected, "{}", "may"),
        (NO, StageChanged, r#"{"stage":"new"}"#, "may"),
        (NO, Disqualified, "{}", "closed"),
        (NO, HandedOver, "{}", "closed"),
        (NO, Qualified, "{}", "may"),
        (YES, StageChanged, r#"{"stage":"contacted"}"#, "closed"),
        (YES, Qualified, "{}", "closed"),
    ] {
        let state = a_lead(state);
        assert_eq!(rule(lead(state.as_ref(), &pipelines(), what, &json(data))), expected, "{what:?} {data}");
    }
}

#[test]
fn the_last_move_can_be_undone_and_that_is_a_move() {
    let undo_of = |events: &[(&str, &str)]| {
        let offer = an_offer(events).unwrap();
        undo(&offer.standing, offer::Status::Open, &pipelines(), Passing::Offers)
    };
    let begun = ("created", r#"{"offer":"o"}"#);
    let moved = ("stage_changed", r#"{"offer":"o","stage":"proposal"}"#);
    let place = |pipeline: &str, stage: &str| Ok((pipeline.to_owned(), stage.to_owned()));
    assert_eq!(undo_of(&[begun, moved]), place("b2b", "new"), "the first stage, by name");
    let elsewhere = ("stage_changed", r#"{"offer":"o","stage":"odd","pipeline":"old"}"#);
    assert_eq!(undo_of(&[begun, elsewhere, moved]), place("old", "odd"), "also where nobody could go by hand");
    assert_eq!(undo_of(&[begun]), Err(Refusal::NothingToUndo));
    assert_eq!(undo_of(&[begun, moved, ("lost", r#"{"offer":"o"}"#)]), Err(Refusal::Closed));
    let reopened = [begun, ("lost", r#"{"offer":"o"}"#), ("reopened", r#"{"offer":"o"}"#)];
    assert_eq!(undo_of(&reopened), Err(Refusal::NothingToUndo));
}

#[test]
fn what_may_be_done_to_a_task() {
    use crate::pipeline::task::{Task, TaskHistory, What};
    let of = |events: &[(&str, &str)]| Task::at(&TaskHistory::of(&told("task", events)), None);
    let raised = ("raised", r#"{"task":"t"}"#);
    let (open, done) = (of(&[raised]), of(&[raised, ("done", r#"{"task":"t"}"#)]));
    for (state, what, expected) in [
        (None, What::Raised, "may"),
        (None, What::Done, "missing"),
        (open.as_ref(), What::Raised, "exists"),
        (open.as_ref(), What::Snoozed, "may"),
        (open.as_ref(), What::Cancelled, "may"),
        (done.as_ref(), What::Done, "closed"),
        (done.as_ref(), What::Assigned, "closed"),
    ] {
        assert_eq!(rule(task(state, what)), expected, "{what:?}");
    }
}

#[test]
fn what_may_be_done_to_a_complaint() {
    use crate::pipeline::complaint::{Complaint, ComplaintHistory, What};
    let of = |events: &[(&str, &str)]| Complaint::at(&ComplaintHistory::of(&told("complaint", events)), None);
    let opened = ("opened", r#"{"complaint":"c"}"#);
    let (waits, closed) = (of(&[opened]), of(&[opened, ("closed", r#"{"complaint":"c"}"#)]));
    for (state, what, expected) in [
        (None, What::Opened, "may"),
        (None, What::Answered, "missing"),
        (waits.as_ref(), What::Opened, "exists"),
        (waits.as_ref(), What::Answered, "may"),
        (waits.as_ref(), What::Reopened, "not-closed"),
        (closed.as_ref(), What::Answered, "closed"),
        (closed.as_ref(), What::Closed, "closed"),
        (closed.as_ref(), What::CustomerReacted, "may"),
        (closed.as_ref(), What::Reopened, "may"),
    ] {
        assert_eq!(rule(complaint(state, what)), expected, "{what:?}");
    }
}

#[test]
fn kinds_of_activities_have_outcomes() {
    use crate::pipeline::contact::ActivityTypes;
    let defined = |on, data: &str| event("kulta", "-", on, "activity_type.defined", data);
    assert_eq!(rule(activity(&ActivityTypes::default(), "call", Some("anything"))), "may");
    let mut events = vec![
        defined(1, r#"{"activity_type":"call","outcomes":["reached","no answer"]}"#),
        defined(2, r#"{"activity_type":"visit"}"#),
    ];
    let types = ActivityTypes::of(&events);
    for (kind, outcome, expected) in [
        ("call", Some("reached"), "may"),
        ("call", None, "may"),
        ("visit", Some("anything"), "may"),
        ("call", Some("anything"), "unknown-outcome"),
        ("fax", None, "unknown-kind"),
    ] {
        assert_eq!(rule(activity(&types, kind, outcome)), expected, "{kind} {outcome:?}");
    }
    events.insert(0, defined(3, r#"{"activity_type":"call","retired":true}"#));
    assert_eq!(rule(activity(&ActivityTypes::of(&events), "call", None)), "unknown-kind");
}

#[test]
fn pipelines_and_goals_must_make_sense() {
    let known = r#"{"pipeline":"b2b","for":"offers","stages":[{"stage":"new"}]}"#;
    let definitions = Definitions::of(&[event("kulta", "-", 1, "pipeline.defined", known)]);
    let define = |passing: &str, stages: &str| {
        let data = format!(r#"{{"pipeline":"b2b","for":"{passing}","stages":{stages}}}"#);
        rule(pipeline(&definitions, &json(&data)))
    };
    assert_eq!(define("offers", r#"[{"stage":"a","probability":100,"stale_after_days":1},{"stage":"b"}]"#), "may");
    assert_eq!(define("leads", r#"[{"stage":"a"}]"#), "other-things");
    assert_eq!(define("offers", "[]"), "no-stages");
    assert_eq!(define("offers", r#"[{"stage":"a"},{"stage":"b"},{"stage":"a"}]"#), "stage-twice");
    assert_eq!(define("offers", r#"[{"stage":""}]"#), "empty-id");
    assert_eq!(define("offers", r#"[{"stage":"a","probability":100.5}]"#), "probability");
    assert_eq!(define("offers", r#"[{"stage":"a","stale_after_days":0}]"#), "stale-days");
    assert_eq!(rule(pipeline(&definitions, &json(r#"{"pipeline":"","for":"leads","stages":[]}"#))), "empty-id");

    let set = |from: &str, until: &str, more: &str| {
        rule(goal(&json(&format!(r#"{{"goal":"g","from":"{from}","until":"{until}",{more}}}"#))))
    };
    let (from, until) = ("2026-01-01", "2026-04-01");
    assert_eq!(set(from, until, r#""measure":"count","target":10"#), "may");
    assert_eq!(set(from, until, r#""measure":"money","target":10"#), "amount-without-currency");
    assert_eq!(set(from, until, r#""measure":"money","target":10,"currency":"EUR""#), "may");
    assert_eq!(set(from, until, r#""measure":"count","target":0"#), "no-target");
    assert_eq!(set(from, from, r#""measure":"count","target":10"#), "empty-period");
}
