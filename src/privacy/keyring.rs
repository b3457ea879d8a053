//! The data keys of records, in memory as far as they are in use.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use kulta_events::RecordId;
use kulta_events::field::Retention;

use super::aad::key_aad;
use super::seal::random;
use super::{Error, MasterKey};
use crate::store::{Log, NewKey};

/// Records whose keys are kept in memory, at most (twice that for a moment).
const CACHED_RECORDS: usize = 100_000;
/// A data key and how it is wrapped.
#[derive(Clone)]
pub(super) struct Key {
    pub bytes: [u8; 32],
    pub wrapped: Arc<[u8]>,
    /// Whether the log is known to hold it.
    pub stored: bool,
}

/// The keys of one record.
#[derive(Clone, Default)]
pub(super) struct Keys {
    contact: Option<Key>,
    conversation: Option<Key>,
    /// The log knows the record, but no contact key: it was erased.
    pub erased: bool,
}

impl Keys {
    pub fn of(&self, class: Retention) -> Option<&Key> {
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

/// The keys of all records of a log.
pub(super) struct Keyring {
    pub log: Arc<dyn Log>,
    pub master: MasterKey,
    cache: Mutex<Cache>,
}

impl Keyring {
    pub fn new(log: Arc<dyn Log>, master: MasterKey) -> Self {
        Self { log, master, cache: Mutex::default() }
    }

    /// The keys to seal with: known ones, or new ones that every append carries until they are stored.
    pub fn to_seal(&self, record: RecordId, conversation: bool) -> Result<Keys, Error> {
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
    pub async fn load(&self, ids: &[RecordId]) -> Result<(), Error> {
        let missing: Vec<RecordId> = {
            let mut cache = self.lock();
            let mut seen = HashSet::new();
            ids.iter().copied().filter(|id| seen.insert(*id) && cache.get(*id).is_none()).collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        let mut loaded: HashMap<RecordId, Keys> = HashMap::with_capacity(missing.len());
        for (record, stored) in self.log.keys(&missing).await? {
            let keys = loaded.entry(record).or_default();
            for NewKey { class, wrapped, .. } in stored {
                let bytes = self.master.unwrap_key(&key_aad(record, class), &wrapped)?;
                *keys.slot(class) = Some(Key { bytes, wrapped: wrapped.into(), stored: true });
            }
            // A record and its contact key are stored together: what has none was erased, and never gets one again.
            keys.erased = keys.contact.is_none();
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

    /// The keys of these records as they are in memory.
    pub fn in_memory(&self, ids: impl Iterator<Item = RecordId>) -> HashMap<RecordId, Keys> {
        let mut cache = self.lock();
        ids.filter_map(|id| cache.get(id).map(|keys| (id, keys.clone()))).collect()
    }
}
