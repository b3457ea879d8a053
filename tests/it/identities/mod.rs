//! Who is one customer, over HTTP, on both stores: found live, asked, decided, explained, searched, previewed.

mod governance;
mod malformed;
mod policies;
mod search;
mod then;

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use crate::kit::{Asks, event, text};

fn registered(source: &str, subject: &str, data: Value) -> Value {
    event(source, subject, &format!("{subject}/registered"), "2026-01-01T10:00:00Z", "customer.registered", data)
}

/// A person of whom everything is known.
fn anna(email: &str) -> Value {
    json!({"kind": "person", "given_name": "Anna", "family_name": "Virtanen", "birth_date": "1980-02-03", "email": email,
        "phone": "+358 40 5128837", "address": {"street": "Puistokatu 12 B 4", "postal_code": "33100", "city": "Tampere"}})
}

/// Somebody of the same name, of whom nothing else is known: enough to ask, not to link.
fn maybe_anna() -> Value {
    json!({"kind": "person", "given_name": "Anna", "family_name": "Virtanen"})
}

/// The records of the customer that holds a record, as `source:subject`, sorted, when everything is projected.
fn records(client: &mut Client, source: &str, subject: &str) -> Vec<String> {
    let customer = client.customer(source, subject);
    let record = |record: &Value| format!("{}:{}", text(record, "source"), text(record, "subject"));
    let mut records: Vec<String> = customer["records"].as_array().unwrap().iter().map(record).collect();
    records.sort();
    records
}
