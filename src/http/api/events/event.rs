//! An event of the log on its way out: a CloudEvent, opened as far as its keys exist.

use std::collections::HashMap;

use kulta_events::recorded::EventName;
use kulta_events::{Instant, Json, RecordId, Recorded};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::problem::Problem;
use crate::privacy::vault::Named;
use crate::services::Services;
use crate::store::StoredEvent;

/// An event as the log gives it back: CloudEvents 1.0, structured, with what the log knows of it as extensions.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    /// Always `1.0`.
    pub specversion: &'static str,
    /// The id that its source gave; a UUID when it is erased.
    pub id: String,
    /// The system that published it.
    pub source: String,
    /// What happened.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The customer's key in that system; absent when it is erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub time: Instant,
    /// The business unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The event that caused this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causationid: Option<String>,
    /// The conversation that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlationid: Option<String>,
    /// The version of its data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataversion: Option<u16>,
    /// The payload, lifted to the newest version; decimals as strings.
    #[schema(value_type = Object)]
    pub data: Json,
    /// Place in the log, from 1.
    pub position: u64,
    /// When the log learned of it.
    #[schema(value_type = String, format = DateTime)]
    pub recordedat: Instant,
    /// The name of the access token or person that brought it; absent when it is erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The stream that holds it.
    pub stream: String,
    /// Place in that stream, from 0.
    pub revision: u64,
    /// The record that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub recordid: Option<RecordId>,
    /// True when a personal part of it was erased; absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub erased: bool,
}

/// Opens events and writes them in wire form.
pub struct Writer<'a> {
    services: &'a Services,
}

impl<'a> Writer<'a> {
    /// A writer over a node's keys.
    pub fn new(services: &'a Services) -> Self {
        Self { services }
    }

    /// The wire form of stored events, in their order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn events(&self, stored: Vec<StoredEvent>) -> Result<Vec<Event>, Problem> {
        let Services { vault, vocabulary, .. } = self.services;
        let opened = vault.open_events(&vocabulary.now(), stored, |_| true).await?;
        let mut records: Vec<_> = opened.iter().filter_map(|event| event.record).collect();
        records.sort_unstable();
        records.dedup();
        let subjects = vault.subjects(&records).await?;
        let actors = self.actors(&opened).await?;
        Ok(opened.into_iter().map(|event| wire(event, &subjects, &actors)).collect())
    }

    /// Names are looked up each time: a name that was erased a moment ago must not come from a cache.
    async fn actors(&self, events: &[Recorded]) -> Result<HashMap<i64, String>, Problem> {
        let mut names = HashMap::new();
        let mut numbers: Vec<_> = events.iter().map(|event| event.actor).collect();
        numbers.sort_unstable();
        numbers.dedup();
        for number in numbers {
            if let Some(name) = self.services.log.actor_name(number).await? {
                names.insert(number, name);
            }
        }
        Ok(names)
    }
}

fn wire(event: Recorded, subjects: &HashMap<RecordId, Named>, actors: &HashMap<i64, String>) -> Event {
    let Recorded { record, order, mut payload, event_type, .. } = event;
    if let Some(event_type) = event_type {
        event_type.to_wire(&mut payload.data);
    }
    let (id, id_is_erased) = match order.id {
        EventName::Id(id) => (id, false),
        EventName::Erased(key) => (key.to_string(), true),
    };
    let subject = record.and_then(|record| subjects.get(&record)).map(|named| named.subject.clone());
    Event {
        specversion: "1.0",
        id,
        source: order.source,
        type_name: event.type_name,
        erased: payload.erased || id_is_erased || subject == Some(None),
        subject: subject.flatten(),
        time: order.time,
        unit: event.unit,
        causationid: event.causation,
        correlationid: event.correlation,
        dataversion: event_type.map(|event_type| event_type.version),
        data: payload.data,
        position: event.position,
        recordedat: event.recorded_at,
        actor: actors.get(&event.actor).cloned(),
        stream: event.stream,
        revision: event.revision,
        recordid: record,
    }
}

#[cfg(test)]
mod tests {
    use kulta_events::Vocabulary;
    use kulta_events::recorded::{Order, Payload};
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn recorded(id: EventName, data: &str, erased: bool) -> Recorded {
        let at = |text| Instant::parse(text).unwrap();
        Recorded {
            position: 7,
            stream: "record-x".to_owned(),
            revision: 2,
            key: Uuid::nil(),
            event_type: Vocabulary::standard().get("purchase.made"),
            type_name: "purchase.made".to_owned(),
            record: Some(RecordId(Uuid::from_u128(1))),
            order: Order { time: at("2026-03-02T10:15:00Z"), source: "erp".to_owned(), id },
            recorded_at: at("2026-03-02T10:15:01Z"),
            actor: 3,
            unit: None,
            causation: None,
            correlation: None,
            unknown: 0,
            payload: Payload { data: Json::parse(data.as_bytes()).unwrap(), erased },
        }
    }

    #[test]
    fn what_is_erased_is_told_and_the_facts_stay() {
        let record = RecordId(Uuid::from_u128(1));
        let named = Named { source: "erp".to_owned(), subject: None, first_position: 1 };
        let event = recorded(EventName::Erased(Uuid::from_u128(9)), r#"{"amount":12.50}"#, true);
        let written = wire(event, &HashMap::from([(record, named)]), &HashMap::new());
        assert_eq!(
            json!(written),
            json!({
                "specversion": "1.0", "id": "00000000-0000-0000-0000-000000000009", "source": "erp",
                "type": "purchase.made", "time": "2026-03-02T10:15:00Z", "dataversion": 1, "data": {"amount": "12.50"},
                "position": 7, "recordedat": "2026-03-02T10:15:01Z", "stream": "record-x", "revision": 2,
                "recordid": "00000000-0000-0000-0000-000000000001", "erased": true,
            })
        );
    }

    #[test]
    fn one_lost_part_is_enough_to_be_called_erased() {
        let record = RecordId(Uuid::from_u128(1));
        let named = |subject| {
            let named = Named { source: "erp".to_owned(), subject, first_position: 1 };
            HashMap::from([(record, named)])
        };
        let id = || EventName::Id("1".to_owned());
        for (event, subject, erased) in [
            (recorded(id(), "{}", false), Some("7".to_owned()), false),
            (recorded(id(), "{}", true), Some("7".to_owned()), true),
            (recorded(id(), "{}", false), None, true),
            (recorded(EventName::Erased(Uuid::nil()), "{}", false), Some("7".to_owned()), true),
        ] {
            assert_eq!(wire(event, &named(subject), &HashMap::new()).erased, erased);
        }
    }
}
