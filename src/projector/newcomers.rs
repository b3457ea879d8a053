//! Tells the vault which records are new, so that it need not ask the log before it seals an event of a customer that
//! nobody has met.

use kulta_events::RecordId;

use super::Identities;
use crate::privacy::Acquainted;

/// Which records are new to the log.
#[derive(Clone, Debug)]
pub struct Newcomers {
    identities: Identities,
    since: u64,
}

impl Newcomers {
    /// By what matching holds, from when on that is everything up to this position: what comes later, the vault of this
    /// node has met itself.
    pub fn new(identities: Identities, since: u64) -> Self {
        Self { identities, since }
    }
}

impl Acquainted for Newcomers {
    fn is_new(&self, record: RecordId) -> bool {
        self.identities.knows(record).is_some_and(|(known, position)| !known && position >= self.since)
    }
}
