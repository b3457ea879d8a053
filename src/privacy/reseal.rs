//! Sealing again, on the way into the log, what another node has made other data keys for.

use std::collections::BTreeMap;
use std::sync::Arc;

use kulta_events::RecordId;

use super::vault::KnownPeople;
use super::{Error, Vault, vault::Sealable};
use crate::store::log::Reseal;
use crate::store::{Append, NewKey};

/// The facts of an append, still open.
pub(super) struct Open {
    pub vault: Arc<Vault>,
    pub facts: Arc<[Sealable]>,
    pub actor: i64,
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Open")
    }
}

impl Reseal for Open {
    fn reseal(&self, append: &Append, stored: &BTreeMap<RecordId, Vec<NewKey>>) -> Option<Append> {
        let resealed = self.seal(append, stored);
        resealed.inspect_err(|error| tracing::warn!(%error, "what another node has made keys for is refused")).ok()
    }
}

impl Open {
    fn seal(&self, append: &Append, stored: &BTreeMap<RecordId, Vec<NewKey>>) -> Result<Append, Error> {
        let Self { vault, facts, actor } = self;
        for (record, keys) in stored {
            vault.keyring.learn(*record, keys)?;
        }
        let mut append = append.clone();
        append.keys.retain(|key| !stored.contains_key(&key.record));
        append.records.retain(|new| !stored.contains_key(&new.record));
        let mut events = std::mem::take(&mut append.events);
        let mut known = KnownPeople::default();
        for (event, sealable) in events.iter_mut().zip(facts.iter()) {
            let Some(record) = event.record.filter(|record| stored.contains_key(record)) else { continue };
            let keys = vault.keyring.to_seal(record, !sealable.fact.parts.conversation.is_empty())?;
            known.note(&keys, record, &sealable.fact, &mut append)?;
            *event = vault.seal_fact(sealable, record, &keys, *actor)?;
        }
        append.events = events;
        Ok(append)
    }
}
