//! The rows of each record packed together in one place, beside the Parquet file of the same rows: a replay reads whole
//! customers with a read for each record, and holds no more than it is working on.
//!
//! Behind the records' blocks stands the index: what the columns are, and for each record where its block is and its
//! checksum. The manifest knows the SHA-256 of the index. Columns of ids of orders and the like are left out, and so are
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
/// Bytes of a record in the index: its id, how many rows, where its block ends, its checksum.
const ENTRY: usize = 16 + 4 + 8 + 8;
/// Bytes at the end of a file that tell how long the index is.
const TAIL: usize = 8;

/// What the columns of a file are.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
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

/// Where a record's rows are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// The record.
    pub record: RecordId,
    /// How many rows.
    pub rows: u32,
    /// Where the block ends.
    pub end: u64,
    /// Its checksum.
    pub sum: u64,
}

/// A file.
#[derive(Debug)]
pub struct Encoded {
    /// Its bytes.
    pub bytes: Vec<u8>,
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

/// The file of these facts.
pub fn encode(facts: &Facts, columns: &[Column]) -> Encoded {
    let names = |codes: &Codes| codes.names.iter().map(|name| name.to_string()).collect();
    let mut header = Header {
        types: names(&facts.types),
        sources: names(&facts.sources),
        units: names(&facts.units),
        columns: Vec::new(),
    };
    let mut written = Vec::new();
    for column in columns {
        if let Some((texts, values)) = values(facts, column) {
            header.columns.push(Stored { name: column.name.clone(), texts });
            written.push(values);
        }
    }
    let (mut bytes, mut entries) = (Vec::new(), Vec::new());
    let mut scratch = Vec::new();
    for (place, record) in (0..).zip(&facts.records) {
        let rows = facts.rows_at(place);
        let from = bytes.len();
        block(facts, &written, rows.start as usize..rows.end as usize, &mut scratch, &mut bytes);
        entries.extend_from_slice(record.0.as_bytes());
        entries.extend_from_slice(&(rows.len() as u32).to_le_bytes());
        entries.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        entries.extend_from_slice(&checksum(&bytes[from..]).to_le_bytes());
    }
    let header = serde_json::to_vec(&header).unwrap_or_default();
    let index = [&(header.len() as u64).to_le_bytes(), header.as_slice(), entries.as_slice()].concat();
    bytes.extend_from_slice(&index);
    bytes.extend_from_slice(&(index.len() as u64).to_le_bytes());
    Encoded { bytes, index: sha256(&index) }
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

/// Reads an index. `None`: it is none.
pub fn index(bytes: &[u8]) -> Option<(Header, Vec<Block>)> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let (header, entries) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let (entries, more) = entries.as_chunks::<ENTRY>();
    if !more.is_empty() {
        return None;
    }
    Some((serde_json::from_slice(header).ok()?, entries.iter().filter_map(entry).collect()))
}

fn entry(bytes: &[u8; ENTRY]) -> Option<Block> {
    let (record, rest) = bytes.split_first_chunk::<16>()?;
    let (rows, rest) = rest.split_first_chunk::<4>()?;
    let (end, sum) = rest.split_first_chunk::<8>()?;
    Some(Block {
        record: RecordId(Uuid::from_bytes(*record)),
        rows: u32::from_le_bytes(*rows),
        end: u64::from_le_bytes(*end),
        sum: u64::from_le_bytes(*sum.first_chunk()?),
    })
}
