//! An event once written is readable for ever: for every type and every version that was ever written there is an
//! example under `golden/`, and what is made of it today stands beside it as `.expected`.
//!
//! After a deliberate change: `KULTA_BLESS=1 cargo test -p kulta-events --test golden`, then read the difference.

#![cfg(test)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kulta_events::envelope::{Parts, Validator, check_members};
use kulta_events::field::fact;
use kulta_events::field::{Kind, Retention};
use kulta_events::vocabulary::{EventType, Importance};
use kulta_events::{Instant, Json, Problem, Vocabulary};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn validate(event: Json, vocabulary: &Vocabulary) -> Result<kulta_events::Fact, Vec<Problem>> {
    let now = Instant::parse("2026-06-01T00:00:00Z").unwrap();
    let fact_attributes = BTreeMap::from([("crm".to_owned(), vec!["segment".to_owned()])]);
    Validator { vocabulary, now, fact_attributes: &fact_attributes }.check(event)
}

fn side(members: &[(String, Json)]) -> String {
    Json::Object(members.to_vec()).to_string()
}

/// What is made of an event: how it is split, and the content that its fingerprint is taken of.
fn outcome(event: &Json, vocabulary: &Vocabulary) -> String {
    let type_name = event.get("type").and_then(Json::as_str).unwrap();
    let event_type = vocabulary.get(type_name).unwrap();
    let (parts, content) = if event_type.is_command_only() {
        let mut data = event.get("data").unwrap().clone();
        let mut problems = Vec::new();
        check_members(event_type, &mut data, &mut problems);
        assert_eq!(problems, [], "{type_name}");
        (Parts::split(event_type, data, &[]), String::new())
    } else {
        let fact = validate(event.clone(), vocabulary).unwrap();
        let content = fact.content();
        (fact.parts, content)
    };
    format!(
        "facts        {}\ncontact      {}\nconversation {}\nunknown      {:?}\ncontent      {content}\n",
        side(&parts.facts),
        side(&parts.contact),
        side(&parts.conversation),
        parts.unknown,
    )
}

#[test]
fn every_version_of_every_type_is_read_as_it_was() {
    let vocabulary = Vocabulary::standard();
    for event_type in vocabulary.types() {
        for version in 1..=event_type.version {
            let name = format!("{}.v{version}", event_type.name);
            let example = folder().join(format!("{name}.json"));
            let text = std::fs::read(&example).unwrap_or_else(|_| panic!("no example {name}.json"));
            let found = outcome(&Json::parse(&text).unwrap(), &vocabulary);
            let expected = folder().join(format!("{name}.expected"));
            if std::env::var_os("KULTA_BLESS").is_some() {
                std::fs::write(&expected, &found).unwrap();
            }
            assert_eq!(found, std::fs::read_to_string(&expected).unwrap_or_default(), "{name}");
        }
    }
}

#[test]
fn every_example_has_its_type() {
    let vocabulary = Vocabulary::standard();
    for file in std::fs::read_dir(folder()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let type_name = name.rsplit_once(".v").unwrap().0;
        assert!(vocabulary.get(type_name).is_some(), "{name} belongs to no type");
    }
}

#[test]
fn every_member_of_every_type_stands_in_an_example() {
    let vocabulary = Vocabulary::standard();
    for event_type in vocabulary.types() {
        // The attributes of a customer stand in customer.registered; an edit carries some of them only.
        if event_type.name == "customer.contact_edited" {
            continue;
        }
        let example = folder().join(format!("{}.v{}.json", event_type.name, event_type.version));
        let event = Json::parse(&std::fs::read(example).unwrap()).unwrap();
        for field in event_type.fields {
            let given = event.get("data").unwrap().get(field.name).is_some();
            let derived = field.name == "link_query";
            let elsewhere = event_type.name.starts_with("web.") && field.name == "form";
            assert!(given || derived || elsewhere, "{}: {}", event_type.name, field.name);
        }
    }
}

/// Version 1 had one `price` text such as "12.50 EUR"; version 2 splits it; version 3 renames `amount` to `total`.
static PARCEL: EventType = EventType {
    version: 3,
    upcasts: &[split_price, rename_total],
    ..EventType::of_record(
        "parcel.sent",
        "A type of the tests' own.",
        &[fact("total", Kind::Amount).required(), fact("currency", Kind::Currency).required()],
    )
};

fn split_price(data: Json) -> Json {
    let price = data.get("price").and_then(Json::as_str).unwrap_or_default().to_owned();
    let (amount, currency) = price.split_once(' ').unwrap_or_default();
    let mut members = vec![("amount".to_owned(), Json::from(amount)), ("currency".to_owned(), Json::from(currency))];
    members.extend(data.members().iter().filter(|(name, _)| name != "price").cloned());
    Json::Object(members)
}

fn rename_total(data: Json) -> Json {
    let renamed = |(name, value): &(String, Json)| {
        let name = if name == "amount" { "total" } else { name };
        (name.to_owned(), value.clone())
    };
    Json::Object(data.members().iter().map(renamed).collect())
}

fn parcel(version: u16, data: &str) -> Json {
    let event = format!(
        r#"{{"specversion":"1.0","id":"1","source":"shop","type":"parcel.sent","subject":"7",
        "time":"2026-01-01T00:00:00Z","dataversion":{version},"data":{data}}}"#
    );
    Json::parse(event.as_bytes()).unwrap()
}

#[test]
fn old_versions_are_lifted_and_count_as_the_same_content() {
    let vocabulary = Vocabulary::standard().with(&PARCEL);
    let versions = [
        parcel(1, r#"{"price":"12.50 EUR"}"#),
        parcel(2, r#"{"amount":12.5,"currency":"EUR"}"#),
        parcel(3, r#"{"currency":"EUR","total":"12.50"}"#),
    ];
    let facts: Vec<_> = versions.into_iter().map(|event| validate(event, &vocabulary).unwrap()).collect();
    for fact in &facts {
        assert_eq!(fact.content(), facts[0].content());
        assert_eq!(fact.version, 3, "what is stored is the newest version");
    }
}

#[test]
fn what_was_stored_under_an_old_version_is_lifted_on_reading() {
    let stored = Json::parse(br#"{"price":"12.50 EUR"}"#).unwrap();
    assert_eq!(PARCEL.upcast(1, stored.clone()).to_string(), r#"{"total":12.50,"currency":"EUR"}"#);
    let second = Json::parse(br#"{"amount":12.50,"currency":"EUR"}"#).unwrap();
    assert_eq!(PARCEL.upcast(2, second).to_string(), r#"{"total":12.50,"currency":"EUR"}"#);
    assert_eq!(PARCEL.upcast(3, stored.clone()), stored, "the newest version is left alone");
}

#[test]
fn a_payload_that_an_upcast_cannot_repair_is_refused_by_its_new_name() {
    let vocabulary = Vocabulary::standard().with(&PARCEL);
    let problems = validate(parcel(1, r#"{"price":"free"}"#), &vocabulary).unwrap_err();
    assert!(problems.iter().any(|problem| problem.pointer == "/data/total"), "{problems:?}");
    let problems = validate(parcel(4, "{}"), &vocabulary).unwrap_err();
    assert_eq!(problems[0].code, "dataversion");
}

#[test]
fn retention_classes_have_stable_numbers() {
    assert_eq!(Retention::from_number(1), Some(Retention::Contact));
    assert_eq!(Retention::from_number(2), Some(Retention::Conversation));
    assert_eq!(Retention::from_number(3), None);
    assert!(Importance::Low < Importance::High);
}
