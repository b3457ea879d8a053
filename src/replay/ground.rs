//! What a replay of the node runs over: its archive with what came since, where it keeps one that is whole, else the log.
//! The scores are the same.

use std::collections::HashMap;
use std::sync::Arc;

use kulta_events::{CustomerId, Instant};
use kulta_projections::scores::facts::{Facts, Wanted};
use kulta_projections::scores::replay::{Chunk, Unread, Unscored};

use super::data::{Data, Over, People, Progress};
use super::read::Cancel;
use super::run::{How, Known, Rules, score};
use super::stored::Stored;
use super::tail::{self, Without};
use super::{Error, part};
use crate::archive::{Keeper, Unusable};
use crate::projector::Source;
use crate::store::views::Generation;

/// Where replays of the node find events.
#[derive(Clone, Debug)]
pub struct Ground {
    source: Source,
    archive: Option<Arc<Keeper>>,
}

/// Customers and their facts.
#[derive(Debug)]
pub enum Held {
    /// In memory.
    Whole(Box<Data>),
    /// In the archive, and what came since in memory.
    Stored(Box<Stored>),
}

/// Customers and their facts, and why they are not the archive's, where there is one.
#[derive(Debug)]
pub struct Ran {
    /// What was read.
    pub held: Held,
    /// Why it is the log's; `None`: it is the archive's, or there is none.
    pub why_log: Option<String>,
}

impl Ground {
    /// The log, and an archive of it.
    pub fn new(source: Source, archive: Option<Arc<Keeper>>) -> Self {
        Self { source, archive }
    }

    /// The log.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Customers and facts as a generation of projections has them, or as they were known at some time.
    ///
    /// # Errors
    /// When the store fails, or it was cancelled.
    pub async fn read(
        &self,
        live: &dyn Generation,
        known_at: Option<Instant>,
        wanted: Wanted,
        cancel: &Cancel,
        progress: Progress<'_>,
    ) -> Result<Ran, Error> {
        let Some(keeper) = &self.archive else {
            let held = self.from_log(live, known_at, wanted, cancel, progress).await?;
            return Ok(Ran { held, why_log: None });
        };
        let why = if known_at.is_some() {
            "known_at: an archive is of one position".to_owned()
        } else {
            match tail::read((&self.source, keeper), live, wanted.clone(), cancel, progress).await {
                Ok(stored) => {
                    keeper.replayed(true);
                    return Ok(Ran { held: Held::Stored(Box::new(stored)), why_log: None });
                }
                Err(Without::Failed(error)) => return Err(error),
                Err(Without::Unusable(Unusable::Cancelled)) => return Err(Error::Cancelled),
                Err(Without::Unusable(Unusable::Not(why) | Unusable::Damaged(why))) => why,
                Err(Without::Damaged(what)) => {
                    keeper.is_damaged(&what);
                    what
                }
            }
        };
        let held = self.from_log(live, known_at, wanted, cancel, progress).await?;
        Ok(Ran { held, why_log: Some(why) })
    }

    /// The same from the log, when rows of the archive could not be read.
    ///
    /// # Errors
    /// When the store fails, or it was cancelled.
    pub async fn instead(
        &self,
        unread: &Unread,
        live: &dyn Generation,
        wanted: Wanted,
        cancel: &Cancel,
        progress: Progress<'_>,
    ) -> Result<Ran, Error> {
        self.is_unread(unread);
        let held = self.from_log(live, None, wanted, cancel, progress).await?;
        Ok(Ran { held, why_log: Some(unread.to_string()) })
    }

    /// Takes note that rows of the archive could not be read.
    pub fn is_unread(&self, unread: &Unread) {
        if let Some(keeper) = &self.archive {
            keeper.is_damaged(&unread.to_string());
        }
    }

    /// Where the events stand in the log for which rules failed: an archive does not tell.
    ///
    /// # Errors
    /// When the store fails, or it was cancelled.
    pub async fn positions(
        &self,
        held: &Held,
        refused: &mut [Unscored],
        (known, rules): (&Known, &Rules),
        wanted: Wanted,
        how: &How<'_>,
    ) -> Result<(), Error> {
        if !held.is_stored() {
            return Ok(());
        }
        let people = held.people();
        let places: HashMap<CustomerId, usize> =
            refused.iter().enumerate().map(|(place, one)| (people.ids[one.customer], place)).collect();
        let members = people.members(refused.iter().map(|one| one.customer));
        let how = How { tolerant: true, breakdown: false, progress: &|_| (), ..*how };
        for some in part::parts(&members) {
            how.cancel.check()?;
            let data = part::read(&self.source, some, wanted.clone(), people.position).await?;
            let of = |id: &CustomerId| known.0.get(refused[*places.get(id)?].customer).cloned();
            let known = Known(data.people.ids.iter().filter_map(of).collect());
            let found = tokio::task::block_in_place(|| score(&data, &known, rules, &how))?.refused;
            for one in found {
                if let Some(place) = places.get(&data.people.ids[one.customer]) {
                    (refused[*place].position, refused[*place].error) = (one.position, one.error);
                }
            }
        }
        Ok(())
    }

    /// Customers and facts from the log, whether there is an archive or not.
    ///
    /// # Errors
    /// When the store fails, or it was cancelled.
    pub async fn from_log(
        &self,
        live: &dyn Generation,
        known_at: Option<Instant>,
        wanted: Wanted,
        cancel: &Cancel,
        progress: Progress<'_>,
    ) -> Result<Held, Error> {
        let data = Data::read(&self.source, live, known_at, wanted, cancel, progress).await?;
        if let Some(keeper) = &self.archive {
            keeper.replayed(false);
        }
        Ok(Held::Whole(Box::new(data)))
    }
}

impl Held {
    /// The customers.
    pub fn people(&self) -> &Arc<People> {
        match self {
            Held::Whole(data) => &data.people,
            Held::Stored(stored) => &stored.people,
        }
    }

    /// Those of an archive with so many bytes for rows that stay in memory once they were read.
    pub fn keeping(self, bytes: usize) -> Self {
        match self {
            Held::Stored(stored) => Held::Stored(Box::new(stored.keeping(bytes))),
            whole @ Held::Whole(_) => whole,
        }
    }

    /// Whether they are the archive's.
    pub fn is_stored(&self) -> bool {
        matches!(self, Held::Stored(_))
    }

    /// Gives the rows of a customer, in the order of facts, to somebody. `spare` is room to work in.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn with_rows<T>(
        &self,
        customer: usize,
        spare: &mut Option<Chunk>,
        take: impl FnOnce(&Facts, &[u32]) -> T,
    ) -> Result<T, Error> {
        match self {
            Held::Whole(data) => {
                let rows = data.facts.rows_of(data.people.records_of(customer));
                Ok(take(&data.facts, &rows))
            }
            Held::Stored(stored) => stored.with_rows(customer, spare, take).map_err(Error::Unread),
        }
    }
}

impl<'a> From<&'a Held> for Over<'a> {
    fn from(held: &'a Held) -> Self {
        match held {
            Held::Whole(data) => (&**data).into(),
            Held::Stored(stored) => (&**stored).into(),
        }
    }
}
