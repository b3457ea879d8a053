//! The log's facts, without personal parts, keyed by stream.

use async_trait::async_trait;
use kulta_events::Recorded;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Batch, Error, Feed, Message};
use crate::projector::Source;
use crate::services::Services;
use crate::store::{Page, Select};

/// Events of a batch.
const EVENTS: usize = 5_000;

/// Every event of the log, in its order.
#[derive(Debug)]
pub(super) struct Events {
    source: Source,
    head: watch::Receiver<u64>,
    /// What comes behind a batch that is being sent, while there is much.
    ahead: Option<Ahead>,
}

/// A batch that is being read.
#[derive(Debug)]
struct Ahead {
    after: u64,
    reading: JoinHandle<Result<Option<Read>, Error>>,
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

/// A batch that was read.
#[derive(Debug)]
struct Read {
    messages: Vec<Message>,
    last: u64,
}

impl Events {
    pub fn new(services: &Services) -> Self {
        let Services { log, vault, vocabulary, .. } = services;
        let source = Source { log: log.clone(), vault: vault.clone(), vocabulary: vocabulary.clone() };
        Self { source, head: log.head(), ahead: None }
    }

    /// What was read ahead behind a place, if that is something.
    async fn taken(&mut self, after: u64) -> Result<Option<Read>, Error> {
        match self.ahead.take() {
            Some(mut ahead) if ahead.after == after => (&mut ahead.reading).await.map_err(|_| Error::Thread)?,
            _ => Ok(None),
        }
    }
}

async fn read(source: Source, after: u64) -> Result<Option<Read>, Error> {
    let page = Page { parts: false, ..Page::forwards(Select::All, after, EVENTS) };
    let events = source.log.read(&page).await?;
    let Some(last) = events.last().map(|event| event.position) else { return Ok(None) };
    let facts = source.vault.facts_of(&source.vocabulary.now(), events);
    Ok(Some(Read { messages: facts.into_iter().map(message).collect::<Result<_, _>>()?, last }))
}

/// The position behind which to go on.
fn position(place: Option<&str>) -> u64 {
    place.and_then(|place| place.parse().ok()).unwrap_or(0)
}

#[async_trait]
impl Feed for Events {
    async fn next(&mut self, place: Option<&str>) -> Result<Option<Batch>, Error> {
        self.head.mark_unchanged();
        let after = position(place);
        let found = match self.taken(after).await? {
            None => read(self.source.clone(), after).await?,
            found => found,
        };
        let Some(Read { messages, last }) = found else { return Ok(None) };
        if messages.len() == EVENTS {
            self.ahead = Some(Ahead { after: last, reading: tokio::spawn(read(self.source.clone(), last)) });
        }
        Ok(Some(Batch { messages, to: last.to_string(), sent: None }))
    }

    async fn news(&mut self) {
        // The sender lives as long as the log.
        let _ = self.head.changed().await;
    }

    fn reached(&self, place: Option<&str>) -> u64 {
        position(place)
    }
}

/// Its facts, and what is no person's of what is around them: the id is a keyed hash, the subject the record's id.
fn message(event: Recorded) -> Result<Message, Error> {
    let Recorded { mut payload, order, .. } = event;
    if let Some(event_type) = event.event_type {
        event_type.to_wire(&mut payload.data);
    }
    let mut message = Message::new(event.stream.clone(), event.key.to_string(), order.source, event.type_name)
        .attribute("ce_time", order.time)
        .attribute("ce_position", event.position)
        .attribute("ce_stream", &event.stream)
        .attribute("ce_revision", event.revision)
        .attribute("ce_recordedat", event.recorded_at)
        .data(serde_json::to_string(&payload.data)?);
    if let Some(event_type) = event.event_type {
        message = message.attribute("ce_dataversion", event_type.version);
    }
    if let Some(record) = event.record {
        message = message.attribute("ce_subject", record);
    }
    if let Some(unit) = event.unit {
        message = message.attribute("ce_unit", unit);
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use kulta_events::recorded::{EventName, Order, Payload};
    use kulta_events::{Instant, Json, RecordId, Vocabulary};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_message_holds_facts_and_names_nobody() {
        let at = |text| Instant::parse(text).unwrap();
        let id = EventName::Id("aino@example.fi/1".to_owned());
        let event = Recorded {
            position: 7,
            stream: "record-x".to_owned(),
            revision: 2,
            key: Uuid::from_u128(9),
            event_type: Vocabulary::standard().get("purchase.made"),
            type_name: "purchase.made".to_owned(),
            record: Some(RecordId(Uuid::from_u128(1))),
            order: Order { time: at("2026-03-02T10:15:00Z"), source: "erp".to_owned(), id },
            recorded_at: at("2026-03-02T10:15:01Z"),
            actor: 3,
            unit: Some("helsinki".to_owned()),
            causation: None,
            correlation: None,
            unknown: 0,
            payload: Payload { data: Json::parse(br#"{"amount":12.50}"#).unwrap(), erased: true },
        };
        let Message { key, value, headers } = message(event).unwrap();
        assert_eq!((key.as_str(), value.as_deref()), ("record-x", Some(r#"{"amount":"12.50"}"#)));
        let expected = [
            ("content-type", "application/json"),
            ("ce_specversion", "1.0"),
            ("ce_id", "00000000-0000-0000-0000-000000000009"),
            ("ce_source", "erp"),
            ("ce_type", "purchase.made"),
            ("ce_time", "2026-03-02T10:15:00Z"),
            ("ce_position", "7"),
            ("ce_stream", "record-x"),
            ("ce_revision", "2"),
            ("ce_recordedat", "2026-03-02T10:15:01Z"),
            ("ce_dataversion", "1"),
            ("ce_subject", "00000000-0000-0000-0000-000000000001"),
            ("ce_unit", "helsinki"),
        ];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(headers, expected);
    }
}
