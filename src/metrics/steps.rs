//! What a node counts of steps that nodes share.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

/// What is counted of shared steps. A clone counts into the same numbers.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    shared: Counter,
    shares: Counter,
}

impl Steps {
    pub(super) fn register(&self, kulta: &mut Registry) {
        let help = "Steps of the projections that this node took together with others";
        kulta.register("shared_steps", help, self.shared.clone());
        let help = "Shares that this node did of steps that another one took";
        kulta.register("shared_step_shares", help, self.shares.clone());
    }

    /// Counts a step that was shared.
    pub fn shared(&self) {
        self.shared.inc();
    }

    /// Counts shares of another node's steps.
    pub fn helped(&self, shares: usize) {
        self.shares.inc_by(shares as u64);
    }
}
