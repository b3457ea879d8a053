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

use crate::projector::live::State as Doing;
use crate::projector::{Followed, Pulse};
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
    followed: Followed,
    pulse: Pulse,
}

/// What is known.
#[derive(Debug, Default)]
struct State {
    index: Index,
    /// What it was made of; `None`: nothing.
    made: Option<Made>,
    /// Customers up to this position were forgotten, since every subscriber held them.
    pruned: u64,
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
        Self { reads, work, state: Arc::default(), followed: Followed::up_to(0), pulse: Pulse::of(Doing::Live) }
    }

    /// How far it is.
    pub fn position(&self) -> u64 {
        self.followed.position()
    }

    /// What it is doing: `failing` when the last turn failed.
    pub fn doing(&self) -> Doing {
        self.pulse.state()
    }

    /// Changes of how far it is.
    pub fn moved(&self) -> watch::Receiver<u64> {
        self.followed.moved()
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
        match self.followed.reached(position, LONGEST_WAIT).await {
            true => Ok(()),
            false => Err(reads::Error::NotYet { at: self.position(), wanted: position }),
        }
    }
}
