//! What CRM front ends read: customers, their records, their timelines, on both time axes.
//!
//! `as_of` leaves out what happened at or after a time and never changes who belongs to a customer. `known_at` cuts the
//! log: membership, policies and events are those that were recorded by then.

pub mod customer;
mod events;
pub mod history;
pub mod matching;
mod past;
pub mod relations;
pub mod search;
pub mod survivorship;
pub mod timeline;
pub mod why;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kulta_events::{CustomerId, Instant, RecordId};
use kulta_projections::rows::{PolicyRow, RecordRow, UnknownRow};

use crate::projector::{Identities, Projections, Source};
use crate::store::views::{Generation, RecordName};
use crate::together::Together;

/// How long a read waits for a position before it gives up.
pub const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Why a read failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The projections have not got there in time.
    #[error("the projections stand at position {at} and have not reached {wanted} in time")]
    NotYet {
        /// Where they are.
        at: u64,
        /// Where the reader wanted them.
        wanted: u64,
    },
    /// More was asked for than can be looked at while a request waits.
    #[error("this took longer than {seconds} seconds")]
    TooLong {
        /// How long it was given.
        seconds: u64,
    },
    /// This node is reading the records for matching still.
    #[error("matching is being loaded")]
    NotLoaded,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// Events could not be opened or folded.
    #[error(transparent)]
    Projector(#[from] crate::projector::Error),
    /// Events could not be opened.
    #[error(transparent)]
    Privacy(#[from] crate::privacy::Error),
}

/// A point on both time axes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// Only what happened before this.
    pub as_of: Option<Instant>,
    /// Only what was recorded by then.
    pub known_at: Option<Instant>,
}

impl At {
    /// Whether this is simply now.
    pub fn is_now(self) -> bool {
        self.as_of.is_none() && self.known_at.is_none()
    }
}

/// What an id leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Found<T> {
    /// What was asked for.
    Here(T),
    /// The record belongs to another customer now.
    Moved(CustomerId),
    /// No record has this id.
    Unknown,
}

/// Reads of one node.
#[derive(Clone, Debug)]
pub struct Reads {
    pub(crate) source: Source,
    pub(crate) projections: Projections,
    pub(crate) identities: Identities,
    members: Arc<Together<CustomerId, Vec<RecordName>>>,
}

impl Reads {
    /// Reads over a node's projections.
    pub fn new(source: Source, projections: Projections, identities: Identities) -> Self {
        Self { source, projections, identities, members: Arc::default() }
    }

    /// Members of events that no schema knows, counted by source and type.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unknown_members(&self) -> Result<Vec<UnknownRow>, Error> {
        Ok(self.projections.live().unknown().await?)
    }

    /// Waits until the projections have got to a position.
    ///
    /// # Errors
    /// [`Error::NotYet`] after [`LONGEST_WAIT`].
    pub async fn after(&self, position: u64) -> Result<(), Error> {
        if self.projections.reached(position, LONGEST_WAIT).await {
            return Ok(());
        }
        Err(Error::NotYet { at: self.projections.position(), wanted: position })
    }

    /// Waits until the projections have got to all that any node has stored.
    ///
    /// # Errors
    /// [`Error::NotYet`] after [`LONGEST_WAIT`], or when the store fails.
    pub async fn caught_up(&self) -> Result<(), Error> {
        self.source.log.ping().await?;
        self.after(self.source.head()).await
    }

    /// The record of (source, subject), if any event named it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn record(&self, source: &str, subject: &str) -> Result<Option<RecordRow>, Error> {
        let id = self.source.vault.hasher().record(source, subject);
        Ok(self.projections.live().record(id).await?)
    }

    /// The record of this id, if any event named it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn record_by_id(&self, id: RecordId) -> Result<Option<RecordRow>, Error> {
        Ok(self.projections.live().record(id).await?)
    }

    /// The survivorship policy in force.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn policy(&self) -> Result<PolicyRow, Error> {
        Ok(self.projections.live().policy().await?.unwrap_or_else(PolicyRow::built_in))
    }

    /// The customer that holds a record now, and all its records.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn holder(&self, id: RecordId) -> Result<Found<Vec<RecordRow>>, Error> {
        holder_in(&self.projections.live(), id).await
    }

    /// The customer that holds a record now, and how all its records are named, the founder first. Those who ask at the
    /// same time are asked for together.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn members(&self, id: RecordId) -> Result<Found<Vec<RecordName>>, Error> {
        let fetch = async |ids: Vec<CustomerId>| {
            let mut members = HashMap::<_, Vec<_>>::with_capacity(ids.len());
            for name in self.projections.live().record_names(&ids).await? {
                members.entry(name.customer).or_default().push(name);
            }
            Ok::<_, crate::store::Error>(members)
        };
        let customer = id.into();
        if let Some(members) = self.members.ask(&[customer], fetch).await?.remove(&customer) {
            return Ok(Found::Here(members));
        }
        moved(&self.projections.live(), id).await
    }
}

async fn holder_in(live: &Arc<dyn Generation>, id: RecordId) -> Result<Found<Vec<RecordRow>>, Error> {
    let members = live.members(id.into()).await?;
    if !members.is_empty() {
        return Ok(Found::Here(members));
    }
    moved(live, id).await
}

/// Where a record is that gives no customer its id.
async fn moved<T>(live: &Arc<dyn Generation>, id: RecordId) -> Result<Found<T>, Error> {
    Ok(match live.record(id).await? {
        Some(row) => Found::Moved(row.customer),
        None => Found::Unknown,
    })
}
