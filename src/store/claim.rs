//! Who writes under a name: at most one holder at a time, each with a higher epoch than the one before.

use tokio::sync::{oneshot, watch};

/// A name held by this node until the value is dropped.
///
/// The holder may lose it without noticing at once (its connection breaks), so every write that relies on it checks
/// that the epoch in table `owner` is still its own, in the writing transaction.
#[derive(Debug)]
pub struct Claim {
    epoch: i64,
    held: watch::Receiver<bool>,
    /// Dropped with the claim, which tells the keeper to let go.
    _release: oneshot::Sender<()>,
}

impl Claim {
    pub(super) fn new(epoch: i64, held: watch::Receiver<bool>, release: oneshot::Sender<()>) -> Self {
        Self { epoch, held, _release: release }
    }

    /// Higher than that of every holder before.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// Whether the name is still held, as far as this node knows.
    pub fn is_held(&self) -> bool {
        *self.held.borrow()
    }

    /// Returns when the name is lost.
    pub async fn lost(&self) {
        let mut held = self.held.clone();
        // An error means that its keeper has ended, and the name is lost too.
        let _ = held.wait_for(|held| !held).await;
    }
}
