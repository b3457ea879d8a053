//! Keeps the lists of scores up: for each published rule set all customers, by the version in force, as of today.
//!
//! | file | what |
//! |---|---|
//! | `plan` | which lists there should be, and what is to be done about it |
//! | `rows` | rows of a list from columns |
//! | `build` | a whole list, beside the live one |
//! | `step` | what changes lists since their position |
//! | `notes` | whose score changed, for whoever publishes that |
//! | `live` | the loop that does all this while this node projects |
//! | `check` | a list against what the log says |
//!
//! A list is as of the end of the day, in the time zone of its rules: its points do not change until midnight unless
//! something happens. A new version, another day and another survivorship policy make a new list, which takes the old
//! one's place at one position of the log.

mod build;
mod check;
mod live;
mod notes;
mod plan;
mod rows;
mod step;

use std::sync::Arc;

use async_trait::async_trait;
use kulta_projections::scores::facts::TooMany;
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::projector::live::State as Doing;
use crate::projector::{Companion, Projector, Pulse};
use crate::replay::ground::Ground;
use crate::scores::Scores;
use crate::store::views::Generation;

/// Why lists could not be kept up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// Events could not be opened.
    #[error(transparent)]
    Privacy(#[from] crate::privacy::Error),
    /// Rule sets could not be read.
    #[error(transparent)]
    Scores(#[from] crate::scores::Error),
    /// A replay failed.
    #[error(transparent)]
    Replay(#[from] crate::replay::Error),
    /// The projections failed.
    #[error(transparent)]
    Projector(#[from] crate::projector::Error),
    /// Columns cannot tell more apart.
    #[error(transparent)]
    TooMany(#[from] TooMany),
}

/// Keeps the lists of scores of one node up.
#[derive(Debug)]
pub struct Scorer {
    scores: Scores,
    /// What lists are made from.
    ground: Ground,
    projector: Arc<Projector>,
    clock: Arc<dyn Clock>,
    /// The topic for which changes are noted, if one is published to.
    topic: Option<String>,
    /// Held while lists are changed. Whoever holds this may take the projector's turn, never the other way round.
    turn: Mutex<live::Turn>,
    pulse: Pulse,
}

impl Scorer {
    /// A scorer over a node's scores.
    /// `topic`: where changes of scores are published.
    pub fn new(
        scores: Scores,
        ground: Ground,
        projector: Arc<Projector>,
        clock: Arc<dyn Clock>,
        topic: Option<String>,
    ) -> Self {
        let pulse = Pulse::of(Doing::StandingBy);
        Self { scores, ground, projector, clock, topic, turn: Mutex::default(), pulse }
    }

    /// What it is doing: `failing` when the last turn failed, or when a list could not be made.
    pub fn doing(&self) -> Doing {
        self.pulse.state()
    }
}

#[async_trait]
impl Companion for Scorer {
    async fn make(&self, generation: &Arc<dyn Generation>, epoch: i64) {
        if let Err(error) = self.make_all(generation, epoch).await {
            // They are made when the generation is live.
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(%error, cause, "lists of scores could not be made with the other projections");
        }
    }
}
