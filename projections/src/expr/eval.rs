//! The value of an expression over a scope.

use std::borrow::Cow;
use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::Expression;
use super::ast::{Literal, Node, NodeKind, Operator};
use super::error::{EvalError, Position};
use super::functions::Function;
use super::number::{self, NoQuotient};
use super::value::{Kind, Scope, TextIsNumeric, Value, instant, number_from_text};

/// The most decimals that `round` may be asked for.
const MOST_DECIMALS: u32 = 12;

pub(super) fn evaluate<'a>(expression: &'a Expression, scope: &'a dyn Scope) -> Result<Value<'a>, EvalError> {
    Evaluator { expression, scope, cells: scope.text_is_numeric() }.value(&expression.root)
}

pub(super) fn evaluate_part<'a>(
    expression: &'a Expression,
    part: &'a Node,
    scope: &'a dyn Scope,
) -> Result<Value<'a>, EvalError> {
    Evaluator { expression, scope, cells: scope.text_is_numeric() }.value(part)
}

struct Evaluator<'a> {
    expression: &'a Expression,
    scope: &'a dyn Scope,
    cells: Option<TextIsNumeric>,
}

fn mismatch(expected: Kind, found: &Value<'_>, at: Position) -> EvalError {
    EvalError::Type { expected: expected.name(), found: found.kind().name(), at }
}

impl<'a> Evaluator<'a> {
    fn value(&self, node: &'a Node) -> Result<Value<'a>, EvalError> {
        match &node.kind {
            NodeKind::Literal(literal) => Ok(literal.value()),
            NodeKind::Variable(slot) => {
                let path = &self.expression.variables[*slot];
                let found = self.scope.get_slot(*slot, path);
                found.ok_or_else(|| EvalError::Missing { path: path.clone(), at: node.at })
            }
            NodeKind::Has(slot) => {
                Ok(Value::Bool(self.scope.get_slot(*slot, &self.expression.variables[*slot]).is_some()))
            }
            NodeKind::Not(operand) => Ok(Value::Bool(!self.condition(operand)?)),
            NodeKind::Negate(operand) => Ok(Value::Number(number::negate(self.number(operand)?))),
            NodeKind::Binary(operator, left, right) => self.binary(*operator, node.at, left, right),
            NodeKind::In(operand, list) => self.is_in(operand, list).map(Value::Bool),
            NodeKind::Conditional(parts) => {
                let [condition, yes, no] = &**parts;
                self.value(if self.condition(condition)? { yes } else { no })
            }
            NodeKind::Call(function, arguments) => self.call(*function, node.at, arguments),
        }
    }

    fn condition(&self, node: &'a Node) -> Result<bool, EvalError> {
        match self.value(node)? {
            Value::Bool(value) => Ok(value),
            other => Err(mismatch(Kind::Bool, &other, node.at)),
        }
    }

    fn number(&self, node: &'a Node) -> Result<Decimal, EvalError> {
        let value = self.value(node)?;
        self.as_number(&value).ok_or_else(|| mismatch(Kind::Number, &value, node.at))
    }

    /// A number, or a text that counts as one in this scope.
    fn as_number(&self, value: &Value<'_>) -> Option<Decimal> {
        match (value, self.cells) {
            (Value::Number(number), _) => Some(*number),
            (Value::Text(text), Some(cells)) => number_from_text(text, cells.decimal_separator),
            _ => None,
        }
    }

    fn text(&self, node: &'a Node) -> Result<Cow<'a, str>, EvalError> {
        match self.value(node)? {
            Value::Text(text) => Ok(text),
            other => Err(mismatch(Kind::Text, &other, node.at)),
        }
    }

    fn binary(
        &self,
        operator: Operator,
        at: Position,
        left: &'a Node,
        right: &'a Node,
    ) -> Result<Value<'a>, EvalError> {
        match operator {
            Operator::Or => Ok(Value::Bool(self.condition(left)? || self.condition(right)?)),
            Operator::And => Ok(Value::Bool(self.condition(left)? && self.condition(right)?)),
            Operator::Equal => Ok(Value::Bool(self.equal(left, right)?)),
            Operator::NotEqual => Ok(Value::Bool(!self.equal(left, right)?)),
            Operator::Less => Ok(Value::Bool(self.order(left, right)?.is_lt())),
            Operator::LessOrEqual => Ok(Value::Bool(self.order(left, right)?.is_le())),
            Operator::Greater => Ok(Value::Bool(self.order(left, right)?.is_gt())),
            Operator::GreaterOrEqual => Ok(Value::Bool(self.order(left, right)?.is_ge())),
            Operator::Add => self.add(at, left, right),
            Operator::Subtract | Operator::Multiply | Operator::Divide | Operator::Remainder => {
                let (a, b) = (self.number(left)?, self.number(right)?);
                arithmetic(operator, a, b, at, right.at).map(Value::Number)
            }
        }
    }

    fn add(&self, at: Position, left: &'a Node, right: &'a Node) -> Result<Value<'a>, EvalError> {
        let (a, b) = (self.value(left)?, self.value(right)?);
        match (&a, &b) {
            (Value::Text(a), Value::Text(b)) => return Ok(Value::Text(Cow::Owned(format!("{a}{b}")))),
            (Value::Bool(_) | Value::Time(_), _) => return Err(mismatch(Kind::Number, &a, left.at)),
            _ => {}
        }
        let (a, b) = self.numbers(&a, &b, left.at, right.at)?;
        number::add(a, b).map(Value::Number).ok_or(EvalError::TooManyDigits { at })
    }

