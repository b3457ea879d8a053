//! Records that people edited lately, as their aggregates were after it: whoever edits one again need not read its stream.
//!
//! A snapshot may be old, since another node writes too. What was decided on it is appended only at the revision that it
//! is of, and a refusal on it is decided anew: so it saves reading and changes nothing.

use std::sync::{Mutex, MutexGuard, PoisonError};

use kulta_events::Instant;
use serde_json::Value;

use crate::lately::Lately;

/// Streams that are remembered at most (twice that for a moment).
const REMEMBERED: usize = 10_000;

/// An aggregate after so many events of its stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// What it is.
    pub aggregate: Value,
    /// How many events it is made of.
    pub sequence: usize,
    /// When kulta itself said the last of them.
    pub told_at: Option<Instant>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Remembered(Mutex<Lately<String, Snapshot, REMEMBERED>>);

impl Remembered {
    /// What is remembered of a stream.
    pub fn get(&self, stream: &str) -> Option<Snapshot> {
        self.locked().get(stream).cloned()
    }

    /// Remembers a stream as it is now.
    pub fn put(&self, stream: String, snapshot: Snapshot) {
        self.locked().insert(stream, snapshot);
    }

    /// Forgets a stream.
    pub fn forget(&self, stream: &str) {
        self.locked().remove(stream);
    }

    fn locked(&self) -> MutexGuard<'_, Lately<String, Snapshot, REMEMBERED>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
