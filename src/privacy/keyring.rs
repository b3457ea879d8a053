//! The data keys of records, in memory as far as they are in use.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use kulta_events::RecordId;
use kulta_events::field::Retention;

use super::aad::key_aad;
use super::seal::random;
use super::{Error, MasterKey};
use crate::lately::Lately;
use crate::store::{Log, NewKey};
use crate::together::Together;

/// Records whose keys are kept in memory, at most (twice that for a moment).
const CACHED_RECORDS: usize = 100_000;
/// Those who ask for keys of at most so many records ask together.
const FEW: usize = 8;

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

    /// Takes over what the log holds: a key that was made here and is not stored gives way to one that is.
    fn learn(&mut self, stored: &Self) {
        if stored.erased {
            *self = stored.clone();
            return;
        }
        for class in Retention::ALL {
            if self.of(class).is_none_or(|own| !own.stored)
                && let Some(key) = stored.of(class)
            {
                *self.slot(class) = Some(key.clone());
            }
        }
    }
}

/// Who knows the records of the log, as far as somebody has followed it.
pub trait Acquainted: Send + Sync {
    /// Whether a record is new, as far as can be told at once. A wrong yes costs a refused append, a wrong no a look.
    fn is_new(&self, record: RecordId) -> bool;
}

#[derive(Default)]
struct Cache {
    keys: Lately<RecordId, Keys, CACHED_RECORDS>,
    /// Records whose keys may have been made elsewhere: the log is asked before anything is sealed for them again.
    doubted: HashSet<RecordId>,
}

impl Cache {
    fn get(&mut self, record: RecordId) -> Option<&mut Keys> {
        self.keys.using(record)
    }

    fn learn(&mut self, record: RecordId, stored: &Keys) {
        match self.get(record) {
            Some(own) => own.learn(stored),
            None => self.insert(record, stored.clone()),
        }
    }

    fn insert(&mut self, record: RecordId, keys: Keys) {
        self.keys.insert(record, keys);
    }
}

/// The keys of all records of a log.
pub(super) struct Keyring {
    pub log: Arc<dyn Log>,
    pub master: MasterKey,
    cache: Mutex<Cache>,
    /// Single events come by the thousand: they ask together.
    few: Together<RecordId, Keys>,
    acquainted: OnceLock<Arc<dyn Acquainted>>,
}

impl Keyring {
    pub fn new(log: Arc<dyn Log>, master: MasterKey) -> Self {
        Self { log, master, cache: Mutex::default(), few: Together::default(), acquainted: OnceLock::new() }
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

    /// Asks this one which records are new; the first that is said.
    pub fn acquaint(&self, acquainted: Arc<dyn Acquainted>) {
        // It is said once, where a node is put together.
        let _ = self.acquainted.set(acquainted);
    }

    /// Brings the keys of records that are to be sealed for: of those that are new there is nothing to bring.
    ///
    /// # Errors
    /// When the store fails, or a key cannot be unwrapped.
    pub async fn load_to_seal(&self, ids: &[RecordId]) -> Result<(), Error> {
        let missing: Vec<RecordId> = {
            let mut cache = self.lock();
            let mut seen = HashSet::new();
            let acquainted = self.acquainted.get();
            let is_new = |id| acquainted.is_some_and(|acquainted| acquainted.is_new(id));
            let unsure = |cache: &mut Cache, id| cache.doubted.contains(&id) || cache.get(id).is_none() && !is_new(id);
            ids.iter().copied().filter(|id| seen.insert(*id) && unsure(&mut cache, *id)).collect()
        };
        self.bring(&missing).await.map(drop)
    }

    /// The keys of records, from memory or else from the log; of records that the log does not know, none.
    ///
    /// # Errors
    /// When the store fails, or a key cannot be unwrapped.
    pub async fn load(&self, ids: &[RecordId]) -> Result<HashMap<RecordId, Keys>, Error> {
        let (mut found, mut missing) = (HashMap::with_capacity(ids.len()), Vec::new());
        {
            let mut cache = self.lock();
            let mut seen = HashSet::with_capacity(ids.len());
            for id in ids.iter().filter(|id| seen.insert(**id)) {
                match cache.get(*id) {
                    Some(keys) => drop(found.insert(*id, keys.clone())),
                    None => missing.push(*id),
                }
            }
        }
        // What memory holds may be gone again before it is looked at: what is brought is handed over.
        found.extend(self.bring(&missing).await?);
        Ok(found)
    }

    async fn bring(&self, missing: &[RecordId]) -> Result<HashMap<RecordId, Keys>, Error> {
        match missing.len() {
            0 => Ok(HashMap::new()),
            1..=FEW => self.few.ask(missing, |ids| async move { self.fetch(&ids).await }).await,
            _ => self.fetch(missing).await,
        }
    }

    /// Asks the log for the keys of records, whatever is in memory.
    ///
    /// # Errors
    /// When the store fails, or a key cannot be unwrapped.
    pub async fn fetch(&self, ids: &[RecordId]) -> Result<HashMap<RecordId, Keys>, Error> {
        let mut loaded: HashMap<RecordId, Keys> = HashMap::with_capacity(ids.len());
        for (record, stored) in self.log.keys(ids).await? {
            loaded.insert(record, self.unwrapped(record, stored)?);
        }
        let mut cache = self.lock();
        for id in ids {
            cache.doubted.remove(id);
        }
        for (record, keys) in &loaded {
            cache.learn(*record, keys);
        }
        Ok(loaded)
    }

    /// Takes over the keys that the log holds of a record.
    ///
    /// # Errors
    /// When a key cannot be unwrapped.
    pub fn learn(&self, record: RecordId, stored: &[NewKey]) -> Result<(), Error> {
        let keys = self.unwrapped(record, stored.iter().cloned())?;
        self.lock().learn(record, &keys);
        Ok(())
    }

    fn unwrapped(&self, record: RecordId, stored: impl IntoIterator<Item = NewKey>) -> Result<Keys, Error> {
        let mut keys = Keys::default();
        for NewKey { class, wrapped, .. } in stored {
            let bytes = self.master.unwrap_key(&key_aad(record, class), &wrapped)?;
            *keys.slot(class) = Some(Key { bytes, wrapped: wrapped.into(), stored: true });
        }
        // A record and its contact key are stored together: what has none was erased, and never gets one again.
        keys.erased = keys.contact.is_none();
        Ok(keys)
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

    /// After a refused append: keys of these records were made elsewhere, or may have been meanwhile. What is not stored
    /// of theirs stays until the log was asked, since others may have sealed with it.
    pub fn doubt(&self, records: impl IntoIterator<Item = RecordId>) {
        self.lock().doubted.extend(records);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache> {
        // Nothing panics while holding the lock in a way that leaves the maps half-changed.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
