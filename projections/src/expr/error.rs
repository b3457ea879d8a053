//! What can be wrong with an expression, before and while it is evaluated.

use std::fmt;
use std::sync::Arc;

/// Where a part of an expression begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A text that is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: expected {expected}, found {found}")]
pub struct ParseError {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What may stand there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

impl ParseError {
    pub(super) fn new(at: Position, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { line: at.line, column: at.column, expected: expected.into(), found: found.into() }
    }
}

/// An expression that cannot mean anything over the names that there are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// A name that is not there.
    #[error("{at}: unknown name `{name}`; there are: {}", list(known))]
    UnknownName {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
        /// Where it stands.
        at: Position,
    },
    /// An operand of a wrong type.
    #[error("{at}: expected {expected}, found {found}")]
    Type {
        /// What the operation takes.
        expected: &'static str,
        /// What it gets.
        found: &'static str,
        /// Where the operand begins.
        at: Position,
    },
    /// Two cells, each of which may be a text or a number, between which the operation means two things.
    #[error(
        "{at}: `{operator}` between two columns may mean numbers or texts; write number(…) or string(…) around one of them"
    )]
    Ambiguous {
        /// The operator.
        operator: &'static str,
        /// Where the operation begins.
        at: Position,
    },
}

impl CheckError {
    /// Where it is wrong.
    pub fn at(&self) -> Position {
        match self {
            Self::UnknownName { at, .. } | Self::Type { at, .. } | Self::Ambiguous { at, .. } => *at,
        }
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Why an expression has no value over a scope. Names parts of the expression, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// A name has no value here: what the expression decides does not apply. No fault of the expression.
    #[error("{at}: `{path}` is missing")]
    Missing {
        /// The name.
        path: Arc<str>,
        /// Where it stands.
        at: Position,
    },
    /// An operand of a wrong type.
    #[error("{at}: expected {expected}, found {found}")]
    Type {
        /// What the operation takes.
        expected: &'static str,
        /// What it got.
        found: &'static str,
        /// Where the operand begins.
        at: Position,
    },
    /// Division, or remainder, by zero.
    #[error("{at}: division by zero")]
    DivisionByZero {
        /// Where the divisor begins.
        at: Position,
    },
    /// A result that does not fit without rounding.
    #[error("{at}: the result needs more than 28 digits")]
    TooManyDigits {
        /// Where the operation begins.
        at: Position,
    },
    /// A text that was to be read as a number and is none.
    #[error("{at}: the text is not wholly a decimal number")]
    NotANumber {
        /// Where the text's expression begins.
        at: Position,
    },
    /// A function of a number for which it has no value.
    #[error("{at}: {what}")]
    OutOfDomain {
        /// What was asked for.
        what: &'static str,
        /// Where the call begins.
        at: Position,
    },
}

impl EvalError {
    /// Whether a value was missing, rather than wrong.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }

    /// The part of the expression that failed.
    pub fn at(&self) -> Position {
        match self {
            Self::Missing { at, .. }
            | Self::Type { at, .. }
            | Self::DivisionByZero { at }
            | Self::TooManyDigits { at }
            | Self::NotANumber { at }
            | Self::OutOfDomain { at, .. } => *at,
        }
    }
}
