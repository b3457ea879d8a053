//! What a node counts of its archive.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

/// What an update of the archive came to.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct UpdateLabels {
    how: &'static str,
}

/// What a replay ran over.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OverLabels {
    over: &'static str,
}

/// What is counted of the node's archive. A clone counts into the same numbers.
#[derive(Clone, Debug, Default)]
pub struct Archive {
    position: Gauge<u64, AtomicU64>,
    lag: Gauge<u64, AtomicU64>,
    bytes: Gauge<u64, AtomicU64>,
    updates: Family<UpdateLabels, Counter>,
    damages: Counter,
    replays: Family<OverLabels, Counter>,
}

impl Archive {
    pub(super) fn register(&self, kulta: &mut Registry) {
        let help = "Last position of the log that this node's archive tells of; 0 without one";
        kulta.register("archive_position", help, self.position.clone());
        kulta.register("archive_lag", "Events that this node's archive is behind the log", self.lag.clone());
        kulta.register_with_unit("archive", "Size of this node's archive", Unit::Bytes, self.bytes.clone());
        kulta.register("archive_updates", "What updates of this node's archive came to", self.updates.clone());
        kulta.register("archive_damages", "How often this node's archive was found damaged", self.damages.clone());
        let help = "Reads of all events for replays and lists of scores, where this node keeps an archive";
        kulta.register("archive_replays", help, self.replays.clone());
    }

    /// Counts an update.
    pub fn updated(&self, how: &'static str) {
        self.updates.get_or_create(&UpdateLabels { how }).inc();
    }

    /// Counts damage.
    pub fn damaged(&self) {
        self.damages.inc();
    }

    /// Counts a replay, by what it ran over.
    pub fn replayed(&self, over_archive: bool) {
        let over = if over_archive { "archive" } else { "log" };
        self.replays.get_or_create(&OverLabels { over }).inc();
    }

    /// Sets how far it is, and how large.
    pub fn observe(&self, position: u64, bytes: u64, head: u64) {
        self.position.set(position);
        self.bytes.set(bytes);
        self.lag.set(head.saturating_sub(position));
    }
}
