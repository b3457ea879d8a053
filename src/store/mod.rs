//! The log and its two stores.
//!
//! [`Log`] is the one interface; `postgres/` and `sqlite/` implement it under the same file names, and one conformance
//! suite (`tests/store`) runs on both. Only this folder knows sqlx.
//!
//! Events come in already sealed and go out still sealed: `privacy` holds the keys, this folder never sees a clear name.

mod claim;
pub mod log;
pub mod plan;
pub mod postgres;
pub mod sqlite;
mod view_rows;
mod view_sql;
pub mod views;
pub mod writer;

pub use claim::Claim;
pub use log::{
    Append, Appended, CommandResult, DeadLetter, Direction, EventOutcome, Expected, Log, Mode, NewDeadLetter, NewEvent,
    NewKey, NewRecord, Page, Select, StoredEvent, StoredRecord,
};

use std::sync::Arc;

use kulta_events::Instant;
use thiserror::Error;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// Why a store did not do what was asked.
#[derive(Debug, Error)]
pub enum Error {
    /// The database refused or the connection broke; a retry may help.
    #[error("the database did not answer")]
    Unavailable(#[source] sqlx::Error),
    /// The database refused this very request; a retry will not help.
    #[error("the database refused the statement")]
    Refused(#[source] sqlx::Error),
    /// The database was made by a newer kulta.
    #[error("the database has schema version {found}, this kulta knows versions up to {known}: use a newer kulta")]
    NewerSchema {
        /// The database's version.
        found: i64,
        /// The newest version that this binary knows.
        known: i64,
    },
    /// A migration failed.
    #[error("the database could not be brought to this version")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// Another process holds the database.
    #[error("the database is in use by {holder}")]
    InUse {
        /// Who holds it, as far as known.
        holder: String,
    },
    /// The database runs with settings under which acknowledged events could be lost.
    #[error("{0}")]
    Unsafe(String),
    /// The address of the database is not understood.
    #[error("not a database address: {0} (expected sqlite://FILE or postgres://…)")]
    Address(String),
    /// What stands in the database contradicts itself.
    #[error("the database contradicts itself: {0}")]
    Inconsistent(String),
    /// A projector without the current epoch tried to write.
    #[error("another node has taken over")]
    Fenced,
    /// The queue of waiting appends is full: slow down and try again.
    #[error("too many appends are waiting")]
    Busy,
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
    /// A file could not be read or written.
    #[error("{what}")]
    Io {
        /// What was attempted.
        what: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Error::Unavailable(_) | Error::Busy | Error::Closed)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                // Class 08 connection, 53 resources, 57 operator intervention, 40 rollback; SQLite 5/6 busy, 13 full.
                let code = database.code().unwrap_or_default().into_owned();
                let transient = ["08", "53", "57", "40"].iter().any(|class| code.len() == 5 && code.starts_with(class))
                    || matches!(code.as_str(), "5" | "6" | "13" | "261" | "517");
                if transient { Error::Unavailable(error) } else { Error::Refused(error) }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_) => Error::Unavailable(error),
            _ => Error::Refused(error),
        }
    }
}
