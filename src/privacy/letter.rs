//! The dead letter of an event that conflicts with a stored one; sealed only when the conflict is met.

use std::sync::Arc;

use kulta_events::RecordId;

use super::hash::Hasher;
use super::seal::DataKey;
use super::vault::{Door, SYSTEM};
use crate::store::NewDeadLetter;
use crate::store::log::MakeLetter;

/// See the module.
#[derive(Debug)]
pub struct ConflictLetter {
    /// Where the event came from.
    pub door: Door,
    /// The event as it came.
    pub original: Arc<str>,
    /// Whether its record is erased: then nothing of the event is kept.
    pub erased: bool,
    /// The record that it is about.
    pub record: RecordId,
    /// What names it.
    pub hasher: Arc<Hasher>,
    /// What seals it.
    pub system: Arc<DataKey>,
}

impl MakeLetter for ConflictLetter {
    fn make(&self) -> NewDeadLetter {
        // Without randomness nothing can be sealed; the letter then names the conflict without its content.
        let sealed = if self.erased { None } else { self.system.seal(SYSTEM, self.original.as_bytes()).ok() };
        let sealed_body = sealed.unwrap_or_default();
        NewDeadLetter {
            key: self.hasher.text("letter", &["conflict", &self.original]),
            door: self.door.name.to_owned(),
            origin: self.door.origin.clone(),
            reason: "conflict".to_owned(),
            problems:
                r#"[{"code":"conflict","pointer":"/id","detail":"another content is stored under this source and id"}]"#
                    .to_owned(),
            sealed_body,
            record: Some(self.record),
        }
    }
}
