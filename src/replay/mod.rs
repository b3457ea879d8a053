//! Replays: scores from all of history under any rules, and who would move.
//!
//! | file | what |
//! |---|---|
//! | `ask` | by which rules |
//! | `data` | customers and their facts at one position of the log |
//! | `stored` | the same over an archive, a few customers at a time |
//! | `tail` | an archive of the node, with what came since |
//! | `ground` | which of them a replay of the node runs over |
//! | `read` | facts from the log into columns |
//! | `part` | those of some customers, read by their records |
//! | `run` | scores of all customers by given rules |
//! | `numbers` | a diff in numbers |
//! | `csv` | scores and diffs as files |
//! | `jobs` | replays that a node runs for those who ask |

pub mod ask;
pub mod csv;
pub mod data;
pub mod ground;
pub mod jobs;
pub mod numbers;
pub(crate) mod part;
pub mod read;
pub mod run;
pub mod stored;
mod tail;

use kulta_events::CustomerId;
use kulta_projections::scores::facts::TooMany;
use kulta_projections::scores::interpret::ScoreError;
use kulta_projections::scores::replay::Unread;

/// Why a replay did not end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody ended it.
    #[error("the replay was cancelled")]
    Cancelled,
    /// It broke off where nobody foresaw it.
    #[error("the replay broke off")]
    Broke,
    /// A customer has no score by these rules.
    #[error("{error}{}{}", of_customer(*customer), at_position(*position))]
    Refused {
        /// Which customer.
        customer: Option<CustomerId>,
        /// The place in the log of the event for which a rule failed.
        position: Option<u64>,
        /// Why.
        error: Box<ScoreError>,
    },
    /// A customer's points have too many digits.
    #[error("the points of customer {0} have more than 28 digits")]
    TooLong(CustomerId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// Events could not be opened.
    #[error(transparent)]
    Privacy(#[from] crate::privacy::Error),
    /// The log could not be folded.
    #[error(transparent)]
    Projector(#[from] crate::projector::Error),
    /// The projections could not be read.
    #[error(transparent)]
    Reads(#[from] crate::reads::Error),
    /// The rules cannot be had.
    #[error(transparent)]
    NoRules(Box<ask::NoRules>),
    /// Rows could not be read.
    #[error(transparent)]
    Unread(Unread),
    /// Columns cannot tell more apart.
    #[error(transparent)]
    TooMany(#[from] TooMany),
}

impl Error {
    /// A stable word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Refused { .. } | Self::TooLong(_) => "no-score",
            Self::NoRules(_) => "rules",
            Self::TooMany(_) => "too-many",
            Self::Unread(_) => "archive",
            Self::Broke | Self::Store(_) | Self::Privacy(_) | Self::Projector(_) | Self::Reads(_) => "internal",
        }
    }
}

impl From<ask::NoRules> for Error {
    fn from(error: ask::NoRules) -> Self {
        Self::NoRules(Box::new(error))
    }
}

fn of_customer(customer: Option<CustomerId>) -> String {
    customer.map(|id| format!("; customer {id}")).unwrap_or_default()
}

fn at_position(position: Option<u64>) -> String {
    position.map(|at| format!("; event at position {at}")).unwrap_or_default()
}
