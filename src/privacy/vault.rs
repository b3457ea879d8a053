//! The vault: seals facts on their way into the log and opens events on their way out.
//!
//! Each record has a data key per retention class, wrapped by the master key. A key is made when a record is first
//! seen, and travels with every append that uses it until the log is known to hold it: so no blob can ever stand in the
//! log without its key. Two makers of one key meet in the log's transaction: the first stored one holds, the other seals
//! again. A record that exists without a contact key was erased, and no key is made for it again: later facts about it
//! are kept without their personal parts.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use kulta_events::envelope::Fact;
use kulta_events::field::Retention;
use kulta_events::recorded::{EventName, Order, Payload};
use kulta_events::vocabulary::Home;
use kulta_events::{Json, RecordId, Recorded, Vocabulary};
use uuid::Uuid;

use super::hash::Hasher;
use super::seal::{DataKey, random};
use super::{Error, MasterKey};
use crate::store::log::MakeLetter;
use crate::store::{Append, Log, Mode, NewEvent, NewKey, NewRecord, StoredEvent};

/// Records whose keys are kept in memory, at most (twice that for a moment).
const CACHED_RECORDS: usize = 100_000;
/// What binds seals that belong to no record.
pub(super) const SYSTEM: &[u8] = b"kulta system";
/// What binds the log's own secret.
const SECRET: &[u8] = b"kulta log secret";

/// See the module.
pub struct Vault {
    log: Arc<dyn Log>,
    master: MasterKey,
    hasher: Arc<Hasher>,
    system: Arc<DataKey>,
    cache: Mutex<Cache>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

/// A data key and how it is wrapped.
#[derive(Clone)]
struct Key {
    bytes: [u8; 32],
    wrapped: Arc<[u8]>,
    /// Whether the log is known to hold it.
    stored: bool,
}

/// The keys of one record.
#[derive(Clone, Default)]
struct Keys {
    contact: Option<Key>,
    conversation: Option<Key>,
    /// The log knows the record, but no contact key: it was erased.
    erased: bool,
}

impl Keys {
    fn of(&self, class: Retention) -> Option<&Key> {
        match class {
            Retention::Contact => self.contact.as_ref(),
            Retention::Conversation => self.conversation.as_ref(),
        }
    }

    fn slot(&mut self, class: Retention) -> &mut Option<Key> {
        match class {
            Retention::Contact => &mut self.contact,
            Retention::Conversation => &mut self.conversation,
        }
    }
}

/// Two generations: what was not asked for during a whole generation is forgotten.
#[derive(Default)]
struct Cache {
    young: HashMap<RecordId, Keys>,
    old: HashMap<RecordId, Keys>,
}

impl Cache {
    fn get(&mut self, record: RecordId) -> Option<&mut Keys> {
        if !self.young.contains_key(&record) {
            let keys = self.old.remove(&record)?;
            self.insert(record, keys);
        }
        self.young.get_mut(&record)
    }

    fn insert(&mut self, record: RecordId, keys: Keys) {
        if self.young.len() >= CACHED_RECORDS {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(record, keys);
    }
}

/// Where facts came from, for dead letters.
#[derive(Clone, Debug)]
pub struct Door {
    /// `http`, `file` or `kafka`.
    pub name: &'static str,
    /// Where exactly.
    pub origin: String,
}

/// A fact ready to be sealed.
#[derive(Debug)]
pub struct Sealable {
    /// The fact.
    pub fact: Fact,
    /// The event as it came, for the dead letter of a conflict.
    pub original: Arc<str>,
    /// Where it came from.
    pub door: Door,
}

impl Vault {
    /// Opens the vault of a log; makes the log's secret when it is new.
    ///
    /// # Errors
    /// [`Error::WrongMasterKey`] before anything is written.
    pub async fn open(log: Arc<dyn Log>, master: MasterKey) -> Result<Self, Error> {
        let wrapped = match log.secret().await? {
            Some(wrapped) => wrapped,
            None => {
                let secret: [u8; 64] = random()?;
                log.init_secret(&master.wrap(SECRET, &secret)?).await?
            }
        };
        let secret: [u8; 64] = master.unwrap_key(SECRET, &wrapped).map_err(|_| Error::WrongMasterKey)?;
        let (mac, system) = secret.split_at(32);
        let (mac, system) = (mac.try_into().map_err(|_| Error::Broken)?, system.try_into().map_err(|_| Error::Broken)?);
        Ok(Self {
            log,
            master,
            hasher: Arc::new(Hasher::new(mac)),
            system: Arc::new(DataKey::new(system)?),
            cache: Mutex::default(),
        })
    }

