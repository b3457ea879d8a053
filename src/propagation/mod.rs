//! Who holds old data: customers that changed, beside what subscribers acknowledged, in memory.
//!
//! Each node follows the customers that changed behind what every subscriber holds, and reads their events: which fields
//! changed where, and what stands out ([`kulta_projections::propagation`]). No values are kept. What was looked at is thrown
//! away and read anew when another generation is live, or a subscriber comes that wants more of the log.

mod follow;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use kulta_projections::propagation::held::Ledger;
use kulta_projections::propagation::index::{Index, Scope};
use tokio::sync::watch;

use crate::reads::{self, Reads};
use crate::work::Work;

/// The longest that a reader waits.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// See the module. A clone is the same.
#[derive(Clone, Debug)]
pub struct Propagation {
    reads: Reads,
    work: Work,
    state: Arc<RwLock<State>>,
    position: watch::Sender<u64>,
    /// The highest position that a reader has asked to wait for.
    wanted: watch::Sender<u64>,
}

/// What is known.
#[derive(Debug, Default)]
struct State {
    index: Index,
    /// What it was made of; `None`: nothing.
    made: Option<Made>,
}

/// What an index was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Made {
    /// The generation, and how often that was set back.
    generation: (i64, u64),
    scope: Scope,
    /// Behind which place customers were not looked at.
    after: (u64, uuid::Uuid),
}

impl Propagation {
    /// Nothing is known before [`Propagation::run`].
    pub fn new(reads: Reads, work: Work) -> Self {
        let ((position, _), (wanted, _)) = (watch::channel(0), watch::channel(0));
        Self { reads, work, state: Arc::default(), position, wanted }
    }

    /// How far it is.
    pub fn position(&self) -> u64 {
        *self.position.borrow()
    }

    /// Changes of how far it is.
    pub fn moved(&self) -> watch::Receiver<u64> {
        self.position.subscribe()
    }

    /// Looks at customers that changed, and at what subscribers hold.
    pub fn look<R>(&self, look: impl FnOnce(&Index, &Ledger) -> R) -> R {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        self.work.ledger(|ledger| look(&state.index, ledger))
    }

    /// Waits until everything up to a position is known.
    ///
    /// # Errors
    /// [`reads::Error::NotYet`] after ten seconds.
    pub async fn after(&self, position: u64) -> Result<(), reads::Error> {
        self.work.after(position).await?;
        let mut watched = self.position.subscribe();
        self.wanted.send_if_modified(|wanted| {
            let more = position > *wanted;
            *wanted = position.max(*wanted);
            more
        });
        let reached = watched.wait_for(|now| *now >= position);
        match tokio::time::timeout(LONGEST_WAIT, reached).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(reads::Error::NotYet { at: self.position(), wanted: position }),
        }
    }
}
