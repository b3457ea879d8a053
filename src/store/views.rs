//! What a store keeps of the projections: generations of tables.
//!
//! A generation is one complete set of projection tables with one checkpoint. The live one is kept up event by event;
//! another is built beside it and takes its place at one position. Readers hold on to the generation that they began
//! with, so they never see a mixture. Everything here can be thrown away and computed again from the log.

use std::sync::Arc;

use async_trait::async_trait;
use kulta_events::{CustomerId, RecordId};
use kulta_projections::batch::{Answer, Changes, Needs};
use kulta_projections::crosswalk::Decision;
use kulta_projections::rows::{CustomerRow, MatchPolicyRow, PolicyRow, RecordRow, RelationRow, UnknownRow};
use uuid::Uuid;

use super::score_notes::ScoreNotes;
use super::scores::ScoreLists;
use super::sharing::Sharing;
use super::{Address, Error, Options, postgres, sqlite};

/// Opens the generations beside the log behind a database address, which was opened before: it brings the database to
/// this binary's schema.
///
/// # Errors
/// [`Error::Address`], or why the database does not answer.
pub async fn open(url: &str, options: &Options) -> Result<Arc<dyn Generations>, Error> {
    match Address::parse(url)? {
        Address::Sqlite(path) => Ok(Arc::new(sqlite::Generations::open(&path, options).await?)),
        Address::Postgres(url) => Ok(Arc::new(postgres::Generations::open(&url, options).await?)),
    }
}

/// Makes golden records anew for a page of customers, each with the rows of its records.
pub type Refold<'a> = &'a (dyn Fn(Vec<RecordRow>) -> Vec<CustomerRow> + Send + Sync);

/// A customer as it is read: the golden record stays the JSON text that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCustomer {
    /// Its id.
    pub customer: CustomerId,
    /// The highest position that shaped it.
    pub position: u64,
    /// The golden record, `Golden` in its serde form.
    pub golden: String,
}

/// A customer by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCustomer {
    /// Its id.
    pub customer: CustomerId,
    /// `person` or `organisation`, if anybody said.
    pub kind: Option<String>,
    /// The name to show.
    pub name: Option<String>,
}

/// A record without what it says: how it is named, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordName {
    /// Its id.
    pub record: RecordId,
    /// The customer that holds it.
    pub customer: CustomerId,
    /// Where the log first names it.
    pub first_position: u64,
    /// The system that publishes it.
    pub source: String,
    /// The customer's key there; `None` when it is erased.
    pub subject: Option<String>,
}

/// Rows of a whole projection, in bulk. Every list may be a part; the order of calls does not matter.
#[derive(Clone, Debug, Default)]
pub struct Bulk {
    /// Records, and with them what they say of relations.
    pub records: Vec<RecordRow>,
    /// Customers.
    pub customers: Vec<CustomerRow>,
    /// Decisions.
    pub decisions: Vec<Decision>,
    /// Survivorship policies.
    pub policies: Vec<PolicyRow>,
    /// Match policies.
    pub match_policies: Vec<MatchPolicyRow>,
    /// Counts of members that no schema knows.
    pub unknown: Vec<UnknownRow>,
}

/// Which record belongs to which customer at one position of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crosswalk {
    /// The position.
    pub position: u64,
    /// By customer, and within it by first position.
    pub records: Vec<(RecordId, CustomerId)>,
}

/// One generation of projection tables.
#[async_trait]
pub trait Generation: ScoreLists + ScoreNotes + std::fmt::Debug + Send + Sync {
    /// Its number, from 1.
    fn number(&self) -> i64;

    /// How often this node found a generation further back than it had been, as after a crash of the server. What was read
    /// while this changed may be behind what the reader was told.
    fn setbacks(&self) -> u64 {
        0
    }

    /// Up to which position of the log it is folded.
    async fn checkpoint(&self) -> Result<u64, Error>;

    /// The survivorship policy in force, if one was published.
    async fn policy(&self) -> Result<Option<PolicyRow>, Error>;

    /// Looks up what a step needs of rows (`exist`, `records`, `members_of`, `decisions`; subjects and
    /// refolds come from the log).
    async fn look_up(&self, needs: &Needs) -> Result<Answer, Error>;

    /// Writes changes and checkpoint in one transaction, on top of what is folded up to `from`. With `refold`, every
    /// customer is made anew in it as well.
    ///
    /// # Errors
    /// [`Error::Fenced`] when `epoch` is no longer the projector's, or the checkpoint is not at `from`: an earlier write
    /// whose answer was lost has been committed after all, or a crash of the server took the last ones away.
    async fn advance(
        &self,
        from: u64,
        changes: &Changes,
        to: u64,
        epoch: i64,
        refold: Option<Refold<'_>>,
    ) -> Result<(), Error>;

    /// As [`Generation::advance`], from wherever the checkpoint is.
    ///
    /// # Errors
    /// [`Error::Fenced`] when `epoch` is no longer the projector's.
    async fn write(&self, changes: &Changes, to: u64, epoch: i64, refold: Option<Refold<'_>>) -> Result<(), Error> {
        self.advance(self.checkpoint().await?, changes, to, epoch, refold).await
    }

    /// Inserts rows while the generation is being built: no checkpoint, no readers yet. Records and customers must be
    /// new; counts are added to.
    async fn fill(&self, bulk: Bulk) -> Result<(), Error>;

    /// Ends the filling: builds what filling left out (indexes, statistics) and sets the checkpoint.
    async fn filled(&self, to: u64) -> Result<(), Error>;

    /// The positions of all customers.
    async fn positions(&self) -> Result<Vec<(CustomerId, u64)>, Error>;