    /// The log's keyed hashes.
    pub fn hasher(&self) -> &Hasher {
        &self.hasher
    }

    /// Seals something that belongs to no record: dead letters, kept answers.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn seal_system(&self, text: &[u8]) -> Result<Vec<u8>, Error> {
        self.system.seal(SYSTEM, text)
    }

    /// Opens what [`Vault::seal_system`] sealed.
    ///
    /// # Errors
    /// When the seal is broken.
    pub fn open_system(&self, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        self.system.open(SYSTEM, sealed)
    }

    /// Seals facts into an append in which each stands alone.
    ///
    /// # Errors
    /// When the store or the randomness fails.
    pub async fn seal_facts(&self, facts: &[Sealable], actor: i64) -> Result<Append, Error> {
        let ids: Vec<_> = facts.iter().map(|s| self.hasher.record(&s.fact.source, &s.fact.subject)).collect();
        self.load_keys(&ids).await?;
        let mut append = Append::new(Mode::EachAlone);
        append.events.reserve(facts.len());
        let mut known = KnownPeople::default();
        for (sealable, record) in facts.iter().zip(&ids) {
            let fact = &sealable.fact;
            let needs_conversation = !fact.parts.conversation.is_empty();
            let keys = self.keys_for(*record, needs_conversation)?;
            known.note(&keys, *record, fact, &mut append)?;
            append.events.push(self.seal_fact(sealable, *record, &keys, actor)?);
        }
        Ok(append)
    }

    fn seal_fact(&self, sealable: &Sealable, record: RecordId, keys: &Keys, actor: i64) -> Result<NewEvent, Error> {
        let fact = &sealable.fact;
        let key = self.hasher.event(&fact.source, &fact.id);
        let stream: Arc<str> = match fact.event_type.home {
            Home::Entity { category, member } => {
                let name = fact.parts.facts.iter().find(|(name, _)| name == member);
                let name = name.and_then(|(_, value)| value.as_str()).unwrap_or_default();
                format!("{category}-{}", self.hasher.entity(category, &fact.source, name)).into()
            }
            _ => record.stream().into(),
        };
        let mut parts = Vec::new();
        let sealed_id = match keys.of(Retention::Contact) {
            Some(contact) => {
                DataKey::new(&contact.bytes)?.seal_derived(nonce_of(key), &id_aad(key), fact.id.as_bytes())?
            }
            None => Vec::new(),
        };
        for class in Retention::ALL {
            let Some(text) = personal_part(fact, class) else { continue };
            if let Some(data_key) = keys.of(class) {
                parts.push((class, DataKey::new(&data_key.bytes)?.seal(&part_aad(key, class), text.as_bytes())?));
            }
        }
        Ok(NewEvent {
            stream,
            key,
            fingerprint: self.hasher.content(&fact.content()),
            type_name: fact.event_type.name,
            version: i16::try_from(fact.version).unwrap_or(i16::MAX),
            source: fact.source.as_str().into(),
            record: Some(record),
            time: fact.time,
            actor,
            unit: fact.unit.as_deref().map(Into::into),
            facts: Json::Object(fact.parts.facts.clone()).to_string(),
            sealed_id,
            parts,
            unknown: i16::try_from(fact.parts.unknown.len()).unwrap_or(i16::MAX),
            letter: Some(self.conflict_letter(sealable, record)),
        })
    }

