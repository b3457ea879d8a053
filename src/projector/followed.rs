//! How far somebody has followed the log, and who waits for more.

use std::time::Duration;

use tokio::sync::watch;

/// A position that moves on, and the highest one that a reader has asked to wait for. A clone is the same.
#[derive(Clone, Debug)]
pub struct Followed {
    position: watch::Sender<u64>,
    wanted: watch::Sender<u64>,
}

impl Followed {
    /// Followed up to this position; nobody waits.
    pub fn up_to(position: u64) -> Self {
        let ((position, _), (wanted, _)) = (watch::channel(position), watch::channel(0));
        Self { position, wanted }
    }

    /// How far.
    pub fn position(&self) -> u64 {
        *self.position.borrow()
    }

    /// Changes of how far.
    pub fn moved(&self) -> watch::Receiver<u64> {
        self.position.subscribe()
    }

    /// The highest position that a reader has asked to wait for.
    pub fn wanted(&self) -> watch::Receiver<u64> {
        self.wanted.subscribe()
    }

    /// Waits until a position is reached, and has whoever follows know that somebody waits; false when it is not in time.
    pub async fn reached(&self, position: u64, within: Duration) -> bool {
        let mut moved = self.moved();
        if *moved.borrow() >= position {
            return true;
        }
        self.wanted.send_if_modified(|wanted| {
            let more = position > *wanted;
            *wanted = position.max(*wanted);
            more
        });
        let reached = moved.wait_for(|now| *now >= position);
        matches!(tokio::time::timeout(within, reached).await, Ok(Ok(_)))
    }

    /// Tells readers how far it is.
    pub fn advanced(&self, position: u64) {
        self.position.send_if_modified(|known| {
            let moved = *known != position;
            *known = position;
            moved
        });
    }
}
