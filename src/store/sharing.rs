//! What nodes share a rebuild or a live step through: who is there, which shares there are and who has them, and what they have made.
//!
//! A share is taken under a token that rises each time it is taken. Rows of a share and the mark that it is done are one
//! transaction, which checks that the token is still the share's and the plan's epoch still the projector's: nothing of
//! a node appears that has lost a share, however late it wakes up.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use kulta_projections::batch::{Answer, Needs, Places};
use kulta_projections::rows::{CustomerRow, RecordRow, UnknownRow};
use kulta_projections::whole::Assigned;

use super::Error;
use super::views::Generation;

/// A rebuild that is shared, or a live step. Within an epoch no two of one generation end at the same position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The generation that is built, or the live one.
    pub generation: i64,
    /// The epoch of the projector.
    pub epoch: i64,
    /// Of a step, the checkpoint before it; `None`: a rebuild.
    pub from: Option<u64>,
    /// Up to which position of the log it is folded.
    pub until: u64,
}

/// What is shared. A stage begins when the one before is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Folding records, each by itself.
    Records,
    /// Making the rows of customers and of their records.
    Customers,
}

/// A share that this node has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Of which stage.
    pub stage: Stage,
    /// Its number.
    pub share: u8,
    /// Under which token.
    pub token: i64,
}

/// How far a stage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Shares that are not done.
    pub open: u64,
    /// Records or customers in those that are.
    pub rows: u64,
}

/// The rows of one share, of which none is seen before all are.
#[async_trait]
pub trait Filling: Debug + Send {
    /// Adds records as they are by themselves, each once.
    async fn records(&mut self, rows: &[RecordRow]) -> Result<(), Error>;

    /// Adds customers with all their records; of a step only the customers are written.
    async fn customers(&mut self, records: &[RecordRow], customers: &[CustomerRow]) -> Result<(), Error>;

    /// Ends the share, with so many records or customers, and more members that no schema knows.
    ///
    /// # Errors
    /// [`Error::Fenced`] when the share is another node's, or the rebuild is over. Nothing is written then.
    async fn done(self: Box<Self>, rows: u64, unknown: &[UnknownRow]) -> Result<(), Error>;
}

/// What is other where nodes share a live step: what they make is staged beside the live rows, which one transaction
/// changes in the end, with the checkpoint.
#[async_trait]
pub trait Steps: Debug + Send + Sync {
    /// Opens the first stage of a step. What is left of an earlier one is removed.
    ///
    /// # Errors
    /// [`Error::Fenced`] when the epoch is no longer the projector's.
    async fn begin_step(&self, plan: Plan) -> Result<(), Error>;

    /// The stored rows and decisions that are asked for, but for subjects and states: these stay in the database.
    async fn look_up_places(&self, plan: Plan, needs: &Needs) -> Result<Answer, Error>;

    /// Opens the second stage: this is whose the records are after the step.
    ///
    /// # Errors
    /// [`Error::Fenced`] when the epoch is no longer the projector's.
    async fn placed(&self, plan: Plan, places: &Places) -> Result<(), Error>;

    /// All records of the customers of a share that the step touched, as they are after it, in no order.
    async fn touched(&self, plan: Plan, share: u8) -> Result<Vec<RecordRow>, Error>;

    /// Ends the step: in one transaction what was staged takes its place in the live tables, with the checkpoint.
    ///
    /// # Errors
    /// [`Error::Fenced`] when the epoch is no longer the projector's or the checkpoint is not where the step began;
    /// [`Error::Inconsistent`] when not all is there that was staged. Nothing is written then.
    async fn take_in(&self, plan: Plan, places: &Places) -> Result<(), Error>;
}

/// Where nodes share a rebuild, or a step.
#[async_trait]
pub trait Sharing: Steps + Debug + Send + Sync {
    /// Tells others that this node is ready to take part, for as long as it goes on asking; the rebuild or the step that there
    /// is to take part in, and its stage.
    async fn attend(&self) -> Result<Option<(Plan, Stage)>, Error>;

    /// Is ready no more.
    async fn leave(&self);

    /// How many other nodes are ready.
    async fn others(&self) -> Result<usize, Error>;

    /// Opens the first stage of a rebuild in an empty generation.
    ///
    /// # Errors
    /// [`Error::Fenced`] when the epoch is no longer the projector's.
    async fn begin(&self, plan: Plan) -> Result<(), Error>;

    /// Takes shares of a stage that nobody has, or that were taken by a node that has not been heard of for some seconds. `holder`
    /// is told to whoever looks.
    async fn take(&self, plan: Plan, stage: Stage, holder: &str, at_most: usize) -> Result<Vec<Held>, Error>;

    /// Tells others that this node goes on with these shares; how many of them are still its own.
    async fn keep(&self, plan: Plan, held: &[Held]) -> Result<usize, Error>;

    /// Begins the rows of a share.
    async fn fill(&self, plan: Plan, held: Held) -> Result<Box<dyn Filling>, Error>;

    /// How far a stage is.
    ///
    /// # Errors
    /// [`Error::Fenced`] when the epoch is no longer the projector's: then it gets no further.
    async fn standing(&self, plan: Plan, stage: Stage) -> Result<Standing, Error>;

    /// Closes the first stage, all of whose shares are done: its records can be read then.
    async fn gathered(&self, plan: Plan) -> Result<(), Error>;

    /// A page of the records of a share as they are by themselves, by id, behind `after`.
    async fn records_page(
        &self,
        plan: Plan,
        share: u8,
        after: Option<&RecordRow>,
        limit: usize,
    ) -> Result<Vec<RecordRow>, Error>;

    /// Opens the second stage: these records are not what they are by themselves.
    ///
    /// # Errors
    /// [`Error::Fenced`] when the epoch is no longer the projector's.
    async fn assigned(&self, plan: Plan, assigned: &[Assigned]) -> Result<(), Error>;

    /// All records of the next customers of a share behind `after`, by customer and within it by first position.
    async fn customers_page(
        &self,
        plan: Plan,
        share: u8,
        after: Option<&RecordRow>,
        customers: usize,
    ) -> Result<Vec<RecordRow>, Error>;

    /// The generation that is built, or the live one.
    fn generation(&self, plan: Plan) -> Arc<dyn Generation>;

    /// Takes all shares away from whoever has them: it has failed.
    async fn give_up(&self, plan: Plan) -> Result<(), Error>;

    /// Removes what was only for sharing.
    async fn end(&self, plan: Plan) -> Result<(), Error>;
}
