//! A CSV file row by row.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::io::{self, Read};

use aws_lc_rs::digest::{Context, SHA256};

use super::encoding::Encoding;
use super::error::{ReadError, RejectReason, RowReject};
use super::{BoundMapping, MappedEvent, Mapping};

/// The longest row, in bytes: an event may not be larger either.
const MOST_BYTES_OF_ROW: u64 = 1 << 20;

/// What one row of a file makes.
#[derive(Clone, Debug, PartialEq)]
pub struct MappedRow {
    /// Line on which the row begins, from 1.
    pub line: u64,
    /// Its events and rejects; never empty.
    pub events: Vec<Result<MappedEvent, RowReject>>,
}

/// The rows of a file, as events. After an error there is nothing more.
///
/// When the mapping uses `{nth}`, a 128-bit hash of each distinct row and its count are kept: 24 to 48 bytes per
/// distinct row, so about 40 MB for each million. Two different rows share such a hash with a probability below 10⁻²⁶ in a
/// file of a million.
pub struct Rows<R> {
    csv: csv::Reader<Lines<R>>,
    mapping: BoundMapping,
    encoding: Encoding,
    record: csv::ByteRecord,
    seen: HashMap<[u8; 16], u32>,
    line: u64,
    failed: bool,
}

impl Mapping {
    /// Reads the header of a file and binds the mapping to it.
    ///
    /// # Errors
    /// Without a header in the mapping's encoding, with a header that lacks the mapping's columns, and when the file
    /// cannot be read.
    pub fn rows<R: Read>(&self, input: R) -> Result<Rows<R>, ReadError> {
        let mut csv = csv::ReaderBuilder::new()
            .delimiter(self.format.delimiter)
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(1 << 16)
            .from_reader(Lines::new(input));
        let mut record = csv::ByteRecord::new();
        if !read(&mut csv, &mut record, 0)? {
            return Err(ReadError::NoHeader);
        }
        let encoding = self.format.encoding;
        let header = decode(&mut record, encoding).map_err(|_| ReadError::HeaderNotUtf8)?;
        let mapping = self.bind(&header)?;
        Ok(Rows { csv, mapping, encoding, record, seen: HashMap::new(), line: 1, failed: false })
    }
}

impl<R: Read> Rows<R> {
    /// The next row; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read on. Rows that cannot be taken over are no errors but rejects.
    pub fn next_row(&mut self) -> Result<Option<MappedRow>, ReadError> {
        if self.failed {
            return Ok(None);
        }
        match read(&mut self.csv, &mut self.record, self.line) {
            Ok(true) => {}
            end_or_failure => {
                self.failed = true;
                return end_or_failure.map(|_| None);
            }
        }
        let start = self.record.position().map_or(0, csv::Position::byte);
        let line = self.csv.get_mut().line_from(start);
        self.line = line;
        if self.record.len() != self.mapping.columns().len() {
            let expected = self.mapping.columns().len();
            return Ok(Some(rejected(line, RejectReason::WrongColumns { found: self.record.len(), expected })));
        }
        let nth = if self.mapping.counts_rows() { self.count() } else { 1 };
        let events = match decode(&mut self.record, self.encoding) {
            Ok(cells) => {
                let events = self.mapping.map_row(line, &cells, nth);
                if self.encoding == Encoding::Utf8 {
                    self.record = cells.into_byte_record();
                }
                events
            }
            Err(column) => {
                let column = self.mapping.columns().get(column).cloned();
                return Ok(Some(rejected(line, RejectReason::NotUtf8 { column })));
            }
        };
        Ok(Some(MappedRow { line, events }))
    }

    /// The cells of the row that was read last, as they stand in the file.
    pub fn raw(&self) -> &csv::ByteRecord {
        &self.record
    }

    /// The mapping, bound to this file.
    pub fn mapping(&self) -> &BoundMapping {
        &self.mapping
    }

