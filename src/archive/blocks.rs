//! The rows of each record packed together in one place, beside the Parquet files of the same rows: a replay reads whole
//! customers, neighbours with one read, and holds no more than it is working on.
//!
//! A file has the blocks of a range of customers. Behind them stands the index: for each record how long its block is, its
//! checksum, and of which part of the base it is, whose columns and texts the block's numbers mean; and what those are for
//! one part. The manifest knows the SHA-256 of the index. Columns of ids of orders and the like are left out, and so are
//! those of which a number does not fit: rules that read them are replayed from Parquet.

use kulta_events::RecordId;
use kulta_projections::scores::facts::{Codes, Facts};
use serde::{Deserialize, Serialize};
use twox_hash::XxHash64;
use uuid::Uuid;

use super::columns::{Column, DIGITS, Kind};
use super::files::sha256;
use super::packed::{NONE, pack};
use super::segment::seldom_repeats;

/// How names of such files end.
pub const SUFFIX: &str = ".rows";
/// So many different texts of a column are kept, though they seldom repeat.
const FEW_TEXTS: usize = 1_000;
/// Bytes of a record in the index: its id, how many rows, how long its block is, its part, its checksum.
const ENTRY: usize = 16 + 4 + 4 + 4 + 8;
/// Bytes at the end of a file that tell how long the index is.
const TAIL: usize = 8;

/// What the columns of a part of the base are.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Which part.
    pub part: u32,
    /// Types, by their numbers.
    pub types: Vec<String>,
    /// Sources.
    pub sources: Vec<String>,
    /// Business units.
    pub units: Vec<String>,
    /// Facets' columns in the order in which they stand in a block, behind times, types, sources, units and ranks.
    pub columns: Vec<Stored>,
}

/// A facet's column.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// As in the manifest.
    pub name: String,
    /// Of texts, those that numbers from 1 on stand for; 0 stands for none.
    pub texts: Vec<String>,
}

/// A record's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The record.
    pub record: RecordId,
    /// How many rows.
    pub rows: u32,
    /// How long the block is.
    pub length: u32,
    /// The part of the base whose columns and texts it means.
    pub part: u32,
    /// Its checksum.
    pub sum: u64,
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
    XxHash64::oneshot(0, block)
}

/// A column that is to be written.
enum Values<'a> {
    Numbers(Option<usize>, u32),
    Texts(Option<&'a [u32]>),
    Bools(Option<&'a [u8]>),
}

/// Packs the facts of a part: what its columns are, the blocks one behind the other, and what to know of each.
pub fn pack_part(part: u32, facts: &Facts, columns: &[Column]) -> (Header, Vec<u8>, Vec<Entry>) {
    let names = |codes: &Codes| codes.names.iter().map(|name| name.to_string()).collect();
    let mut header = Header {
        part,
        types: names(&facts.types),
        sources: names(&facts.sources),
        units: names(&facts.units),
        columns: Vec::new(),
    };
    let mut packed = Vec::new();
    for column in columns {
        if let Some((texts, values)) = values(facts, column) {
            header.columns.push(Stored { name: column.name.clone(), texts });
            packed.push(values);
        }
    }
    let (mut bytes, mut scratch, mut entries) = (Vec::new(), Vec::new(), Vec::with_capacity(facts.records.len()));
    for (place, record) in (0..).zip(&facts.records) {
        let (rows, from) = (facts.rows_at(place), bytes.len());
        block(facts, &packed, rows.start as usize..rows.end as usize, &mut scratch, &mut bytes);
        let (length, sum) = ((bytes.len() - from) as u32, checksum(&bytes[from..]));
        entries.push(Entry { record: *record, rows: rows.len() as u32, length, part, sum });
    }
    (header, bytes, entries)
}

/// A file of blocks, in this order, and of what one part's columns are.
pub fn encode<'a>(header: &Header, blocks: impl Iterator<Item = (Entry, &'a [u8])>) -> Encoded {
    let (mut bytes, mut entries, mut rows) = (Vec::new(), Vec::new(), 0);
    for (entry, block) in blocks {
        bytes.extend_from_slice(block);
        entry.put(&mut entries);
        rows += u64::from(entry.rows);
    }
    let header = serde_json::to_vec(header).unwrap_or_default();
    let index = [&(header.len() as u64).to_le_bytes(), header.as_slice(), entries.as_slice()].concat();
    bytes.extend_from_slice(&index);
    bytes.extend_from_slice(&(index.len() as u64).to_le_bytes());
    Encoded { bytes, rows, index: sha256(&index) }
}

