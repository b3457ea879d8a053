//! Replays: scores from all of history under any rules.

pub mod read;

use kulta_projections::scores::facts::TooMany;

/// Why a replay did not end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody ended it.
    #[error("the replay was cancelled")]
    Cancelled,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// Events could not be opened.
    #[error(transparent)]
    Privacy(#[from] crate::privacy::Error),
    /// Columns cannot tell more apart.
    #[error(transparent)]
    TooMany(#[from] TooMany),
}
