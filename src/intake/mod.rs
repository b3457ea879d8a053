//! Every door into the log ends here: parse, validate, seal, append, one answer per event.
//!
//! HTTP answers rejections to the caller; what comes from files and Kafka and cannot be accepted goes to the
//! dead letters, in the same transaction as the events around it. Conflicts go there from every door.

pub mod files;
pub mod letters;
pub mod mapping;
pub mod parts;
pub mod publish;
mod registrations;

pub use publish::{Along, Arrival, EventResult, Intake, Published, Status};

/// Why nothing of a batch could be answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed; what was not answered may or may not be stored, and can be sent again.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// Sealing failed.
    #[error(transparent)]
    Privacy(#[from] crate::privacy::Error),
    /// The log refused the batch as a whole.
    #[error("the log refused the batch")]
    Append(#[source] crate::store::log::AppendError),
    /// There is no such open dead letter.
    #[error("there is no open dead letter {0}")]
    NoLetter(i64),
}
