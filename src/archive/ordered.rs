//! The rows of a base in the order of customers, for replays.
//!
//! A base is written by ranges of records, since who belongs together may change. Packed rows are put aside meanwhile by
//! ranges of customers; then each range is a file, in which the rows of a customer are one block, and what a replay reads one
//! after the other lies side by side.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use kulta_events::{CustomerId, RecordId};
use kulta_projections::scores::facts::Facts;
use uuid::Uuid;

use super::Error;
use super::blocks::{Encoded, Encoder, Header};
use super::columns::Column;
use super::pack::{Piece, pack_part};
use super::spill::Spill;
use super::together::{Room, Together};

/// The order of records in the crosswalk.
#[derive(Debug)]
pub struct Order {
    /// By record.
    places: Vec<(RecordId, Place)>,
    customers: u32,
}

/// Where a record stands, behind its customer; where it is nobody's, behind all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    customer: u32,
    record: u32,
}

impl Order {
    /// That of a crosswalk, which is by customer.
    pub fn of(members: &[(RecordId, CustomerId)]) -> Self {
        let (mut customer, mut last) = (0, members.first().map(|(_, customer)| *customer));
        let mut placed = |(record, (id, of)): (u32, &(RecordId, CustomerId))| {
            if last.replace(*of) != Some(*of) {
                customer += 1;
            }
            (*id, Place { customer, record })
        };
        let mut places: Vec<_> = (0..).zip(members).map(&mut placed).collect();
        places.sort_unstable();
        Self { places, customers: customer + 1 }
    }

    fn place(&self, record: RecordId) -> Place {
        let found = self.places.binary_search_by_key(&record, |(known, _)| *known);
        let nobody = Place { customer: self.customers, record: self.places.len() as u32 };
        found.map_or(nobody, |found| self.places[found].1)
    }
}

/// Packed rows that are put aside by ranges of customers.
#[derive(Debug)]
pub struct Aside<'a> {
    order: &'a Order,
    kept: Mutex<(Spill, Vec<Header>)>,
}

/// All of them.
#[derive(Debug)]
pub struct Kept {
    spill: Spill,
    together: Together,
    customers: u32,
}

/// A piece that was put aside.
#[derive(Clone, Copy, Debug)]
struct Put<'a> {
    place: Place,
    part: u32,
    piece: Piece,
    bytes: &'a [u8],
}

impl<'a> Aside<'a> {
    /// Nothing yet, of a base of so many parts; there are as many ranges of customers.
    pub fn new(dir: &Path, order: &'a Order, parts: usize) -> Self {
        let headers = (0..parts).map(|_| Header::default()).collect();
        Self { order, kept: Mutex::new((Spill::new(dir, "blocks", parts), headers)) }
    }

    /// Puts the rows of a part aside.
    pub fn put(&self, part: usize, facts: &Facts, columns: &[Column]) -> Result<(), Error> {
        let (header, packed, pieces) = pack_part(part as u32, facts, columns);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (spill, headers) = &mut *kept;
        headers[part] = header;
        let (ranges, mut left) = (headers.len(), packed.as_slice());
        for piece in pieces {
            let (bytes, rest) = left.split_at(piece.length as usize);
            left = rest;
            let place = self.order.place(piece.record);
            let range = place.customer as usize * ranges / (self.order.customers as usize + 1);
            let put = Put { place, part: part as u32, piece, bytes };
            spill.add(range, |out| put.put(out))?;
        }
        Ok(())
    }

    /// All that was put aside.
    pub fn all(self) -> Kept {
        let (spill, headers) = self.kept.into_inner().unwrap_or_else(PoisonError::into_inner);
        Kept { spill, together: Together::of(&headers), customers: self.order.customers }
    }
}

impl Kept {
    /// The file of a range of customers.
    pub fn file(&self, range: usize) -> Result<Encoded, Error> {
        let bytes = self.spill.read(range)?;
        let (mut left, mut found) = (bytes.as_slice(), Vec::new());
        while let Some(put) = Put::take(&mut left) {
            found.push(put);
        }
        // Those that are nobody's lie by their ids, each by itself.
        found.sort_unstable_by_key(|put| (put.place, put.piece.record));
        let of_one = |one: &Put<'_>, other: &Put<'_>| {
            one.place.customer == other.place.customer && one.place.customer < self.customers
        };
        let (mut encoder, mut room, mut pieces) = (Encoder::default(), Room::default(), Vec::new());
        for customer in found.chunk_by(of_one) {
            pieces.clear();
            pieces.extend(customer.iter().map(|put| (put.part, put.piece, put.bytes)));
            let records = customer.iter().map(|put| (put.piece.record, put.piece.rows));
            encoder
                .add(records, |out| self.together.put(&pieces, &mut room, out))
                .ok_or_else(|| Error::damaged("spill-blocks", "what was put aside is not there as it was"))?;
        }
        Ok(encoder.finish(&self.together.header(range as u32)))
    }
}

impl<'a> Put<'a> {
    fn put(&self, out: &mut Vec<u8>) {
        let Self { place, part, piece, bytes } = self;
        for number in [place.customer, place.record, *part, piece.rows, piece.length] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(piece.record.0.as_bytes());
        out.extend_from_slice(bytes);
    }

    /// Takes up the next one; `None` when there is none.
    fn take(bytes: &mut &'a [u8]) -> Option<Self> {
        let mut left = *bytes;
        let mut number = || {
            let (first, rest) = left.split_first_chunk()?;
            left = rest;
            Some(u32::from_le_bytes(*first))
        };
        let (customer, place, part, rows, length) = (number()?, number()?, number()?, number()?, number()?);
        let (record, rest) = left.split_first_chunk()?;
        let (own, rest) = rest.split_at_checked(length as usize)?;
        *bytes = rest;
        let piece = Piece { record: RecordId(Uuid::from_bytes(*record)), rows, length };
        Some(Self { place: Place { customer, record: place }, part, piece, bytes: own })
    }
}
