//! Why there is no score.

use crate::expr::{EvalError, Position};

/// Why a customer has no score.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScoreError {
    /// An expression failed.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The total does not fit.
    #[error("the total has more than 28 digits")]
    TotalTooLong,
}

/// An expression of a rule that failed for an event or a gap. Its text holds no value of the event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule `{id}`: {why}")]
pub struct Refusal {
    /// The rule, by its place in the rule set.
    pub rule: usize,
    /// The rule's id.
    pub id: Box<str>,
    /// The event, by its place in the list that was handed in; `None` for a gap.
    pub event: Option<usize>,
    /// Where the expression failed.
    pub at: Position,
    /// Why.
    #[source]
    pub why: Fault,
}

/// What failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The expression.
    #[error(transparent)]
    Expression(#[from] EvalError),
    /// The conversion of money that it reads.
    #[error("{at}: `{path}` has more than 28 digits in the currency of the rules")]
    Conversion {
        /// The facet.
        path: Box<str>,
        /// Where it is read.
        at: Position,
    },
}

impl Fault {
    /// Where the expression failed.
    pub fn at(&self) -> Position {
        match self {
            Self::Expression(error) => error.at(),
            Self::Conversion { at, .. } => *at,
        }
    }
}
