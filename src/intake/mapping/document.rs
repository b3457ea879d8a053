//! A TOML document whose every part knows its line.

use std::ops::Range;

use kulta_projections::nesting;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{MappingError, MappingFault};

/// A table of the document.
pub(super) struct Table<'d> {
    text: &'d str,
    table: &'d DeTable<'d>,
    pub(super) line: usize,
    /// The table's own name, with a point behind it; empty where names are clear without.
    prefix: String,
}

/// A value of the document.
pub(super) struct Item<'d> {
    text: &'d str,
    pub(super) value: &'d DeValue<'d>,
    pub(super) line: usize,
    /// Its name, after the names of the tables around it.
    pub(super) key: String,
}

fn line_at(text: &str, span: &Range<usize>) -> usize {
    1 + text.bytes().take(span.start).filter(|byte| *byte == b'\n').count()
}

/// Reads a document.
pub(super) fn parse(text: &str) -> Result<Spanned<DeTable<'_>>, MappingError> {
    nesting::check(text).map_err(|deep| MappingError::new(deep.line, MappingFault::TooDeep))?;
    DeTable::parse(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_at(text, &span));
        MappingError::new(line, MappingFault::Syntax(error.message().to_owned()))
    })
}

impl<'d> Table<'d> {
    pub(super) fn root(text: &'d str, document: &'d Spanned<DeTable<'d>>) -> Self {
        Self { text, table: document.get_ref(), line: 1, prefix: String::new() }
    }

    /// Refuses keys other than these.
    pub(super) fn only(&self, expected: &[&str]) -> Result<(), MappingError> {
        match self.entries().into_iter().find(|(name, _)| !expected.contains(name)) {
            Some((name, item)) => {
                let expected = expected.iter().map(|key| (*key).to_owned()).collect();
                Err(MappingError::new(item.line, MappingFault::UnknownKey { key: name.to_owned(), expected }))
            }
            None => Ok(()),
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<Item<'d>> {
        let (name, value) = self.table.get_key_value(key)?;
        Some(self.item(name.get_ref(), &name.span(), value))
    }

    pub(super) fn need(&self, key: &str) -> Result<Item<'d>, MappingError> {
        let missing = || MappingError::new(self.line, MappingFault::MissingKey(format!("{}{key}", self.prefix)));
        self.get(key).ok_or_else(missing)
    }

    /// Whether any of these keys is there.
    pub(super) fn has_any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.table.contains_key(*key))
    }

    /// Everything in it, in the order of the document.
    pub(super) fn entries(&self) -> Vec<(&'d str, Item<'d>)> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        entries
            .into_iter()
            .map(|(name, value)| (name.get_ref().as_ref(), self.item(name.get_ref(), &name.span(), value)))
            .collect()
    }

    fn item(&self, name: &str, span: &Range<usize>, value: &'d Spanned<DeValue<'d>>) -> Item<'d> {
        let key = format!("{}{name}", self.prefix);
        Item { text: self.text, value: value.get_ref(), line: line_at(self.text, span), key }
    }

    /// The same table, whose name is not told with those of its members.
    pub(super) fn without_prefix(mut self) -> Self {
        self.prefix.clear();
        self
    }
}

impl<'d> Item<'d> {
    pub(super) fn refuse(&self, expected: impl Into<String>) -> MappingError {
        MappingError::value(self.line, &self.key, expected)
    }

    pub(super) fn as_text(&self) -> Option<&'d str> {
        match self.value {
            DeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// A text that is not blank.
    pub(super) fn text(&self) -> Result<&'d str, MappingError> {
        self.as_text().filter(|text| !text.trim().is_empty()).ok_or_else(|| self.refuse("a text"))
    }

    pub(super) fn as_table(&self) -> Option<Table<'d>> {
        match self.value {
            DeValue::Table(table) => {
                Some(Table { text: self.text, table, line: self.line, prefix: format!("{}.", self.key) })
            }
            _ => None,
        }
    }

    pub(super) fn table(&self) -> Result<Table<'d>, MappingError> {
        self.as_table().ok_or_else(|| self.refuse("a table"))
    }

    /// The parts of a list.
    pub(super) fn as_list(&self) -> Option<Vec<Item<'d>>> {
        let DeValue::Array(items) = self.value else {
            return None;
        };
        let item = |value: &'d Spanned<DeValue<'d>>| Item {
            text: self.text,
            value: value.get_ref(),
            line: line_at(self.text, &value.span()),
            key: self.key.clone(),
        };
        Some(items.iter().map(item).collect())
    }
}
