//! Expressions of rules and mappings: a dialect of CEL with one number type, decimal.
//!
//! What is the same as in CEL: operators and their precedence, `in` with a list of literals, member access, both call
//! forms (`startsWith(a, "x")`, `a.startsWith("x")`), names in back-ticks, comments. What differs: every number is a
//! decimal (28 digits, never rounded in silence), `has` takes any name, there is no `null`, and an operand that is
//! missing ends the evaluation as [`EvalError::Missing`] unless a `&&`, `||` or `? :` further left has already decided.
//!
//! Three steps: [`Expression::parse`] (syntax), [`Expression::check`] (names and types, where they are known before
//! there is data), [`Expression::evaluate`] (over a [`Scope`]).
//!
//! | operators, weakest first | |
//! |---|---|
//! | `c ? a : b` | |
//! | `\|\|`, `&&` | left to right, stop as soon as it is decided |
//! | `==` `!=` `<` `<=` `>` `>=` `in` | between equal types only |
//! | `+` `-` | numbers; `+` also joins two texts |
//! | `*` `/` `%` | `/` is rounded half-even to 12 decimals; `%` takes the sign of the dividend |
//! | `!` `-` | |
//!
//! To add a function: a variant and a row in `functions.rs`, its arm in `eval.rs`.

pub(crate) mod ast;
mod canonical;
mod check;
mod error;
mod eval;
pub(crate) mod functions;
pub(crate) mod number;
mod parse;
mod token;
mod value;

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;

pub use check::Names;
pub use error::{CheckError, EvalError, ParseError, Position};
pub(crate) use number::multiply;
pub use value::{Kind, Scope, TextIsNumeric, Value, instant, number_from_text};

use ast::{Node, NodeKind};

/// A parsed expression. `Display` prints it with every operation in parentheses.
#[derive(Clone, Debug)]
pub struct Expression {
    root: Node,
    variables: Arc<[Arc<str>]>,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// With line, column, and what was expected and found there.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let (root, variables) = parse::parse(text)?;
        Ok(Self { root, variables: variables.into() })
    }

    /// Its tree, for those who compute it in another way.
    pub(crate) fn root(&self) -> &Node {
        &self.root
    }

    /// The value of a part of the tree.
    pub(crate) fn evaluate_part<'a>(&'a self, part: &'a Node, scope: &'a dyn Scope) -> Result<Value<'a>, EvalError> {
        eval::evaluate_part(self, part, scope)
    }

    /// The names that this expression reads, in the order of their first appearance; see [`Scope::get_slot`].
    pub fn variables(&self) -> &[Arc<str>] {
        &self.variables
    }

    /// The name that begins at a position, so that an error can be told in terms of what was read there.
    pub fn variable_at(&self, at: Position) -> Option<&str> {
        let found = self.root.find(&|node| node.at == at && matches!(node.kind, NodeKind::Variable(_)))?;
        match found.kind {
            NodeKind::Variable(slot) => Some(&self.variables[slot]),
            _ => None,
        }
    }

    /// Where a name is first read; `None` when the expression does not read it.
    pub fn position_of(&self, path: &str) -> Option<Position> {
        let slot = self.variables.iter().position(|variable| **variable == *path)?;
        self.root.find(&|node| node.names(slot)).map(|node| node.at)
    }

    /// Checks names, and types where they are known without data. Answers the kind of the result.
    ///
    /// # Errors
    /// The first unknown name (with those that are known) or operand of a wrong type, with its position.
    pub fn check(&self, names: &Names) -> Result<Kind, CheckError> {
        check::check(self, names)
    }

    /// Computes the value over a scope.
    ///
    /// # Errors
    /// [`EvalError::Missing`] when it came to need a value that is not there; everything else is a fault in the
    /// expression or the data, with the position of the part that failed. No error text holds a value of the scope.
    pub fn evaluate<'a>(&'a self, scope: &'a dyn Scope) -> Result<Value<'a>, EvalError> {
        eval::evaluate(self, scope)
    }

    /// Computes a condition.
    ///
    /// # Errors
    /// As [`Expression::evaluate`], and when the value is no boolean.
    pub fn evaluate_bool(&self, scope: &dyn Scope) -> Result<bool, EvalError> {
        match self.evaluate(scope)? {
            Value::Bool(value) => Ok(value),
            other => Err(EvalError::Type { expected: "a condition", found: other.kind().name(), at: self.root.at }),
        }
    }

    /// Computes a number.
    ///
    /// # Errors
    /// As [`Expression::evaluate`], and when the value is no number.
    pub fn evaluate_number(&self, scope: &dyn Scope) -> Result<Decimal, EvalError> {
        match self.evaluate(scope)? {
            Value::Number(value) => Ok(value),
            other => Err(EvalError::Type { expected: "a number", found: other.kind().name(), at: self.root.at }),
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.print(&self.variables, f)
    }
}

impl std::str::FromStr for Expression {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}
