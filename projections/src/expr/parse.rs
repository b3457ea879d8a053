//! From tokens to a tree: precedence climbing after Pratt.

use std::sync::Arc;

use super::ast::{BINDING_OF_CONDITIONAL, BINDING_OF_IN, Literal, Node, NodeKind, Operator};
use super::error::{ParseError, Position};
use super::functions::Function;
use super::token::{Token, tokens};

/// The longest expression, in bytes.
const MOST_BYTES: usize = 8_192;
/// The most levels of a tree: each costs a stack frame or two of whoever walks it.
const MOST_LEVELS: u16 = 200;
/// How strongly `!` and `-` before an operand bind: stronger than every binary operator.
const BINDING_OF_PREFIX: u8 = 6;

pub(super) fn parse(text: &str) -> Result<(Node, Vec<Arc<str>>), ParseError> {
    let start = Position { line: 1, column: 1 };
    if text.len() > MOST_BYTES {
        return Err(ParseError::new(start, format!("at most {MOST_BYTES} bytes"), format!("{} bytes", text.len())));
    }
    let mut parser = Parser { tokens: tokens(text)?, next: 0, open: 0, variables: Vec::new() };
    let root = parser.expression(BINDING_OF_CONDITIONAL)?;
    match parser.peek() {
        Token::End => Ok((root, parser.variables)),
        _ => Err(parser.expected("an operator or the end")),
    }
}

