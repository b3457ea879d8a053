//! What a report counts: a checked definition.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Serialize;

use super::field::{Field, Kind, Over};
use super::span::{Days, Unit};

/// The most groupings.
pub const MOST_GROUPINGS: usize = 5;
/// The most measures.
pub const MOST_MEASURES: usize = 10;
/// The most conditions.
pub const MOST_CONDITIONS: usize = 50;
/// The most words of one condition.
pub const MOST_WORDS: usize = 1_000;
/// The most rows that a limit may name.
pub const MOST_ROWS: u32 = 100_000;
/// The most units that are counted back.
pub const MOST_UNITS: u32 = 10_000;

/// What is wrong with a definition, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// JSON pointer into the definition; empty: the whole.
    pub pointer: String,
    /// What is wrong.
    pub reason: String,
}

/// What a report counts. [`Definition::parse`] reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Over what it goes.
    pub over: Over,
    /// What is measured, each a column.
    pub measures: Vec<Measure>,
    /// By what it is counted apart.
    pub by: Vec<Grouping>,
    /// What holds of all that is counted.
    pub conditions: Vec<Condition>,
    /// Of which days.
    pub period: Option<Period>,
    /// Whose days; `None`: those of the caller.
    pub time_zone: Option<TimeZone>,
    /// By which column rows are sorted; `None`: by the groupings.
    pub sort: Option<Sort>,
    /// How many rows are shown.
    pub limit: Option<u32>,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// How many there are.
    Count,
    /// A number of theirs.
    Of(How, Field),
}

/// How numbers become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Added; what was given back or called off is taken away.
    Sum,
    /// Added, each times its probability.
    Weighted,
    /// The sum over how many there are.
    Average,
    /// The one in the middle.
    Median,
    /// The least of them.
    Smallest,
    /// The most of them.
    Largest,
}

/// By what things are counted apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// By a field as it is.
    Of(Field),
    /// By the days on which it lies, taken together.
    Days(Unit, Field),
}

/// What holds of a thing: all tests do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Of which field.
    pub field: Field,
    /// What is asked of it.
    pub tests: Vec<Test>,
}

/// One test of a field. What nobody said passes [`Test::IsNot`] and [`Test::Missing`] and no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// One of these words, which are sorted.
    Is(Vec<Box<str>>),
    /// None of these words, which are sorted.
    IsNot(Vec<Box<str>>),
    /// This or more.
    AtLeast(Decimal),
    /// Less than this.
    Below(Decimal),
    /// On this day or later.
    From(Date),
    /// Before this day.
    Until(Date),
    /// Whether nobody said it.
    Missing(bool),
}

/// The days that a report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// The field that lies in them.
    pub of: Field,
    /// Which days.
    pub days: Days,
}

/// By what rows are sorted; equal ones by the groupings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The column's place.
    pub column: usize,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Words.
    Text,
    /// Days taken together, such as `2026-Q1`.
    Days,
    /// How many.
    Count,
    /// Decimals.
    Number,
    /// Money, in the currency that stands in the row.
    Money,
}

/// A column of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name, such as `owner`, `closed_at_month`, `sum_amount`.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
}

impl How {
    /// All, with their words.
    pub const ALL: [(&'static str, How); 6] = [
        ("average", How::Average),
        ("largest", How::Largest),
        ("median", How::Median),
        ("smallest", How::Smallest),
        ("sum", How::Sum),
        ("weighted", How::Weighted),
    ];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, how)| *how == self).map_or("", |(word, _)| word)
    }
}

impl Measure {
    /// The field that it reads, if any.
    pub fn field(&self) -> Option<&Field> {
        match self {
            Measure::Count => None,
            Measure::Of(_, field) => Some(field),
        }
    }

    fn column(&self) -> Column {
        match self {
            Measure::Count => Column { name: "count".to_owned(), kind: ColumnKind::Count },
            Measure::Of(how, field) => {
                let kind = if field.kind == Kind::Money { ColumnKind::Money } else { ColumnKind::Number };
                Column { name: format!("{}_{}", how.word(), field.name), kind }
            }
        }
    }
}

impl Grouping {
    /// The field that it reads.
    pub fn field(&self) -> &Field {
        match self {
            Grouping::Of(field) | Grouping::Days(_, field) => field,
        }
    }

    fn column(&self) -> Column {
        match self {
            Grouping::Days(unit, field) => {
                Column { name: format!("{}_{}", field.name, unit.word()), kind: ColumnKind::Days }
            }
            Grouping::Of(field) => {
                let kind = if field.kind == Kind::Number { ColumnKind::Number } else { ColumnKind::Text };
                Column { name: field.name.to_string(), kind }
            }
        }
    }
}

impl Definition {
    /// The groupings of its rows: those that are asked for, and the currency where money is measured.
    pub fn groupings(&self) -> Vec<Grouping> {
        let mut groupings = self.by.clone();
        if self.measures_money() && self.currency_at().is_none() {
            groupings.extend(self.over.field("currency").map(Grouping::Of));
        }
        groupings
    }

    /// The columns: groupings, then measures.
    pub fn columns(&self) -> Vec<Column> {
        let groupings = self.groupings();
        groupings.iter().map(Grouping::column).chain(self.measures.iter().map(Measure::column)).collect()
    }

    /// Whether it measures money: then it is counted apart by currency.
    pub fn measures_money(&self) -> bool {
        self.measures.iter().filter_map(Measure::field).any(|field| field.kind == Kind::Money)
    }

    /// Where the currency stands among the groupings that are asked for.
    fn currency_at(&self) -> Option<usize> {
        self.by.iter().position(|by| &*by.field().name == "currency")
    }
}
