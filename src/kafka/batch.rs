//! One batch of one partition on its way into the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::DOOR;
use super::lanes::Place;
use crate::intake::{Along, Arrival, Error};
use crate::services::Services;
use crate::store::{AppendError, CursorMove};

/// The pauses between tries while the store does not take a batch.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Messages that follow one another in a partition.
#[derive(Debug)]
pub(super) struct Batch {
    pub place: Place,
    /// Where the cursor stands before.
    pub from: Option<i64>,
    /// Where it stands afterwards.
    pub to: i64,
    pub arrivals: Vec<Arrival>,
    pub bytes: usize,
    /// Whether the partition was taken away meanwhile.
    pub gone: Arc<AtomicBool>,
}

/// How a batch ended.
#[derive(Debug)]
pub(super) struct End {
    pub place: Place,
    pub to: i64,
    pub events: usize,
    pub bytes: usize,
    pub gone: Arc<AtomicBool>,
    /// Whether it stands in the log; if not, the lane must be put back to where the cursor is.
    pub stored: bool,
}

impl Batch {
    /// Its end, when nothing comes of it.
    pub fn unstored(&self) -> End {
        let (place, gone, events) = (self.place.clone(), self.gone.clone(), self.arrivals.len());
        End { place, to: self.to, events, bytes: self.bytes, gone, stored: false }
    }

    /// Stores it with its cursor, however long the store is away; false when somebody else was faster, the partition was
    /// taken away or the node stops.
    pub async fn store(self, services: &Services, actor: i64) -> bool {
        let cursor = CursorMove {
            name: self.place.cursor(),
            from: self.from.map(|from| from.to_string()),
            to: self.to.to_string(),
        };
        let along = Along { cursors: vec![cursor], keep_rejected: true, ..Along::default() };
        let (topic, partition) = (&self.place.topic, self.place.partition);
        let mut stopping = services.stopping();
        let mut pause = FIRST_PAUSE;
        loop {
            match services.intake.publish(self.arrivals.clone(), DOOR, actor, along.clone()).await {
                Ok(published) => {
                    services.metrics.published(DOOR, &published);
                    return true;
                }
                Err(Error::Append(AppendError::CursorMoved { .. })) => {
                    services.metrics.kafka.moved();
                    tracing::info!(topic, partition, "another node has stored this part of the partition");
                    return false;
                }
                Err(error) => {
                    services.metrics.kafka.retried();
                    let source = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(%error, source, topic, partition, "a batch from Kafka is not stored yet");
                }
            }
            let stopped = tokio::time::timeout(pause, stopping.wait_for(|stop| *stop)).await.is_ok();
            if stopped || self.gone.load(Ordering::Relaxed) {
                return false;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
