//! Automations: what kulta does by itself when something happens, or does not happen.
//!
//! | file | what |
//! |---|---|
//! | `timers` | when something is to be looked at again |
//! | `active` | which automations are enabled |
//! | `look` | what they fire for: things and customers by their events, scores by lists |
//! | `live` | the loop that looks while this node projects |
//! | `dry` | how often an automation would have fired |
//!
//! Causes follow from facts and a time ([`kulta_projections::automation`]). Timers are kept in memory and are made anew, from the
//! same facts, when a node begins to project. What was fired for stands in the log, once per cause for ever.

mod active;
mod dry;
mod live;
mod look;
mod timers;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

pub use dry::Dry;
pub use timers::Timers;

use crate::clock::Clock;
use crate::commands::Customers;
use crate::config::Business;
use crate::projector::live::State as Doing;
use crate::projector::{Projector, Pulse};
use crate::scores::Scores;

/// Why automations could not be looked after.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// Events could not be read.
    #[error(transparent)]
    Reads(#[from] crate::reads::Error),
    /// Events could not be opened.
    #[error(transparent)]
    Privacy(#[from] crate::privacy::Error),
    /// The projections failed.
    #[error(transparent)]
    Projector(#[from] crate::projector::Error),
    /// Scores could not be read.
    #[error(transparent)]
    Scores(#[from] crate::scores::Error),
    /// What was to be done could not be done.
    #[error(transparent)]
    Command(#[from] crate::commands::Error),
    /// The opening hours are none.
    #[error(transparent)]
    Hours(#[from] kulta_projections::pipeline::business::Error),
}

/// Looks after the automations of one node.
#[derive(Debug)]
pub struct Automator {
    customers: Customers,
    scores: Scores,
    projector: Arc<Projector>,
    clock: Arc<dyn Clock>,
    business: Business,
    /// How many timers wait.
    waiting: AtomicUsize,
    /// The position of the last firing.
    fired_to: AtomicU64,
    /// How far the log was looked through.
    looked_to: AtomicU64,
    pulse: Pulse,
}

impl Automator {
    /// An automator over a node's commands.
    pub fn new(
        customers: Customers,
        scores: Scores,
        projector: Arc<Projector>,
        clock: Arc<dyn Clock>,
        business: Business,
    ) -> Self {
        Self {
            customers,
            scores,
            projector,
            clock,
            business,
            waiting: AtomicUsize::new(0),
            fired_to: AtomicU64::new(0),
            looked_to: AtomicU64::new(0),
            pulse: Pulse::of(Doing::StandingBy),
        }
    }

    /// What it is doing: `failing` when the last turn failed.
    pub fn doing(&self) -> Doing {
        self.pulse.state()
    }

    /// How far this node looked through the log for them; `None` while another one does.
    pub fn position(&self) -> Option<u64> {
        (self.doing() != Doing::StandingBy).then(|| self.looked_to.load(Ordering::Relaxed))
    }

    /// How many timers wait on this node; none while another one projects.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}
