//! Which event types the log registers, as far as the node has read, and what is judged anew when it has read more.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kulta_events::{Fact, Vocabulary};

use super::Error;
use super::publish::{Along, Arrival, Intake, Refusal};
use crate::event_types::EventTypes;
use crate::privacy::{self, Vault};
use crate::store::{Log, Page, Select};

/// Registrations read at a time: each may hold a whole schema.
const PAGE: usize = 200;

/// The types of a node, and how far they are read from its log.
#[derive(Debug)]
pub(super) struct Registrations {
    log: Arc<dyn Log>,
    vault: Arc<Vault>,
    types: EventTypes,
    read: tokio::sync::Mutex<Read>,
    /// How many looks at the log have begun.
    begun: AtomicU64,
}

#[derive(Debug, Default)]
struct Read {
    /// The last registration that was read.
    until: u64,
    /// The number of the last look that came to its end.
    look: u64,
}

impl Registrations {
    pub(super) fn new(log: Arc<dyn Log>, vault: Arc<Vault>, types: EventTypes) -> Self {
        Self { log, vault, types, read: tokio::sync::Mutex::default(), begun: AtomicU64::default() }
    }

    pub(super) fn now(&self) -> Arc<Vocabulary> {
        self.types.now()
    }

    async fn refresh(&self) -> Result<(), privacy::Error> {
        let asked = self.begun.load(Ordering::SeqCst);
        let mut read = self.read.lock().await;
        // While this one waited for its turn another began and ended.
        if read.look > asked {
            return Ok(());
        }
        let look = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        loop {
            let page = Page::forwards(Select::Category("event_type".to_owned()), read.until, PAGE);
            let stored = self.log.read(&page).await?;
            let (count, last) = (stored.len(), stored.last().map(|event| event.position));
            let events = self.vault.open_events(&self.now(), stored, |_| true).await?;
            self.types.learn(&events);
            read.until = last.unwrap_or(read.until);
            if count < PAGE {
                read.look = look;
                return Ok(());
            }
        }
    }
}

impl Intake {
    /// Learns what was registered since this was asked last. Whoever comes back from here knows everything that stood
    /// in the log before. There is one look at a time, which all who wait for one share.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn refresh_event_types(&self) -> Result<(), privacy::Error> {
        self.registrations.refresh().await
    }

    /// Checks a batch. Another node may have registered a type, or let it grow: where that would make a difference
    /// the log is looked at, once for the batch.
    pub(super) async fn verdicts(
        &self,
        arrivals: &[Arrival],
        along: &Along,
    ) -> Result<Vec<Result<Fact, Refusal>>, Error> {
        let known = self.registrations.now();
        let mut verdicts: Vec<_> = arrivals.iter().map(|arrival| self.verdict(arrival, along)).collect();
        if !verdicts.iter().any(|verdict| may_be_outdated(verdict, &known)) {
            return Ok(verdicts);
        }
        self.registrations.refresh().await?;
        if !Arc::ptr_eq(&known, &self.registrations.now()) {
            for (verdict, arrival) in verdicts.iter_mut().zip(arrivals) {
                if may_be_outdated(verdict, &known) {
                    *verdict = self.verdict(arrival, along);
                }
            }
        }
        Ok(verdicts)
    }
}

/// Whether a registration that is not read yet could change a verdict by the types that are known.
fn may_be_outdated(verdict: &Result<Fact, Refusal>, known: &Vocabulary) -> bool {
    match verdict {
        Ok(fact) => fact.event_type.registered && !fact.parts.unknown.is_empty(),
        Err(Refusal { type_name, .. }) => {
            type_name.as_ref().is_some_and(|name| known.get(name).is_none_or(|known| known.registered))
        }
    }
}
