//! The log against the ledger, customers against the log.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use kulta_test_support::http::Client;
use serde_json::Value;

use super::Rng;
use super::ledger::{Account, Outcome, Sent, name_of};

/// The whole log, in its order, each position once.
pub fn read_log(client: &mut Client) -> Vec<Value> {
    let mut log = Vec::new();
    loop {
        let page = client.get(&format!("/v1/events?after={}&limit=1000", log.len())).send().expect_status(200).json();
        let items = page["items"].as_array().unwrap();
        for event in items {
            assert_eq!(event["position"].as_u64(), Some(log.len() as u64 + 1), "{event}");
            log.push(event.clone());
        }
        if items.is_empty() {
            return log;
        }
    }
}

/// What was acknowledged is in the log, once, where it was told to be; what is in the log was sent.
pub fn audit(account: &Account, log: &[Value]) {
    let mut names = HashSet::new();
    let mut streams: HashMap<&str, u64> = HashMap::new();
    let mut facts = 0;
    for event in log {
        assert!(names.insert(name_of(event)), "doubled: {event}");
        let next = streams.entry(event["stream"].as_str().unwrap()).or_default();
        assert_eq!(event["revision"].as_u64(), Some(*next), "{event}");
        *next += 1;
        if event["source"] != "kulta" {
            let sent = account.facts.get(&name_of(event)).unwrap_or_else(|| panic!("never sent: {event}"));
            compare(sent, event);
            facts += 1;
        }
    }
    let lost = account.facts.iter().find(|(name, _)| !names.contains(*name));
    assert!(lost.is_none(), "lost: {lost:?}");
    assert_eq!(facts, account.facts.len());
    commands(account, log);
}

fn compare(sent: &Sent, event: &Value) {
    assert_eq!(sent.position, event["position"].as_u64(), "told elsewhere: {event}");
    for member in ["type", "subject", "data"] {
        assert_eq!(sent.event[member], event[member], "{member} of {event}");
    }
}

/// A command's events are there once when it was done, and not at all when it was refused.
fn commands(account: &Account, log: &[Value]) {
    let mut found: HashMap<&str, u64> = HashMap::new();
    let mut edited = HashSet::new();
    for event in log.iter().filter(|event| event["source"] == "kulta") {
        let data = &event["data"];
        if let Some(marker) = data["name"].as_str().or(data["reason"].as_str()) {
            let earlier = found.insert(marker, event["position"].as_u64().unwrap());
            assert_eq!(earlier, None, "done twice: {event}");
            edited.extend(event["recordid"].as_str());
        } else if event["type"] == "identity.linked" {
            // The first edit of a customer makes its record and links it, in this order, in one append.
            let record = event["stream"].as_str().and_then(|stream| stream.strip_prefix("decision-"));
            assert!(record.is_some_and(|record| edited.contains(record)), "{event}");
        } else {
            let policies = ["survivorship_policy.published", "match_policy.published"];
            assert!(event["type"].as_str().is_some_and(|name| policies.contains(&name)), "{event}");
        }
    }
    for (marker, outcome) in &account.commands {
        match (outcome, found.remove(marker.as_str())) {
            (Outcome::Refused, None) => {}
            // Its last event is the one that is told: an edit may be followed by the link of a new record.
            (Outcome::Done(told), Some(position)) if position == *told || position + 1 == *told => {}
            (outcome, position) => panic!("{marker} was told {outcome:?} and stands at {position:?}"),
        }
    }
    assert!(found.is_empty(), "never commanded: {found:?}");
}

/// Customers of some records have complete timelines and golden records.
pub fn sample(client: &mut Client, log: &[Value], count: u64, rng: &mut Rng) {
    let mut records: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for event in log {
        if let Some(record) = event["recordid"].as_str() {
            records.entry(record).or_default().push(event);
        }
    }
    let ids: Vec<_> = records.keys().copied().collect();
    for _ in 0..count {
        let Some(id) = rng.pick(&ids) else { return };
        let wait = format!("?after={}", log.len());
        let customer = resolve(client, id, &wait);
        let golden = client.get(&format!("/v1/customers/{customer}")).send().expect_status(200).json();
        let own = client.get(&format!("/v1/customers/{customer}/records")).send().expect_status(200).json();
        let own: Vec<_> = own["items"].as_array().unwrap().iter().map(|record| record["record_id"].clone()).collect();
        assert!(own.iter().any(|own| own == id), "{id} is not among {own:?}");
        let events: Vec<_> = own.iter().flat_map(|record| &records[record.as_str().unwrap()]).copied().collect();
        assert_eq!(timeline(client, &customer), positions(&events), "timeline of {customer}");
        assert_eq!(golden["records"].as_array().unwrap().len(), own.len(), "{golden}");
        names_are_complete(&golden, &events);
    }
}

/// The customer that holds a record now.
pub fn resolve(client: &mut Client, id: &str, query: &str) -> String {
    let response = client.get(&format!("/v1/customers/{id}{query}")).send();
    match response.status {
        200 => id.to_owned(),
        307 => response.header("location").unwrap().split(['/', '?']).nth(3).unwrap().to_owned(),
        _ => panic!("{id}: {response:?}"),
    }
}

fn positions(events: &[&Value]) -> BTreeSet<u64> {
    events.iter().filter_map(|event| event["position"].as_u64()).collect()
}

/// The positions of a customer's timeline, each once.
pub fn timeline(client: &mut Client, customer: &str) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let target = format!("/v1/customers/{customer}/timeline?limit=100{cursor}");
        let page = client.get(&target).send().expect_status(200).json();
        for entry in page["items"].as_array().unwrap() {
            assert!(found.insert(entry["position"].as_u64().unwrap()), "twice in the timeline: {entry}");
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// The last name that each record gave is the golden record's, or among those that lost.
fn names_are_complete(golden: &Value, events: &[&Value]) {
    let mut last: BTreeMap<(&str, &str), (&str, &str, &Value)> = BTreeMap::new();
    for event in events.iter().filter(|event| !event["data"]["name"].is_null()) {
        let text = |member: &str| event[member].as_str().unwrap();
        let (key, said) = ((text("source"), text("subject")), (text("time"), text("id"), &event["data"]["name"]));
        let latest = last.entry(key).or_insert(said);
        if (latest.0, latest.1) < (said.0, said.1) {
            *latest = said;
        }
    }
    let field = &golden["fields"]["name"];
    let others = field["others"].as_array().into_iter().flatten();
    let shown: Vec<_> = std::iter::once(field).chain(others).collect();
    for ((source, subject), (_, _, name)) in last {
        let found = shown.iter().any(|shown| shown["value"] == *name);
        assert!(found, "{name} of {source} {subject} is not in {golden}");
    }
}
