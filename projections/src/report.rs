//! Reports: counts, sums, averages and medians over offers, leads, activities, complaints and purchases, by what people
//! ask for.
//!
//! A saved definition ([`Saved`]) is read into a [`Definition`], things are put into a [`Tally`], and the tally becomes a
//! [`Report`]. Things are handed in as they stood at the as-of, each once; in which order is of no account. Money is never
//! added across currencies: where money is measured, rows and totals stand apart by currency. Numbers are exact; only
//! averages, and medians of an even number, are rounded, half-even with 6 decimals.
//!
//! | module | what |
//! |---|---|
//! | [`field`] | which fields there are |
//! | [`definition`] | what a report counts |
//! | `parse` | reading that, every problem with its place |
//! | [`span`] | the days that it is about |
//! | [`item`] | offers, leads and complaints as things to count |
//! | [`told`] | activities and purchases, straight from events |
//! | [`exact`] | sums in which nothing is rounded |
//! | [`tally`] | counting |
//! | [`csv`] | the report as a file |
//! | [`saved`] | reports as people save them |

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

pub mod csv;
pub mod definition;
pub mod exact;
pub mod field;
pub mod item;
mod parse;
pub mod saved;
pub mod span;
pub mod tally;
pub mod told;

pub use definition::{Column, ColumnKind, Definition, Problem};
pub use item::Item;
pub use saved::{Reports, Saved};
pub use tally::{Lookup, Tally};

/// What stands in a place of a report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    /// How many.
    Count(u64),
    /// A decimal, without zeros behind.
    Number(Decimal),
    /// A word.
    Text(Box<str>),
    /// What nobody said, or nothing that could be measured.
    Empty,
}

/// Counts are numbers, decimals are texts, what is empty is `null`.
impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Count(count) => serializer.serialize_u64(*count),
            Cell::Number(number) => serializer.collect_str(number),
            Cell::Text(text) => serializer.serialize_str(text),
            Cell::Empty => serializer.serialize_unit(),
        }
    }
}

/// What was counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The columns: groupings, then measures.
    pub columns: Vec<Column>,
    /// A row per group, by the groupings, where what nobody said comes last, or as the definition sorts them.
    pub rows: Vec<Vec<Cell>>,
    /// How many rows there were before they were limited.
    pub groups: usize,
    /// All groups together, those that the limit hides too: a row, or one per currency where money is measured. None
    /// where nothing was counted apart.
    pub totals: Vec<Vec<Cell>>,
    /// By field how many things were meant and could not be counted by it, since nobody said it: of the field of the
    /// period the thing is left out, of the field of a measure only there.
    pub left_out: BTreeMap<Box<str>, u64>,
}

/// A number of a report is larger, or finer, than 28 digits hold. Nothing is rounded in silence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("report {report}: a number in the column {column} has more than 28 digits")]
pub struct Overflow {
    /// The report's id.
    pub report: String,
    /// The column's name.
    pub column: String,
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
