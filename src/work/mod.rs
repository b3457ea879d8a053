//! Daily work: leads, offers, complaints, tasks, activities, notes and lists, kept in memory from the log.
//!
//! | file | what |
//! |---|---|
//! | `follow` | follows the categories and types of the log that tell of them |
//! | `state` | everything that is known, and cards of what passes through pipelines |
//! | `cards` | boards, lists, funnels and reports of offers and leads |
//! | `judge` | one thing: how it stands, and whether a person may do something to it |
//! | `daily` | complaints, tasks, activities, notes, lists |
//! | `automations` | automations, what they fired for, what is to go out |
//!
//! Each node holds every thing's facts, small and sorted: how it stood at any time is computed from them when it is asked
//! for. There is nothing to rebuild but this memory, which is read anew when the node starts.

mod automations;
mod cards;
mod daily;
mod follow;
mod judge;
mod state;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use kulta_events::Instant;
use kulta_projections::pipeline::contact::ActivityTypes;
use kulta_projections::pipeline::definition::{Definitions, Pipelines};
use kulta_projections::pipeline::wins::Goals;
use kulta_projections::report::saved::{Saved, reports_at};

pub use cards::{Filled, Filter, Kind};
pub use daily::{Noted, Words};
pub use judge::{Deed, Known};
pub use state::Outgoing;

use crate::projector::live::State as Doing;
use crate::projector::{Followed, Pulse, Source};
use crate::reads::{self, At};
use state::State;

/// The longest that a reader waits.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// See the module. A clone is the same.
#[derive(Clone, Debug)]
pub struct Work {
    source: Source,
    state: Arc<RwLock<State>>,
    followed: Followed,
    pulse: Pulse,
}

/// Both time axes as they are asked for here: a time, and a position of the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// What happened at or after it is left out.
    pub as_of: Option<Instant>,
    /// What was recorded behind it is left out.
    pub until: Option<u64>,
}

impl Work {
    /// The work of a log; nothing is known before [`Work::run`].
    pub fn new(source: Source) -> Self {
        Self { source, state: Arc::default(), followed: Followed::up_to(0), pulse: Pulse::of(Doing::Live) }
    }

    /// How far it is.
    pub fn position(&self) -> u64 {
        self.followed.position()
    }

    /// What it is doing: `failing` when the log could not be read the last time.
    pub fn doing(&self) -> Doing {
        self.pulse.state()
    }

    /// Waits until everything up to a position is known.
    ///
    /// # Errors
    /// [`reads::Error::NotYet`] after ten seconds.
    pub async fn after(&self, position: u64) -> Result<(), reads::Error> {
        match self.followed.reached(position, LONGEST_WAIT).await {
            true => Ok(()),
            false => Err(reads::Error::NotYet { at: self.position(), wanted: position }),
        }
    }

    /// What a request's time axes mean.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn moment(&self, at: At) -> Result<Moment, reads::Error> {
        let until = match at.known_at {
            Some(known_at) => Some(self.source.log.position_at(known_at).await?),
            None => None,
        };
        Ok(Moment { as_of: at.as_of, until })
    }

    /// The pipelines in force at a moment.
    pub fn pipelines(&self, moment: Moment) -> Pipelines {
        self.state().pipelines(moment)
    }

    /// The definitions of pipelines, in every version.
    pub fn definitions(&self) -> Definitions {
        self.state().rows.pipelines.clone()
    }

    /// Everything that was said of goals, as far as it was known.
    pub fn goals(&self, moment: Moment) -> Goals {
        moment.known(&self.state().rows.goals)
    }

    /// Everything that was said of kinds of activities, as far as it was known.
    pub fn activity_types(&self, moment: Moment) -> ActivityTypes {
        moment.known(&self.state().rows.activity_types)
    }

    /// The reports that are saved, by id.
    pub fn reports(&self) -> Vec<Saved> {
        reports_at(&self.state().reports, None).into_values().cloned().collect()
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }
}
