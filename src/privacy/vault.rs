//! The vault: seals facts on their way into the log and opens events on their way out.
//!
//! Each record has a data key per retention class, wrapped by the master key. A key is made when a record is first
//! seen, and travels with every append that uses it until the log is known to hold it: so no blob can ever stand in the
//! log without its key. Two makers of one key meet in the log's transaction: the first stored one holds, the other seals
//! again, there and then (`reseal`). A record that exists without a contact key was erased, and no key is made for it again: later facts about it
//! are kept without their personal parts.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::aad::{id_aad, nonce_of, part_aad, subject_aad};
use super::hash::Hasher;
use super::keyring::{Acquainted, Keyring, Keys};
use super::seal::{DataKey, random};
use super::{Error, MasterKey};
use crate::store::log::{MakeLetter, Reseal};
use crate::store::{Append, Log, Mode, NewEvent, NewKey, NewRecord, StoredRecord};
use kulta_events::envelope::Fact;
use kulta_events::field::Retention;
use kulta_events::vocabulary::Home;
use kulta_events::{Json, RecordId};

/// What binds seals that belong to no record.
pub(super) const SYSTEM: &[u8] = b"kulta system";
/// What binds the log's own secret.
const SECRET: &[u8] = b"kulta log secret";

/// See the module.
pub struct Vault {
    pub(super) keyring: Keyring,
    pub(super) system: Arc<DataKey>,
    hasher: Arc<Hasher>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
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
        let (hasher, system) = (Arc::new(Hasher::new(mac)), Arc::new(DataKey::new(system)?));
        Ok(Self { keyring: Keyring::new(log, master), system, hasher })
    }

    /// Asks this one which records are new, instead of the log.
    pub fn acquaint(&self, acquainted: Arc<dyn Acquainted>) {
        self.keyring.acquaint(acquainted);
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
        self.keyring.load_to_seal(&ids).await?;
        let mut append = Append::new(Mode::EachAlone);
        append.events.reserve(facts.len());
        let mut known = KnownPeople::default();
        for (sealable, record) in facts.iter().zip(&ids) {
            let fact = &sealable.fact;
            let needs_conversation = !fact.parts.conversation.is_empty();
            let keys = self.keyring.to_seal(*record, needs_conversation)?;
            known.note(&keys, *record, fact, &mut append)?;
            append.events.push(self.seal_fact(sealable, *record, &keys, actor)?);
        }
        Ok(append)
    }

    /// Lets an append of these facts be sealed again by other keys while it is being stored.
    pub fn reseal(self: &Arc<Self>, facts: Arc<[Sealable]>, actor: i64) -> Arc<dyn Reseal> {
        Arc::new(super::reseal::Open { vault: self.clone(), facts, actor })
    }

    pub(super) fn seal_fact(
        &self,
        sealable: &Sealable,
        record: RecordId,
        keys: &Keys,
        actor: i64,
    ) -> Result<NewEvent, Error> {
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
        let mut sealed_id = Vec::new();
        for class in Retention::ALL {
            let text = personal_part(fact, class);
            let seals_id = class == Retention::Contact;
            let Some(data_key) = keys.of(class).filter(|_| seals_id || text.is_some()) else {
                // Erased: that there was something is told, like that of events from before.
                parts.extend(text.map(|_| (class, Vec::new())));
                continue;
            };
            // Setting up a key costs more than sealing with it.
            let data_key = DataKey::new(&data_key.bytes)?;
            if seals_id {
                sealed_id = data_key.seal_derived(nonce_of(key), &id_aad(key), fact.id.as_bytes())?;
            }
            if let Some(text) = text {
                parts.push((class, data_key.seal(&part_aad(key, class), text.as_bytes())?));
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
            facts: Json::object_text(&fact.parts.facts),
            sealed_id,
            parts,
            unknown: i16::try_from(fact.parts.unknown.len()).unwrap_or(i16::MAX),
            letter: Some(self.conflict_letter(sealable, record, keys.erased)),
        })
    }

    /// Which of these records are erased: nothing that tells of them may be kept.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn erased(&self, ids: &[RecordId]) -> Result<HashSet<RecordId>, Error> {
        let keys = self.keyring.load(ids).await?;
        Ok(keys.into_iter().filter(|(_, keys)| keys.erased).map(|(record, _)| record).collect())
    }

    /// Makes the dead letter of an event that conflicts with a stored one, when it comes to that. About an erased record
    /// it says that there was a conflict, not what was sent.
    pub fn conflict_letter(&self, sealable: &Sealable, record: RecordId, erased: bool) -> Arc<dyn MakeLetter> {
        Arc::new(super::letter::ConflictLetter {
            door: sealable.door.clone(),
            original: sealable.original.clone(),
            erased,
            record,
            hasher: self.hasher.clone(),
            system: self.system.clone(),
        })
    }

    /// After an append: the log holds these keys now.
    pub fn confirm(&self, keys: &[NewKey]) {
        self.keyring.confirm(keys);
    }

    /// After a refused append: keys of these records were made elsewhere. Whoever makes some of them seals for others of
    /// the append's records too, so the log is asked about all whose keys it carried.
    pub fn doubt(&self, made_elsewhere: &[RecordId], carried: &[NewKey]) {
        self.keyring.doubt(made_elsewhere.iter().copied().chain(carried.iter().map(|key| key.record)));
    }

    /// The subjects of records; `None` where the key is destroyed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn subjects(&self, ids: &[RecordId]) -> Result<HashMap<RecordId, Named>, Error> {
        let mut keys = self.keyring.load(ids).await?;
        let records = self.keyring.log.records(ids).await?;
        let stale = records.iter().filter(|record| {
            // Nobody had stored it when its keys were looked for, or it was taken for new here.
            let Some(own) = keys.get(&record.record) else { return true };
            own.of(Retention::Contact).is_some_and(|key| !key.stored) && subject(record, &keys).is_none()
        });
        let stale = stale.map(|record| record.record).collect();
        self.load_again(stale, &mut keys).await?;
        let mut named = HashMap::with_capacity(records.len());
        for record in records {
            let subject = subject(&record, &keys);
            let first_position = record.first_position;
            named.insert(record.record, Named { source: record.source, subject, first_position });
        }
        Ok(named)
    }

    /// Seals the events of one command: facts about records of `kulta`, and events of other streams (decisions,
    /// policies), which no record's key can seal.
    ///
    /// # Errors
    /// When the store or the randomness fails.
    pub async fn seal_command(
        &self,
        facts: Vec<Fact>,
        others: Vec<(String, Fact)>,
        actor: i64,
    ) -> Result<Append, Error> {
        let door = Door { name: "command", origin: String::new() };
        let sealable = |fact| Sealable { fact, original: "".into(), door: door.clone() };
        let facts: Vec<_> = facts.into_iter().map(sealable).collect();
        let mut append = self.seal_facts(&facts, actor).await?;
        append.mode = Mode::AllOrNothing;
        for event in &mut append.events {
            event.letter = None;
        }
        for (stream, fact) in others {
            append.events.push(self.seal_other(stream, &fact, actor)?);
        }
        Ok(append)
    }

    fn seal_other(&self, stream: String, fact: &Fact, actor: i64) -> Result<NewEvent, Error> {
        let key = self.hasher.event(&fact.source, &fact.id);
        let mut parts = Vec::new();
        for class in Retention::ALL {
            let Some(text) = personal_part(fact, class) else { continue };
            parts.push((class, self.system.seal(&part_aad(key, class), text.as_bytes())?));
        }
        Ok(NewEvent {
            stream: stream.into(),
            key,
            fingerprint: self.hasher.content(&fact.content()),
            type_name: fact.event_type.name,
            version: i16::try_from(fact.version).unwrap_or(i16::MAX),
            source: fact.source.as_str().into(),
            record: None,
            time: fact.time,
            actor,
            unit: None,
            facts: Json::object_text(&fact.parts.facts),
            sealed_id: self.system.seal_derived(nonce_of(key), &id_aad(key), fact.id.as_bytes())?,
            parts,
            unknown: 0,
            letter: None,
        })
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

/// The subject of a record, as far as its key is in memory.
fn subject(record: &StoredRecord, keys: &HashMap<RecordId, Keys>) -> Option<String> {
    let key = keys.get(&record.record)?.of(Retention::Contact)?;
    let opened = DataKey::new(&key.bytes).ok()?.open(&subject_aad(record.record), &record.sealed_subject);
    String::from_utf8(opened.ok()?).ok()
}

/// What an append says of records and keys, each once.
#[derive(Default)]
pub(super) struct KnownPeople {
    records: HashSet<RecordId>,
    keys: HashSet<(RecordId, Retention)>,
}

impl KnownPeople {
    pub fn note(&mut self, keys: &Keys, record: RecordId, fact: &Fact, append: &mut Append) -> Result<(), Error> {
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

fn personal_part(fact: &Fact, class: Retention) -> Option<String> {
    let (members, extensions) = match class {
        Retention::Contact => {
            (&fact.parts.contact, [("causationid", &fact.causation), ("correlationid", &fact.correlation)])
        }
        Retention::Conversation => (&fact.parts.conversation, [("", &None), ("", &None)]),
    };
    if members.is_empty() && extensions.iter().all(|(_, value)| value.is_none()) {
        return None;
    }
    let named = extensions.iter().filter_map(|(name, value)| Some(((*name).to_owned(), Json::from(value.as_deref()?))));
    let mut part = Json::object_text(&named.collect::<Vec<_>>());
    if !members.is_empty() {
        part.pop();
        part.push_str(if part.len() > 1 { ",\"data\":" } else { "\"data\":" });
        part.push_str(&Json::object_text(members));
        part.push('}');
    }
    Some(part)
}
