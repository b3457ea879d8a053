//! What is sent: one JSON object with type, time and data.

use bytes::Bytes;
use kulta_events::{Instant, RecordId};
use kulta_projections::golden::wire;
use kulta_projections::propagation::held::About;
use serde_json::json;
use uuid::Uuid;

use crate::privacy::Vault;
use crate::store::views::StoredCustomer;
use crate::work::Outgoing;

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The same for the same cause.
    pub id: Uuid,
    /// JSON.
    pub body: Bytes,
}

impl Message {
    /// Its id as it goes out.
    pub fn name(&self) -> String {
        format!("msg_{}", self.id.simple())
    }

    /// A customer as it is now.
    pub fn changed(vault: &Vault, subscriber: &str, found: &StoredCustomer, at: Instant) -> Self {
        let data = wire(found.customer, found.position, &found.golden);
        let id = customer_id(vault, subscriber, "changed", found.customer.into(), found.position);
        Self { id, body: body("customer.changed", at, &data) }
    }

    /// An id that leads to another customer now.
    pub fn gone(vault: &Vault, subscriber: &str, record: RecordId, found: &StoredCustomer, at: Instant) -> Self {
        let data = json!({"customer_id": record, "position": found.position, "merged_into": found.customer});
        let id = customer_id(vault, subscriber, "gone", record, found.position);
        Self { id, body: body("customer.gone", at, &data.to_string()) }
    }

    /// What an automation asks to be told.
    pub fn asked(id: Uuid, asked: &Outgoing, found: Option<&StoredCustomer>) -> Self {
        let payload = &asked.event.payload.data;
        let text = |name: &str| payload.get(name).and_then(kulta_events::Json::as_str);
        let customer =
            found.map_or_else(|| "null".to_owned(), |found| wire(found.customer, found.position, &found.golden));
        let (automation, cause) = (json!(text("automation")), json!(text("cause")));
        let data =
            format!("{{\"message\":\"{id}\",\"automation\":{automation},\"cause\":{cause},\"customer\":{customer}}}");
        Self { id, body: body("automation.fired", asked.event.order.time, &data) }
    }
}

fn customer_id(vault: &Vault, subscriber: &str, what: &str, record: RecordId, position: u64) -> Uuid {
    vault.hasher().text("webhook", &[subscriber, what, &record.to_string(), &position.to_string()])
}

/// The id under which tries are counted.
pub fn tries_id(vault: &Vault, subscriber: &str, about: About, position: u64) -> Uuid {
    match about {
        About::Customer(record) => customer_id(vault, subscriber, "changed", record, position),
        About::Message(message) => message,
    }
}

/// The golden record is JSON already: it is put together, not read and written again.
fn body(kind: &str, at: Instant, data: &str) -> Bytes {
    format!("{{\"type\":\"{kind}\",\"timestamp\":\"{at}\",\"data\":{data}}}").into()
}

/// Whose lane it is, as a number.
pub fn lane_id(vault: &Vault, subscriber: &str) -> Uuid {
    vault.hasher().text("webhook-lane", &[subscriber])
}
