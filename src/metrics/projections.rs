//! What a node tells of its projections.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// One of the names of `GET /v1/projections`.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ProjectionLabels {
    projection: &'static str,
}

/// How far each projection is.
#[derive(Debug, Default)]
pub struct Projections {
    position: Family<ProjectionLabels, Gauge<u64, AtomicU64>>,
    lag: Family<ProjectionLabels, Gauge<u64, AtomicU64>>,
    failing: Family<ProjectionLabels, Gauge<u64, AtomicU64>>,
}

/// One projection as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Its name, as `GET /v1/projections` has it.
    pub name: &'static str,
    /// Up to which position of the log it is folded, and how many events it is behind; `None` where nothing is known of it.
    pub reached: Option<(u64, u64)>,
    /// Whether its last turn failed.
    pub failing: bool,
}

impl Projections {
    pub(super) fn register(&self, kulta: &mut Registry) {
        let help = "Last position of the log that a projection is folded up to";
        kulta.register("projection_position", help, self.position.clone());
        kulta.register("projection_lag", "Events that a projection is behind the log", self.lag.clone());
        kulta.register("projection_failing", "1 while the last turn of a projection failed", self.failing.clone());
    }

    /// Sets how far each is; those that are not named are forgotten.
    pub fn observe(&self, projections: &[Observed]) {
        self.position.clear();
        self.lag.clear();
        self.failing.clear();
        for Observed { name, reached, failing } in projections {
            let labels = ProjectionLabels { projection: name };
            self.failing.get_or_create(&labels).set(u64::from(*failing));
            if let Some((position, lag)) = reached {
                self.position.get_or_create(&labels).set(*position);
                self.lag.get_or_create(&labels).set(*lag);
            }
        }
    }
}
