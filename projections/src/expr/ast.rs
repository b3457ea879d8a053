//! The tree of an expression.

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;

use super::error::Position;
use super::functions::Function;
use super::token::is_name;

/// A part of an expression and where it begins.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: Position,
    /// Levels below and including this one.
    pub(crate) depth: u16,
    pub(crate) kind: NodeKind,
}

#[derive(Clone, Debug)]
pub(crate) enum NodeKind {
    Literal(Literal),
    /// A name, by its place in the list of variables.
    Variable(usize),
    Has(usize),
    Not(Box<Node>),
    Negate(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
    In(Box<Node>, Vec<Literal>),
    /// Condition, then, else.
    Conditional(Box<[Node; 3]>),
    Call(Function, Vec<Node>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Number(Decimal),
    Text(Box<str>),
    Bool(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// How strongly `in` binds: as the comparisons do.
pub(crate) const BINDING_OF_IN: u8 = 3;
/// How strongly `? :` binds: weakest of all.
pub(crate) const BINDING_OF_CONDITIONAL: u8 = 0;

impl Operator {
    const ALL: [Operator; 13] = [
        Operator::Or,
        Operator::And,
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
        Operator::Add,
        Operator::Subtract,
        Operator::Multiply,
        Operator::Divide,
        Operator::Remainder,
    ];

    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Operator::Or => "||",
            Operator::And => "&&",
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Remainder => "%",
        }
    }

    pub(crate) fn of_symbol(symbol: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.symbol() == symbol)
    }

    /// How strongly it binds; all binary operators group to the left.
    pub(crate) fn binding(self) -> u8 {
        match self {
            Operator::Or => 1,
            Operator::And => 2,
            Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => BINDING_OF_IN,
            Operator::Add | Operator::Subtract => 4,
            Operator::Multiply | Operator::Divide | Operator::Remainder => 5,
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Number(number) => write!(f, "{number}"),
            Literal::Bool(value) => write!(f, "{value}"),
            Literal::Text(text) => {
                f.write_str("\"")?;
                for c in text.chars() {
                    match c {
                        '"' | '\\' => write!(f, "\\{c}")?,
                        '\n' => f.write_str("\\n")?,
                        '\r' => f.write_str("\\r")?,
                        '\t' => f.write_str("\\t")?,
                        c => write!(f, "{c}")?,
                    }
                }
                f.write_str("\"")
            }
        }
    }
}

impl Node {
    /// Whether this part is the name with this place in the list of variables.
    pub(crate) fn names(&self, slot: usize) -> bool {
        matches!(self.kind, NodeKind::Variable(used) | NodeKind::Has(used) if used == slot)
    }

    /// The first part, from the left, that is wanted.
    pub(crate) fn find(&self, wanted: &dyn Fn(&Node) -> bool) -> Option<&Node> {
        if wanted(self) {
            return Some(self);
        }
        match &self.kind {
            NodeKind::Variable(_) | NodeKind::Has(_) | NodeKind::Literal(_) => None,
            NodeKind::Not(operand) | NodeKind::Negate(operand) | NodeKind::In(operand, _) => operand.find(wanted),
            NodeKind::Binary(_, left, right) => left.find(wanted).or_else(|| right.find(wanted)),
            NodeKind::Conditional(parts) => parts.iter().find_map(|part| part.find(wanted)),
            NodeKind::Call(_, arguments) => arguments.iter().find_map(|argument| argument.find(wanted)),
        }
    }

    /// Shows every part, from the left.
    pub(crate) fn visit(&self, seen: &mut dyn FnMut(&Node)) {
        // A search that finds nothing sees everything.
        let seen = std::cell::RefCell::new(seen);
        self.find(&|node| {
            (seen.borrow_mut())(node);
            false
        });
    }

    /// Writes the part with every operation in parentheses.
    pub(crate) fn print(&self, variables: &[Arc<str>], f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            NodeKind::Literal(literal) => write!(f, "{literal}"),
            NodeKind::Variable(slot) => print_path(&variables[*slot], f),
            NodeKind::Has(slot) => {
                f.write_str("has(")?;
                print_path(&variables[*slot], f)?;
                f.write_str(")")
            }
            NodeKind::Not(operand) => print_prefixed("!", operand, variables, f),
            NodeKind::Negate(operand) => print_prefixed("-", operand, variables, f),
            NodeKind::Binary(operator, left, right) => {
                f.write_str("(")?;
                left.print(variables, f)?;
                write!(f, " {} ", operator.symbol())?;
                right.print(variables, f)?;
                f.write_str(")")
            }
            NodeKind::In(operand, list) => {
                f.write_str("(")?;
                operand.print(variables, f)?;
                let items: Vec<_> = list.iter().map(Literal::to_string).collect();
                write!(f, " in [{}])", items.join(", "))
            }
            NodeKind::Conditional(parts) => {
                let [condition, yes, no] = &**parts;
                f.write_str("(")?;
                condition.print(variables, f)?;
                f.write_str(" ? ")?;
                yes.print(variables, f)?;
                f.write_str(" : ")?;
                no.print(variables, f)?;
                f.write_str(")")
            }
            NodeKind::Call(function, arguments) => {
                write!(f, "{}(", function.signature().name)?;
                for (index, argument) in arguments.iter().enumerate() {
                    f.write_str(if index > 0 { ", " } else { "" })?;
                    argument.print(variables, f)?;
                }
                f.write_str(")")
            }
        }
    }
}

fn print_prefixed(sign: &str, operand: &Node, variables: &[Arc<str>], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "({sign}")?;
    operand.print(variables, f)?;
    f.write_str(")")
}

/// Writes a name, in back-ticks where it needs them.
fn print_path(path: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let plain = |step: &str| step.chars().all(is_name) && step.chars().next().is_some_and(|c| !c.is_numeric());
    let keyword = matches!(path, "true" | "false" | "null" | "in");
    if !keyword && path.split('.').all(plain) { f.write_str(path) } else { write!(f, "`{path}`") }
}
