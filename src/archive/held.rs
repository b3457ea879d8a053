//! Where the rows of records lie: in blocks of customers, as these were when the base was written, or in memory.

use std::collections::HashMap;
use std::ops::Range;

use kulta_events::RecordId;

use super::blocks::Index;

/// The rows of a record that are not told of later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// How many.
    pub rows: u32,
    pub lie: Lie,
}

/// Where rows lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Lie {
    /// There are none.
    #[default]
    Nowhere,
    /// In a block, as those of the record with this number in it.
    Block { block: u32, number: u32 },
    /// In a delta that is in memory, from a row on.
    Memory { delta: u32, from: u32 },
}

/// A block: rows that lie side by side in a file, in the order of facts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// Where it begins.
    pub at: u64,
    /// Its checksum.
    pub sum: u64,
    /// How many bytes it has.
    pub length: u32,
    pub rows: u32,
    /// In which file.
    pub file: u32,
    /// The first and the last place of its records, if all of these are records of one customer still, and all its rows are
    /// theirs; else [`APART`].
    pub places: (u32, u32),
}

/// Rows of a block that are looked at record by record.
const APART: (u32, u32) = (u32::MAX, 0);

impl Block {
    /// Whether all of its rows are rows of the records at these places.
    pub fn is_within(&self, places: &Range<usize>) -> bool {
        self.places != APART && places.start <= self.places.0 as usize && (self.places.1 as usize) < places.end
    }

    /// Not all of its rows are to be read any more.
    pub fn take_apart(&mut self) {
        self.places = APART;
    }
}

/// How far a record is looked for among those that follow.
const REACH: usize = 64;
/// The same, now and then, when it was in vain for several.
const FAR: usize = 1 << 16;

/// Where the rows of records lie, of which each customer's stand side by side up to an end, and all blocks. Blocks stand in
/// the order that the records had when the base was written: both are gone through side by side, and only what belongs to
/// another customer since is looked up.
pub(super) fn placed(indexes: &[Index], records: &[RecordId], ends: &[u32]) -> (Vec<Held>, Vec<Block>) {
    let mut held = vec![Held::default(); records.len()];
    let mut blocks: Vec<Block> = Vec::with_capacity(ends.len());
    // Of each block the records that were not found yet.
    let mut missing: Vec<u32> = Vec::with_capacity(ends.len());
    let mut strays: HashMap<RecordId, Held> = HashMap::new();
    let (mut next, mut missed) = (0, 0_usize);
    for (file, index) in (0..).zip(indexes) {
        let mut at = 0;
        for entry in index.entries() {
            let (block, mut rows) = (blocks.len() as u32, 0);
            for (number, (record, own)) in (0..).zip(entry.records()) {
                rows += own;
                let lies = Held { rows: own, lie: Lie::Block { block, number } };
                let reach = match missed {
                    0..8 => REACH,
                    many if many.is_multiple_of(REACH) => FAR,
                    _ => 1,
                };
                match records[next..].iter().take(reach).position(|known| *known == record) {
                    Some(over) => {
                        held[next + over] = lies;
                        (next, missed) = (next + over + 1, 0);
                    }
                    None => {
                        strays.insert(record, lies);
                        missed += 1;
                    }
                }
            }
            missing.push(entry.records().len() as u32);
            blocks.push(Block { at, sum: entry.sum, length: entry.length, rows, file, places: APART });
            at += u64::from(entry.length);
        }
    }
    if !strays.is_empty() {
        for (held, record) in held.iter_mut().zip(records).filter(|(held, _)| held.lie == Lie::Nowhere) {
            *held = strays.remove(record).unwrap_or_default();
        }
    }
    join(&held, ends, &mut blocks, missing);
    (held, blocks)
}

/// Finds the blocks that are all of one customer.
fn join(held: &[Held], ends: &[u32], blocks: &mut [Block], mut missing: Vec<u32>) {
    // By block the customer of the first record, and the places.
    let mut found: Vec<(u32, (u32, u32))> = vec![(u32::MAX, APART); blocks.len()];
    let mut place = 0;
    for (customer, end) in (0..).zip(ends) {
        for held in &held[place as usize..*end as usize] {
            if let Lie::Block { block, .. } = held.lie {
                let (of, places) = &mut found[block as usize];
                if missing[block as usize] > 0 && (*of == customer || *of == u32::MAX) {
                    (*of, *places) = (customer, (places.0.min(place), place));
                    missing[block as usize] -= 1;
                }
            }
            place += 1;
        }
    }
    for ((block, (_, places)), missing) in blocks.iter_mut().zip(found).zip(missing) {
        if missing == 0 {
            block.places = places;
        }
    }
}

#[cfg(test)]
mod tests {
    use kulta_events::Json;
    use kulta_projections::scores::facts::{Builder, NewRow, Wanted};
    use uuid::Uuid;

    use super::*;
    use crate::archive::blocks::{Encoder, index_length};
    use crate::archive::pack::pack_part;
    use crate::archive::together::{Room, Together};

