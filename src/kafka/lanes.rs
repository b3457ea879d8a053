//! What was taken from each partition and is not stored yet.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::batch::{Batch, End};
use crate::intake::Arrival;

/// Events of one batch, and their bytes.
const BATCH_EVENTS: usize = 2_000;
const BATCH_BYTES: usize = 4 << 20;
/// What may wait or be under way in all lanes together.
const MOST_EVENTS: usize = 20_000;
const MOST_BYTES: usize = 32 << 20;
/// A lane that has lost its place is put back into it so often.
const FIND_AGAIN: Duration = Duration::from_millis(500);

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub topic: String,
    pub partition: i32,
}

impl Place {
    /// The name of its cursor.
    pub fn cursor(&self) -> String {
        format!("kafka/{}/{}", self.topic, self.partition)
    }
}

#[derive(Debug)]
struct Taken {
    arrival: Arrival,
    offset: i64,
    bytes: usize,
}

/// One partition while it is assigned to this node.
#[derive(Debug)]
struct Lane {
    /// The offset to go on from, as the log has it.
    stored: Option<i64>,
    /// Its last offset that was told to Kafka.
    told: Option<i64>,
    waiting: VecDeque<Taken>,
    /// Whether a message has come since the partition was taken up.
    begun: bool,
    /// Whether a batch is under way.
    busy: bool,
    /// When to look for the place anew; set when somebody else has moved the cursor.
    astray: Option<Instant>,
    /// Tells the batch under way that the partition was taken away.
    gone: Arc<AtomicBool>,
}

/// All partitions of this node.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: BTreeMap<Place, Lane>,
    /// What waits or is under way.
    events: usize,
    bytes: usize,
}

impl Lanes {
    /// A partition is assigned, and read from here on.
    pub fn begin(&mut self, place: Place, stored: Option<i64>) {
        self.end(&place);
        let gone = Arc::default();
        let waiting = VecDeque::new();
        let lane = Lane { stored, told: None, waiting, begun: false, busy: false, astray: None, gone };
        self.lanes.insert(place, lane);
    }

    /// A partition is taken away: what waits is somebody else's now.
    pub fn end(&mut self, place: &Place) {
        if let Some(mut lane) = self.lanes.remove(place) {
            lane.gone.store(true, Ordering::Relaxed);
            self.forget(lane.waiting.drain(..));
        }
    }

    fn forget(&mut self, taken: impl Iterator<Item = Taken>) {
        for taken in taken {
            self.events -= 1;
            self.bytes -= taken.bytes;
        }
    }

    /// A message came.
    pub fn push(&mut self, place: &Place, offset: i64, arrival: Arrival) {
        let Some(lane) = self.lanes.get_mut(place).filter(|lane| lane.astray.is_none()) else { return };
        if !std::mem::replace(&mut lane.begun, true) {
            say_where(place, lane.stored, offset);
        }
        let bytes = arrival.text.len();
        lane.waiting.push_back(Taken { arrival, offset, bytes });
        self.events += 1;
        self.bytes += bytes;
    }

    /// Whether nothing more should be fetched for now.
    pub fn are_full(&self) -> bool {
        self.events >= MOST_EVENTS || self.bytes >= MOST_BYTES
    }

    /// Whether any batch is under way.
    pub fn are_busy(&self) -> bool {
        self.lanes.values().any(|lane| lane.busy)
    }

    /// The next batch of each lane that has none under way.
    pub fn batches(&mut self) -> Vec<Batch> {
        let mut batches = Vec::new();
        for (place, lane) in &mut self.lanes {
            if lane.busy || lane.astray.is_some() || lane.waiting.is_empty() {
                continue;
            }
            let (mut arrivals, mut bytes, mut to) = (Vec::new(), 0, 0);
            while arrivals.len() < BATCH_EVENTS
                && let Some(taken) =
                    lane.waiting.pop_front_if(|next| arrivals.is_empty() || bytes + next.bytes <= BATCH_BYTES)
            {
                bytes += taken.bytes;
                to = taken.offset + 1;
                arrivals.push(taken.arrival);
            }
            lane.busy = true;
            let (place, gone) = (place.clone(), lane.gone.clone());
            batches.push(Batch { place, from: lane.stored, to, arrivals, bytes, gone });
        }
        batches
    }

    /// A batch has ended.
    pub fn ended(&mut self, End { place, to, events, bytes, gone, stored }: End) {
        self.events -= events;
        self.bytes -= bytes;
        // The partition may have been taken away and come back since.
        let Some(lane) = self.lanes.get_mut(&place).filter(|lane| Arc::ptr_eq(&lane.gone, &gone)) else { return };
        lane.busy = false;
        if stored {
            lane.stored = Some(to);
            return;
        }
        lane.astray = Some(Instant::now());
        let waiting = std::mem::take(&mut lane.waiting);
        self.forget(waiting.into_iter());
    }

    /// Partitions that must be put back into their places.
    pub fn astray(&mut self) -> Vec<Place> {
        let now = Instant::now();
        let mut places = Vec::new();
        for (place, lane) in &mut self.lanes {
            if lane.astray.is_some_and(|when| when <= now) {
                lane.astray = Some(now + FIND_AGAIN);
                places.push(place.clone());
            }
        }
        places
    }

    /// A partition is read from here on.
    pub fn found(&mut self, place: &Place, stored: Option<i64>) {
        if let Some(lane) = self.lanes.get_mut(place) {
            (lane.stored, lane.astray, lane.begun) = (stored, None, false);
        }
    }

    /// Where the log has moved on since the last call.
    pub fn moved(&mut self) -> Vec<(Place, i64)> {
        let moved = self.lanes.iter_mut().filter(|(_, lane)| lane.stored != lane.told);
        let moved = moved.filter_map(|(place, lane)| {
            lane.told = lane.stored;
            Some((place.clone(), lane.stored?))
        });
        moved.collect()
    }

    /// Where the log stands in a partition of this node; the second is `None` when it has nothing of it.
    pub fn stored(&self, place: &Place) -> Option<Option<i64>> {
        self.lanes.get(place).map(|lane| lane.stored)
    }
}

/// Tells when a partition does not go on where the log left it. One offset may be the mark of a transaction.
fn say_where(place: &Place, stored: Option<i64>, offset: i64) {
    let (topic, partition) = (&place.topic, place.partition);
    match stored {
        // Only a topic that was made anew has less than the log knows. Duplicates turn out to be such.
        Some(stored) if offset < stored => {
            tracing::warn!(topic, partition, stored, offset, "the partition begins anew")
        }
        Some(stored) if offset > stored + 1 => {
            tracing::warn!(topic, partition, stored, offset, "what stood between is not in Kafka any more");
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
