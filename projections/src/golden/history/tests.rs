use proptest::prelude::*;

use super::*;
use crate::as_of::golden_at;
use crate::given::{EventExt, day, event, json, record};
use kulta_events::Order;
use kulta_events::payload::{Criterion, FieldPolicy};
use kulta_events::recorded::EventName;

const REGISTERED: &str = "customer.registered";
const EDITED: &str = "customer.contact_edited";

fn members(sources: &[&str]) -> Vec<Named> {
    let named = |source: &&str| Named { record: record(source, "1"), source: (*source).to_owned(), subject: None };
    sources.iter().map(named).collect()
}

/// The changes in short: position, field, value before, value after.
fn short(changes: &[Change]) -> Vec<(u64, String, String, String)> {
    let text = |value: &Option<Value>| value.as_ref().map_or(String::new(), |value| value.value.to_string());
    let one =
        |change: &Change| (change.cause.position, change.field.clone(), text(&change.before), text(&change.after));
    changes.iter().map(one).collect()
}

fn expected(changes: &[(u64, &str, &str, &str)]) -> Vec<(u64, String, String, String)> {
    let owned = |(position, field, before, after): &(u64, &str, &str, &str)| {
        (*position, (*field).to_owned(), (*before).to_owned(), (*after).to_owned())
    };
    changes.iter().map(owned).collect()
}

/// A policy by which one source knows best.
fn ranked(position: u64, on: i64, source: &str) -> PolicyRow {
    let default = FieldPolicy {
        by: vec![Criterion::SourceRank],
        sources: vec![source.to_owned()],
        ask_after_days: None,
        ask_weight: 0,
    };
    PolicyRow {
        order: Order { time: day(on), source: "kulta".to_owned(), id: EventName::Id(format!("p{position}")) },
        position,
        policy: SurvivorshipPolicy { default, fields: BTreeMap::new() },
    }
}

