use super::*;
use crate::given::{EventExt, day, event, json};
use kulta_events::recorded::EventName;

const REGISTERED: &str = "customer.registered";
const EDITED: &str = "customer.contact_edited";

/// What one ERP record says after these events, which come as (day, type, data).
fn erp(events: &[(i64, &str, &str)]) -> RecordState {
    of("erp", events)
}

fn of(source: &str, events: &[(i64, &str, &str)]) -> RecordState {
    let events: Vec<_> = events.iter().map(|(on, kind, data)| event(source, "1", *on, kind, data)).collect();
    RecordState::fold(&events)
}

fn value(state: &RecordState, field: &str) -> Option<String> {
    state.field(field)?.value.map(Json::to_string)
}

#[test]
fn a_nightly_registration_makes_no_old_value_new() {
    let state = erp(&[
        (1, REGISTERED, r#"{"email":"a@x.fi"}"#),
        (2, REGISTERED, r#"{"email":"A@x.fi "}"#),
        (3, REGISTERED, r#"{"email":"a@x.fi"}"#),
    ]);
    let email = state.field("email").unwrap();
    assert_eq!((email.since.time, email.said.time), (day(1), day(3)));
}

#[test]
fn another_value_begins_anew_and_so_does_its_return() {
    let back = [
        (1, REGISTERED, r#"{"email":"a@x.fi"}"#),
        (2, EDITED, r#"{"email":"b@x.fi"}"#),
        (3, EDITED, r#"{"email":"a@x.fi"}"#),
    ];
    assert_eq!(erp(&back[..2]).field("email").unwrap().since.time, day(2));
    assert_eq!(erp(&back).field("email").unwrap().since.time, day(3));
}

#[test]
fn a_person_who_repeats_a_value_means_it_now() {
    let state = of("kulta", &[(1, EDITED, r#"{"email":"a@x.fi"}"#), (5, EDITED, r#"{"email":"a@x.fi"}"#)]);
    assert_eq!(state.field("email").unwrap().since.time, day(5));
}

#[test]
fn a_list_in_another_order_is_the_same_list() {
    let state =
        erp(&[(1, REGISTERED, r#"{"email":["a@x.fi","b@x.fi"]}"#), (2, EDITED, r#"{"email":["b@x.fi","a@x.fi"]}"#)]);
    assert_eq!(state.field("email").unwrap().since.time, day(1));
    assert_eq!(value(&state, "email").unwrap(), r#"["b@x.fi","a@x.fi"]"#);
}

#[test]
fn what_is_absent_is_unknown_and_deletes_nothing() {
    let state = erp(&[
        (1, REGISTERED, r#"{"email":"a@x.fi","phone":"1"}"#),
        (2, EDITED, r#"{"phone":"2"}"#),
        (3, REGISTERED, r#"{"phone":"3"}"#),
    ]);
    assert_eq!(value(&state, "email").unwrap(), r#""a@x.fi""#);
    assert_eq!(value(&state, "phone").unwrap(), r#""3""#);
}

#[test]
fn an_empty_cell_deletes_nothing() {
    let state = erp(&[
        (1, REGISTERED, r#"{"email":"a@x.fi","address":{"city":"Oulu"}}"#),
        (2, REGISTERED, r#"{"email":" ","address":{"city":""},"name":""}"#),
    ]);
    assert_eq!(value(&state, "email").unwrap(), r#""a@x.fi""#);
    assert_eq!(value(&state, "address").unwrap(), r#"{"city":"Oulu"}"#);
    assert_eq!(state.field("name"), None);
}

#[test]
fn null_clears_and_remembers_what_was_held() {
    let mut events = vec![(1, REGISTERED, r#"{"email":"a@x.fi"}"#), (2, EDITED, r#"{"email":null}"#)];
    events.push((3, REGISTERED, r#"{"email":null}"#));
    let state = erp(&events);
    let email = state.field("email").unwrap();
    assert_eq!((email.value, email.held), (None, Some(&json(r#""a@x.fi""#))));
    assert_eq!((email.since.time, email.said.time), (day(2), day(3)));

    events.push((4, EDITED, r#"{"email":"b@x.fi"}"#));
    assert_eq!(erp(&events).field("email").unwrap().held, None);
}

#[test]
fn a_list_replaces_the_list() {
    let state = erp(&[(1, REGISTERED, r#"{"ids":[{"type":"t","value":"1"}]}"#), (2, EDITED, r#"{"ids":[]}"#)]);
    assert_eq!(value(&state, "ids").unwrap(), "[]");
}

#[test]
fn free_attributes_merge_name_by_name() {
    let mut events = vec![
        (1, REGISTERED, r#"{"attributes":{"size":"43","vip":true}}"#),
        (2, EDITED, r#"{"attributes":{"vip":null,"colour":"red"}}"#),
    ];
    let state = erp(&events);
    assert_eq!(value(&state, "attributes.size").unwrap(), r#""43""#);
    assert_eq!(value(&state, "attributes.vip"), None);
    assert_eq!(value(&state, "attributes.colour").unwrap(), r#""red""#);

    events.push((3, EDITED, r#"{"attributes":null}"#));
    assert!(erp(&events).fields().all(|(_, field)| field.value.is_none()));
}

#[test]
fn verifications_and_refusals_keep_the_latest_time() {
    let state = erp(&[
        (1, "customer.contact_verified", r#"{"field":"email","value":"A@x.fi"}"#),
        (2, "customer.contact_verified", r#"{"field":"email","value":["a@x.fi","b@x.fi"]}"#),
        (3, "customer.contact_declined", r#"{"field":"phone"}"#),
        (4, "customer.contact_declined", r#"{"field":"phone"}"#),
    ]);
    assert_eq!(state.verified("email", "a@x.fi"), Some(day(2)));
    assert_eq!(state.verified("email", "b@x.fi"), Some(day(2)));
    assert_eq!(state.verified("email", "c@x.fi"), None);
    assert_eq!(state.declined().collect::<Vec<_>>(), [("phone", day(4))]);
}

#[test]
fn a_verification_without_a_value_is_of_what_the_record_says_by_then() {
    let verified = (2, "customer.contact_verified", r#"{"field":"email"}"#);
    let events = [(1, REGISTERED, r#"{"email":"a@x.fi"}"#), verified, (3, EDITED, r#"{"email":"b@x.fi"}"#)];
    let state = erp(&events);
    assert_eq!((state.verified("email", "a@x.fi"), state.verified("email", "b@x.fi")), (Some(day(2)), None));
    assert_eq!(erp(&[verified]).verified("email", "a@x.fi"), None);

    let mut sealed = event("erp", "1", verified.0, verified.1, verified.2);
    sealed.payload.erased = true;
    let first = event("erp", "1", 1, REGISTERED, r#"{"email":"a@x.fi"}"#);
    assert_eq!(RecordState::fold(&[first, sealed]).verified("email", "a@x.fi"), None, "its value is not known");
}

#[test]
fn a_closed_record_opens_when_it_is_registered_again() {
    let mut events = vec![(1, REGISTERED, "{}"), (2, "customer.closed", "{}"), (3, EDITED, r#"{"phone":"1"}"#)];
    assert_eq!(erp(&events).closed(), Some(day(2)));
    events.push((4, REGISTERED, "{}"));
    assert_eq!(erp(&events).closed(), None);
}

#[test]
fn what_comes_late_is_not_folded_but_asks_for_a_refold() {
    let (old, new) = (
        event("erp", "1", 1, EDITED, r#"{"email":"old@x.fi"}"#),
        event("erp", "1", 2, EDITED, r#"{"email":"new@x.fi"}"#),
    );
    let mut state = RecordState::default();
    assert_eq!(state.apply(&new), Applied::Folded);
    assert!(state.is_late(&old));
    assert_eq!(state.apply(&old), Applied::Late);
    assert_eq!(value(&state, "email").unwrap(), r#""new@x.fi""#);
    let refolded = RecordState::fold_unsorted([&new, &old]);
    assert_eq!(value(&refolded, "email").unwrap(), r#""new@x.fi""#);
}

#[test]
fn equal_times_are_ordered_by_id() {
    let (a, b) = (
        event("erp", "1", 1, EDITED, r#"{"email":"a@x.fi"}"#).named("a"),
        event("erp", "1", 1, EDITED, r#"{"email":"b@x.fi"}"#).named("b"),
    );
    assert_eq!(RecordState::fold_unsorted([&a, &b]), RecordState::fold_unsorted([&b, &a]));
    assert_eq!(value(&RecordState::fold_unsorted([&b, &a]), "email").unwrap(), r#""b@x.fi""#);
}

#[test]
fn other_types_and_repeated_events_change_nothing() {
    let registered = event("erp", "1", 2, REGISTERED, r#"{"email":"a@x.fi"}"#);
    let mut state = RecordState::fold([&registered]);
    let before = state.clone();
    assert_eq!(state.apply(&registered), Applied::Ignored);
    assert_eq!(state.apply(&event("erp", "1", 1, "purchase.made", r#"{"amount":1}"#)), Applied::Ignored);
    assert_eq!(state.apply(&event("erp", "1", 3, "weather.changed", "{}")), Applied::Ignored);
    assert_eq!(state, before);
}

#[test]
fn an_erased_payload_says_what_is_left_of_it() {
    for kind in ["customer.contact_verified", "customer.contact_declined", "customer.tagged", "customer.consent_given"]
    {
        let mut erased = event("erp", "1", 1, kind, "{}");
        erased.payload.erased = true;
        assert_eq!(RecordState::default().apply(&erased), Applied::Folded, "{kind}");
    }
    let mut erased = event("erp", "1", 1, REGISTERED, r#"{"kind":"person"}"#);
    erased.payload.erased = true;
    erased.order.id = EventName::Erased(erased.key);
    let state = RecordState::fold([&erased]);
    assert_eq!(state.fields().count(), 1);
    let text = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<RecordState>(&text).unwrap(), state);
}

#[test]
fn the_stored_form_is_small_and_the_same_each_time() {
    let state = erp(&[
        (0, REGISTERED, r#"{"email":"a@x.fi","kind":"person"}"#),
        (1, REGISTERED, r#"{"email":"a@x.fi","kind":"person"}"#),
        (2, "customer.tagged", r#"{"tag":"vip"}"#),
        (3, EDITED, r#"{"email":null}"#),
    ]);
    let text = concat!(
        r#"{"m":[[1728000000000000,{"id":"0000"}],[1728086400000000,{"id":"0001"}],[1728172800000000,{"id":"0002"}],"#,
        r#"[1728259200000000,{"id":"0003"}]],"f":{"email":{"o":3,"h":"a@x.fi"},"kind":{"v":"person","l":1}},"#,
        r#""t":{"vip":[true,2]}}"#
    );
    assert_eq!(serde_json::to_string(&state).unwrap(), text);
    assert_eq!(serde_json::from_str::<RecordState>(text).unwrap(), state);
}

#[test]
fn moments_that_nothing_points_at_are_forgotten() {
    let nights: Vec<_> = (1..100).map(|night| (night, REGISTERED, r#"{"email":"a@x.fi"}"#)).collect();
    let state = erp(&nights);
    assert_eq!(state.moments().len(), 2);
    assert_eq!(state.field("email").unwrap().since.time, day(1));
}
