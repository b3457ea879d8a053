//! The rows of a base in the order of customers, for replays.
//!
//! A base is written by ranges of records, since who belongs together may change. Packed rows are put aside meanwhile by
//! ranges of customers; then each range is a file, so that what a replay reads one after the other lies side by side.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use kulta_events::{CustomerId, RecordId};
use kulta_projections::scores::facts::Facts;

use super::Error;
use super::blocks::{self, Encoded, Entry, Header};
use super::columns::Column;
use super::spill::Spill;

/// The order of records in the crosswalk.
#[derive(Debug)]
pub struct Order {
    /// By record.
    places: Vec<(RecordId, u32)>,
}

impl Order {
    /// That of a crosswalk.
    pub fn of(members: &[(RecordId, CustomerId)]) -> Self {
        let mut places: Vec<_> = members.iter().map(|(record, _)| *record).zip(0..).collect();
        places.sort_unstable();
        Self { places }
    }

    /// The place of a record; behind all others where it is nobody's.
    fn place(&self, record: RecordId) -> u32 {
        let found = self.places.binary_search_by_key(&record, |(known, _)| *known);
        found.map_or(self.places.len() as u32, |found| self.places[found].1)
    }
}

/// Blocks that are put aside by ranges of customers.
#[derive(Debug)]
pub struct Aside<'a> {
    order: &'a Order,
    kept: Mutex<Kept>,
}

/// What is kept of them.
#[derive(Debug)]
pub struct Kept {
    spill: Spill,
    /// By part.
    headers: Vec<Header>,
}

impl<'a> Aside<'a> {
    /// Nothing yet, of a base of so many parts; there are as many ranges of customers.
    pub fn new(dir: &Path, order: &'a Order, parts: usize) -> Self {
        let header = |part| Header { part, ..Header::default() };
        let headers = (0..parts as u32).map(header).collect();
        Self { order, kept: Mutex::new(Kept { spill: Spill::new(dir, "blocks", parts), headers }) }
    }

    /// Puts the rows of a part aside.
    pub fn put(&self, part: usize, facts: &Facts, columns: &[Column]) -> Result<(), Error> {
        let (header, packed, entries) = blocks::pack_part(part as u32, facts, columns);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.headers[part] = header;
        let (ranges, mut left) = (kept.headers.len(), packed.as_slice());
        for entry in entries {
            let (block, rest) = left.split_at(entry.length as usize);
            left = rest;
            let place = self.order.place(entry.record);
            let range = place as usize * ranges / (self.order.places.len() + 1);
            kept.spill.add(range, |out| {
                out.extend_from_slice(&place.to_le_bytes());
                entry.put(out);
                out.extend_from_slice(block);
            })?;
        }
        Ok(())
    }

    /// All that was put aside.
    pub fn all(self) -> Kept {
        self.kept.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// The file of a range of customers.
    pub fn file(&self, range: usize) -> Result<Encoded, Error> {
        let bytes = self.spill.read(range)?;
        let (mut left, mut found) = (bytes.as_slice(), Vec::new());
        while let Some((place, entry, block)) = take(&mut left) {
            found.push((place, entry, block));
        }
        // Those that are nobody's lie by their ids.
        found.sort_unstable_by_key(|(place, entry, _)| (*place, entry.record));
        Ok(blocks::encode(&self.headers[range], found.into_iter().map(|(_, entry, block)| (entry, block))))
    }
}

/// Takes up the next block; `None` when there is none.
fn take<'a>(bytes: &mut &'a [u8]) -> Option<(u32, Entry, &'a [u8])> {
    let (place, rest) = bytes.split_first_chunk()?;
    let (entry, rest) = rest.split_first_chunk::<{ Entry::LENGTH }>()?;
    let entry = Entry::of(entry)?;
    let (block, rest) = rest.split_at_checked(entry.length as usize)?;
    *bytes = rest;
    Some((u32::from_le_bytes(*place), entry, block))
}
