//! cqrs-es' repository over our log: reads streams, stages what is to be appended.
//!
//! cqrs-es counts a stream's events from 1, the log from 0: sequence n is revision n−1. Its own tables know no order of
//! the whole log, so only its traits are used.

use std::sync::{Arc, Mutex, PoisonError};

use cqrs_es::Aggregate;
use cqrs_es::persist::{PersistedEventRepository, PersistenceError, ReplayStream, SerializedEvent, SerializedSnapshot};
use serde_json::{Value, json};

use crate::event_types::EventTypes;
use crate::privacy::Vault;
use crate::store::log::Direction;
use crate::store::{Expected, Log, Page, Select};

/// Events read from a stream at a time.
const PAGE: usize = 1_000;

/// What one aggregate decided.
#[derive(Clone, Debug)]
pub struct Staged {
    /// Its stream.
    pub stream: String,
    /// What the stream was when the decision was made.
    pub expected: Expected,
    /// The events, in order.
    pub events: Vec<(String, Value)>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Staging {
    log: Arc<dyn Log>,
    vault: Arc<Vault>,
    vocabulary: EventTypes,
    staged: Arc<Mutex<Vec<Staged>>>,
}

impl Staging {
    /// An empty stage over a log.
    pub fn new(log: Arc<dyn Log>, vault: Arc<Vault>, vocabulary: EventTypes) -> Self {
        Self { log, vault, vocabulary, staged: Arc::default() }
    }

    /// What was staged so far; the stage is empty afterwards.
    pub fn take(&self) -> Vec<Staged> {
        std::mem::take(&mut *self.staged.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn events_from(&self, stream: &str, revision: usize) -> Result<Vec<SerializedEvent>, PersistenceError> {
        let mut events = Vec::new();
        let mut after = 0;
        loop {
            let select = Select::Stream(stream.to_owned());
            let page = Page {
                select,
                direction: Direction::Forwards,
                after: Some(after),
                until: None,
                limit: PAGE,
                parts: true,
            };
            let stored = self.log.read(&page).await.map_err(connection)?;
            let (count, last) = (stored.len(), stored.last().map(|event| event.position));
            let opened = self.vault.open_events(&self.vocabulary.now(), stored, |_| true).await.map_err(connection)?;
            events.extend(opened.into_iter().filter(|event| event.revision >= revision as u64).map(|event| {
                let payload = json!({
                    "type_name": event.type_name,
                    "data": super::person_record::to_value(&event.payload.data),
                });
                SerializedEvent::new(
                    stream.to_owned(),
                    usize::try_from(event.revision).unwrap_or(usize::MAX - 1) + 1,
                    kulta_events::ids::category(stream).to_owned(),
                    event.type_name,
                    "1".to_owned(),
                    payload,
                    json!({}),
                )
            }));
            match last {
                Some(last) if count == PAGE => after = last,
                _ => return Ok(events),
            }
        }
    }
}

fn connection(error: impl std::error::Error + Send + Sync + 'static) -> PersistenceError {
    PersistenceError::ConnectionError(Box::new(error))
}

impl PersistedEventRepository for Staging {
    async fn get_events<A: Aggregate>(&self, stream: &str) -> Result<Vec<SerializedEvent>, PersistenceError> {
        self.events_from(stream, 0).await
    }

    async fn get_last_events<A: Aggregate>(
        &self,
        stream: &str,
        last_sequence: usize,
    ) -> Result<Vec<SerializedEvent>, PersistenceError> {
        self.events_from(stream, last_sequence).await
    }

    async fn get_snapshot<A: Aggregate>(&self, _: &str) -> Result<Option<SerializedSnapshot>, PersistenceError> {
        Ok(None)
    }

    async fn persist<A: Aggregate>(
        &self,
        events: &[SerializedEvent],
        _: Option<(String, Value, usize)>,
    ) -> Result<(), PersistenceError> {
        let Some(first) = events.first() else { return Ok(()) };
        let expected = match first.sequence {
            0 | 1 => Expected::None,
            sequence => Expected::Exact(sequence as u64 - 2),
        };
        let staged = Staged {
            stream: first.aggregate_id.clone(),
            expected,
            events: events
                .iter()
                .map(|event| (event.event_type.clone(), event.payload.get("data").cloned().unwrap_or_default()))
                .collect(),
        };
        self.staged.lock().unwrap_or_else(PoisonError::into_inner).push(staged);
        Ok(())
    }

    async fn stream_events<A: Aggregate>(&self, stream: &str) -> Result<ReplayStream, PersistenceError> {
        let events = self.events_from(stream, 0).await?;
        let (mut feed, replay) = ReplayStream::new(events.len().max(1));
        for event in events {
            feed.push(Ok(event)).await?;
        }
        Ok(replay)
    }

    async fn stream_all_events<A: Aggregate>(&self) -> Result<ReplayStream, PersistenceError> {
        // The order of the whole log is the projector's; no aggregate is replayed through here.
        let (_, replay) = ReplayStream::new(1);
        Ok(replay)
    }
}
