//! Keeps the projections up: live, batch by batch, and rebuilt beside, swapped at one position.
//!
//! | file | what |
//! |---|---|
//! | `advance` | one batch: read, fold, write with the checkpoint in one transaction |
//! | `ahead` | the next batch, read while the one before is folded |
//! | `followed` | how far something has got, and who waits for more |
//! | `identities` | the records as matching holds them, in memory beside a generation |
//! | `load` | all records of a generation, read for matching |
//! | `live` | the loop that follows the log while this node holds the projector's epoch |
//! | `newcomers` | which records are new, for whoever seals |
//! | `pace` | how fast events come in |
//! | `pulse` | what other loops that follow the log are doing |
//! | `rebuild` | a new generation from the whole log, on all cores, swapped in |
//! | `share` | a rebuild or a live step shared by nodes: what each does with the shares that it takes |
//! | `shared` | a shared rebuild: what the node does that builds the generation |
//! | `step` | a shared step: what is other than in a rebuild, and what the node does that projects |
//! | `verify` | the same computed beside the live tables and compared, row by row |

pub mod advance;
mod ahead;
mod followed;
pub mod identities;
pub mod live;
pub(crate) mod load;
mod newcomers;
mod pace;
mod pulse;
pub mod rebuild;
mod share;
mod shared;
mod step;
pub mod verify;

pub use followed::Followed;
pub use identities::{Identities, Previewed};
pub use live::{Projector, Still};
pub use newcomers::Newcomers;
pub(crate) use pace::{FULL_SPEED, Pace};
pub use pulse::Pulse;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use kulta_events::RecordId;
use tokio::sync::watch;

use crate::event_types::EventTypes;
use crate::privacy::Vault;
use crate::store::views::{Generation, Generations};
use crate::store::{Log, Page, Select};

/// Why a projection could not be kept up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// Events could not be opened.
    #[error(transparent)]
    Privacy(#[from] crate::privacy::Error),
    /// What was looked up does not satisfy a fold, however often it is asked.
    #[error("a fold asked for the same things again")]
    NoProgress,
    /// Another node projects.
    #[error("another node projects; ask it, or stop it first")]
    OtherNode,
}

/// What else belongs to a generation: it is made before the generation goes live.
#[async_trait]
pub trait Companion: std::fmt::Debug + Send + Sync {
    /// Makes it in a generation that is filled and stands still. What fails is made later.
    async fn make(&self, generation: &Arc<dyn Generation>, epoch: i64);
}

/// The projections as readers see them: the live generation and how far it is.
#[derive(Clone, Debug)]
pub struct Projections {
    live: Arc<RwLock<Arc<dyn Generation>>>,
    followed: Followed,
}

impl Projections {
    /// Opens the live generation of a store.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(generations: &dyn Generations) -> Result<Self, Error> {
        let live = generations.live().await?;
        let followed = Followed::up_to(live.checkpoint().await?);
        Ok(Self { live: Arc::new(RwLock::new(live)), followed })
    }

    /// The live generation; hold on to it for the whole of a read.
    pub fn live(&self) -> Arc<dyn Generation> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far the live generation is.
    pub fn position(&self) -> u64 {
        self.followed.position()
    }

    /// Waits until the live generation has got to a position; false when it has not in time. The projector does not
    /// rest while somebody waits.
    pub async fn reached(&self, position: u64, within: Duration) -> bool {
        self.followed.reached(position, within).await
    }

    /// Waits until a reader waits for something that the log holds and the live generation does not.
    pub(crate) async fn is_wanted(&self, head: &watch::Receiver<u64>) {
        let mut wanted = self.followed.wanted();
        let due = wanted.wait_for(|wanted| (self.position() + 1..=*head.borrow()).contains(wanted)).await;
        // The sender lives as long as this does.
        drop(due);
    }

    /// Waits until the live generation is somewhere else than at this position.
    pub async fn moved_from(&self, position: u64) {
        // The sender lives as long as this does.
        drop(self.followed.moved().wait_for(|now| *now != position).await);
    }

    /// Tells readers how far it is.
    pub(crate) fn advanced(&self, position: u64) {
        self.followed.advanced(position);
    }

    /// Puts another generation in the live one's place.
    pub(crate) fn replace(&self, generation: Arc<dyn Generation>, position: u64) {
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = generation;
        self.advanced(position);
    }
}

/// What folding needs: the log, the keys, the types.
#[derive(Clone, Debug)]
pub struct Source {
    /// The log.
    pub log: Arc<dyn Log>,
    /// What opens its events.
    pub vault: Arc<Vault>,
    /// The types that there are.
    pub vocabulary: EventTypes,
}

/// Whether a fold reads the payload of events of this type.
pub fn is_read(type_name: &str) -> bool {
    kulta_projections::record::shapes_golden(type_name)
        || type_name.starts_with("identity.")
        || matches!(type_name, "survivorship_policy.published" | kulta_projections::rows::MATCH_POLICY)
}

impl Source {
    /// The states of records, folded from all their events up to a position.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn refold(
        &self,
        records: Vec<RecordId>,
        until: u64,
    ) -> Result<Vec<(RecordId, kulta_projections::record::RecordState)>, Error> {
        const AT_ONCE: usize = 500;
        let mut states = Vec::with_capacity(records.len());
        for some in records.chunks(AT_ONCE) {
            let mut events = self.customer_events(some, until, true).await?;
            events.sort_by_key(|event| event.record);
            let mut of = events.chunk_by(|a, b| a.record == b.record).peekable();
            let mut wanted = some.to_vec();
            wanted.sort_unstable();
            for record in wanted {
                let own = of.next_if(|chunk| chunk.first().is_some_and(|event| event.record == Some(record)));
                let state = kulta_projections::record::RecordState::fold_unsorted(own.unwrap_or_default());
                states.push((record, state));
            }
        }
        Ok(states)
    }

    /// Every event of what there is little of, whole, up to a position (`None`: to the end of the log).
    ///
    /// # Errors
    /// When the store fails.
    pub async fn few(&self, select: Select, until: Option<u64>) -> Result<Vec<kulta_events::Recorded>, Error> {
        // Each may hold a whole document.
        self.whole(Page { until, ..Page::forwards(select, 0, 100) }, |_| true).await
    }

    /// Every `customer.` event of some records up to a position, in the order of the log, with or without personal parts.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn customer_events(
        &self,
        records: &[RecordId],
        until: u64,
        parts: bool,
    ) -> Result<Vec<kulta_events::Recorded>, Error> {
        let select = Select::Records { ids: records.to_vec(), type_prefix: Some("customer.".to_owned()) };
        self.whole(Page { until: Some(until), parts, ..Page::forwards(select, 0, 5_000) }, is_read).await
    }

    /// All events of this page and of those after it, in the order of the log; payloads of the types that are read.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn whole(
        &self,
        mut page: Page,
        is_read: impl Fn(&str) -> bool + Copy,
    ) -> Result<Vec<kulta_events::Recorded>, Error> {
        let mut events = Vec::new();
        loop {
            let stored = self.log.read(&page).await?;
            let count = stored.len();
            page.after = stored.last().map(|event| event.position);
            events.extend(self.vault.open_events(&self.vocabulary.now(), stored, is_read).await?);
            if count < page.limit {
                return Ok(events);
            }
        }
    }
}