/// A column's texts and values; `None`: it is left out.
fn values<'a>(facts: &'a Facts, column: &Column) -> Option<(Vec<String>, Values<'a>)> {
    let place = facts.facet(&column.facet);
    let facet = place.map(|place| &facts.facets[place].1);
    match column.kind {
        Kind::Wide => None,
        Kind::Number => {
            let fits = |row| place.is_none_or(|place| facts.number(place, row, column.decimals, DIGITS).is_ok());
            (0..facts.len()).all(fits).then_some((Vec::new(), Values::Numbers(place, column.decimals)))
        }
        Kind::Bool => {
            let bools = facet.and_then(|facet| facet.bools.as_ref());
            Some((Vec::new(), Values::Bools(bools.map(|bools| bools.values.as_slice()))))
        }
        Kind::Text => {
            let texts = facet.and_then(|facet| facet.texts.as_ref());
            let names = texts.map(|texts| texts.dictionary.as_slice()).unwrap_or_default();
            if names.len() > FEW_TEXTS && seldom_repeats(facts, &column.facet) {
                return None;
            }
            let names = names.iter().skip(1).map(|name| name.to_string()).collect();
            Some((names, Values::Texts(texts.map(|texts| texts.codes.as_slice()))))
        }
    }
}

fn block(
    facts: &Facts,
    columns: &[Values<'_>],
    rows: std::ops::Range<usize>,
    scratch: &mut Vec<i64>,
    out: &mut Vec<u8>,
) {
    let mut put = |values: &mut dyn Iterator<Item = i64>| {
        scratch.clear();
        scratch.extend(values);
        pack(scratch, out);
    };
    put(&mut facts.times[rows.clone()].iter().copied());
    for codes in [&facts.types, &facts.sources, &facts.units] {
        put(&mut codes.codes[rows.clone()].iter().map(|code| i64::from(*code)));
    }
    put(&mut facts.ranks[rows.clone()].iter().map(|rank| i64::from(*rank)));
    let count = rows.len();
    for column in columns {
        match column {
            Values::Numbers(Some(place), decimals) => put(&mut rows
                .clone()
                .map(|row| facts.number(*place, row, *decimals, DIGITS).ok().flatten().unwrap_or(NONE))),
            Values::Numbers(None, _) => put(&mut std::iter::repeat_n(NONE, count)),
            Values::Texts(Some(codes)) => put(&mut codes[rows.clone()].iter().map(|code| i64::from(*code))),
            Values::Bools(Some(values)) => put(&mut values[rows.clone()].iter().map(|value| i64::from(*value))),
            Values::Texts(None) | Values::Bools(None) => put(&mut std::iter::repeat_n(0, count)),
        }
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

/// An index, of which the records are not taken apart.
#[derive(Debug)]
pub struct Index {
    /// What the columns of one part are.
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
        if !entries.len().is_multiple_of(ENTRY) {
            return None;
        }
        let header = serde_json::from_slice(header).ok()?;
        Some(Self { header, bytes, entries: from })
    }

    /// The records, in the order of their blocks.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        self.bytes[self.entries..].as_chunks().0.iter().filter_map(Entry::of)
    }
}

impl Entry {
    /// Bytes of one that is put down.
    pub const LENGTH: usize = ENTRY;

    /// Puts it down.
    pub fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.record.0.as_bytes());
        for number in [self.rows, self.length, self.part] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.sum.to_le_bytes());
    }

    /// Takes it up.
    pub fn of(bytes: &[u8; ENTRY]) -> Option<Self> {
        let (record, rest) = bytes.split_first_chunk::<16>()?;
        let (rows, rest) = rest.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (part, sum) = rest.split_first_chunk::<4>()?;
        Some(Self {
            record: RecordId(Uuid::from_bytes(*record)),
            rows: u32::from_le_bytes(*rows),
            length: u32::from_le_bytes(*length),
            part: u32::from_le_bytes(*part),
            sum: u64::from_le_bytes(*sum.first_chunk()?),
        })
    }
}
