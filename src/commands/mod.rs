//! What people do: commands through cqrs-es aggregates over the log.
//!
//! An aggregate decides, purely, on what its own stream says. [`Transaction`] stages what the aggregates of one request
//! decided; the whole is one append: all or nothing, each stream at the revision that was read.

pub mod customer;
mod daily;
pub mod decision;
pub mod document;
pub mod erased;
pub mod event;
pub mod event_type;
pub mod firing;
pub mod person_record;
pub mod policy;
mod relation;
mod remembered;
pub mod rule_set;
pub mod staging;
pub mod subscriber;
pub mod thing;
pub mod transaction;
pub mod wish;

pub use customer::Customers;
pub use relation::Relating;
pub use transaction::{Commands, Context, Decide, Done, Transaction};
pub use wish::{Say, Wish};

use kulta_events::envelope::Problem;
use uuid::Uuid;

/// Why a command was refused; the state is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A rule forbids it.
    #[error("{detail}")]
    Rule {
        /// A stable word.
        code: &'static str,
        /// What the rule says.
        detail: &'static str,
    },
    /// A rule forbids it as things stand.
    #[error("{detail}")]
    Broken {
        /// A stable word.
        code: &'static str,
        /// What the rule says.
        detail: String,
    },
    /// Something was told meanwhile: it is to be decided again.
    #[error("it changed while this was decided")]
    Stale,
    /// The request is not well-formed.
    #[error("the request is not valid")]
    Invalid(Vec<Problem>),
    /// There is nothing there to act on.
    #[error("{0}")]
    NotFound(&'static str),
    /// Older decisions say otherwise; `override` overrules them.
    #[error("older decisions say otherwise")]
    Contradicts(Vec<Uuid>),
    /// It changed since the caller read it.
    #[error("it changed since it was read: it stands at {position}")]
    Changed {
        /// The position that shaped it last.
        position: u64,
    },
    /// The idempotency key was used for another request.
    #[error("this idempotency key was used for another request")]
    KeyReused,
}

impl Refusal {
    /// Whether something stands where the caller read it, if that was asked. What does not exist stands at no position.
    ///
    /// # Errors
    /// [`Refusal::Changed`].
    pub fn unless_read(if_match: Option<u64>, position: u64) -> Result<(), Self> {
        if if_match.is_none_or(|expected| expected == position) { Ok(()) } else { Err(Self::Changed { position }) }
    }

    /// A refusal by a rule.
    pub fn rule(code: &'static str, detail: &'static str) -> Self {
        Self::Rule { code, detail }
    }
}

/// Why a command did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It was refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Others kept changing the same things; try again.
    #[error("others are changing the same at the same time")]
    Contended,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// Sealing failed.
    #[error(transparent)]
    Privacy(#[from] crate::privacy::Error),
    /// The log holds something that the aggregate cannot read.
    #[error("the log cannot be read as this command needs it")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
