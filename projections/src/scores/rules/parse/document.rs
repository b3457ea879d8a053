//! A TOML document of which every part knows its place in the file.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::source::Source;
use crate::nesting::too_deep_at;
use crate::scores::rules::RuleError;

/// The most bytes of a rule file.
const MOST_BYTES: usize = 256 * 1024;
/// The most problems that are told; whoever made more has other worries.
const MOST_PROBLEMS: usize = 1_000;
/// The most characters of a file that an error repeats at once.
const MOST_SHOWN: usize = 60;

/// What is wrong with a file, as far as it has been read.
pub(super) struct Problems<'d> {
    pub(super) source: Source<'d>,
    found: Vec<RuleError>,
}

impl<'d> Problems<'d> {
    pub(super) fn new(text: &'d str) -> Self {
        Self { source: Source::new(text), found: Vec::new() }
    }

    /// Notes that at this byte something else was expected.
    pub(super) fn add(&mut self, at: usize, path: &str, expected: impl Into<String>, found: impl Into<String>) {
        if self.found.len() < MOST_PROBLEMS {
            let place = self.source.position(at);
            let (path, expected, found) = (path.to_owned(), expected.into(), found.into());
            self.found.push(RuleError { line: place.line, column: place.column, path, expected, found });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All of them, in the order of the file.
    pub(super) fn into_errors(mut self) -> Vec<RuleError> {
        self.found.sort();
        self.found.dedup();
        self.found
    }
}

/// A table of the document.
pub(super) struct Table<'d> {
    text: &'d str,
    table: &'d DeTable<'d>,
    /// Where it begins.
    pub(super) at: usize,
    /// What stands before its keys in a path.
    prefix: String,
}

/// A value of the document.
pub(super) struct Item<'d> {
    text: &'d str,
    pub(super) value: &'d DeValue<'d>,
    /// Where it begins.
    pub(super) at: usize,
    /// Where its key begins.
    pub(super) at_key: usize,
    /// It as it is written.
    pub(super) written: &'d str,
    pub(super) path: String,
}

/// Reads a document; none when it is no TOML or too large.
pub(super) fn read<'d>(text: &'d str, problems: &mut Problems<'d>) -> Option<Spanned<DeTable<'d>>> {
    if text.len() > MOST_BYTES {
        problems.add(0, "", format!("a file of at most {MOST_BYTES} bytes"), text.len().to_string());
        return None;
    }
    if let Some(at) = too_deep_at(text) {
        problems.add(at, "", "fewer levels and shorter keys", format!("`{}`", beginning(&text[at..])));
        return None;
    }
    let (document, mut errors) = DeTable::parse_recoverable(text);
    let place = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
    errors.sort_by_key(place);
    // Of one slip the reader often tells several times; once per line is enough.
    errors.dedup_by_key(|error| problems.source.line(place(error)));
    for error in &errors {
        let (at, message) = (place(error), error.message());
        if message == "duplicate key" {
            let key = error.span().and_then(|span| text.get(span)).unwrap_or_default();
            problems.add(at, "", "each key once", format!("`{}` again", shown(key)));
            continue;
        }
        let rest = beginning(text.get(at..).unwrap_or_default());
        let found = if rest.is_empty() { "the end of the line".to_owned() } else { format!("`{rest}`") };
        problems.add(at, "", format!("TOML ({message})"), found);
    }
    errors.is_empty().then_some(document)
}

/// The first characters of a line, fit to be shown.
fn beginning(text: &str) -> String {
    shown(text.lines().next().unwrap_or_default().trim_end())
}

/// A text, or its beginning, without characters that would disturb whoever reads it.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == MOST_SHOWN {
            shown.push('…');
            break;
        }
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

impl<'d> Table<'d> {
    pub(super) fn root(text: &'d str, document: &'d Spanned<DeTable<'d>>) -> Self {
        Self { text, table: document.get_ref(), at: 0, prefix: String::new() }
    }

    /// The same table under another name.
    pub(super) fn named(mut self, name: &str) -> Self {
        self.prefix = format!("{name}: ");
        self
    }

