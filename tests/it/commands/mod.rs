//! What people do, over HTTP, on both stores: register, edit, verify, merge, split, undo, publish policies.

mod keys;
mod nodes;
mod people;
mod policies;
mod reading;
mod stewards;
mod tokens;

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use crate::kit::{Asks, event, text};

const DAY: &str = "2026-01-01T10:00:00Z";

fn registered(source: &str, subject: &str, id: &str, data: Value) -> Value {
    event(source, subject, id, DAY, "customer.registered", data)
}

/// The entity tag of a customer.
fn etag(client: &mut Client, id: &str) -> String {
    let response = client.get(&format!("/v1/customers/{id}")).send().expect_status(200);
    response.header("etag").unwrap().to_owned()
}

/// A customer, or what stands in its place, when the projections have got to what a command answered.
fn after(client: &mut Client, id: &str, done: &Value) -> Value {
    client.read(&format!("/v1/customers/{id}?after={}", done["position"]))
}

fn merge(client: &mut Client, id: &str, with: &str) -> Value {
    let body = json!({"with": with, "reason": "same phone"});
    client.send("POST", &format!("/v1/customers/{id}/merge"), &body).expect_status(200).json()
}

#[track_caller]
fn refused(response: kulta_test_support::http::Response, status: u16, code: &str) -> Value {
    let problem = response.expect_status(status).json();
    assert_eq!(text(&problem, "code"), code, "{problem}");
    problem
}

fn positions(client: &mut Client) -> u64 {
    client.caught_up()
}
