//! Opening: stored events become readable as far as keys exist.

use std::collections::{HashMap, HashSet};

use kulta_events::field::Retention;
use kulta_events::recorded::{EventName, Order, Payload};
use kulta_events::{Json, RecordId, Recorded, Vocabulary};
use uuid::Uuid;

use super::aad::{id_aad, nonce_of, part_aad};
use super::keyring::Keys;
use super::seal::DataKey;
use super::{Error, Vault};
use crate::store::StoredEvent;

impl Vault {
    /// Opens stored events as far as keys exist. What `wanted` refuses comes without its payload's personal parts.
    ///
    /// # Errors
    /// When the store fails. A broken or keyless part is `erased`, never an error.
    pub async fn open_events(
        &self,
        vocabulary: &Vocabulary,
        events: Vec<StoredEvent>,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<Recorded>, Error> {
        let ids: Vec<_> = events.iter().filter(|e| wanted(&e.type_name)).filter_map(|e| e.record).collect();
        let mut keys = self.keyring.load(&ids).await?;
        let stale = made_elsewhere(events.iter().filter(|event| wanted(&event.type_name)), &keys, &self.system);
        self.load_again(stale, &mut keys).await?;
        Ok(events
            .into_iter()
            .map(|event| {
                if wanted(&event.type_name) {
                    self.open_event(vocabulary, event, &keys)
                } else {
                    unopened(vocabulary, event)
                }
            })
            .collect())
    }

    /// What events say without their sealed parts and ids: nothing is opened, and no key is needed.
    pub fn facts_of(&self, vocabulary: &Vocabulary, events: Vec<StoredEvent>) -> Vec<Recorded> {
        let no_keys = HashMap::new();
        events.into_iter().map(|event| self.open_event(vocabulary, event, &no_keys)).collect()
    }

    /// Brings from the log the keys of records for which those in memory do not fit.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn load_again(
        &self,
        stale: Vec<RecordId>,
        keys: &mut HashMap<RecordId, Keys>,
    ) -> Result<(), Error> {
        if !stale.is_empty() {
            keys.extend(self.keyring.fetch(&stale).await?);
        }
        Ok(())
    }

    fn open_event(&self, vocabulary: &Vocabulary, event: StoredEvent, keys: &HashMap<RecordId, Keys>) -> Recorded {
        let opener = Opener { keys: event.record.and_then(|record| keys.get(&record)), system: &self.system };
        let id =
            opener.id(event.record, event.key, &event.sealed_id).map_or(EventName::Erased(event.key), EventName::Id);
        let mut data = Json::parse(event.facts.as_bytes()).unwrap_or(Json::Object(Vec::new()));
        let (mut causation, mut correlation) = (None, None);
        let mut opened = 0;
        for (class, blob) in &event.parts {
            let Some(part) = opener.part(event.record, event.key, *class, blob) else { continue };
            opened += 1;
            if let Json::Object(members) = part {
                for (name, value) in members {
                    match (name.as_str(), value) {
                        ("causationid", Json::String(text)) => causation = Some(text),
                        ("correlationid", Json::String(text)) => correlation = Some(text),
                        ("data", Json::Object(members)) => join(&mut data, members),
                        _ => {}
                    }
                }
            }
        }
        let event_type = vocabulary.get(&event.type_name);
        let version = u16::try_from(event.version).unwrap_or(1);
        let data = match event_type {
            Some(known) => known.upcast(version, data),
            None => data,
        };
        Recorded {
            position: event.position,
            stream: event.stream,
            revision: event.revision,
            key: event.key,
            event_type,
            type_name: event.type_name,
            record: event.record,
            order: Order { time: event.time, source: event.source, id },
            recorded_at: event.recorded_at,
            actor: event.actor,
            unit: event.unit,
            causation,
            correlation,
            unknown: u16::try_from(event.unknown).unwrap_or(0),
            payload: Payload { data, erased: opened < event.part_count },
        }
    }
}

/// Records of which an event does not open with the keys in memory, though the record is not erased: another node made
/// its keys, after ours were loaded, or while we made some that no append has brought into the log yet.
fn made_elsewhere<'a>(
    events: impl Iterator<Item = &'a StoredEvent>,
    keys: &HashMap<RecordId, Keys>,
    system: &DataKey,
) -> Vec<RecordId> {
    let lacks = |event: &StoredEvent| {
        let record = event.record?;
        let Some(own) = keys.get(&record) else { return Some(record) };
        if own.erased {
            return None;
        }
        let opener = Opener { keys: Some(own), system };
        let fits = |class: Retention, opens: &dyn Fn() -> bool| own.of(class).is_some_and(|key| key.stored || opens());
        let id_opens = || opener.id(event.record, event.key, &event.sealed_id).is_some();
        let part_opens = |class, blob: &[u8]| opener.part(event.record, event.key, class, blob).is_some();
        let lacking = !fits(Retention::Contact, &id_opens)
            || event.parts.iter().any(|(class, blob)| !fits(*class, &|| part_opens(*class, blob)));
        lacking.then_some(record)
    };
    let found: HashSet<RecordId> = events.filter_map(lacks).collect();
    found.into_iter().collect()
}

struct Opener<'a> {
    keys: Option<&'a Keys>,
    system: &'a DataKey,
}

impl Opener<'_> {
    fn id(&self, record: Option<RecordId>, key: Uuid, sealed: &[u8]) -> Option<String> {
        let opened = match record {
            None => self.system.open_with(nonce_of(key), &id_aad(key), sealed),
            Some(_) => {
                let contact = self.keys?.of(Retention::Contact)?;
                DataKey::new(&contact.bytes).ok()?.open_with(nonce_of(key), &id_aad(key), sealed)
            }
        };
        String::from_utf8(opened.ok()?).ok()
    }

    fn part(&self, record: Option<RecordId>, key: Uuid, class: Retention, blob: &[u8]) -> Option<Json> {
        let opened = match record {
            None => self.system.open(&part_aad(key, class), blob),
            Some(_) => DataKey::new(&self.keys?.of(class)?.bytes).ok()?.open(&part_aad(key, class), blob),
        };
        Json::parse(&opened.ok()?).ok()
    }
}

fn join(data: &mut Json, more: Vec<(String, Json)>) {
    let Json::Object(members) = data else { return };
    for (name, value) in more {
        match (members.iter_mut().find(|(known, _)| *known == name), value) {
            (Some((_, Json::Object(known))), Json::Object(value)) => known.extend(value),
            (_, value) => members.push((name, value)),
        }
    }
}

/// An event of a type that the reader has no use for: its place, time and type, no payload.
fn unopened(vocabulary: &Vocabulary, event: StoredEvent) -> Recorded {
    Recorded {
        position: event.position,
        stream: event.stream,
        revision: event.revision,
        key: event.key,
        event_type: vocabulary.get(&event.type_name),
        type_name: event.type_name,
        record: event.record,
        order: Order { time: event.time, source: event.source, id: EventName::Erased(event.key) },
        recorded_at: event.recorded_at,
        actor: event.actor,
        unit: event.unit,
        causation: None,
        correlation: None,
        unknown: u16::try_from(event.unknown).unwrap_or(0),
        payload: Payload { data: Json::Object(Vec::new()), erased: false },
    }
}
