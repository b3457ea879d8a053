use kulta_events::Recorded;
use kulta_events::payload::{Criterion, FieldPolicy};
use kulta_events::recorded::EventName;

use super::*;
use crate::given::{EventExt, day, event, json, record};

const EDITED: &str = "customer.contact_edited";
const REGISTERED: &str = "customer.registered";
const VERIFIED: &str = "customer.contact_verified";

fn said(source: &str, on: i64, data: &str) -> Recorded {
    event(source, "1", on, EDITED, data)
}

fn verified(source: &str, on: i64, email: &str) -> Recorded {
    event(source, "1", on, VERIFIED, &format!(r#"{{"field":"email","value":"{email}"}}"#))
}

/// The golden record of one customer who has all the records that these events are about.
fn golden(events: &[Recorded]) -> Golden {
    golden_by(events, &SurvivorshipPolicy::built_in())
}

fn golden_by(events: &[Recorded], policy: &SurvivorshipPolicy) -> Golden {
    let records: BTreeSet<_> = events.iter().filter_map(|event| event.record).collect();
    let of = |id: &RecordId| events.iter().filter(|event| event.record == Some(*id)).collect::<Vec<_>>();
    let source = |id: &RecordId| of(id)[0].order.source.clone();
    let folded: Vec<_> = records.iter().map(|id| (*id, source(id), RecordState::fold_unsorted(of(id)))).collect();
    let member = |(record, source, state)| Member { record, source, subject: Some("1"), state };
    let mut members: Vec<_> = folded.iter().map(|(id, source, state)| member((*id, source.as_str(), state))).collect();
    let golden = Golden::of(&members, policy);
    members.reverse();
    assert_eq!(Golden::of(&members, policy), golden, "the order of the records matters");
    golden
}

fn by(criteria: &[Criterion]) -> SurvivorshipPolicy {
    let default = FieldPolicy {
        by: criteria.to_vec(),
        sources: vec!["crm".to_owned(), "erp".to_owned()],
        ask_after_days: None,
        ask_weight: 0,
    };
    SurvivorshipPolicy { default, fields: BTreeMap::new() }
}

fn others(golden: &Golden, field: &str) -> Vec<String> {
    golden.fields[field].others.iter().map(|other| other.value.to_string()).collect()
}

#[test]
fn the_value_that_was_observed_later_wins_not_the_record_that_was_written_later() {
    let golden = golden(&[
        said("erp", 1, r#"{"email":"old@x.fi"}"#),
        said("crm", 2, r#"{"email":"new@x.fi"}"#),
        event("erp", "1", 3, REGISTERED, r#"{"email":"old@x.fi","phone":"1"}"#),
    ]);
    let email = &golden.fields["email"];
    assert_eq!((email.value.as_str(), email.source.as_str()), (Some("new@x.fi"), "crm"));
    assert_eq!(others(&golden, "email"), [r#""old@x.fi""#]);
    assert_eq!((email.others[0].source.as_str(), email.others[0].observed_at), ("erp", day(1)));
}

#[test]
fn a_value_that_was_confirmed_later_beats_one_that_was_observed_later() {
    let golden = golden(&[
        said("erp", 1, r#"{"email":"old@x.fi"}"#),
        said("crm", 2, r#"{"email":"new@x.fi"}"#),
        verified("shop", 3, "OLD@x.fi"),
    ]);
    let email = &golden.fields["email"];
    assert_eq!((email.value.as_str(), email.verified_at), (Some("old@x.fi"), Some(day(3))));
    assert_eq!(email.others[0].verified_at, None);
}

#[test]
fn a_verification_of_another_value_confirms_nothing() {
    let golden = golden(&[said("erp", 1, r#"{"email":"a@x.fi"}"#), verified("erp", 2, "b@x.fi")]);
    assert_eq!(golden.fields["email"].verified_at, None);
    assert_eq!(golden.fields.len(), 1);
}

#[test]
fn each_criterion_decides_where_those_before_it_do_not() {
    use Criterion::{Completeness, Recency, SourceRank, Verification};
    let events = [
        said("erp", 3, r#"{"email":"erp@x.fi"}"#),
        said("crm", 2, r#"{"email":"crm@x.fi"}"#),
        said("shop", 2, r#"{"email":"the-longest@x.fi"}"#),
        said("web", 1, r#"{"email":"web@x.fi"}"#),
        verified("web", 2, "web@x.fi"),
    ];
    for (criteria, winner) in [
        (&[Recency][..], "erp@x.fi"),
        (&[Verification, Recency], "web@x.fi"),
        (&[SourceRank], "crm@x.fi"),
        (&[Completeness], "the-longest@x.fi"),
        (&[], "erp@x.fi"),
    ] {
        let golden = golden_by(&events, &by(criteria));
        assert_eq!(golden.text("email"), Some(winner), "{criteria:?}");
        assert_eq!(golden.fields["email"].others.len(), 3);
    }
}

#[test]
fn sources_without_rank_come_last_and_are_equals() {
    let events = [said("web", 1, r#"{"email":"web@x.fi"}"#), said("shop", 2, r#"{"email":"shop@x.fi"}"#)];
    let ranked = golden_by(
        &[events[0].clone(), events[1].clone(), said("erp", 1, r#"{"email":"erp@x.fi"}"#)],
        &by(&[Criterion::SourceRank]),
    );
    assert_eq!(ranked.text("email"), Some("erp@x.fi"));
    assert_eq!(golden_by(&events, &by(&[Criterion::SourceRank])).text("email"), Some("shop@x.fi"));
}

#[test]
fn what_no_criterion_tells_apart_is_decided_by_source_and_id() {
    let same_time = [
        said("erp", 1, r#"{"email":"erp@x.fi"}"#),
        said("crm", 1, r#"{"email":"crm@x.fi"}"#),
        event("crm", "2", 1, EDITED, r#"{"email":"second@x.fi"}"#).named("zzz"),
    ];
    assert_eq!(golden_by(&same_time, &by(&[Criterion::Recency])).text("email"), Some("erp@x.fi"));
    assert_eq!(golden_by(&same_time[1..], &by(&[Criterion::Recency])).text("email"), Some("second@x.fi"));
}

#[test]
fn repeating_a_value_does_not_win_a_tie() {
    let events = [
        said("erp", 1, r#"{"name":"Erp"}"#),
        said("crm", 2, r#"{"name":"Crm"}"#),
        event("erp", "1", 3, REGISTERED, r#"{"name":"Erp"}"#),
    ];
    assert_eq!(golden_by(&events, &by(&[])).text("name"), Some("Crm"));
}

#[test]
fn the_fuller_address_wins_by_completeness() {
    let golden = golden_by(
        &[
            said("erp", 1, r#"{"address":{"street":"Katu 1","city":"Oulu"}}"#),
            said("crm", 2, r#"{"address":{"city":"Helsinki, Uusimaa, Finland","street":" "}}"#),
        ],
        &by(&[Criterion::Completeness]),
    );
    assert_eq!(golden.fields["address"].source, "erp");
}

#[test]
fn the_first_of_a_list_survives_and_the_rest_stays_visible() {
    let golden = golden(&[said("crm", 1, r#"{"email":["a@x.fi","much-longer@x.fi"," "]}"#)]);
    assert_eq!(golden.text("email"), Some("a@x.fi"));
    assert_eq!(others(&golden, "email"), [r#""much-longer@x.fi""#]);
}

#[test]
fn a_confirmed_item_comes_before_the_order_of_its_list() {
    let golden = golden(&[said("crm", 1, r#"{"email":["a@x.fi","b@x.fi"]}"#), verified("crm", 2, "b@x.fi")]);
    assert_eq!(golden.text("email"), Some("b@x.fi"));
}

#[test]
fn equal_values_are_shown_once_with_the_best_provenance() {
    let golden = golden(&[
        said("erp", 1, r#"{"email":"a@x.fi"}"#),
        said("shop", 2, r#"{"email":"A@x.fi"}"#),
        said("crm", 3, r#"{"email":"b@x.fi"}"#),
    ]);
    let email = &golden.fields["email"];
    assert_eq!(email.value.as_str(), Some("b@x.fi"));
    assert_eq!(email.others.len(), 1);
    assert_eq!((email.others[0].source.as_str(), email.others[0].observed_at), ("shop", day(2)));
}

#[test]
fn null_takes_back_the_value_also_where_others_took_it_over_before() {
    let before = [
        said("erp", 1, r#"{"email":"wrong@x.fi"}"#),
        said("crm", 2, r#"{"email":"WRONG@x.fi"}"#),
        said("shop", 1, r#"{"email":"other@x.fi"}"#),
    ];
    let cleared = |on| [&before[..], &[said("crm", on, r#"{"email":null}"#)]].concat();
    assert_eq!(golden(&before).text("email"), Some("WRONG@x.fi"));
    let golden = golden(&cleared(3));
    assert_eq!(golden.text("email"), Some("other@x.fi"), "a value that was not held is not taken back");
    assert!(others(&golden, "email").is_empty());
}

#[test]
fn null_takes_back_nothing_that_was_observed_or_confirmed_later() {
    let before = [said("crm", 1, r#"{"email":"a@x.fi"}"#), said("crm", 3, r#"{"email":null}"#)];
    let with = |more: &[Recorded]| golden(&[&before[..], more].concat());
    assert_eq!(with(&[said("erp", 2, r#"{"email":"a@x.fi"}"#)]).text("email"), None);
    assert_eq!(with(&[said("erp", 4, r#"{"email":"a@x.fi"}"#)]).text("email"), Some("a@x.fi"));
    assert_eq!(
        with(&[said("erp", 2, r#"{"email":"a@x.fi"}"#), verified("erp", 4, "a@x.fi")]).text("email"),
        Some("a@x.fi")
    );
    // Saying it again every night is no observation.
    assert_eq!(
        with(&[said("erp", 2, r#"{"email":"a@x.fi"}"#), said("erp", 4, r#"{"email":"a@x.fi"}"#)]).text("email"),
        None
    );
}

#[test]
fn null_by_a_person_suppresses_the_erps_older_value_but_not_a_newer_one() {
    let mut events = vec![said("erp", 1, r#"{"email":"erp@x.fi"}"#), said("kulta", 2, r#"{"email":null}"#)];
    assert_eq!(golden(&events).text("email"), None);
    events.push(said("erp", 3, r#"{"email":"newer@x.fi"}"#));
    assert_eq!(golden(&events).text("email"), Some("newer@x.fi"));
    events.push(said("kulta", 4, r#"{"email":null}"#));
    assert_eq!(golden(&events).text("email"), None, "a person who clears again means it now");
}

#[test]
fn names_and_ids_of_all_records_are_kept() {
    let golden = golden(&[
        said("erp", 1, r#"{"aliases":["Ab Kulta","Kulta Oy"],"ids":[{"type":"duns","value":"1"}]}"#),
        said("crm", 2, r#"{"aliases":["kulta oy"],"ids":[{"type":"duns","value":"2"}]}"#),
    ]);
    let values = |list: &[Value]| list.iter().map(|item| format!("{} {}", item.source, item.value)).collect::<Vec<_>>();
    assert_eq!(values(&golden.aliases), [r#"crm "kulta oy""#, r#"erp "Ab Kulta""#]);
    assert_eq!(values(&golden.ids), [r#"crm {"type":"duns","value":"2"}"#, r#"erp {"type":"duns","value":"1"}"#]);
    assert!(golden.fields.is_empty());
}

#[test]
fn the_name_to_show_is_the_full_name_or_else_its_parts() {
    let parts = said("erp", 1, r#"{"given_name":"Aino","family_name":" Aalto"}"#);
    assert_eq!(golden(std::slice::from_ref(&parts)).name.as_deref(), Some("Aino Aalto"));
    assert_eq!(golden(&[parts, said("crm", 1, r#"{"name":"Aino A. Aalto"}"#)]).name.as_deref(), Some("Aino A. Aalto"));
    assert_eq!(golden(&[said("erp", 1, r#"{"family_name":"Aalto"}"#)]).name.as_deref(), Some("Aalto"));
    assert_eq!(golden(&[said("erp", 1, "{}")]).name, None);
}

#[test]
fn tags_classes_preferences_and_consents_are_those_that_were_stated_last() {
    let state = |source: &str, on, kind: &str, data: &str| event(source, "1", on, kind, data);
    let golden = golden(&[
        state("erp", 1, "customer.tagged", r#"{"tag":"vip"}"#),
        state("crm", 2, "customer.untagged", r#"{"tag":"vip"}"#),
        state("crm", 3, "customer.tagged", r#"{"tag":"slow"}"#),
        state("erp", 4, "customer.classified", r#"{"scheme":"segment","class":"gold"}"#),
        state("crm", 3, "customer.classified", r#"{"scheme":"segment","class":"tin"}"#).named("c"),
        state("erp", 5, "customer.classified", r#"{"scheme":"size","class":"big"}"#),
        state("crm", 6, "customer.classified", r#"{"scheme":"size","class":null}"#),
        state("crm", 7, "customer.preference_stated", r#"{"preference":"hours","value":"mornings"}"#),
        state("erp", 8, "customer.consent_given", r#"{"purpose":"news","channel":"email","method":"form"}"#),
        state("crm", 9, "customer.consent_withdrawn", r#"{"purpose":"news","channel":"email"}"#),
        state("crm", 9, "customer.consent_given", r#"{"purpose":"news"}"#).named("zzz"),
    ]);
    assert_eq!(golden.tags.keys().collect::<Vec<_>>(), ["slow"]);
    assert_eq!(golden.classes.len(), 1);
    assert_eq!((golden.classes["segment"].value.as_str(), golden.classes["segment"].at), (Some("gold"), day(4)));
    assert_eq!(golden.preferences["hours"].value.as_str(), Some("mornings"));
    let consents: Vec<_> = golden
        .consents
        .iter()
        .map(|consent| (consent.channel.as_deref(), consent.given, consent.source.as_str()))
        .collect();
    assert_eq!(consents, [(None, true, "crm"), (Some("email"), false, "crm")]);
}

#[test]
fn what_the_customer_declined_is_told_with_the_field_and_without() {
    let golden = golden(&[
        said("erp", 1, r#"{"email":"a@x.fi"}"#),
        event("erp", "1", 2, "customer.contact_declined", r#"{"field":"email"}"#),
        event("crm", "1", 3, "customer.contact_declined", r#"{"field":"phone"}"#),
    ]);
    assert_eq!(golden.fields["email"].declined_at, Some(day(2)));
    assert_eq!(golden.declined.get("phone"), Some(&day(3)));
}

#[test]
fn an_erased_customer_has_a_golden_record_still() {
    let mut erased = event("erp", "1", 1, REGISTERED, r#"{"kind":"person","country":"FI"}"#);
    erased.payload.erased = true;
    erased.order.id = EventName::Erased(erased.key);
    let golden = golden(&[erased]);
    assert_eq!((golden.kind.as_deref(), golden.name), (Some("person"), None));
    assert_eq!(golden.fields.keys().collect::<Vec<_>>(), ["country", "kind"]);
}

#[test]
fn the_form_on_the_wire_is_that_of_the_interface() {
    let golden = golden(&[
        said("erp", 1, r#"{"kind":"person","email":"old@x.fi"}"#),
        event("crm", "1", 2, REGISTERED, r#"{"email":"a@x.fi"}"#),
        verified("crm", 3, "a@x.fi"),
    ]);
    let (erp, crm) = (record("erp", "1"), record("crm", "1"));
    let wire = golden.to_wire(erp.into(), 7).unwrap();
    let expected = format!(
        r#"{{"customer_id":"{erp}","position":7,"kind":"person","name":null,"records":[
        {{"source":"crm","subject":"1","record_id":"{crm}"}},{{"source":"erp","subject":"1","record_id":"{erp}"}}],
        "fields":{{"email":{{"value":"a@x.fi","source":"crm","subject":"1","record_id":"{crm}",
        "observed_at":"2024-10-06T00:00:00Z","last_seen_at":"2024-10-06T00:00:00Z","verified_at":"2024-10-07T00:00:00Z",
        "others":[{{"value":"old@x.fi","source":"erp","subject":"1","record_id":"{erp}",
        "observed_at":"2024-10-05T00:00:00Z","verified_at":null}}]}},
        "kind":{{"value":"person","source":"erp","subject":"1","record_id":"{erp}",
        "observed_at":"2024-10-05T00:00:00Z","last_seen_at":"2024-10-05T00:00:00Z","verified_at":null,"others":[]}}}}}}"#
    );
    assert_eq!(json(&wire).to_string(), json(&expected).to_string());
    let stored = serde_json::to_string(&golden).unwrap();
    assert_eq!(serde_json::from_str::<Golden>(&stored).unwrap(), golden);
    assert_eq!(super::wire(erp.into(), 7, &stored), wire);
}
