//! What a store keeps of scores: for each published rule set a list of all customers.
//!
//! A list is a set of rows in a table of its own, made as of a time by one version of a rule set. The live one is kept up
//! event by event; another is built beside it and takes its place at one position, so a reader sees the one or the other.
//! Lists belong to a generation: they say which customers there are.

use async_trait::async_trait;
use kulta_events::{CustomerId, Instant, RecordId};
use kulta_projections::scores::rows::{KEY_BYTES, ScoreRow};
use kulta_projections::scores::service::Balance;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Error;
use super::score_notes::Note;
use super::views::Seen;

/// One list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreSet {
    /// Its number; never given twice in a generation.
    pub number: i64,
    /// How far it is.
    pub state: SetState,
    /// By what it was made.
    pub made_by: MadeBy,
    /// Up to which position of the log its rows are what the rules say.
    pub position: u64,
}

/// What a list is made by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeBy {
    /// The rule set.
    pub rule_set: String,
    /// Its version.
    pub version: u64,
    /// SHA-256 of the rules.
    pub hash: String,
    /// Events at or after it are left out, and ages are measured at it.
    pub as_of: Instant,
    /// The position of the survivorship policy, if rules read golden records; else 0.
    pub policy: u64,
}

/// How far a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetState {
    /// Rows are being written.
    Building,
    /// All rows are written; it is not read yet.
    Built,
    /// What readers see.
    Live,
    /// It was live; readers who began with it may go on.
    Past,
}

impl SetState {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            SetState::Building => "building",
            SetState::Built => "built",
            SetState::Live => "live",
            SetState::Past => "past",
        }
    }

    /// The way back.
    pub fn of(name: &str) -> Option<Self> {
        [SetState::Building, SetState::Built, SetState::Live, SetState::Past]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// New rows of one list.
#[derive(Clone, Debug)]
pub struct SetChange {
    /// The list as it was; its position must still be that.
    pub set: ScoreSet,
    /// In which state it is from now on.
    pub state: SetState,
    /// New and changed rows.
    pub rows: Vec<ScoreRow>,
}

/// What changes lists up to a position; to be written in one transaction.
#[derive(Clone, Debug, Default)]
pub struct ScoreChanges {
    /// List by list.
    pub sets: Vec<SetChange>,
    /// Customers that are no more.
    pub gone: Vec<CustomerId>,
    /// The position from now on.
    pub to: u64,
    /// Customers that were noted as changed up to there are done with.
    pub done: u64,
    /// Changes to be noted for whoever publishes scores.
    pub notes: Vec<Note>,
}

/// Where a page begins and ends, in the order of lists: the highest points first, then by customer id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The page begins behind this key …
    pub key: Vec<u8>,
    /// … and this customer.
    pub customer: uuid::Uuid,
    /// Rows below this key are left out.
    pub lowest: Vec<u8>,
}

impl Place {
    /// The beginning of the whole list.
    pub fn first() -> Self {
        Self { key: vec![u8::MAX; KEY_BYTES + 1], customer: uuid::Uuid::nil(), lowest: Vec::new() }
    }
}

/// A page of a list, all of it as it was at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScorePage {
    /// The list.
    pub set: ScoreSet,
    /// Customers with more points than the first on the page.
    pub above: u64,
    /// Customers with as many points that stand before it.
    pub beside: u64,
    /// The rows.
    pub rows: Vec<ScoreRow>,
}

/// Where a page of customers by their balance begins: behind this number and this customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalancePlace {
    /// Which balance.
    pub balance: Balance,
    /// Behind this customer's place; `None`: from the beginning.
    pub behind: Option<(Vec<u8>, uuid::Uuid)>,
}

/// The score of one customer in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The list.
    pub set: ScoreSet,
    /// The row.
    pub row: ScoreRow,
    /// Customers with more points.
    pub above: u64,
}

/// A customer's points and grade; `None`: a rule failed, or below the lowest grade.
pub type PointsOf = (CustomerId, Option<Decimal>, Option<String>);

/// The lists of a generation.
#[async_trait]
pub trait ScoreLists: Send + Sync {
    /// All lists, by number.
    async fn score_sets(&self) -> Result<Vec<ScoreSet>, Error>;

    /// Begins a list. From now on customers that change are noted.
    ///
    /// # Errors
    /// [`Error::Fenced`] when `epoch` is no longer the projector's.
    async fn begin_scores(&self, made_by: &MadeBy, epoch: i64) -> Result<i64, Error>;

    /// Adds rows to a list that is being built; each customer once.
    async fn fill_scores(&self, set: i64, rows: &[ScoreRow]) -> Result<(), Error>;

    /// Ends the filling: the rows are what the rules say of the log up to a position.
    ///
    /// # Errors
    /// [`Error::Fenced`] when `epoch` is no longer the projector's.
    async fn filled_scores(&self, set: i64, position: u64, epoch: i64) -> Result<(), Error>;

    /// Writes changes of lists in one transaction. A list that becomes live takes the place of the one of its rule set.
    ///
    /// # Errors
    /// [`Error::Fenced`] when `epoch` is no longer the projector's, or a list is not where it was.
    async fn advance_scores(&self, changes: &ScoreChanges, epoch: i64) -> Result<(), Error>;

    /// Removes lists.
    ///
    /// # Errors
    /// [`Error::Fenced`] when `epoch` is no longer the projector's.
    async fn remove_scores(&self, sets: &[i64], epoch: i64) -> Result<(), Error>;

    /// Customers that were noted as changed up to a position, in no order; some of them may be no more.
    async fn changed_customers(&self, until: u64) -> Result<Vec<CustomerId>, Error>;

    /// To whom these records belong, in no order.
    async fn customers_of(&self, records: &[RecordId]) -> Result<Vec<CustomerId>, Error>;

    /// The records of these customers, by customer and within it by first position.
    async fn records_of(&self, customers: &[CustomerId]) -> Result<Vec<(RecordId, CustomerId)>, Error>;

    /// A page of a list; `None` when the list was removed.
    async fn score_page(&self, set: i64, place: &Place, limit: usize) -> Result<Option<ScorePage>, Error>;

    /// A page of the customers with a balance: those that are over by share, the largest first; others by points, the
    /// highest first. `None` when the list was removed.
    async fn balance_page(&self, set: i64, place: &BalancePlace, limit: usize) -> Result<Option<ScorePage>, Error>;

    /// A customer in a list; `None` when it is not there, or the list was removed.
    async fn listed(&self, set: i64, customer: CustomerId) -> Result<Option<Listed>, Error>;

    /// The points and grades of some customers, in no order; none when the list was removed.
    async fn points_of(&self, set: i64, customers: &[CustomerId]) -> Result<Vec<PointsOf>, Error>;

    /// How many customers of a list are of each grade.
    async fn grades(&self, set: i64) -> Result<Vec<(Option<String>, u64)>, Error>;

    /// One page of a list by customer, behind `after`: for verification.
    async fn scores_seen(
        &self,
        set: i64,
        after: Option<CustomerId>,
        limit: usize,
    ) -> Result<Vec<Seen<CustomerId, ScoreRow>>, Error>;
}
