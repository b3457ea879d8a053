//! Names and types, as far as they are known before there is data.

use std::collections::BTreeMap;

use super::Expression;
use super::ast::{Literal, Node, NodeKind, Operator};
use super::error::{CheckError, Position};
use super::functions::Function;
use super::value::Kind;

/// The names that an expression may read.
#[derive(Clone, Debug, Default)]
pub struct Names {
    known: BTreeMap<String, Kind>,
    open: Vec<(String, Kind)>,
}

impl Names {
    /// No names at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same names and one more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, kind: Kind) -> Self {
        self.known.insert(name.into(), kind);
        self
    }

    /// The same names and all members of `object`, whatever they are called, such as those of `attributes`.
    #[must_use]
    pub fn with_members_of(mut self, object: impl Into<String>, kind: Kind) -> Self {
        self.open.push((object.into(), kind));
        self
    }

    /// The kind of a name; `None` when it is not known.
    pub fn kind_of(&self, path: &str) -> Option<Kind> {
        self.known.get(path).copied().or_else(|| {
            let member_of = |object: &str| path.strip_prefix(object).is_some_and(|rest| rest.starts_with('.'));
            self.open.iter().find(|(object, _)| member_of(object)).map(|(_, kind)| *kind)
        })
    }

    /// Every name, and `object.…` for those objects whose members are all known.
    pub fn listed(&self) -> Vec<String> {
        self.known.keys().cloned().chain(self.open.iter().map(|(object, _)| format!("{object}.…"))).collect()
    }
}

pub(super) fn check(expression: &Expression, names: &Names) -> Result<Kind, CheckError> {
    let mut kinds = Vec::with_capacity(expression.variables.len());
    for (slot, path) in expression.variables.iter().enumerate() {
        match names.kind_of(path) {
            Some(kind) => kinds.push(kind),
            None => {
                let at = expression.root.find(&|node| node.names(slot)).unwrap_or(&expression.root).at;
                return Err(CheckError::UnknownName { name: path.to_string(), known: names.listed(), at });
            }
        }
    }
    Checker { kinds }.kind(&expression.root)
}

/// Whether a value of this kind can stand where the other is taken.
fn fits(kind: Kind, taken: Kind) -> bool {
    kind == taken
        || kind == Kind::Any
        || taken == Kind::Any
        || (kind == Kind::Cell && matches!(taken, Kind::Number | Kind::Text))
}

fn mismatch(expected: Kind, found: Kind, at: Position) -> CheckError {
    CheckError::Type { expected: expected.name(), found: found.name(), at }
}

struct Checker {
    kinds: Vec<Kind>,
}

impl Checker {
    fn kind(&self, node: &Node) -> Result<Kind, CheckError> {
        match &node.kind {
            NodeKind::Literal(literal) => Ok(literal.kind()),
            NodeKind::Variable(slot) => Ok(self.kinds[*slot]),
            NodeKind::Has(_) => Ok(Kind::Bool),
            NodeKind::Not(operand) => self.require(operand, Kind::Bool),
            NodeKind::Negate(operand) => self.require(operand, Kind::Number),
            NodeKind::Binary(operator, left, right) => self.binary(*operator, node.at, left, right),
            NodeKind::In(operand, list) => {
                let kind = self.kind(operand)?;
                match list.iter().map(Literal::kind).find(|item| !fits(kind, *item)) {
                    Some(item) => Err(mismatch(item, kind, operand.at)),
                    None => Ok(Kind::Bool),
                }
            }
            NodeKind::Conditional(parts) => {
                let [condition, yes, no] = &**parts;
                self.require(condition, Kind::Bool)?;
                self.either(yes, no)
            }
            NodeKind::Call(function, arguments) => self.call(*function, arguments),
        }
    }

    fn require(&self, node: &Node, taken: Kind) -> Result<Kind, CheckError> {
        let found = self.kind(node)?;
        if fits(found, taken) { Ok(taken) } else { Err(mismatch(taken, found, node.at)) }
    }

    fn binary(&self, operator: Operator, at: Position, left: &Node, right: &Node) -> Result<Kind, CheckError> {
        match operator {
            Operator::Or | Operator::And => {
                self.require(left, Kind::Bool)?;
                self.require(right, Kind::Bool)
            }
            Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Remainder => {
                self.require(left, Kind::Number)?;
                self.require(right, Kind::Number)
            }
            Operator::Add => self.sum(at, left, right),
            Operator::Equal | Operator::NotEqual => {
                self.alike(left, right)?;
                Ok(Kind::Bool)
            }
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                let kinds = self.alike(left, right)?;
                match kinds {
                    (Kind::Bool, _) => Err(mismatch(Kind::Number, Kind::Bool, left.at)),
                    (_, Kind::Bool) => Err(mismatch(Kind::Number, Kind::Bool, right.at)),
                    (Kind::Cell, Kind::Cell) => Err(CheckError::Ambiguous { operator: operator.symbol(), at }),
                    _ => Ok(Kind::Bool),
                }
            }
        }
    }

    fn sum(&self, at: Position, left: &Node, right: &Node) -> Result<Kind, CheckError> {
        let kinds = self.alike(left, right)?;
        match kinds {
            (Kind::Bool | Kind::Time, _) => Err(mismatch(Kind::Number, kinds.0, left.at)),
            (_, Kind::Bool | Kind::Time) => Err(mismatch(Kind::Number, kinds.1, right.at)),
            (Kind::Cell, Kind::Cell) => Err(CheckError::Ambiguous { operator: Operator::Add.symbol(), at }),
            (Kind::Number, _) | (_, Kind::Number) => Ok(Kind::Number),
            (Kind::Text, _) | (_, Kind::Text) => Ok(Kind::Text),
            _ => Ok(Kind::Any),
        }
    }

    /// Two operands that must be of one kind.
    fn alike(&self, left: &Node, right: &Node) -> Result<(Kind, Kind), CheckError> {
        let (a, b) = (self.kind(left)?, self.kind(right)?);
        if fits(a, b) || fits(b, a) { Ok((a, b)) } else { Err(mismatch(a, b, right.at)) }
    }

    /// The kind of a value that is one of two.
    fn either(&self, left: &Node, right: &Node) -> Result<Kind, CheckError> {
        Ok(match self.alike(left, right)? {
            // A cell or a number may still be a text.
            (Kind::Cell, Kind::Number) | (Kind::Number, Kind::Cell) => Kind::Cell,
            (Kind::Cell, other) | (other, Kind::Cell) => other,
            (Kind::Any, _) | (_, Kind::Any) => Kind::Any,
            (kind, _) => kind,
        })
    }

    fn call(&self, function: Function, arguments: &[Node]) -> Result<Kind, CheckError> {
        let signature = function.signature();
        for argument in arguments {
            self.require(argument, signature.takes)?;
            if matches!(function, Function::Number | Function::Integer) {
                let found = self.kind(argument)?;
                if !fits(found, Kind::Number) && !fits(found, Kind::Text) {
                    return Err(mismatch(Kind::Text, found, argument.at));
                }
            }
        }
        Ok(signature.gives)
    }
}

impl Literal {
    fn kind(&self) -> Kind {
        match self {
            Literal::Number(_) => Kind::Number,
            Literal::Text(_) => Kind::Text,
            Literal::Bool(_) => Kind::Bool,
        }
    }
}
