//! What can be read from the log, page by page, and what comes back.

use kulta_events::field::Retention;
use kulta_events::{Instant, RecordId};
use kulta_projections::whole::Shares;
use uuid::Uuid;

/// Which way to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From old to new.
    Forwards,
    /// From new to old.
    Backwards,
}

/// Which events to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Select {
    /// The whole log.
    All,
    /// One stream.
    Stream(String),
    /// All streams of a category.
    Category(String),
    /// All events of a type.
    Type(String),
    /// All events of these types about these records.
    Records {
        /// The records.
        ids: Vec<RecordId>,
        /// Only types that start with this, such as `customer.`.
        type_prefix: Option<String>,
    },
    /// What one of several nodes folds of the whole log.
    Shares {
        /// All events about the records of these shares.
        shares: Shares,
        /// And all that is not about one record: whatever names none, decisions and policies.
        beside: bool,
    },
}

/// One page of a read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Which events.
    pub select: Select,
    /// Which way.
    pub direction: Direction,
    /// Forwards: only positions above this. Backwards: only positions below it (`None`: from the end).
    pub after: Option<u64>,
    /// Only positions up to this (for reads as of an earlier log).
    pub until: Option<u64>,
    /// At most so many.
    pub limit: usize,
    /// Whether to bring the sealed parts.
    pub parts: bool,
}

impl Page {
    /// The whole log forwards from a position, with parts.
    pub fn forwards(select: Select, after: u64, limit: usize) -> Self {
        Self { select, direction: Direction::Forwards, after: Some(after), until: None, limit, parts: true }
    }

    /// The lowest and the highest position that it may hold.
    pub(super) fn bounds(&self) -> (u64, u64) {
        // One less than a database's largest number, so that the position after it can be named.
        let until = self.until.unwrap_or(u64::MAX).min(i64::MAX as u64 - 1);
        match (self.direction, self.after) {
            (Direction::Forwards, after) => (after.map_or(0, |after| after.saturating_add(1)), until),
            (Direction::Backwards, None) => (0, until),
            (Direction::Backwards, Some(after)) => (0, until.min(after.saturating_sub(1))),
        }
    }
}

/// One page of a customer's timeline: by time, not by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelinePage {
    /// The customer's records.
    pub records: Vec<RecordId>,
    /// Only events before this time (exclusive).
    pub before: Option<Instant>,
    /// Only positions up to this.
    pub until: Option<u64>,
    /// At least so many if there are; events of the oldest time are always all there.
    pub limit: usize,
}

/// An event as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Place in the log, from 1.
    pub position: u64,
    /// Its stream.
    pub stream: String,
    /// Place in the stream, from 0.
    pub revision: u64,
    /// Keyed hash of (source, id).
    pub key: Uuid,
    /// Keyed hash of the content.
    pub fingerprint: Uuid,
    /// Its type.
    pub type_name: String,
    /// Payload version.
    pub version: i16,
    /// Its source.
    pub source: String,
    /// The record that it is about.
    pub record: Option<RecordId>,
    /// When it happened.
    pub time: Instant,
    /// When the log learned of it.
    pub recorded_at: Instant,
    /// Who brought it.
    pub actor: i64,
    /// The business unit.
    pub unit: Option<String>,
    /// The facts, a JSON object.
    pub facts: String,
    /// The event's id, sealed.
    pub sealed_id: Vec<u8>,
    /// The personal parts, when asked for; whose rows are deleted are not among them.
    pub parts: Vec<(Retention, Vec<u8>)>,
    /// How many personal parts the event came with, so that a deleted one is known to be erased.
    pub part_count: i16,
    /// How many members the schema does not know.
    pub unknown: i16,
}

/// A record as the log knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its id.
    pub record: RecordId,
    /// Its source.
    pub source: String,
    /// Its subject, sealed.
    pub sealed_subject: Vec<u8>,
    /// The position of the first event that named it.
    pub first_position: u64,
}