    fn record(number: u128) -> RecordId {
        RecordId(Uuid::from_u128(number))
    }

    /// The index of a file that has one row of each of these records, some records in each block.
    fn index(blocks: &[&[u128]]) -> Index {
        let (mut builder, none) = (Builder::new(Wanted::default()), Json::Object(Vec::new()));
        for number in blocks.concat() {
            let (record, position) = (record(number), number as u64);
            let row = NewRow { record, time: 0, position, type_name: "t", source: "s", unit: None, facts: &none };
            builder.push_values(&row, std::iter::empty()).unwrap();
        }
        let (header, bytes, pieces) = pack_part(0, &builder.finish_ranked(|_| 0), &[]);
        let (mut left, mut packed) = (bytes.as_slice(), HashMap::new());
        for piece in pieces {
            let (own, rest) = left.split_at(piece.length as usize);
            left = rest;
            packed.insert(piece.record, (0, piece, own));
        }
        let (together, mut room, mut encoder) = (Together::of(&[header]), Room::default(), Encoder::default());
        for block in blocks {
            let own: Vec<_> = block.iter().map(|number| packed[&record(*number)]).collect();
            let records = block.iter().map(|number| (record(*number), 1));
            encoder.add(records, |out| together.put(&own, &mut room, out)).unwrap();
        }
        let encoded = encoder.finish(&together.header(0));
        let (rest, tail) = encoded.bytes.split_last_chunk::<8>().unwrap();
        let from = rest.len() - index_length(tail).unwrap() as usize;
        Index::of(rest[from..].to_vec()).unwrap()
    }

    #[test]
    fn rows_are_found_whoever_their_records_belong_to_by_now() {
        let all: Vec<u128> = (100..900).collect();
        let (one, other) = (all[..500].chunks(1).collect::<Vec<_>>(), all[500..].chunks(1).collect::<Vec<_>>());
        let indexes = [index(&one), index(&other)];
        let same: Vec<u128> = (100..900).collect();
        let newer: Vec<u128> = (0..1_000).collect();
        let mut moved = same.clone();
        for (from, to) in [(3, 700), (799, 0), (50, 51), (400, 20)] {
            let record = moved.remove(from);
            moved.insert(to, record);
        }
        let gone: Vec<u128> = (100..900).filter(|number| number % 7 > 0).collect();
        let backwards: Vec<u128> = (90..910).rev().collect();
        let swapped: Vec<u128> = (600..900).chain(100..600).collect();
        for records in [same, newer, moved, gone, backwards, swapped, Vec::new()] {
            let ids: Vec<RecordId> = records.iter().map(|number| record(*number)).collect();
            let ends: Vec<u32> = (1..=ids.len() as u32).collect();
            let (held, blocks) = placed(&indexes, &ids, &ends);
            assert_eq!((held.len(), blocks.len()), (ids.len(), 800));
            for (place, (held, number)) in held.iter().zip(&records).enumerate() {
                let expected =
                    (100..900).contains(number).then(|| Lie::Block { block: *number as u32 - 100, number: 0 });
                assert_eq!(held.lie, expected.unwrap_or_default());
                if let Lie::Block { block, .. } = held.lie {
                    assert!(blocks[block as usize].is_within(&(place..place + 1)));
                    assert_eq!(blocks[block as usize].file, u32::from(*number >= 600));
                }
            }
        }
    }

    #[test]
    fn a_block_is_read_whole_as_long_as_its_records_are_those_of_one_customer() {
        let index = [index(&[&[1, 2, 3], &[4], &[5, 6]])];
        let whole = |customers: &[&[u128]]| {
            let ids: Vec<RecordId> = customers.concat().into_iter().map(record).collect();
            let mut ends = Vec::new();
            customers.iter().for_each(|own| ends.push(ends.last().unwrap_or(&0) + own.len() as u32));
            let (_, blocks) = placed(&index, &ids, &ends);
            blocks.iter().map(|block| (block.places != APART).then_some(block.places)).collect::<Vec<_>>()
        };
        assert_eq!(whole(&[&[1, 2, 3], &[4], &[5, 6]]), [Some((0, 2)), Some((3, 3)), Some((4, 5))]);
        // New records, and customers that became one, in the order of their records.
        assert_eq!(whole(&[&[1, 2, 3, 9], &[5, 4, 6]]), [Some((0, 2)), Some((5, 5)), Some((4, 6))]);
        // A record that belongs to another customer, and one that belongs to nobody.
        assert_eq!(whole(&[&[1, 2], &[3, 4], &[5]]), [None, Some((3, 3)), None]);
        assert_eq!(whole(&[&[1, 2], &[3], &[4], &[6, 5]]), [None, Some((3, 3)), Some((4, 5))]);
        let (_, blocks) = placed(&index, &[record(1), record(2), record(3)], &[3]);
        assert!(blocks[0].is_within(&(0..3)) && blocks[0].is_within(&(0..7)));
        assert!(!blocks[0].is_within(&(1..3)) && !blocks[0].is_within(&(0..2)));
    }
}
