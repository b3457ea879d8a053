//! The log and its two stores.
//!
//! [`Log`] is the one interface; `postgres/` and `sqlite/` implement it under the same file names, and one conformance
//! suite (`tests/store`) runs on both. Only this folder knows sqlx. Texts that are the same on both stand in `sql.rs`.
//!
//! Events come in already sealed and go out still sealed: `privacy` holds the keys, this folder never sees a clear name.

mod claim;
mod error;
#[cfg(test)]
mod given;
pub mod log;
mod number;
pub mod page;
pub mod plan;
mod postgres;
mod recent;
pub mod score_notes;
mod score_sql;
pub mod scores;
mod sent;
pub mod sharing;
mod sql;
mod sqlite;
mod view_rows;
mod view_sql;
pub mod views;
pub mod writer;

pub use claim::Claim;
pub use error::Error;
pub use log::{
    Append, AppendError, Appended, CommandResult, CursorMove, DeadLetter, EventOutcome, Expected, Log, MakeLetter,
    Mode, NewDeadLetter, NewEvent, NewKey, NewRecord, Reseal,
};
pub use page::{Direction, Page, Select, StoredEvent, StoredRecord, TimelinePage};
pub use sent::{Sent, SentCustomer};

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use kulta_events::Instant;

/// Tells the time; asked once per group of appends.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// How a log is opened.
#[derive(Clone)]
pub struct Options {
    /// Connections that read at the same time, at least 1; writing has one of its own.
    pub readers: u32,
    /// What holds the database, told to whoever finds it in use: `serve on 127.0.0.1:7373`.
    pub holder: String,
    /// Where `recorded_at` comes from.
    pub clock: Clock,
}

impl Options {
    /// Four readers.
    pub fn new(clock: Clock) -> Self {
        Self { readers: 4, holder: "kulta".to_owned(), clock }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("readers", &self.readers).field("holder", &self.holder).finish_non_exhaustive()
    }
}

/// Opens the projection tables of a database whose log is open: its migrations made what they stand on.
///
/// # Errors
/// [`Error::Address`], or why the database does not answer.
pub async fn open_generations(url: &str, options: &Options) -> Result<Arc<dyn views::Generations>, Error> {
    Ok(match Address::parse(url)? {
        Address::Sqlite(path) => Arc::new(sqlite::Generations::open(&linked(path), options).await?),
        Address::Postgres(url) => Arc::new(postgres::Generations::open(&url, options).await?),
    })
}

/// Opens the log behind a database address: `sqlite://FILE`, `sqlite:FILE`, a bare file name, or `postgres://…`.
/// A SQLite file is made when missing; either database is brought to this binary's schema.
///
/// # Errors
/// [`Error::Address`], [`Error::InUse`], [`Error::NewerSchema`] (nothing is written then), [`Error::Unsafe`],
/// [`Error::Migration`], or why the database does not answer.
pub async fn open(url: &str, options: &Options) -> Result<Arc<dyn Log>, Error> {
    match Address::parse(url)? {
        Address::Sqlite(path) => Ok(Arc::new(sqlite::Store::open(&linked(path), options).await?)),
        Address::Postgres(url) => Ok(Arc::new(postgres::Store::open(&url, options).await?)),
    }
}

/// The file behind a database address; `None` when it is a server's.
///
/// # Errors
/// [`Error::Address`].
pub fn file_of(url: &str) -> Result<Option<PathBuf>, Error> {
    match Address::parse(url)? {
        Address::Sqlite(path) => Ok(Some(linked(path))),
        Address::Postgres(_) => Ok(None),
    }
}

/// The file that a link leads to: lock, key and projections stand beside that one, however it is called this time.
fn linked(path: PathBuf) -> PathBuf {
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => path.canonicalize().unwrap_or(path),
        _ => path,
    }
}

/// Which store an address means.
#[derive(Debug, PartialEq, Eq)]
enum Address {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Address {
    fn parse(url: &str) -> Result<Self, Error> {
        // A password must not get into an error text: what comes before the scheme's end is all that is repeated.
        let unknown = || Error::Address(url.split_once("://").map_or(url, |(scheme, _)| scheme).to_owned());
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Address::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
        let in_memory = path.starts_with(':');
        if path.is_empty() || in_memory || path.contains("://") || path.contains(['?', '\0']) {
            return Err(unknown());
        }
        Ok(Address::Sqlite(path.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_a_file_or_a_server() {
        for (url, path) in [
            ("sqlite://kulta.db", "kulta.db"),
            ("sqlite:///var/lib/kulta.db", "/var/lib/kulta.db"),
            ("sqlite:a/b.db", "a/b.db"),
            ("b c.db", "b c.db"),
        ] {
            assert_eq!(Address::parse(url).unwrap(), Address::Sqlite(path.into()));
        }
        let url = "postgresql://u:p@h/d?sslmode=require";
        assert_eq!(Address::parse(url).unwrap(), Address::Postgres(url.to_owned()));
        for url in ["", "sqlite://", "sqlite::memory:", "mysql://u:secret@h/d", "sqlite://a.db?mode=ro"] {
            let error = Address::parse(url).unwrap_err();
            assert!(matches!(error, Error::Address(_)), "{url}: {error}");
            assert!(!error.to_string().contains("secret"));
        }
    }
}