    /// The how-manieth row with these cells it is.
    fn count(&mut self) -> u64 {
        let mut hash = Context::new(&SHA256);
        for cell in &self.record {
            // The length keeps "ab", "c" apart from "a", "bc".
            hash.update(&(cell.len() as u64).to_le_bytes());
            hash.update(cell);
        }
        let digest = hash.finish();
        let mut key = [0; 16];
        key.copy_from_slice(&digest.as_ref()[..16]);
        let count = self.seen.entry(key).or_insert(0);
        *count = count.saturating_add(1);
        u64::from(*count)
    }
}

impl<R: Read> Iterator for Rows<R> {
    type Item = Result<MappedRow, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_row().transpose()
    }
}

fn rejected(line: u64, reason: RejectReason) -> MappedRow {
    MappedRow { line, events: vec![Err(RowReject { line, reason })] }
}

/// Reads a record that begins after `line`.
fn read<R: Read>(csv: &mut csv::Reader<Lines<R>>, record: &mut csv::ByteRecord, line: u64) -> Result<bool, ReadError> {
    let start = csv.position().byte();
    csv.get_mut().row_begins_at = start;
    match csv.read_byte_record(record) {
        Ok(found) => Ok(found),
        Err(_) if csv.get_ref().too_long => {
            Err(ReadError::RowTooLong { line: csv.get_mut().line_from(start), limit: MOST_BYTES_OF_ROW })
        }
        Err(source) => Err(ReadError::Io { line, source }),
    }
}

/// The cells as text; for UTF-8 the record is emptied into the result, and given back on failure. Else the number of
/// the first cell that is no text.
fn decode(record: &mut csv::ByteRecord, encoding: Encoding) -> Result<csv::StringRecord, usize> {
    if encoding == Encoding::Utf8 {
        return csv::StringRecord::from_byte_record(std::mem::take(record)).map_err(|error| {
            let cell = error.utf8_error().field();
            *record = error.into_byte_record();
            cell
        });
    }
    let mut cells = csv::StringRecord::with_capacity(record.as_slice().len() + 16, record.len());
    for (index, cell) in record.iter().enumerate() {
        cells.push_field(&encoding.decode(cell).ok_or(index)?);
    }
    Ok(cells)
}

/// Passes bytes through, and knows on which line each row begins. (The CSV reader's own count is late by one after
/// CRLF and stops at blank lines.)
struct Lines<R> {
    input: R,
    read: u64,
    line: u64,
    /// Where the row that is being read begins, or the line ends before it.
    row_begins_at: u64,
    /// Beginnings of lines that are not blank, not yet asked for: offset and line.
    beginnings: VecDeque<(u64, u64)>,
    at_beginning: bool,
    after_return: bool,
    too_long: bool,
}

impl<R> Lines<R> {
    fn new(input: R) -> Self {
        Self {
            input,
            read: 0,
            line: 1,
            row_begins_at: 0,
            beginnings: VecDeque::new(),
            at_beginning: true,
            after_return: false,
            too_long: false,
        }
    }

    /// The line of the row that begins at `start`, or after the line ends that stand there.
    fn line_from(&mut self, start: u64) -> u64 {
        while self.beginnings.front().is_some_and(|(offset, _)| *offset < start) {
            self.beginnings.pop_front();
        }
        self.beginnings.front().map_or(self.line, |(_, line)| *line)
    }

    fn note(&mut self, bytes: &[u8]) {
        for (index, byte) in bytes.iter().enumerate() {
            match byte {
                // The second half of a CRLF.
                b'\n' if self.after_return => self.after_return = false,
                b'\n' | b'\r' => {
                    self.line += 1;
                    self.at_beginning = true;
                    self.after_return = *byte == b'\r';
                }
                _ => {
                    if self.at_beginning {
                        self.beginnings.push_back((self.read + index as u64, self.line));
                    }
                    self.at_beginning = false;
                    self.after_return = false;
                }
            }
        }
        self.read += bytes.len() as u64;
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read - self.row_begins_at > MOST_BYTES_OF_ROW {
            self.too_long = true;
            return Err(io::Error::other("row too long"));
        }
        let read = self.input.read(buffer)?;
        self.note(&buffer[..read]);
        Ok(read)
    }
}
