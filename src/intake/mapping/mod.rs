//! CSV files as facts: a mapping file says which events a row makes.
//!
//! A mapping is read once ([`Mapping::parse`]), bound to the header of a file ([`Mapping::bind`], done by
//! [`Mapping::rows`]), and then asked row by row. Nothing of the mapping is looked up or parsed while rows pass.
//!
//! ```toml
//! source = "shop"                          # template; may also stand in an event
//! unit = "helsinki"                        # template; optional
//! time_zone = "Europe/London"              # for times without offset; default UTC
//! delimiter = ";"                          # default ","
//! encoding = "latin-1"                     # utf-8 (default), latin-1, windows-1252
//! decimal_separator = ","                  # of cells that expressions read as numbers; default "."
//!
//! [[event]]
//! type = "purchase.made"
//! id = "{Invoice}/{Line}/{nth}"            # template; {row} line number, {nth} the how-manieth identical row
//! subject = { expr = "integer(Customer)" } # template or expression
//! when = 'Quantity > 0'                    # optional
//! time = { column = "Date", formats = ["%Y-%m-%d %H:%M:%S"] }
//! [event.data]
//! product = "Article"                      # a bare name is a column
//! amount = { expr = "Quantity * Price" }
//! currency = { const = "GBP" }
//! email = ["Mail 1", "Mail 2"]             # a list of those that are there
//! due_date = { column = "Due", formats = ["%d.%m.%Y"] }     # a date; with a time of day: an instant
//! [event.data.address]
//! street = "Street"
//! ```
//!
//! - White space around a cell is not part of its value, and an empty cell is no value: a member that reads it is
//!   absent, which says nothing and deletes nothing. An object or list of which no column has a value is absent too.
//! - `template = "{First} {Last}"` makes a text of several columns, `{{` and `}}` stand for braces; a column that is
//!   empty leaves nothing. A subject or source with an empty column in it is none.
//! - Expressions are those of `kulta_projections::expr`; columns whose names are no plain words stand in back-ticks, and
//!   `row` and `nth` are numbers. An event whose `when` needs an empty cell does not apply.
//! - `time` is a `column` or `template` with `formats` (strftime, tried in order; without them RFC 3339 with offset), a
//!   `const`, or an `expr`; `default` serves rows where it is empty. A date without time is the beginning of that day. A
//!   local time that does not exist or occurs twice, because clocks were changed, rejects the row.
//! - In `data`, `column` and `template` take `formats` for dates, `not_after = "2018-12-31"` (a later date that was
//!   written with a two-digit year is a century earlier) and `default`.
//! - Numbers become JSON strings of the exact decimal, inside `attributes` JSON numbers.

mod bind;
mod column;
mod document;
mod encoding;
mod error;
mod event;
mod parse;
mod rows;
mod spec;
mod template;
mod time;
mod value;

#[cfg(test)]
mod tests;

pub use error::{MappingError, MappingFault, ReadError, RejectReason, RowReject, TimeFault};
pub use event::MappedEvent;
pub use rows::{MappedRow, Rows};

use jiff::tz::TimeZone;

use column::{Column, Named};
use spec::{EventSpec, Text};

/// A mapping file, read and checked as far as it can be without a file to map.
#[derive(Clone, Debug)]
pub struct Mapping {
    source: Option<Text<Named>>,
    unit: Option<Text<Named>>,
    time_zone: TimeZone,
    format: Format,
    events: Vec<EventSpec<Named>>,
}

/// How the file is written.
#[derive(Clone, Copy, Debug)]
struct Format {
    delimiter: u8,
    encoding: encoding::Encoding,
    decimal_separator: char,
}

/// A mapping whose columns were found in a header.
#[derive(Clone, Debug)]
pub struct BoundMapping {
    time_zone: TimeZone,
    decimal_separator: char,
    events: Vec<EventSpec<Column>>,
    /// The header, for reasons that name columns.
    columns: Vec<String>,
    counts_rows: bool,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// On TOML that is none, unknown keys, and values, templates, formats or expressions that mean nothing, with the
    /// line in the mapping file.
    pub fn parse(toml: &str) -> Result<Self, MappingError> {
        parse::mapping(toml)
    }

    /// The same mapping with another source, as a command line may demand.
    #[must_use]
    pub fn with_source(mut self, source: &str) -> Self {
        self.source = Some(Text::fixed(source));
        for event in &mut self.events {
            event.source = None;
        }
        self
    }
}
