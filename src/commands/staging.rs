//! cqrs-es' repository over our log: reads streams, stages what is to be appended.
//!
//! cqrs-es counts a stream's events from 1, the log from 0: sequence n is revision n−1. Its own tables know no order of
//! the whole log, so only its traits are used. Snapshots are kept in memory (`remembered`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cqrs_es::Aggregate;
use cqrs_es::persist::{PersistedEventRepository, PersistenceError, ReplayStream, SerializedEvent, SerializedSnapshot};
use kulta_events::Instant;
use kulta_events::ids::KULTA;
use serde_json::{Value, json};

use super::remembered::{Remembered, Snapshot};
use super::thing::Thing;
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
    /// When kulta itself last said something in this stream.
    pub told_at: Option<Instant>,
    /// The aggregate after them, if it is to be remembered.
    pub after: Option<Snapshot>,
}

/// See the module.
#[derive(Clone, Debug)]
pub struct Staging {
    log: Arc<dyn Log>,
    vault: Arc<Vault>,
    vocabulary: EventTypes,
    /// What is taken for an aggregate without reading its stream; `None`: streams are read.
    remembered: Option<Arc<Remembered>>,
    stage: Arc<Mutex<Stage>>,
}

#[derive(Debug, Default)]
struct Stage {
    staged: Vec<Staged>,
    /// Streams that were not read, since they are remembered.
    unread: Vec<String>,
    /// When kulta itself last said something, by stream.
    told_at: HashMap<String, Instant>,
}

impl Staging {
    /// An empty stage over a log.
    pub fn new(
        log: Arc<dyn Log>,
        vault: Arc<Vault>,
        vocabulary: EventTypes,
        remembered: Option<Arc<Remembered>>,
    ) -> Self {
        Self { log, vault, vocabulary, remembered, stage: Arc::default() }
    }

    /// Forgets the streams that were not read; whether there were any.
    pub fn forget_unread(&self) -> bool {
        let unread = std::mem::take(&mut self.stage().unread);
        if let Some(remembered) = &self.remembered {
            unread.iter().for_each(|stream| remembered.forget(stream));
        }
        !unread.is_empty()
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether something was staged for a stream.
    pub fn has_staged(&self, stream: &str) -> bool {
        self.stage().staged.iter().any(|staged| staged.stream == stream)
    }

    /// What was staged so far; the stage is empty afterwards.
    pub fn take(&self) -> Vec<Staged> {
        std::mem::take(&mut self.stage().staged)
    }

    fn note_times(&self, stream: &str, times: impl Iterator<Item = Instant>) {
        let Some(latest) = times.max() else { return };
        let mut stage = self.stage();
        let known = stage.told_at.entry(stream.to_owned()).or_insert(latest);
        *known = latest.max(*known);
    }

    async fn events_from<A: Aggregate>(
        &self,
        stream: &str,
        revision: usize,
    ) -> Result<Vec<SerializedEvent>, PersistenceError> {
        // What other systems say of a thing counts as well for when the next event is told.
        let all = A::TYPE == Thing::TYPE;
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
            self.note_times(
                stream,
                opened.iter().filter(|event| all || event.order.source == KULTA).map(|event| event.order.time),
            );
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
        self.events_from::<A>(stream, 0).await
    }

    async fn get_last_events<A: Aggregate>(
        &self,
        stream: &str,
        last_sequence: usize,
    ) -> Result<Vec<SerializedEvent>, PersistenceError> {
        if self.stage().unread.iter().any(|unread| unread == stream) {
            return Ok(Vec::new());
        }
        self.events_from::<A>(stream, last_sequence).await
    }

    async fn get_snapshot<A: Aggregate>(&self, stream: &str) -> Result<Option<SerializedSnapshot>, PersistenceError> {
        let known = self.remembered.as_ref().and_then(|remembered| remembered.get(stream));
        let Some(Snapshot { aggregate, sequence, told_at }) = known else { return Ok(None) };
        self.note_times(stream, told_at.into_iter());
        self.stage().unread.push(stream.to_owned());
        Ok(Some(SerializedSnapshot {
            aggregate_id: stream.to_owned(),
            aggregate,
            current_sequence: sequence,
            current_snapshot: 1,
        }))
    }

    async fn persist<A: Aggregate>(
        &self,
        events: &[SerializedEvent],
        snapshot: Option<(String, Value, usize)>,
    ) -> Result<(), PersistenceError> {
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(()) };
        let expected = match first.sequence {
            0 | 1 => Expected::None,
            sequence => Expected::Exact(sequence as u64 - 2),
        };
        let mut stage = self.stage();
        let told = |event: &SerializedEvent| {
            (event.event_type.clone(), event.payload.get("data").cloned().unwrap_or_default())
        };
        if let Some(before) = stage.staged.iter_mut().find(|staged| staged.stream == first.aggregate_id) {
            // One stream, one expectation. The second decision did not see the first: neither is remembered.
            before.events.extend(events.iter().map(told));
            before.after = None;
            self.remembered.iter().for_each(|remembered| remembered.forget(&first.aggregate_id));
            return Ok(());
        }
        let told_at = stage.told_at.get(&first.aggregate_id).copied();
        let staged = Staged {
            stream: first.aggregate_id.clone(),
            told_at,
            expected,
            events: events.iter().map(told).collect(),
            after: snapshot.map(|(_, aggregate, _)| Snapshot { aggregate, sequence: last.sequence, told_at }),
        };
        stage.staged.push(staged);
        Ok(())
    }

    async fn stream_events<A: Aggregate>(&self, stream: &str) -> Result<ReplayStream, PersistenceError> {
        let events = self.events_from::<A>(stream, 0).await?;
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
