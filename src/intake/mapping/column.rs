//! Columns by name, by place, and the cells that stand there.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use kulta_projections::expr::Value;
use rust_decimal::Decimal;

use super::error::{MappingError, MappingFault};

/// A column as a mapping names it.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) name: Arc<str>,
    /// Line in the mapping file.
    pub(super) line: usize,
    /// Whether `row` and `nth` are the row's numbers here rather than columns.
    pub(super) numbers_too: bool,
}

/// A column that was found.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: Arc<str>,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Cell(usize),
    Row,
    Nth,
}

/// The names that a mapping may use for a row's own numbers.
pub(super) const ROW: &str = "row";
pub(super) const NTH: &str = "nth";

impl Column {
    pub(super) fn is_nth(&self) -> bool {
        self.place == Place::Nth
    }
}

/// The columns of a file.
pub(super) struct Header {
    places: HashMap<String, Option<usize>>,
    pub(super) columns: Vec<String>,
}

impl Header {
    pub(super) fn new(cells: &csv::StringRecord) -> Self {
        let columns: Vec<String> =
            cells.iter().map(|cell| cell.trim_start_matches('\u{feff}').trim().to_owned()).collect();
        let mut places = HashMap::new();
        for (index, name) in columns.iter().enumerate() {
            match places.entry(name.clone()) {
                Entry::Vacant(entry) => drop(entry.insert(Some(index))),
                Entry::Occupied(mut entry) => drop(entry.insert(None)),
            }
        }
        Self { places, columns }
    }

    pub(super) fn find(&self, named: &Named) -> Result<Column, MappingError> {
        let place = match (named.numbers_too, &*named.name) {
            (true, ROW) => Place::Row,
            (true, NTH) => Place::Nth,
            (_, name) => match self.places.get(name) {
                Some(Some(index)) => Place::Cell(*index),
                Some(None) => {
                    return Err(MappingError::new(named.line, MappingFault::RepeatedColumn(name.to_owned())));
                }
                None => {
                    let fault = MappingFault::MissingColumn { column: name.to_owned(), columns: self.columns.clone() };
                    return Err(MappingError::new(named.line, fault));
                }
            },
        };
        Ok(Column { name: named.name.clone(), place })
    }
}

/// A row of a file.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) cells: &'a csv::StringRecord,
    pub(super) line: u64,
    pub(super) nth: u64,
    pub(super) decimal_separator: char,
}

impl<'a> Row<'a> {
    /// What stands in a column, without white space around it; `None` when that is nothing.
    pub(super) fn text(&self, column: &Column) -> Option<Cow<'a, str>> {
        match column.place {
            Place::Cell(index) => {
                self.cells.get(index).map(str::trim).filter(|text| !text.is_empty()).map(Cow::Borrowed)
            }
            Place::Row => Some(Cow::Owned(self.line.to_string())),
            Place::Nth => Some(Cow::Owned(self.nth.to_string())),
        }
    }

    /// The same as an expression reads it.
    pub(super) fn value(&self, column: &Column) -> Option<Value<'a>> {
        match column.place {
            Place::Cell(_) => self.text(column).map(Value::Text),
            Place::Row => Some(Value::Number(Decimal::from(self.line))),
            Place::Nth => Some(Value::Number(Decimal::from(self.nth))),
        }
    }
}
