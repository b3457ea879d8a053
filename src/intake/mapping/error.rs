//! What can be wrong with a mapping, with a file, and with a row.

use std::sync::Arc;

use kulta_projections::expr::{CheckError, ParseError};

/// A mapping file that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct MappingError {
    /// Line in the mapping file, from 1.
    pub line: usize,
    /// What is wrong.
    pub fault: MappingFault,
}

/// What is wrong with a mapping file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingFault {
    /// No TOML.
    #[error("{0}")]
    Syntax(String),
    /// From here on it nests deeper than any mapping does.
    #[error("it nests too deep from here on: fewer levels and shorter keys were expected")]
    TooDeep,
    /// A key that no mapping has.
    #[error("unknown key `{key}`; expected one of: {}", expected.join(", "))]
    UnknownKey {
        /// The key.
        key: String,
        /// What may stand there.
        expected: Vec<String>,
    },
    /// A key that is needed.
    #[error("`{0}` is missing")]
    MissingKey(String),
    /// A value of a wrong type or form.
    #[error("`{key}`: expected {expected}")]
    Value {
        /// The key.
        key: String,
        /// What may stand there.
        expected: String,
    },
    /// An expression that cannot be read. Its line and column count from the expression's beginning.
    #[error("`{key}`: in the expression, {error}")]
    Expression {
        /// The key.
        key: String,
        /// Why.
        error: ParseError,
    },
    /// An expression that cannot mean anything.
    #[error("`{key}`: in the expression, {error}")]
    Type {
        /// The key.
        key: String,
        /// Why.
        error: CheckError,
    },
    /// A column that the file does not have.
    #[error("there is no column `{column}`; there are: {}", columns.join(", "))]
    MissingColumn {
        /// What the mapping names.
        column: String,
        /// What the header has.
        columns: Vec<String>,
    },
    /// A column that the header has twice.
    #[error("there are several columns `{0}`")]
    RepeatedColumn(String),
    /// Neither the mapping nor the command line says who publishes.
    #[error("`source` is missing, and none was named on import")]
    NoSource,
}

impl MappingError {
    pub(super) fn new(line: usize, fault: MappingFault) -> Self {
        Self { line, fault }
    }

    pub(super) fn value(line: usize, key: &str, expected: impl Into<String>) -> Self {
        Self::new(line, MappingFault::Value { key: key.to_owned(), expected: expected.into() })
    }
}

/// A file that cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file, or what unpacks it, failed.
    #[error("cannot read on after line {line}")]
    Io {
        /// The last line that was read, 0 for none.
        line: u64,
        /// Why.
        #[source]
        source: csv::Error,
    },
    /// An empty file.
    #[error("there is no header line")]
    NoHeader,
    /// A header in another encoding.
    #[error("the header is not valid UTF-8; the mapping may say encoding = \"latin-1\" or \"windows-1252\"")]
    HeaderNotUtf8,
    /// The mapping does not fit the header.
    #[error("mapping, {0}")]
    Mapping(#[from] MappingError),
    /// A quotation mark that is never closed, most often.
    #[error("line {line}: the row is longer than {limit} bytes (a quotation mark that is not closed?)")]
    RowTooLong {
        /// Where it begins.
        line: u64,
        /// The most that is read.
        limit: u64,
    },
}

/// A row, or one of its events, that is not taken over. The text names columns, never what stands in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct RowReject {
    /// Line in the file on which the row begins, from 1 (the header's, as a rule).
    pub line: u64,
    /// Why.
    pub reason: RejectReason,
}

/// Why a row is not taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RejectReason {
    /// Text in another encoding.
    #[error("{}is not valid UTF-8", named(column.as_deref()))]
    NotUtf8 {
        /// Which column, where the header has it.
        column: Option<String>,
    },
    /// More or fewer cells than the header has.
    #[error("{found} columns where the header has {expected}")]
    WrongColumns {
        /// Cells of the row.
        found: usize,
        /// Cells of the header.
        expected: usize,
    },
    /// None of the mapping's events applies.
    #[error("no event of the mapping applies{}", because(empty))]
    NoEvent {
        /// Empty columns that kept a `when` from being decided.
        empty: Vec<Arc<str>>,
    },
    /// A part of the envelope has no value.
    #[error("{part} is empty{}", because(column.as_slice()))]
    Empty {
        /// `subject`, `id`, `source` or `time`.
        part: &'static str,
        /// The empty column that it takes.
        column: Option<Arc<str>>,
    },
    /// A time or date that cannot be read.
    #[error("`{key}`: {}{fault}", named(column.as_deref()))]
    Time {
        /// The key in the mapping.
        key: Arc<str>,
        /// The column, where it is one.
        column: Option<String>,
        /// Why.
        fault: TimeFault,
    },
    /// A cell where an expression needs a number.
    #[error("`{key}`: column `{column}` is not wholly a decimal number")]
    NotANumber {
        /// The key in the mapping.
        key: Arc<str>,
        /// The column.
        column: String,
    },
    /// An expression without value for this row.
    #[error("`{key}`: in the expression, {detail}")]
    Expression {
        /// The key in the mapping.
        key: Arc<str>,
        /// Why, with the place in the expression.
        detail: String,
    },
}

/// Why a text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeFault {
    /// No RFC 3339 time with offset, and the mapping lists no formats.
    #[error("is no RFC 3339 time with offset")]
    NotRfc3339,
    /// None of the listed formats.
    #[error("has none of the formats, or is no date of the calendar")]
    NoFormat,
    /// Skipped when clocks were put forward.
    #[error("is a local time that does not exist in the time zone, since clocks were put forward")]
    DoesNotExist,
    /// Passed twice when clocks were put back.
    #[error("is a local time that occurs twice in the time zone, since clocks were put back")]
    OccursTwice,
    /// Second 60.
    #[error("is a leap second, which is not accepted")]
    LeapSecond,
    /// Before the year 1 or after 9999.
    #[error("is out of range")]
    OutOfRange,
}

fn named(column: Option<&str>) -> String {
    column.map_or_else(String::new, |column| format!("column `{column}` "))
}

fn because(empty: &[Arc<str>]) -> String {
    match empty {
        [] => String::new(),
        [column] => format!(": column `{column}` is empty"),
        columns => format!(": columns `{}` are empty", columns.join("`, `")),
    }
}