#[test]
fn every_change_stands_where_the_log_learned_of_it() {
    let events = [
        event("erp", "1", 1, REGISTERED, r#"{"email":"a@x.fi","language":"fi"}"#).at(1),
        event("crm", "1", 5, EDITED, r#"{"email":"c@x.fi"}"#).at(2),
        // Late: what crm said since still holds.
        event("erp", "1", 3, EDITED, r#"{"email":"b@x.fi","language":"sv"}"#).at(3),
        event("crm", "1", 6, EDITED, r#"{"email":null}"#).at(4),
    ];
    let changes = history(&members(&["crm", "erp"]), &events, None, &[]);
    assert_eq!(
        short(&changes),
        expected(&[
            (1, "email", "", r#""a@x.fi""#),
            (1, "language", "", r#""fi""#),
            (2, "email", r#""a@x.fi""#, r#""c@x.fi""#),
            (3, "language", r#""fi""#, r#""sv""#),
            (4, "email", r#""c@x.fi""#, r#""b@x.fi""#),
        ])
    );
    let last = &changes[4];
    assert_eq!((last.cause.source.as_str(), last.cause.time, last.cause.recorded_at), ("crm", day(6), day(6)));
    assert_eq!(last.after.as_ref().map(|value| value.source.as_str()), Some("erp"));
    assert_eq!((changes[0].number, changes[1].number), (0, 1));
}

#[test]
fn repeating_a_value_is_no_change_and_another_record_that_says_it_now_is_one() {
    let events = [
        event("erp", "1", 1, REGISTERED, r#"{"email":"a@x.fi"}"#).at(1),
        event("erp", "1", 2, REGISTERED, r#"{"email":"a@x.fi"}"#).at(2),
        event("crm", "1", 3, REGISTERED, r#"{"email":"a@x.fi"}"#).at(3),
    ];
    let changes = history(&members(&["crm", "erp"]), &events, None, &[]);
    assert_eq!(
        short(&changes),
        expected(&[(1, "email", "", r#""a@x.fi""#), (3, "email", r#""a@x.fi""#, r#""a@x.fi""#)])
    );
}

#[test]
fn what_happened_at_or_after_a_time_and_what_is_of_others_is_left_out() {
    let events = [
        event("erp", "1", 1, REGISTERED, r#"{"email":"a@x.fi"}"#).at(1),
        event("erp", "1", 2, EDITED, r#"{"email":"b@x.fi"}"#).at(2),
        event("shop", "1", 1, REGISTERED, r#"{"email":"stranger@x.fi"}"#).at(3),
    ];
    let changes = history(&members(&["erp"]), &events, Some(day(2)), &[]);
    assert_eq!(short(&changes), expected(&[(1, "email", "", r#""a@x.fi""#)]));
}

#[test]
fn a_policy_changes_values_where_it_was_published_unless_a_later_one_is_in_force() {
    let events = [
        event("erp", "1", 1, REGISTERED, r#"{"email":"erp@x.fi","language":"fi"}"#).at(1),
        event("crm", "1", 2, REGISTERED, r#"{"email":"crm@x.fi","language":"fi"}"#).at(2),
    ];
    let policies = [ranked(3, 9, "erp"), ranked(4, 8, "crm")];
    let changes = history(&members(&["crm", "erp"]), &events, None, &policies);
    let by_policy: Vec<_> = changes.iter().filter(|change| change.cause.record.is_none()).collect();
    assert_eq!(by_policy.len(), 2, "{by_policy:?}");
    assert_eq!(short(&changes[4..5]), expected(&[(3, "email", r#""crm@x.fi""#, r#""erp@x.fi""#)]));
    assert_eq!(changes[4].cause.type_name, "survivorship_policy.published");
}

#[test]
fn values_that_do_not_contend_come_and_go_one_by_one() {
    let events = [
        event("erp", "1", 1, REGISTERED, r#"{"aliases":["Anna","Annu"]}"#).at(1),
        event("erp", "1", 2, EDITED, r#"{"aliases":["Annu","Ansku"]}"#).at(2),
    ];
    let changes = history(&members(&["erp"]), &events, None, &[]);
    let mut of_two: Vec<_> = short(&changes).split_off(2);
    of_two.retain(|(.., before, after)| before != after);
    assert_eq!(of_two, expected(&[(2, "aliases", r#""Anna""#, ""), (2, "aliases", "", r#""Ansku""#)]));
}

#[test]
fn classes_tags_preferences_and_consents_change_too() {
    let say = |position: u64, kind: &str, data: &str| {
        event("erp", "1", i64::try_from(position).unwrap(), &format!("customer.{kind}"), data).at(position)
    };
    let events = [
        say(1, "classified", r#"{"scheme":"size","class":"small"}"#),
        say(2, "classified", r#"{"scheme":"size","class":"large"}"#),
        say(3, "tagged", r#"{"tag":"vip"}"#),
        say(4, "untagged", r#"{"tag":"vip"}"#),
        say(5, "preference_stated", r#"{"preference":"channel","value":"post"}"#),
        say(6, "consent_given", r#"{"purpose":"news","channel":"email"}"#),
        say(7, "consent_withdrawn", r#"{"purpose":"news","channel":"email"}"#),
    ];
    assert_eq!(
        short(&history(&members(&["erp"]), &events, None, &[])),
        expected(&[
            (1, "classes.size", "", r#""small""#),
            (2, "classes.size", r#""small""#, r#""large""#),
            (3, "tags.vip", "", "true"),
            (4, "tags.vip", "true", ""),
            (5, "preferences.channel", "", r#""post""#),
            (6, "consents.news.email", "", "true"),
            (7, "consents.news.email", "true", "false"),
        ])
    );
}

#[test]
fn what_was_erased_was_never_there() {
    let mut events = [
        event("erp", "1", 1, REGISTERED, r#"{"email":"a@x.fi","language":"fi"}"#).at(1),
        event("erp", "1", 2, EDITED, r#"{"email":"b@x.fi","language":"sv"}"#).at(2),
    ];
    for event in &mut events {
        event.payload.erased = true;
        event.payload.data = json(&format!(r#"{{"language":"{}"}}"#, if event.position == 1 { "fi" } else { "sv" }));
    }
    let changes = history(&members(&["erp"]), &events, None, &[]);
    assert_eq!(short(&changes), expected(&[(1, "language", "", r#""fi""#), (2, "language", r#""fi""#, r#""sv""#)]));
}

#[test]
fn attributes_are_cleared_together() {
    let events = [
        event("erp", "1", 1, REGISTERED, r#"{"attributes":{"shoe":"39","hat":"7"}}"#).at(1),
        event("erp", "1", 2, EDITED, r#"{"attributes":null}"#).at(2),
    ];
    let cleared = short(&history(&members(&["erp"]), &events, None, &[])).split_off(2);
    assert_eq!(cleared, expected(&[(2, "attributes.hat", r#""7""#, ""), (2, "attributes.shoe", r#""39""#, "")]));
}

/// Some statement of one of three sources on one of some days.
fn statements() -> impl Strategy<Value = Vec<Recorded>> {
    let kinds = [
        (REGISTERED, r#"{"email":"a@x.fi","attributes":{"hat":"1"}}"#),
        (REGISTERED, r#"{"email":["b@x.fi","a@x.fi"],"aliases":["A","B"]}"#),
        (EDITED, r#"{"email":null}"#),
        (EDITED, r#"{"aliases":["B"],"attributes":null}"#),
        (EDITED, r#"{"email":"b@x.fi","phone":"1","attributes":{"hat":"2"}}"#),
        ("customer.contact_verified", r#"{"field":"email","value":"A@x.fi"}"#),
        ("customer.tagged", r#"{"tag":"vip"}"#),
        ("customer.untagged", r#"{"tag":"vip"}"#),
        ("customer.closed", "{}"),
        ("purchase.made", r#"{"amount":1,"currency":"EUR"}"#),
    ];
    let one = (0..3_usize, 1..200_i64, 0..kinds.len());
    prop::collection::vec(one, 0..250).prop_map(move |said| {
        let event = |(number, (source, on, kind)): (usize, (usize, i64, usize))| {
            let (type_name, data) = kinds[kind];
            let event = event(["crm", "erp", "kulta"][source], "1", on, type_name, data);
            event.named(&format!("e{number}")).at(u64::try_from(number).unwrap() + 1)
        };
        said.into_iter().enumerate().map(event).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever order events arrive in: all changes together are the golden record at every place of the log.
    #[test]
    fn changes_add_up_to_the_golden_record(events in statements(), cut in 0..260_u64, published in 1..250_u64) {
        let members = members(&["crm", "erp", "kulta"]);
        let policy = ranked(published, 1, "erp");
        let mut held: BTreeMap<String, Value> = BTreeMap::new();
        for change in history(&members, &events, None, std::slice::from_ref(&policy)) {
            if change.cause.position > cut || UNIONS.contains(&change.field.as_str()) {
                continue;
            }
            let before = held.remove(&change.field);
            prop_assert_eq!(before.map(|value| (value.value, value.record)), change.before.map(|v| (v.value, v.record)));
            held.extend(change.after.map(|after| (change.field, after)));
        }
        let known: Vec<Recorded> = events.into_iter().filter(|event| event.position <= cut).collect();
        let in_force = if cut >= published { policy.policy } else { SurvivorshipPolicy::built_in() };
        let (golden, _) = golden_at(&members, &known, None, &in_force);
        let fields = golden.fields.into_iter().map(|(name, field)| (name, (field.value, field.record)));
        let tags = golden.tags.into_iter().map(|(name, fact)| (format!("tags.{name}"), (fact.value, fact.record)));
        let expected: BTreeMap<_, _> = fields.chain(tags).collect();
        let held: BTreeMap<_, _> = held.into_iter().map(|(name, value)| (name, (value.value, value.record))).collect();
        prop_assert_eq!(held, expected);
    }
}
