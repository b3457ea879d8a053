//! Daily work over HTTP, on both stores: by other systems and by people.

mod automations;
mod complaints;
mod counted;
mod daily;
mod leads;
mod reports;
mod rollup;
mod tasks;

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use crate::kit::{Asks, event, text};

/// A customer of the CRM, registered on the first of January 2026; its id.
fn customer(client: &mut Client, subject: &str) -> String {
    let registered = json!({"kind": "organisation", "name": format!("Pumppu {subject} Oy")});
    client.accepted(&[event(
        "crm",
        subject,
        &format!("r{subject}"),
        "2026-01-01T08:00:00Z",
        "customer.registered",
        registered,
    )]);
    text(&client.customer("crm", subject), "customer_id").to_owned()
}

/// Asks until everything is known.
fn read(client: &mut Client, target: &str) -> Value {
    client.caught_up();
    client.read(target)
}

fn items(client: &mut Client, target: &str) -> Vec<Value> {
    read(client, target)["items"].as_array().unwrap().clone()
}

/// The rule that forbids it; nothing is changed by it.
fn refused(client: &mut Client, thing: &str, action: &str, body: &Value) -> String {
    let before = read(client, thing);
    let problem = client.send("POST", &format!("{thing}/{action}"), body).expect_status(409).json();
    assert_eq!(read(client, thing), before, "{problem}");
    text(&problem, "rule").to_owned()
}

fn act(client: &mut Client, thing: &str, action: &str, body: &Value) -> Value {
    client.send("POST", &format!("{thing}/{action}"), body).expect_status(200).json()
}
