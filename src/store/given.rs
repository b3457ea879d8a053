//! Events for unit tests.

use kulta_events::{Instant, RecordId};
use uuid::Uuid;

use super::log::NewEvent;

/// A purchase by record 7, with keys that stand for its identity and its content.
pub(super) fn event(key: u128, content: u128, stream: &str) -> NewEvent {
    NewEvent {
        stream: stream.into(),
        key: Uuid::from_u128(key),
        fingerprint: Uuid::from_u128(content),
        type_name: "purchase.made",
        version: 1,
        source: "erp".into(),
        record: Some(RecordId(Uuid::from_u128(7))),
        time: Instant::from_micros(0),
        actor: 1,
        unit: None,
        facts: "{}".to_owned(),
        sealed_id: Vec::new(),
        parts: Vec::new(),
        unknown: 0,
        letter: None,
    }
}