    /// The path of a key, whether it is there or not.
    pub(super) fn path(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(super) fn get(&self, key: &str) -> Option<Item<'d>> {
        let (name, value) = self.table.get_key_value(key)?;
        Some(self.item(name, value))
    }

    /// A value that has to be there.
    pub(super) fn need(&self, key: &str, expected: &str, problems: &mut Problems<'_>) -> Option<Item<'d>> {
        let item = self.get(key);
        if item.is_none() {
            problems.add(self.at, &self.path(key), expected, "nothing");
        }
        item
    }

    /// Everything in it, in the order of the document.
    pub(super) fn entries(&self) -> Vec<(&'d str, Item<'d>)> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        entries.into_iter().map(|(name, value)| (name.get_ref().as_ref(), self.item(name, value))).collect()
    }

    /// Refuses keys other than these.
    pub(super) fn only(&self, known: &[&str], problems: &mut Problems<'_>) {
        for (name, item) in self.entries() {
            if !known.contains(&name) {
                let path = self.prefix.strip_suffix(": ").or(self.prefix.strip_suffix('.')).unwrap_or_default();
                problems.add(item.at_key, path, format!("one of {}", known.join(", ")), format!("`{}`", shown(name)));
            }
        }
    }

    fn item(&self, name: &'d Spanned<std::borrow::Cow<'d, str>>, value: &'d Spanned<DeValue<'d>>) -> Item<'d> {
        let path = self.path(&shown(name.get_ref()));
        Item { at_key: name.span().start, ..Item::of(self.text, value, path) }
    }
}

impl<'d> Item<'d> {
    fn of(text: &'d str, value: &'d Spanned<DeValue<'d>>, path: String) -> Self {
        let (at, written) = (value.span().start, text.get(value.span()).unwrap_or_default());
        Self { text, value: value.get_ref(), at, at_key: at, written, path }
    }

    /// Notes that something else was expected here; the answer of whoever wanted it.
    pub(super) fn refuse<T>(&self, expected: impl Into<String>, problems: &mut Problems<'_>) -> Option<T> {
        problems.add(self.at, &self.path, expected, self.described());
        None
    }

    /// The value as an error tells it.
    pub(super) fn described(&self) -> String {
        match self.value {
            DeValue::String(text) => format!("the text \"{}\"", shown(text)),
            DeValue::Integer(_) | DeValue::Float(_) => format!("the number {}", shown(self.written)),
            DeValue::Boolean(value) => value.to_string(),
            DeValue::Datetime(_) => format!("the time {}", shown(self.written)),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        }
    }

    /// A text that is not blank.
    pub(super) fn text(&self, expected: &str, problems: &mut Problems<'_>) -> Option<&'d str> {
        match self.value {
            DeValue::String(text) if !text.trim().is_empty() => Some(text),
            _ => self.refuse(expected, problems),
        }
    }

    pub(super) fn as_table(&self) -> Option<Table<'d>> {
        match self.value {
            DeValue::Table(table) => {
                Some(Table { text: self.text, table, at: self.at, prefix: format!("{}.", self.path) })
            }
            _ => None,
        }
    }

    pub(super) fn table(&self, expected: &str, problems: &mut Problems<'_>) -> Option<Table<'d>> {
        self.as_table().or_else(|| self.refuse(expected, problems))
    }

    /// The parts of a list.
    pub(super) fn as_list(&self) -> Option<Vec<Item<'d>>> {
        let DeValue::Array(parts) = self.value else {
            return None;
        };
        let part = |(index, value)| Self::of(self.text, value, format!("{}[{}]", self.path, index + 1));
        Some(parts.iter().enumerate().map(part).collect())
    }

    /// The parts of a list of one at least.
    pub(super) fn list(&self, expected: &str, problems: &mut Problems<'_>) -> Option<Vec<Item<'d>>> {
        self.as_list().filter(|parts| !parts.is_empty()).or_else(|| self.refuse(expected, problems))
    }
}
