//! Who holds old data, on both stores: subscribers, acknowledgements, notices, webhooks.

mod behind;
mod notices;
mod webhooks;

use kulta_test_support::http::Client;
use serde_json::{Value, json};

use crate::kit::{Asks, event, pages, text};

/// A record of a source, registered with an e-mail address; the id of its customer.
fn registered(client: &mut Client, source: &str, subject: &str, email: &str) -> String {
    let data = json!({"name": format!("Anna {subject}"), "email": email});
    let id = format!("r-{source}-{subject}");
    client.accepted(&[event(source, subject, &id, "2026-01-01T08:00:00Z", "customer.registered", data)]);
    text(&client.customer(source, subject), "customer_id").to_owned()
}

/// An edit of a record.
fn edited(source: &str, subject: &str, id: &str, time: &str, data: &Value) -> Value {
    event(source, subject, id, time, "customer.contact_edited", data.clone())
}

fn subscribe(client: &mut Client, name: &str, data: &Value) -> Value {
    client.send("PUT", &format!("/v1/subscribers/{name}"), data).json()
}

fn acknowledge(client: &mut Client, name: &str, body: &Value) -> Value {
    client.send("POST", &format!("/v1/subscribers/{name}/acknowledgements"), body).expect_status(200).json()
}

/// The customers that a subscriber holds as they were, with what changed.
fn behind(client: &mut Client, name: &str) -> Vec<(String, Vec<String>)> {
    let after = client.caught_up();
    let item = |item: &Value| {
        let changed = item["changed"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
        (text(item, "customer_id").to_owned(), changed.collect())
    };
    pages(client, &format!("/v1/subscribers/{name}/behind?limit=2&after={after}")).iter().map(item).collect()
}