struct Parser {
    tokens: Vec<(Token, Position)>,
    next: usize,
    /// Expressions that are being read, one inside another.
    open: u16,
    variables: Vec<Arc<str>>,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].0
    }

    fn at(&self) -> Position {
        self.tokens[self.next].1
    }

    /// The next token; the end stays where it is.
    fn take(&mut self) -> Token {
        let last = self.tokens.len() - 1;
        if self.next < last {
            self.next += 1;
            return std::mem::replace(&mut self.tokens[self.next - 1].0, Token::End);
        }
        Token::End
    }

    fn take_symbol(&mut self, symbol: &'static str) -> bool {
        let found = *self.peek() == Token::Symbol(symbol);
        if found {
            self.take();
        }
        found
    }

    fn require(&mut self, symbol: &'static str, expected: &str) -> Result<(), ParseError> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(self.expected(expected)) }
    }

    fn expected(&self, expected: impl Into<String>) -> ParseError {
        ParseError::new(self.at(), expected, self.peek().describe())
    }

    /// An expression of operators that bind at least so strongly.
    fn expression(&mut self, binding: u8) -> Result<Node, ParseError> {
        if self.open >= MOST_LEVELS {
            return Err(too_deep(self.at()));
        }
        self.open += 1;
        let mut left = self.prefixed()?;
        loop {
            left = match self.infix(binding) {
                Some(Infix::Operator(operator)) => {
                    self.take();
                    let right = self.expression(operator.binding() + 1)?;
                    let depth = left.depth.max(right.depth);
                    node(left.at, depth, NodeKind::Binary(operator, Box::new(left), Box::new(right)))?
                }
                Some(Infix::In) => {
                    self.take();
                    let list = self.list()?;
                    node(left.at, left.depth, NodeKind::In(Box::new(left), list))?
                }
                Some(Infix::Conditional) => self.conditional(left)?,
                None => break,
            };
        }
        self.open -= 1;
        Ok(left)
    }

    fn infix(&self, binding: u8) -> Option<Infix> {
        match self.peek() {
            Token::Symbol("?") => (binding == BINDING_OF_CONDITIONAL).then_some(Infix::Conditional),
            Token::Symbol(symbol) => {
                Operator::of_symbol(symbol).filter(|operator| operator.binding() >= binding).map(Infix::Operator)
            }
            Token::Name(name) if name == "in" => (BINDING_OF_IN >= binding).then_some(Infix::In),
            _ => None,
        }
    }

    fn conditional(&mut self, condition: Node) -> Result<Node, ParseError> {
        self.take();
        // As in CEL, a conditional in the middle stands in parentheses; the last part may be one.
        let yes = self.expression(BINDING_OF_CONDITIONAL + 1)?;
        self.require(":", "`:` and what holds otherwise")?;
        let no = self.expression(BINDING_OF_CONDITIONAL)?;
        let (at, depth) = (condition.at, condition.depth.max(yes.depth).max(no.depth));
        node(at, depth, NodeKind::Conditional(Box::new([condition, yes, no])))
    }

    fn prefixed(&mut self) -> Result<Node, ParseError> {
        let at = self.at();
        let wrap: fn(Box<Node>) -> NodeKind = match self.peek() {
            Token::Symbol("!") => NodeKind::Not,
            Token::Symbol("-") => NodeKind::Negate,
            _ => return self.with_methods(),
        };
        self.take();
        let operand = self.expression(BINDING_OF_PREFIX)?;
        node(at, operand.depth, wrap(Box::new(operand)))
    }

    /// A value and the methods that are called on it.
    fn with_methods(&mut self) -> Result<Node, ParseError> {
        let mut receiver = self.value()?;
        while self.take_symbol(".") {
            let at = self.at();
            let Token::Name(name) = self.peek().clone() else {
                return Err(self.expected("the name of a member or a method"));
            };
            self.take();
            let function = Function::named(&name).filter(|_| *self.peek() == Token::Symbol("("));
            let Some(function) = function else {
                let expected = format!("a call of one of the functions {}", Function::names());
                return Err(ParseError::new(at, expected, format!("`{name}`")));
            };
            receiver = self.call(function, at, vec![receiver])?;
        }
        Ok(receiver)
    }

    fn value(&mut self) -> Result<Node, ParseError> {
        const EXPECTED: &str = "a value: a name, number, text, function or `(`";
        let at = self.at();
        match self.peek() {
            Token::Symbol("(") => {
                self.take();
                let inner = self.expression(BINDING_OF_CONDITIONAL)?;
                self.require(")", "an operator or `)`")?;
                Ok(Node { at, ..inner })
            }
            Token::Symbol("[") => Err(self.expected("a value (a list stands only after `in`)")),
            Token::Name(name) if name == "null" => {
                Err(self.expected("a value (whether something is missing is asked by has())"))
            }
            Token::Name(name) if name == "in" => Err(self.expected(EXPECTED)),
            Token::Number(_) | Token::Text(_) => Ok(leaf(at, NodeKind::Literal(self.literal()?))),
            Token::Name(name) if matches!(name.as_str(), "true" | "false") => {
                Ok(leaf(at, NodeKind::Literal(self.literal()?)))
            }
            Token::Name(_) if self.tokens[self.next + 1].0 == Token::Symbol("(") => self.named_call(),
            Token::Name(_) | Token::Quoted(_) => {
                let slot = self.path()?;
                Ok(leaf(at, NodeKind::Variable(slot)))
            }
            _ => Err(self.expected(EXPECTED)),
        }
    }

    /// A name and its members, as far as they are not methods; answers its place among the variables.
    fn path(&mut self) -> Result<usize, ParseError> {
        let mut path = match self.peek() {
            Token::Name(name) if !matches!(name.as_str(), "true" | "false" | "null" | "in") => name.clone(),
            Token::Quoted(name) => name.clone(),
            _ => return Err(self.expected("a name")),
        };
        self.take();
        while *self.peek() == Token::Symbol(".") {
            let member = match &self.tokens[self.next + 1].0 {
                // There is always a token after a name: the end, if no other.
                Token::Name(_) if self.tokens[self.next + 2].0 == Token::Symbol("(") => break,
                Token::Name(name) | Token::Quoted(name) => name.clone(),
                _ => break,
            };
            path = format!("{path}.{member}");
            self.take();
            self.take();
        }
        if let Some(slot) = self.variables.iter().position(|known| **known == *path) {
            return Ok(slot);
        }
        self.variables.push(path.into());
        Ok(self.variables.len() - 1)
    }

    fn named_call(&mut self) -> Result<Node, ParseError> {
        let at = self.at();
        let Token::Name(name) = self.take() else {
            return Err(self.expected("a function"));
        };
        if name == "has" {
            self.require("(", "`(`")?;
            let slot = self.path()?;
            self.require(")", "`)` (has() takes one name)")?;
            return Ok(leaf(at, NodeKind::Has(slot)));
        }
        match Function::named(&name) {
            Some(function) => self.call(function, at, Vec::new()),
            None => {
                let expected = format!("one of the functions {}", Function::names());
                Err(ParseError::new(at, expected, format!("`{name}`")))
            }
        }
    }

    /// The arguments of a call after its name; a method's receiver is there already.
    fn call(&mut self, function: Function, at: Position, mut arguments: Vec<Node>) -> Result<Node, ParseError> {
        self.require("(", "`(`")?;
        if !self.take_symbol(")") {
            loop {
                arguments.push(self.expression(BINDING_OF_CONDITIONAL)?);
                if !self.take_symbol(",") {
                    break;
                }
            }
            self.require(")", "an operator, `,` or `)`")?;
        }
        let signature = function.signature();
        if !signature.arguments.contains(&arguments.len()) {
            let (least, most) = (signature.arguments.start(), signature.arguments.end());
            let number = if least == most { least.to_string() } else { format!("{least} to {most}") };
            let expected = format!("{}() with {number} argument(s)", signature.name);
            return Err(ParseError::new(at, expected, arguments.len().to_string()));
        }
        let depth = arguments.iter().map(|argument| argument.depth).max().unwrap_or_default();
        node(at, depth, NodeKind::Call(function, arguments))
    }

    fn list(&mut self) -> Result<Vec<Literal>, ParseError> {
        self.require("[", "a list such as [1, 2] or [\"FI\", \"SE\"]")?;
        let mut list = Vec::new();
        if self.take_symbol("]") {
            return Ok(list);
        }
        loop {
            list.push(self.literal()?);
            if !self.take_symbol(",") {
                break;
            }
        }
        self.require("]", "`,` or `]`")?;
        Ok(list)
    }

    /// A literal; a number may have a sign (in a list, where it is no operator).
    fn literal(&mut self) -> Result<Literal, ParseError> {
        let negative = self.take_symbol("-");
        let literal = match self.peek() {
            Token::Number(number) => Literal::Number(if negative { super::number::negate(*number) } else { *number }),
            Token::Text(text) if !negative => Literal::Text(text.as_str().into()),
            Token::Name(name) if !negative && name == "true" => Literal::Bool(true),
            Token::Name(name) if !negative && name == "false" => Literal::Bool(false),
            _ => return Err(self.expected("a number, a text, true or false")),
        };
        self.take();
        Ok(literal)
    }
}

enum Infix {
    Operator(Operator),
    In,
    Conditional,
}

fn leaf(at: Position, kind: NodeKind) -> Node {
    Node { at, depth: 1, kind }
}

fn node(at: Position, depth_below: u16, kind: NodeKind) -> Result<Node, ParseError> {
    let depth = depth_below + 1;
    if depth > MOST_LEVELS { Err(too_deep(at)) } else { Ok(Node { at, depth, kind }) }
}

fn too_deep(at: Position) -> ParseError {
    ParseError::new(at, format!("at most {MOST_LEVELS} levels"), "more")
}
