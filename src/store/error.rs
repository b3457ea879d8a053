//! What can go wrong with a store, and whether trying again may help.

use std::sync::Arc;

/// Why a store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database is away, full or busy, or the connection broke; a retry may help.
    #[error("the database did not answer")]
    Unavailable(#[source] Arc<sqlx::Error>),
    /// The database refused this very request; a retry will not help.
    #[error("the database refused the statement")]
    Refused(#[source] Arc<sqlx::Error>),
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
    /// A projector without the current epoch tried to write, or one that is wrong about where the projections are.
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

    /// Whether the database has no room left.
    pub fn is_full(&self) -> bool {
        let Error::Unavailable(cause) = self else { return false };
        let code = cause.as_database_error().and_then(|database| database.code());
        code.is_some_and(|code| is_full_code(&code))
    }

    /// Whether a connection was lost, rather than none to be had.
    pub(super) fn is_cut(&self) -> bool {
        matches!(self, Error::Unavailable(cause) if !matches!(**cause, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed))
    }

    /// The same error for another caller of the same group.
    pub(super) fn for_another(&self) -> Self {
        match self {
            Error::Unavailable(cause) => Error::Unavailable(cause.clone()),
            Error::Refused(cause) => Error::Refused(cause.clone()),
            Error::Busy => Error::Busy,
            Error::Closed => Error::Closed,
            other => Error::Inconsistent(other.to_string()),
        }
    }

    /// A connection that did not answer within its time.
    pub(super) fn timed_out(what: &str) -> Self {
        let error = std::io::Error::new(std::io::ErrorKind::TimedOut, what.to_owned());
        Error::Unavailable(Arc::new(sqlx::Error::Io(error)))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let transient = match &error {
            sqlx::Error::Database(database) => is_transient_code(&database.code().unwrap_or_default()),
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_) => true,
            _ => false,
        };
        let cause = Arc::new(error);
        if transient { Error::Unavailable(cause) } else { Error::Refused(cause) }
    }
}

/// PostgreSQL's codes have five characters, SQLite's are numbers of at most four digits.
fn is_transient_code(code: &str) -> bool {
    if code.len() == 5 {
        // Connection, no more resources, lock not available, operator intervention, system error, rolled back; the
        // former primary that only reads now; and a transaction that was ended because it took too long.
        return ["08", "40", "53", "55", "57", "58"].contains(&&code[..2])
            || ["25006", "25P03", "25P04"].contains(&code);
    }
    // Busy, locked, input or output failed, full, cannot open: the low byte, the rest says more exactly why.
    code.parse::<i32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 10 | 13 | 14))
}

/// PostgreSQL's "disk full", SQLite's "full" with whatever it says more exactly.
fn is_full_code(code: &str) -> bool {
    code == "53100" || code.len() < 5 && code.parse::<i32>().is_ok_and(|code| code & 0xff == 13)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_other_trouble() {
        assert!(["53100", "13"].into_iter().all(is_full_code));
        assert!(!["53200", "5", "10", "778", "00013", ""].into_iter().any(is_full_code));
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for code in ["57P01", "53100", "40P01", "25006", "25P03", "5", "13", "261", "778", "1034"] {
            assert!(is_transient_code(code), "{code}");
        }
        for code in ["23505", "22P02", "23514", "42P01", "2067", "1555", "19", ""] {
            assert!(!is_transient_code(code), "{code}");
        }
    }
}