    /// Which record belongs to which customer, by customer and within it by first position, and the position of the log
    /// at which that is so.
    async fn crosswalk(&self) -> Result<Crosswalk, Error>;

    /// Puts customers at later positions than their own facts say, while the generation is not live.
    async fn raise(&self, positions: &[(CustomerId, u64)]) -> Result<(), Error>;

    /// A customer by its own id.
    async fn customer(&self, id: CustomerId) -> Result<Option<StoredCustomer>, Error>;

    /// A record.
    async fn record(&self, id: RecordId) -> Result<Option<RecordRow>, Error>;

    /// The records of a customer, by first position.
    async fn members(&self, id: CustomerId) -> Result<Vec<RecordRow>, Error>;

    /// Customers shaped after a position, by (position, id), starting behind `after`.
    async fn customers_since(&self, after: (u64, Uuid), limit: usize) -> Result<Vec<StoredCustomer>, Error>;

    /// Decisions that name one of these records.
    async fn decisions_of(&self, records: &[RecordId]) -> Result<Vec<Decision>, Error>;

    /// These records, where they are there, in no order.
    async fn records(&self, ids: &[RecordId]) -> Result<Vec<RecordRow>, Error>;

    /// The records that speak of a relation to one of these, in no order.
    async fn related_to(&self, records: &[RecordId]) -> Result<Vec<RecordRow>, Error>;

    /// All records of these customers, in no order.
    async fn members_of(&self, ids: &[CustomerId]) -> Result<Vec<RecordRow>, Error>;

    /// The records of these customers without what they say, by first position.
    async fn record_names(&self, of: &[CustomerId]) -> Result<Vec<RecordName>, Error>;

    /// The names of these customers, where they are there, in no order.
    async fn named(&self, ids: &[CustomerId]) -> Result<Vec<NamedCustomer>, Error>;

    /// One page of relations, by the other record, record and name, behind `after`: for verification.
    async fn relations_page(&self, after: Option<&RelationRow>, limit: usize) -> Result<Vec<RelationRow>, Error>;

    /// One page of records, by id, behind `after`: for verification.
    async fn records_page(
        &self,
        after: Option<RecordId>,
        limit: usize,
    ) -> Result<Vec<Seen<RecordId, RecordRow>>, Error>;

    /// One page of customers, by id, behind `after`, with the columns beside the golden record as they stand.
    async fn customers_page(
        &self,
        after: Option<CustomerId>,
        limit: usize,
    ) -> Result<Vec<Seen<CustomerId, CustomerRow>>, Error>;

    /// One page of decisions, by id, behind `after`.
    async fn decisions_page(&self, after: Option<Uuid>, limit: usize) -> Result<Vec<Seen<Uuid, Decision>>, Error>;

    /// Ids under which lists of records stand without a decision.
    async fn orphans(&self) -> Result<Vec<Uuid>, Error>;

    /// Every policy, by position: for verification.
    async fn policies_seen(&self) -> Result<Vec<Seen<u64, PolicyRow>>, Error>;

    /// Every published policy.
    async fn policies(&self) -> Result<Vec<PolicyRow>, Error>;

    /// Every match policy, by position.
    async fn match_policies_seen(&self) -> Result<Vec<Seen<u64, MatchPolicyRow>>, Error>;

    /// The match policy in force; the built-in one while none was published.
    async fn match_policy(&self) -> Result<MatchPolicyRow, Error> {
        let usable = |(position, row): Seen<u64, MatchPolicyRow>| {
            row.ok_or_else(|| Error::Inconsistent(format!("the match policy at {position} cannot be used")))
        };
        let rows: Result<Vec<_>, _> = self.match_policies_seen().await?.into_iter().map(usable).collect();
        Ok(MatchPolicyRow::in_force(rows?))
    }

    /// Every count of members that no schema knows.
    async fn unknown(&self) -> Result<Vec<UnknownRow>, Error>;
}

/// A row as it stands, under its key. `None`: it cannot be read, or is not in the form in which kulta writes it, so that
/// somebody else did.
pub type Seen<K, R> = (K, Option<R>);

/// The generations of a store.
#[async_trait]
pub trait Generations: std::fmt::Debug + Send + Sync {
    /// The live generation; makes an empty first one on a store that has none.
    async fn live(&self) -> Result<Arc<dyn Generation>, Error>;

    /// Makes an empty generation beside the live one, to be filled, then written to. What is left of earlier attempts
    /// is removed.
    ///
    /// # Errors
    /// [`Error::Fenced`] when `epoch` is no longer the projector's.
    async fn build(&self, epoch: i64) -> Result<Arc<dyn Generation>, Error>;

    /// Makes a built generation the live one, with its documented views, in one transaction.
    ///
    /// # Errors
    /// [`Error::Fenced`] when `epoch` is no longer the projector's.
    async fn swap(&self, generation: &Arc<dyn Generation>, epoch: i64) -> Result<(), Error>;

    /// Removes generations that are neither live nor given. Who still reads one gets a transient error, and finds what
    /// it wants in the live one.
    ///
    /// # Errors
    /// [`Error::Fenced`] when `epoch` is no longer the projector's: what is being built is another node's then.
    async fn remove_others(&self, keep: &[i64], epoch: i64) -> Result<(), Error>;

    /// Whether other nodes read them too.
    fn are_shared(&self) -> bool {
        false
    }

    /// Where nodes share rebuilds; `None` where there is one node only.
    fn sharing(&self) -> Option<&dyn Sharing> {
        None
    }

    /// Lets go of the database once nobody uses it, before the log does. A second call does nothing.
    async fn close(&self);
}
