//! What a row becomes.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::time::rfc3339;

/// An event as a mapping made it; the validator has yet to see it.
#[derive(Clone, Debug, PartialEq)]
pub struct MappedEvent {
    /// `family.past_tense`.
    pub event_type: Arc<str>,
    /// The id that its source gives.
    pub id: String,
    /// The publishing system.
    pub source: String,
    /// The customer's key in that system.
    pub subject: String,
    /// When it happened, microseconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    /// The business unit.
    pub unit: Option<String>,
    /// The payload. Decimals are strings, or numbers that keep their text.
    pub data: Value,
}

impl MappedEvent {
    /// The event as a CloudEvent in structured form.
    pub fn into_cloudevent(self) -> Value {
        let mut event = Map::new();
        let texts = [
            ("specversion", Some("1.0".to_owned())),
            ("id", Some(self.id)),
            ("source", Some(self.source)),
            ("type", Some(self.event_type.to_string())),
            ("subject", Some(self.subject)),
            ("time", Some(rfc3339(self.time))),
            ("unit", self.unit),
        ];
        for (name, text) in texts {
            event.extend(text.map(|text| (name.to_owned(), Value::String(text))));
        }
        event.insert("data".to_owned(), self.data);
        Value::Object(event)
    }
}
