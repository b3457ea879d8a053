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
