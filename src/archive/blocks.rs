//! The rows of each customer packed together in one place, beside the Parquet files of the same rows: a replay reads whole
//! customers, neighbours with one read, and holds no more than it is working on.
//!
//! A file has the blocks of a range of customers: the rows of all records of a customer in the order of facts, and which of
//! the records each row is of, so that the rows can be told apart when customers change. Behind the blocks stands the index:
//! what the numbers in them mean, and for each block how long it is, its checksum, its records and how many rows each has.
//! The manifest knows the SHA-256 of the index. Columns of ids of orders and the like are left out, and so are those of
//! which a number does not fit: rules that read them are replayed from Parquet.

use kulta_events::RecordId;
use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;
use uuid::Uuid;

use super::files::sha256;

/// How names of such files end.
pub const SUFFIX: &str = ".rows";
/// Bytes of a block in the index, in front of its records: how long it is, how many records it has, its checksum.
const BLOCK: usize = 4 + 4 + 8;
/// Bytes of a record there: its id, how many rows it has.
const RECORD: usize = 16 + 4;
/// Bytes at the end of a file that tell how long the index is.
const TAIL: usize = 8;

/// What the columns of blocks are.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Which of the files, or of the parts of the base, has them.
    pub part: u32,
    /// Types, by their numbers.
    pub types: Vec<String>,
    /// Sources.
    pub sources: Vec<String>,
    /// Business units.
    pub units: Vec<String>,
    /// Facets' columns in the order in which they stand in a block, behind times, types, sources, units and ranks; behind
    /// all of them stands which record each row is of, where there are several.
    pub columns: Vec<Stored>,
}

/// A facet's column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// As in the manifest.
    pub name: String,
    /// Of texts, those that numbers from 1 on stand for; 0 stands for none.
    pub texts: Vec<String>,
}

/// What the index says of a block.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// How long it is.
    pub length: u32,
    /// Its checksum.
    pub sum: u64,
    records: &'a [[u8; RECORD]],
}

/// A file.
#[derive(Debug)]
pub struct Encoded {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How many rows.
    pub rows: u64,
    /// The SHA-256 of its index.
    pub index: String,
}

/// The checksum of a block.
pub fn checksum(block: &[u8]) -> u64 {
    XxHash3_64::oneshot(block)
}

/// A file that is being made.
#[derive(Debug, Default)]
pub struct Encoder {
    bytes: Vec<u8>,
    entries: Vec<u8>,
    rows: u64,
}

impl Encoder {
    /// Adds the block of some records, each with how many rows it has. `None`: it could not be put down.
    pub fn add(
        &mut self,
        records: impl ExactSizeIterator<Item = (RecordId, u32)>,
        put: impl FnOnce(&mut Vec<u8>) -> Option<()>,
    ) -> Option<()> {
        let from = self.bytes.len();
        put(&mut self.bytes)?;
        let block = &self.bytes[from..];
        self.entries.extend_from_slice(&u32::try_from(block.len()).ok()?.to_le_bytes());
        self.entries.extend_from_slice(&u32::try_from(records.len()).ok()?.to_le_bytes());
        self.entries.extend_from_slice(&checksum(block).to_le_bytes());
        for (record, rows) in records {
            self.entries.extend_from_slice(record.0.as_bytes());
            self.entries.extend_from_slice(&rows.to_le_bytes());
            self.rows += u64::from(rows);
        }
        Some(())
    }

    /// The file, whose columns are these.
    pub fn finish(self, header: &Header) -> Encoded {
        let Self { mut bytes, entries, rows } = self;
        let header = serde_json::to_vec(header).unwrap_or_default();
        let index = [&(header.len() as u64).to_le_bytes(), header.as_slice(), entries.as_slice()].concat();
        bytes.extend_from_slice(&index);
        bytes.extend_from_slice(&(index.len() as u64).to_le_bytes());
        Encoded { bytes, rows, index: sha256(&index) }
    }
}

/// How long the index is that ends with the last bytes of a file.
pub fn index_length(tail: &[u8]) -> Option<u64> {
    tail.last_chunk().map(|tail: &[u8; TAIL]| u64::from_le_bytes(*tail))
}

/// How many bytes at the end of a file tell how long its index is.
pub fn tail_length() -> u64 {
    TAIL as u64
}

/// An index, of which the blocks are not taken apart.
#[derive(Debug)]
pub struct Index {
    /// What the columns are.
    pub header: Header,
    bytes: Vec<u8>,
    entries: usize,
}

impl Index {
    /// Reads an index. `None`: it is none.
    pub fn of(bytes: Vec<u8>) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let (header, entries) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        let from = bytes.len() - entries.len();
        let header = serde_json::from_slice(header).ok()?;
        Some(Self { header, bytes, entries: from })
    }

    /// The blocks, in their order, up to what is none.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        let mut left = &self.bytes[self.entries..];
        std::iter::from_fn(move || Entry::take(&mut left))
    }
}

impl<'a> Entry<'a> {
    fn take(bytes: &mut &'a [u8]) -> Option<Self> {
        let (block, rest) = bytes.split_first_chunk::<BLOCK>()?;
        let (length, block) = block.split_first_chunk()?;
        let (count, sum) = block.split_first_chunk()?;
        let (length, count) = (u32::from_le_bytes(*length), u32::from_le_bytes(*count));
        let (records, rest) = rest.split_at_checked(RECORD.checked_mul(count as usize)?)?;
        *bytes = rest;
        Some(Self { length, sum: u64::from_le_bytes(*sum.first_chunk()?), records: records.as_chunks().0 })
    }

    /// Its records, and how many rows each has.
    pub fn records(&self) -> impl ExactSizeIterator<Item = (RecordId, u32)> + use<'a> {
        self.records.iter().map(|bytes| {
            let (mut id, mut rows) = ([0; 16], [0; 4]);
            id.copy_from_slice(&bytes[..16]);
            rows.copy_from_slice(&bytes[16..]);
            (RecordId(Uuid::from_bytes(id)), u32::from_le_bytes(rows))
        })
    }
}
