//! The log's facts, without personal parts, keyed by stream.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;

use super::{Batch, Error, Feed, Message};
use crate::store::{Log, Page, Select, StoredEvent};

/// Events of a batch.
const EVENTS: usize = 5_000;

/// Every event of the log, in its order.
#[derive(Debug)]
pub(super) struct Events {
    log: Arc<dyn Log>,
    head: watch::Receiver<u64>,
}

impl Events {
    pub fn new(log: Arc<dyn Log>) -> Self {
        let head = log.head();
        Self { log, head }
    }
}

/// The position behind which to go on.
fn position(place: Option<&str>) -> u64 {
    place.and_then(|place| place.parse().ok()).unwrap_or(0)
}

#[async_trait]
impl Feed for Events {
    async fn next(&mut self, place: Option<&str>) -> Result<Option<Batch>, Error> {
        self.head.mark_unchanged();
        let page = Page { parts: false, ..Page::forwards(Select::All, position(place), EVENTS) };
        let events = self.log.read(&page).await?;
        let Some(last) = events.last() else { return Ok(None) };
        let to = last.position.to_string();
        Ok(Some(Batch { messages: events.into_iter().map(message).collect(), to, sent: None }))
    }

    async fn news(&mut self) {
        // The sender lives as long as the log.
        let _ = self.head.changed().await;
    }

    fn lag(&self, place: Option<&str>) -> u64 {
        self.head.borrow().saturating_sub(position(place))
    }
}

/// Its facts, and what is no person's of what is around them: the id is a keyed hash, the subject the record's id.
fn message(event: StoredEvent) -> Message {
    let message = Message::new(event.stream.clone(), event.key.to_string(), event.source, event.type_name)
        .attribute("ce_time", event.time)
        .attribute("ce_dataversion", event.version)
        .attribute("ce_position", event.position)
        .attribute("ce_stream", &event.stream)
        .attribute("ce_revision", event.revision)
        .attribute("ce_recordedat", event.recorded_at)
        .data(event.facts);
    let message = match event.record {
        Some(record) => message.attribute("ce_subject", record),
        None => message,
    };
    match event.unit {
        Some(unit) => message.attribute("ce_unit", unit),
        None => message,
    }
}

#[cfg(test)]
mod tests {
    use kulta_events::{Instant, RecordId};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_message_holds_facts_and_names_nobody() {
        let event = StoredEvent {
            position: 7,
            stream: "record-x".to_owned(),
            revision: 2,
            key: Uuid::from_u128(9),
            fingerprint: Uuid::from_u128(10),
            type_name: "purchase.made".to_owned(),
            version: 1,
            source: "erp".to_owned(),
            record: Some(RecordId(Uuid::from_u128(1))),
            time: Instant::parse("2026-03-02T10:15:00Z").unwrap(),
            recorded_at: Instant::parse("2026-03-02T10:15:01Z").unwrap(),
            actor: 3,
            unit: Some("helsinki".to_owned()),
            facts: r#"{"amount":"12.50"}"#.to_owned(),
            sealed_id: vec![1],
            parts: Vec::new(),
            part_count: 0,
            unknown: 0,
        };
        let Message { key, value, headers } = message(event);
        assert_eq!((key.as_str(), value.as_deref()), ("record-x", Some(r#"{"amount":"12.50"}"#)));
        let expected = [
            ("content-type", "application/json"),
            ("ce_specversion", "1.0"),
            ("ce_id", "00000000-0000-0000-0000-000000000009"),
            ("ce_source", "erp"),
            ("ce_type", "purchase.made"),
            ("ce_time", "2026-03-02T10:15:00Z"),
            ("ce_dataversion", "1"),
            ("ce_position", "7"),
            ("ce_stream", "record-x"),
            ("ce_revision", "2"),
            ("ce_recordedat", "2026-03-02T10:15:01Z"),
            ("ce_subject", "00000000-0000-0000-0000-000000000001"),
            ("ce_unit", "helsinki"),
        ];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(headers, expected);
    }
}