    /// Two values of which at least one is a number.
    fn numbers(
        &self,
        a: &Value<'_>,
        b: &Value<'_>,
        at_a: Position,
        at_b: Position,
    ) -> Result<(Decimal, Decimal), EvalError> {
        match (self.as_number(a), self.as_number(b)) {
            (Some(a), Some(b)) => Ok((a, b)),
            (Some(_), None) => Err(mismatch(a.kind(), b, at_b)),
            // The other one is the number: it is this one that should have been its like.
            (None, _) => Err(mismatch(b.kind(), a, at_a)),
        }
    }

    fn equal(&self, left: &'a Node, right: &'a Node) -> Result<bool, EvalError> {
        let (a, b) = (self.value(left)?, self.value(right)?);
        self.equal_values(&a, &b, left.at, right.at)
    }

    fn equal_values(&self, a: &Value<'_>, b: &Value<'_>, at_a: Position, at_b: Position) -> Result<bool, EvalError> {
        match (a, b) {
            (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
            (Value::Text(a), Value::Text(b)) => Ok(a == b),
            (Value::Time(a), Value::Time(b)) => Ok(a == b),
            (Value::Number(_), _) | (_, Value::Number(_)) => self.numbers(a, b, at_a, at_b).map(|(a, b)| a == b),
            _ => Err(mismatch(a.kind(), b, at_b)),
        }
    }

    fn order(&self, left: &'a Node, right: &'a Node) -> Result<Ordering, EvalError> {
        let (a, b) = (self.value(left)?, self.value(right)?);
        match (&a, &b) {
            (Value::Text(a), Value::Text(b)) => Ok(a.cmp(b)),
            (Value::Time(a), Value::Time(b)) => Ok(a.cmp(b)),
            (Value::Bool(_), _) => Err(mismatch(Kind::Number, &a, left.at)),
            (Value::Number(_), _) | (_, Value::Number(_)) => {
                self.numbers(&a, &b, left.at, right.at).map(|(a, b)| a.cmp(&b))
            }
            _ => Err(mismatch(a.kind(), &b, right.at)),
        }
    }

    fn is_in(&self, operand: &'a Node, list: &'a [Literal]) -> Result<bool, EvalError> {
        let value = self.value(operand)?;
        for item in list {
            if self.equal_values(&item.value(), &value, operand.at, operand.at)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn call(&self, function: Function, at: Position, arguments: &'a [Node]) -> Result<Value<'a>, EvalError> {
        match function {
            Function::Floor | Function::Ceil | Function::Abs | Function::Sqrt | Function::Log => {
                one_number(function, at, self.number(&arguments[0])?).map(Value::Number)
            }
            Function::Round => self.round(at, arguments).map(Value::Number),
            Function::Min | Function::Max => self.extreme(function, arguments).map(Value::Number),
            Function::StartsWith | Function::EndsWith | Function::Contains => {
                let (text, part) = (self.text(&arguments[0])?, self.text(&arguments[1])?);
                Ok(Value::Bool(match function {
                    Function::StartsWith => text.starts_with(&*part),
                    Function::EndsWith => text.ends_with(&*part),
                    _ => text.contains(&*part),
                }))
            }
            Function::Size => Ok(Value::Number(self.text(&arguments[0])?.chars().count().into())),
            Function::Lower => Ok(Value::Text(self.text(&arguments[0])?.to_lowercase().into())),
            Function::Upper => Ok(Value::Text(self.text(&arguments[0])?.to_uppercase().into())),
            Function::Trim => Ok(Value::Text(match self.text(&arguments[0])? {
                Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
                Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
            })),
            Function::Number => self.to_number(&arguments[0]).map(Value::Number),
            Function::Integer => {
                let number = self.to_number(&arguments[0])?;
                if number.fract().is_zero() {
                    return Ok(Value::Number(number::floor(number)));
                }
                Err(EvalError::OutOfDomain { what: "integer() of a number with a fraction", at })
            }
            Function::String => Ok(Value::Text(match self.value(&arguments[0])? {
                Value::Text(text) => text,
                other => other.into_text().into(),
            })),
            Function::Timestamp => instant(&self.text(&arguments[0])?)
                .map(Value::Time)
                .ok_or(EvalError::OutOfDomain { what: "timestamp() of no RFC 3339 time with offset", at }),
        }
    }

    fn round(&self, at: Position, arguments: &'a [Node]) -> Result<Decimal, EvalError> {
        let number = self.number(&arguments[0])?;
        let Some(decimals) = arguments.get(1) else {
            return Ok(number::round(number, 0));
        };
        let decimals = self.number(decimals)?;
        let decimals = u32::try_from(decimals).ok().filter(|n| *n <= MOST_DECIMALS && decimals.fract().is_zero());
        decimals
            .map(|decimals| number::round(number, decimals))
            .ok_or(EvalError::OutOfDomain { what: "round() to other than 0 to 12 decimals", at })
    }

    fn extreme(&self, function: Function, arguments: &'a [Node]) -> Result<Decimal, EvalError> {
        let mut found = self.number(&arguments[0])?;
        for argument in &arguments[1..] {
            let next = self.number(argument)?;
            found = if function == Function::Min { found.min(next) } else { found.max(next) };
        }
        Ok(found)
    }

    /// The number that a text is, in any scope.
    fn to_number(&self, node: &'a Node) -> Result<Decimal, EvalError> {
        let separator = self.cells.map_or('.', |cells| cells.decimal_separator);
        match self.value(node)? {
            Value::Number(number) => Ok(number),
            Value::Text(text) => number_from_text(&text, separator).ok_or(EvalError::NotANumber { at: node.at }),
            other => Err(mismatch(Kind::Text, &other, node.at)),
        }
    }
}

fn one_number(function: Function, at: Position, number: Decimal) -> Result<Decimal, EvalError> {
    match function {
        Function::Floor => Ok(number::floor(number)),
        Function::Ceil => Ok(number::ceil(number)),
        Function::Sqrt => {
            number::square_root(number).ok_or(EvalError::OutOfDomain { what: "sqrt() of a negative number", at })
        }
        Function::Log => number::logarithm(number)
            .ok_or(EvalError::OutOfDomain { what: "log() of a number that is not above zero", at }),
        _ => Ok(number.abs()),
    }
}

fn arithmetic(
    operator: Operator,
    a: Decimal,
    b: Decimal,
    at: Position,
    at_divisor: Position,
) -> Result<Decimal, EvalError> {
    let too_many = EvalError::TooManyDigits { at };
    match operator {
        Operator::Subtract => number::subtract(a, b).ok_or(too_many),
        Operator::Multiply => number::multiply(a, b).ok_or(too_many),
        _ if b.is_zero() => Err(EvalError::DivisionByZero { at: at_divisor }),
        Operator::Remainder => number::remainder(a, b).ok_or(too_many),
        _ => number::divide(a, b).map_err(|fault| match fault {
            NoQuotient::ByZero => EvalError::DivisionByZero { at: at_divisor },
            NoQuotient::TooManyDigits => too_many,
        }),
    }
}

impl Literal {
    fn value(&self) -> Value<'_> {
        match self {
            Literal::Number(number) => Value::Number(*number),
            Literal::Text(text) => Value::Text(Cow::Borrowed(text)),
            Literal::Bool(value) => Value::Bool(*value),
        }
    }
}
