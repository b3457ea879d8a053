//! Texts with columns in braces.

use super::column::{Column, Header, Named, Row};
use super::error::MappingError;

/// A text with columns in it.
#[derive(Clone, Debug)]
pub(super) struct Template<C> {
    parts: Vec<Part<C>>,
}

#[derive(Clone, Debug)]
enum Part<C> {
    Text(Box<str>),
    Column(C),
}

impl Template<Named> {
    /// Reads `{Column}`, `{row}`, `{nth}`, `{{`, `}}`; everything else stands for itself.
    pub(super) fn parse(text: &str, key: &str, line: usize) -> Result<Self, MappingError> {
        let fault = |expected: &str| MappingError::value(line, key, expected);
        let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(index) = rest.find(['{', '}']) {
            plain.push_str(&rest[..index]);
            let (brace, after) = rest[index..].split_at(1);
            if let Some(after) = after.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            if brace == "}" {
                return Err(fault("a `{` before each `}` (a brace itself is written twice)"));
            }
            let (name, after) =
                after.split_once('}').ok_or_else(|| fault("a `}` after each `{` (a brace itself is written twice)"))?;
            if name.trim().is_empty() || name.contains('{') {
                return Err(fault("the name of a column between the braces"));
            }
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain).into()));
            }
            parts.push(Part::Column(Named { name: name.trim().into(), line, numbers_too: true }));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain.into()));
        }
        Ok(Self { parts })
    }

    /// A template without columns, whatever characters the text has.
    pub(super) fn fixed(text: &str) -> Self {
        Self { parts: vec![Part::Text(text.into())] }
    }

    pub(super) fn bind(&self, header: &Header) -> Result<Template<Column>, MappingError> {
        let bind = |part: &Part<Named>| match part {
            Part::Text(text) => Ok(Part::Text(text.clone())),
            Part::Column(named) => header.find(named).map(Part::Column),
        };
        Ok(Template { parts: self.parts.iter().map(bind).collect::<Result<_, _>>()? })
    }
}

impl Template<Column> {
    /// The text for a row, and the first of its columns that is empty.
    pub(super) fn render(&self, row: &Row<'_>) -> (String, Option<&Column>) {
        let (mut text, mut empty) = (String::with_capacity(40), None);
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Column(column) => match row.text(column) {
                    Some(cell) => text.push_str(&cell),
                    None => empty = empty.or(Some(column)),
                },
            }
        }
        (text, empty)
    }

    /// The text for a row, without white space around it; `None` when all of its columns are empty, or the whole.
    pub(super) fn render_if_any(&self, row: &Row<'_>) -> Option<String> {
        let mut columns = self.columns().peekable();
        let nothing = columns.peek().is_some() && columns.all(|column| row.text(column).is_none());
        let text = self.render(row).0;
        let trimmed = text.trim();
        match (nothing || trimmed.is_empty(), trimmed.len() == text.len()) {
            (true, _) => None,
            (false, true) => Some(text),
            (false, false) => Some(trimmed.to_owned()),
        }
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = &Column> {
        self.parts.iter().filter_map(|part| match part {
            Part::Column(column) => Some(column),
            Part::Text(_) => None,
        })
    }
}