    fn conflict_letter(&self, sealable: &Sealable, record: RecordId) -> Arc<dyn MakeLetter> {
        Arc::new(super::letter::ConflictLetter {
            door: sealable.door.clone(),
            original: sealable.original.clone(),
            record,
            hasher: self.hasher.clone(),
            system: self.system.clone(),
        })
    }

    /// The keys to seal with: known ones, or new ones that every append carries until they are stored.
    fn keys_for(&self, record: RecordId, conversation: bool) -> Result<Keys, Error> {
        let mut cache = self.lock();
        if cache.get(record).is_none() {
            cache.insert(record, Keys::default());
        }
        let Some(keys) = cache.get(record) else { return Ok(Keys::default()) };
        if keys.erased {
            return Ok(keys.clone());
        }
        for class in Retention::ALL {
            let wanted = class == Retention::Contact || conversation;
            if wanted && keys.of(class).is_none() {
                let bytes: [u8; 32] = random()?;
                let wrapped = self.master.wrap(&key_aad(record, class), &bytes)?.into();
                *keys.slot(class) = Some(Key { bytes, wrapped, stored: false });
            }
        }
        Ok(keys.clone())
    }

    /// Brings the keys of records that are not in memory from the log.
    async fn load_keys(&self, ids: &[RecordId]) -> Result<(), Error> {
        let missing: Vec<RecordId> = {
            let mut cache = self.lock();
            let mut seen = HashSet::new();
            ids.iter().copied().filter(|id| seen.insert(*id) && cache.get(*id).is_none()).collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        let stored = self.log.keys(&missing).await?;
        let mut loaded: HashMap<RecordId, Keys> = HashMap::with_capacity(missing.len());
        for NewKey { record, class, wrapped } in stored {
            let bytes = self.master.unwrap_key(&key_aad(record, class), &wrapped)?;
            let keys = loaded.entry(record).or_default();
            *keys.slot(class) = Some(Key { bytes, wrapped: wrapped.into(), stored: true });
        }
        let keyless: Vec<_> =
            missing.iter().copied().filter(|id| loaded.get(id).is_none_or(|keys| keys.contact.is_none())).collect();
        if !keyless.is_empty() {
            for record in self.log.records(&keyless).await? {
                loaded.entry(record.record).or_default().erased = true;
            }
        }
        let mut cache = self.lock();
        for (record, keys) in loaded {
            // Somebody else may have loaded or made keys meanwhile: theirs may already have sealed something.
            if cache.get(record).is_none() {
                cache.insert(record, keys);
            }
        }
        Ok(())
    }

    /// After an append: the log holds these keys now.
    pub fn confirm(&self, append_keys: &[NewKey]) {
        let mut cache = self.lock();
        for new in append_keys {
            if let Some(keys) = cache.get(new.record)
                && let Some(key) = keys.slot(new.class)
                && *key.wrapped == *new.wrapped
            {
                key.stored = true;
            }
        }
    }

    /// After a refused append: these keys were made elsewhere, load them anew.
    pub fn forget(&self, records: &[RecordId]) {
        let mut cache = self.lock();
        for record in records {
            cache.young.remove(record);
            cache.old.remove(record);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache> {
        // Nothing panics while holding the lock in a way that leaves the maps half-changed.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

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
        self.load_keys(&ids).await?;
        let keys: HashMap<RecordId, Keys> = {
            let mut cache = self.lock();
            ids.into_iter().filter_map(|id| cache.get(id).map(|keys| (id, keys.clone()))).collect()
        };
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
        let data = event_type.map_or_else(|| data.clone(), |known| known.upcast(version, data.clone()));
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

    /// The subjects of records; `None` where the key is destroyed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn subjects(&self, ids: &[RecordId]) -> Result<HashMap<RecordId, Named>, Error> {
        self.load_keys(ids).await?;
        let records = self.log.records(ids).await?;
        let mut cache = self.lock();
        let mut named = HashMap::with_capacity(records.len());
        for record in records {
            let key = cache.get(record.record).and_then(|keys| keys.contact.as_ref());
            let subject = key.and_then(|key| {
                let opened = DataKey::new(&key.bytes).ok()?.open(&subject_aad(record.record), &record.sealed_subject);
                String::from_utf8(opened.ok()?).ok()
            });
            let first_position = record.first_position;
            named.insert(record.record, Named { source: record.source, subject, first_position });
        }
        Ok(named)
    }

    /// Seals an event of a command that is about no record: decisions, policies.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn seal_system_part(&self, key: Uuid, class: Retention, members: Json) -> Result<(Retention, Vec<u8>), Error> {
        let text = Json::object([("data", members)]).to_string();
        Ok((class, self.system.seal(&part_aad(key, class), text.as_bytes())?))
    }

    /// Seals the id of an event that is about no record.
    ///
    /// # Errors
    /// When sealing fails.
    pub fn seal_system_id(&self, key: Uuid, id: &str) -> Result<Vec<u8>, Error> {
        self.system.seal_derived(nonce_of(key), &id_aad(key), id.as_bytes())
    }
}

/// A record as outsiders name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its source.
    pub source: String,
    /// Its subject, `None` when erased.
    pub subject: Option<String>,
    /// The position of the first event that named it.
    pub first_position: u64,
}

/// What an append says of records and keys, each once.
#[derive(Default)]
struct KnownPeople {
    records: HashSet<RecordId>,
    keys: HashSet<(RecordId, Retention)>,
}

impl KnownPeople {
    fn note(&mut self, keys: &Keys, record: RecordId, fact: &Fact, append: &mut Append) -> Result<(), Error> {
        for class in Retention::ALL {
            let Some(key) = keys.of(class).filter(|key| !key.stored) else { continue };
            if self.keys.insert((record, class)) {
                append.keys.push(NewKey { record, class, wrapped: key.wrapped.to_vec() });
            }
            if class == Retention::Contact && self.records.insert(record) {
                let sealed_subject = DataKey::new(&key.bytes)?.seal(&subject_aad(record), fact.subject.as_bytes())?;
                append.records.push(NewRecord { record, source: fact.source.as_str().into(), sealed_subject });
            }
        }
        Ok(())
    }
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

fn personal_part(fact: &Fact, class: Retention) -> Option<String> {
    let (members, extensions) = match class {
        Retention::Contact => {
            (&fact.parts.contact, [("causationid", &fact.causation), ("correlationid", &fact.correlation)].to_vec())
        }
        Retention::Conversation => (&fact.parts.conversation, Vec::new()),
    };
    let mut part: Vec<(String, Json)> = Vec::new();
    for (name, value) in extensions {
        part.extend(value.iter().map(|text| (name.to_owned(), Json::from(text.as_str()))));
    }
    if !members.is_empty() {
        part.push(("data".to_owned(), Json::Object(members.clone())));
    }
    (!part.is_empty()).then(|| Json::Object(part).to_string())
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

fn nonce_of(event: Uuid) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce.copy_from_slice(&event.as_bytes()[..12]);
    nonce
}

fn id_aad(event: Uuid) -> [u8; 17] {
    tagged(b'i', event)
}

fn part_aad(event: Uuid, class: Retention) -> [u8; 17] {
    tagged(class as u8, event)
}

fn subject_aad(record: RecordId) -> [u8; 17] {
    tagged(b's', record.0)
}

fn key_aad(record: RecordId, class: Retention) -> [u8; 17] {
    tagged(b'k' ^ (class as u8), record.0)
}

fn tagged(tag: u8, id: Uuid) -> [u8; 17] {
    let mut bytes = [tag; 17];
    bytes[1..].copy_from_slice(id.as_bytes());
    bytes
}
