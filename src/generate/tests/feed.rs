//! The feed of events.

use std::collections::{BTreeMap, HashMap, HashSet};

use kulta_events::Json;

use super::{Row, YEAR, facts, rows, run};
use crate::generate::calendar::HOUR;
use crate::generate::{Config, events, write_cloudevents, write_csv};

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

#[test]
fn the_same_configuration_gives_the_same_bytes_for_ever() {
    let config = run(200, 3_000);
    let (mut feed, mut table) = (Vec::new(), Vec::new());
    let mut heard = 0;
    assert_eq!(write_cloudevents(config, &mut feed, |written| heard = written).unwrap(), 3_000);
    write_csv(config, &mut table, |_| ()).unwrap();
    assert_eq!(heard, 3_000);
    // Whoever changes these numbers changes the data that benches and tests of other days were measured on.
    assert_eq!((fnv1a(&feed), fnv1a(&table)), (8_986_558_538_996_631_516, 9_267_192_452_722_400_798));
    let lines: String = events(config).map(|event| event.json + "\n").collect();
    assert!(lines.as_bytes() == feed);
    let other = Config { seed: 2, ..config };
    assert_ne!(events(other).next(), events(config).next());
}

#[test]
fn every_event_passes_the_validator_and_lies_in_the_period() {
    let mut types = HashMap::new();
    for (fact, _) in facts(events(run(600, 20_000))) {
        assert!((YEAR.start_us..=YEAR.end_us).contains(&fact.time.micros()), "{}", fact.time);
        *types.entry(fact.event_type.name).or_insert(0) += 1;
    }
    for name in "customer.registered customer.contact_edited customer.contact_verified customer.consent_given \
        customer.consent_withdrawn purchase.made purchase.returned invoice.issued invoice.paid invoice.reminded \
        invoice.credited complaint.opened complaint.answered complaint.closed email.sent email.delivered email.opened \
        email.link_clicked email.bounced web.visited form.submitted"
        .split_whitespace()
    {
        assert!(types.get(name).is_some_and(|count| *count > 10), "{name}: {types:?}");
    }
}

#[test]
fn there_are_exactly_as_many_events_as_asked_for() {
    for (customers, wanted) in [(0, 100), (1, 50), (100, 260), (100, 300), (150, 5_000), (7, 3_333)] {
        let records = rows(run(customers, 0)).len();
        let expected = if customers == 0 { 0 } else { wanted.max(records) };
        assert_eq!(events(run(customers, wanted as u64)).count(), expected, "{customers} {wanted}");
    }
    let only_registrations = facts(events(run(100, 10)));
    assert!(only_registrations.iter().all(|(fact, _)| fact.event_type.name == "customer.registered"));
    assert_eq!(only_registrations.len(), rows(run(100, 0)).len());
}

#[test]
fn short_periods_and_odd_starts_are_kept_to() {
    for length in [0, 1, 999_999, 1_000_000, 5_000_000, 3_600_000_000] {
        let config = Config { start_us: YEAR.start_us + 123_456, ..run(50, 2_000) };
        let config = Config { end_us: config.start_us + length, ..config };
        let latest = config.start_us + length.max(1_000_000);
        for (fact, _) in facts(events(config)) {
            assert!((config.start_us..=latest).contains(&fact.time.micros()), "{length}: {}", fact.time);
        }
    }
}

#[test]
fn two_in_a_hundred_come_late_and_one_comes_twice() {
    let (mut seen, mut newest) = (HashMap::new(), 0);
    let (mut late, mut repeated, mut all) = (0.0, 0, 0.0);
    for event in events(run(2_000, 40_000)) {
        let json = Json::parse(event.json.as_bytes()).unwrap();
        let text = |name| json.get(name).and_then(Json::as_str).unwrap().to_owned();
        let time = kulta_events::Instant::parse(&text("time")).unwrap().micros();
        if let Some(first) = seen.insert((text("source"), text("id")), event.json.clone()) {
            assert_eq!(first, event.json, "a repeat is exact");
            repeated += 1;
            continue;
        }
        all += 1.0;
        late += f64::from(u8::from(time < newest - HOUR * 9 / 10));
        newest = newest.max(time);
    }
    assert_eq!(repeated, 400);
    assert!((0.017..0.023).contains(&(late / all)), "{}", late / all);
}

/// What the records hold after all events, each record's in the order in which they happened.
fn folded(config: Config) -> BTreeMap<String, Row> {
    let mut all = facts(events(config));
    all.sort_by_key(|(fact, _)| (fact.time, fact.id.clone()));
    let mut states: BTreeMap<String, Row> = BTreeMap::new();
    for (fact, customer) in all {
        if !matches!(fact.event_type.name, "customer.registered" | "customer.contact_edited") {
            continue;
        }
        let state = states.entry(format!("{}:{}", fact.source, fact.subject)).or_default();
        state.insert("cluster_id".to_owned(), customer.to_string());
        for (name, value) in fact.parts.join().members() {
            match (name.as_str(), value) {
                ("address", address) => {
                    for part in ["street", "postal_code", "city", "region", "country"] {
                        let part_of = address.get(part).and_then(Json::as_str).unwrap_or_default();
                        state.insert(part.to_owned(), part_of.to_owned());
                    }
                }
                // The country of the customer, not of an address; attributes have no column.
                ("country" | "language" | "attributes", _) => {}
                (name, value) => drop(state.insert(name.to_owned(), value.as_str().unwrap_or_default().to_owned())),
            }
        }
        state.retain(|_, value| !value.is_empty());
    }
    states
}

#[test]
fn the_table_is_what_the_events_amount_to() {
    for events in [0, 3_000, 12_000] {
        let config = run(400, events);
        let states = folded(config);
        let table = rows(config);
        assert_eq!(table.len(), states.len(), "each record has a key of its own");
        for mut row in table {
            let id = row.remove("record_id").unwrap();
            row.remove("source");
            let mut state = states[&id].clone();
            // Dates of birth are written in several ways in the table.
            assert_eq!(row.remove("birth_date").is_some(), state.remove("birth_date").is_some());
            assert_eq!(row, state, "{id} with {events} events");
        }
    }
}

#[test]
fn some_newsletters_are_keyed_by_address_and_edits_tell_of_moves() {
    let all = facts(events(run(1_000, 30_000)));
    let of = |source: &str| {
        let subjects = all.iter().filter(|(fact, _)| fact.source == source);
        subjects.map(|(fact, _)| fact.subject.clone()).collect::<HashSet<_>>()
    };
    let newsletter = of("newsletter");
    let by_address = newsletter.iter().filter(|subject| subject.contains('@')).count() as f64;
    assert!((0.15..0.6).contains(&(by_address / newsletter.len() as f64)), "{by_address} of {}", newsletter.len());
    assert!(of("erp").iter().all(|subject| subject.bytes().all(|b| b.is_ascii_digit())));
    assert!(of("billing").iter().all(|subject| subject.starts_with("C-") && subject.len() == 8));
    assert!(of("crm").iter().all(|subject| subject.parse::<uuid::Uuid>().is_ok_and(|id| id.get_version_num() == 4)));
    let edits = |field: &str| {
        all.iter()
            .filter(|(fact, _)| {
                fact.event_type.name == "customer.contact_edited"
                    && fact.parts.contact.iter().any(|(name, _)| name == field)
            })
            .count()
    };
    for field in ["address", "email", "phone"] {
        assert!(edits(field) > 20, "{field}: {}", edits(field));
    }
}
