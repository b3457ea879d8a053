//! What a mapping says of each event. `C` is a column: as it is named, and later as it was found.

use std::sync::Arc;

use jiff::civil::Date;
use kulta_projections::expr::{EvalError, Expression, Kind, Scope, TextIsNumeric, Value};
use serde_json::Value as Json;

use super::column::{Column, Named, Row};
use super::error::RejectReason;
use super::template::Template;

/// One `[[event]]`.
#[derive(Clone, Debug)]
pub(super) struct EventSpec<C> {
    pub(super) line: usize,
    pub(super) event_type: Arc<str>,
    pub(super) id: Text<C>,
    pub(super) subject: Text<C>,
    pub(super) source: Option<Text<C>>,
    pub(super) unit: Option<Text<C>>,
    pub(super) when: Option<Formula<C>>,
    pub(super) time: Time<C>,
    pub(super) data: Members<C>,
}

/// Members of an object, by name.
pub(super) type Members<C> = Vec<(Box<str>, Member<C>)>;

/// A text of the envelope.
#[derive(Clone, Debug)]
pub(super) enum Text<C> {
    Template(Template<C>),
    Formula(Formula<C>),
}

/// An expression and its columns.
#[derive(Clone, Debug)]
pub(super) struct Formula<C> {
    /// The key in the mapping, for reasons.
    pub(super) key: Arc<str>,
    pub(super) expression: Arc<Expression>,
    /// In the order of the expression's variables.
    pub(super) columns: Vec<C>,
}

/// What a time or date is read from.
#[derive(Clone, Debug)]
pub(super) enum Written<C> {
    Column(C),
    Template(Template<C>),
}

/// When an event happened.
#[derive(Clone, Debug)]
pub(super) enum Time<C> {
    Const(i64),
    Formula(Formula<C>),
    Written { key: Arc<str>, from: Written<C>, formats: Arc<[String]>, default: Option<i64> },
}

/// A member of `data`.
#[derive(Clone, Debug)]
pub(super) enum Member<C> {
    Const(Json),
    Text {
        from: Written<C>,
        default: Option<Json>,
    },
    Date {
        key: Arc<str>,
        from: Written<C>,
        formats: Arc<[String]>,
        not_after: Option<Date>,
        default: Option<Json>,
    },
    Formula {
        formula: Formula<C>,
        /// Whether a number becomes a JSON number rather than a string.
        json_numbers: bool,
    },
    List(Vec<Member<C>>),
    Object {
        members: Members<C>,
        /// Whether any member depends on the row.
        reads: bool,
    },
}

impl<C> Member<C> {
    /// Whether it depends on the row.
    pub(super) fn reads(&self) -> bool {
        match self {
            Member::Const(_) => false,
            Member::Text { .. } | Member::Date { .. } | Member::Formula { .. } => true,
            Member::List(items) => items.iter().any(Member::reads),
            Member::Object { reads, .. } => *reads,
        }
    }
}

impl Text<Named> {
    /// A text without columns.
    pub(super) fn fixed(text: &str) -> Self {
        Text::Template(Template::fixed(text))
    }
}

/// What a row has for something.
#[derive(Debug)]
pub(super) enum Found<T> {
    Value(T),
    /// Nothing, since this column is empty.
    Empty(Option<Arc<str>>),
}

struct Cells<'a> {
    row: &'a Row<'a>,
    columns: &'a [Column],
}

impl Scope for Cells<'_> {
    fn get(&self, path: &str) -> Option<Value<'_>> {
        let column = self.columns.iter().find(|column| *column.name == *path)?;
        self.row.value(column)
    }

    fn get_slot(&self, slot: usize, _: &str) -> Option<Value<'_>> {
        self.row.value(self.columns.get(slot)?)
    }

    fn text_is_numeric(&self) -> Option<TextIsNumeric> {
        Some(TextIsNumeric { decimal_separator: self.row.decimal_separator })
    }
}

impl Formula<Column> {
    /// The value for a row.
    pub(super) fn value(&self, row: &Row<'_>) -> Result<Found<Value<'static>>, RejectReason> {
        match self.expression.evaluate(&Cells { row, columns: &self.columns }) {
            Ok(Value::Bool(value)) => Ok(Found::Value(Value::Bool(value))),
            Ok(Value::Number(number)) => Ok(Found::Value(Value::Number(number))),
            Ok(Value::Time(micros)) => Ok(Found::Value(Value::Time(micros))),
            Ok(Value::Text(text)) => Ok(Found::Value(Value::Text(text.into_owned().into()))),
            Err(EvalError::Missing { path, .. }) => Ok(Found::Empty(Some(path))),
            Err(error) => Err(self.reason(&error)),
        }
    }

    /// A condition; an empty column leaves it undecided.
    pub(super) fn holds(&self, row: &Row<'_>) -> Result<Found<bool>, RejectReason> {
        match self.expression.evaluate_bool(&Cells { row, columns: &self.columns }) {
            Ok(holds) => Ok(Found::Value(holds)),
            Err(EvalError::Missing { path, .. }) => Ok(Found::Empty(Some(path))),
            Err(error) => Err(self.reason(&error)),
        }
    }

    fn reason(&self, error: &EvalError) -> RejectReason {
        let number_wanted = match error {
            EvalError::Type { expected, found, .. } => *expected == Kind::Number.name() && *found == Kind::Text.name(),
            other => matches!(other, EvalError::NotANumber { .. }),
        };
        match self.expression.variable_at(error.at()).filter(|_| number_wanted) {
            Some(column) => RejectReason::NotANumber { key: self.key.clone(), column: column.to_owned() },
            None => RejectReason::Expression { key: self.key.clone(), detail: error.to_string() },
        }
    }
}
