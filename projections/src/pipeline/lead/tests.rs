use super::*;
use crate::given::{day, event};

fn lead_event(on: i64, what: &str, data: &str) -> Recorded {
    let data = format!(r#"{{"lead":"l-1"{}{data}}}"#, if data.is_empty() { "" } else { "," });
    event("crm", "1", on, &format!("lead.{what}"), &data)
}

fn folded(events: &[Recorded]) -> Lead {
    Lead::at(&LeadHistory::of(events), None).unwrap()
}

fn owner(lead: &Lead) -> Option<&str> {
    lead.standing.terms.owner.value().map(|owner| &**owner)
}

#[test]
fn a_life_from_campaign_to_offer() {
    let mut events = vec![
        lead_event(1, "created", r#""origin":"fair","tags":["b","a"],"import_batch":"7","owner":"marketing""#),
        lead_event(2, "stage_changed", r#""stage":"contacted""#),
        lead_event(3, "handed_over", r#""owner":"aino","team":"north""#),
    ];
    let lead = folded(&events);
    assert_eq!(owner(&lead), Some("marketing"), "not taken yet");
    assert_eq!(lead.waiting().and_then(|waiting| waiting.owner.as_deref()), Some("aino"));
    events.push(lead_event(4, "handover_rejected", r#""reason_code":"too early""#));
    let lead = folded(&events);
    assert!(lead.waiting().is_none());
    assert_eq!((owner(&lead), lead.handovers[0].answer), (Some("marketing"), Answer::Rejected));
    assert_eq!(lead.handovers[0].reason_code.as_deref(), Some("too early"));
    events.push(lead_event(5, "handed_over", r#""owner":"aino","team":"north""#));
    events.push(lead_event(6, "handover_accepted", r#""owner":"eino""#));
    events.push(lead_event(7, "qualified", r#""offer":"o-9""#));
    let lead = folded(&events);
    assert_eq!((owner(&lead), lead.handovers.len()), (Some("eino"), 2));
    assert_eq!(lead.standing.terms.team.value().map(|team| &**team), Some("north"));
    assert_eq!(lead.handovers[1].answered_at, Some(day(6)));
    assert_eq!((lead.standing.status, lead.standing.closed_at), (Status::Qualified, Some(day(7))));
    assert_eq!(lead.offer, Some(("crm".to_owned(), "o-9".into())));
    assert!(lead.standing.terms.lead.is_silent(), "its own id is no term of it");
    assert_eq!(lead.standing.terms.tags, Said::Is(vec!["a".into(), "b".into()]));
}

#[test]
fn a_move_takes_up_what_came_to_nothing_and_leaves_qualified_what_is() {
    let moved = lead_event(5, "stage_changed", r#""stage":"contacted""#);
    let lead = folded(&[lead_event(1, "created", ""), lead_event(2, "disqualified", ""), moved.clone()]);
    assert_eq!((lead.standing.status, lead.standing.closed_at), (Status::Open, None));
    assert_eq!(lead.standing.stage_since, day(5));
    let lead = folded(&[lead_event(1, "created", ""), lead_event(2, "qualified", ""), moved]);
    assert_eq!((lead.standing.status, lead.standing.closed_at), (Status::Qualified, Some(day(2))));
}

#[test]
fn answers_count_also_when_nobody_is_known_to_have_asked() {
    let accepted = lead_event(1, "handover_accepted", r#""owner":"aino""#);
    let lead = folded(&[accepted, lead_event(2, "created", r#""owner":"marketing""#)]);
    assert_eq!((owner(&lead), lead.handovers[0].asked_at), (Some("aino"), None));
    assert!(lead.waiting().is_none());
    // Asked later than answered: it waits.
    let asked = lead_event(3, "handed_over", "");
    let answered = lead_event(2, "handover_accepted", "");
    assert!(folded(&[asked, answered]).waiting().is_some());
}

#[test]
fn the_later_decision_holds() {
    let lead = folded(&[lead_event(1, "disqualified", r#""reason_code":"student""#), lead_event(2, "qualified", "")]);
    assert_eq!((lead.standing.status, lead.standing.reason_code.as_deref()), (Status::Qualified, None));
    let lead = folded(&[lead_event(3, "disqualified", r#""reason_code":"student""#), lead_event(2, "qualified", "")]);
    assert_eq!((lead.standing.status, lead.standing.closed_at), (Status::Disqualified, Some(day(3))));
}
