//! Reading files.

use std::collections::HashMap;
use std::io::Read;

use csv::{ByteRecord, ReaderBuilder};
use kulta_projections::identity::policy::MatchPolicy;
use kulta_projections::identity::prepared::Prepared;

use super::column::Plan;
use super::{Mapping, MappingFault};

/// Rows that are prepared at once.
const ROWS: usize = 65_536;

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadFault {
    /// It is no CSV, or reading failed.
    #[error("not readable as CSV")]
    Csv(#[from] csv::Error),
    /// The mapping does not fit it.
    #[error(transparent)]
    Mapping(#[from] MappingFault),
    /// The column with the truth is missing.
    #[error("there is no column `{column}`; there are {there}")]
    Truth {
        /// The column.
        column: String,
        /// The columns that there are.
        there: String,
    },
    /// No column says anything that could be compared.
    #[error("no column is known: a mapping has to name them; there are {0}")]
    Nothing(String),
}

/// A file's records.
#[derive(Debug, Default)]
pub struct Input {
    /// The records, prepared.
    pub records: Vec<Prepared>,
    /// Their ids as the file has them; the line number where it has none.
    pub names: Vec<Box<str>>,
    /// The true customer of each, numbered from 0; `u32::MAX` where none is given.
    pub truth: Vec<u32>,
    /// Numbers of sources, from 0.
    pub sources: Vec<u32>,
    /// Columns that nobody reads.
    pub unread: Vec<String>,
    /// Whether records have a source.
    pub has_source: bool,
}

/// Reads a file and prepares its records on `threads` threads.
///
/// # Errors
/// When it cannot be read to its end, or the mapping does not fit.
pub fn read(
    file: impl Read,
    mapping: &Mapping,
    truth: Option<&str>,
    policy: &MatchPolicy,
    threads: usize,
) -> Result<Input, ReadFault> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(file);
    let trimmed = |name: &[u8]| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').trim().to_owned();
    let header: Vec<String> = reader.byte_headers()?.iter().map(trimmed).collect();
    let truth_at = truth.map(|column| {
        header
            .iter()
            .position(|name| name == column)
            .ok_or_else(|| ReadFault::Truth { column: column.to_owned(), there: header.join(", ") })
    });
    let truth_at = truth_at.transpose()?;
    let (plan, unread) = mapping.bind(&header, truth)?;
    if plan.is_empty() {
        return Err(ReadFault::Nothing(header.join(", ")));
    }
    let mut input = Input { unread, has_source: plan.has("source"), ..Input::default() };
    let mut numbers = (Numbers::default(), Numbers::default());
    let mut rows: Vec<ByteRecord> = Vec::new();
    loop {
        rows.resize_with(ROWS, ByteRecord::new);
        let mut count = 0;
        while count < ROWS && reader.read_byte_record(&mut rows[count])? {
            count += 1;
        }
        rows.truncate(count);
        input.take(&rows, &plan, policy, threads);
        for row in &rows {
            let value = |at: Option<usize>| at.and_then(|at| row.get(at)).unwrap_or_default().trim_ascii();
            input.truth.push(numbers.0.of(value(truth_at)));
            input.sources.push(numbers.1.of(plan.source(row).as_bytes()));
        }
        if count < ROWS {
            return Ok(input);
        }
    }
}

/// Texts numbered in the order in which they come; `u32::MAX` for the empty one.
#[derive(Default)]
struct Numbers(HashMap<Box<[u8]>, u32>);

impl Numbers {
    fn of(&mut self, text: &[u8]) -> u32 {
        if text.is_empty() {
            return u32::MAX;
        }
        if let Some(number) = self.0.get(text) {
            return *number;
        }
        let number = self.0.len() as u32;
        self.0.insert(text.into(), number);
        number
    }
}

impl Input {
    fn take(&mut self, rows: &[ByteRecord], plan: &Plan, policy: &MatchPolicy, threads: usize) {
        let prepare = |rows: &[ByteRecord]| -> Vec<Prepared> {
            rows.iter().map(|row| Prepared::of(&plan.attributes(row), policy)).collect()
        };
        let size = rows.len().div_ceil(threads.max(1)).max(1);
        std::thread::scope(|scope| {
            let parts: Vec<_> = rows.chunks(size).map(|part| scope.spawn(move || prepare(part))).collect();
            for part in parts {
                match part.join() {
                    Ok(prepared) => self.records.extend(prepared),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        for row in rows {
            let line = || row.position().map_or_else(String::new, |position| position.line().to_string());
            self.names.push(plan.record_id(row).unwrap_or_else(line).into());
        }
    }
}
