//! The blocks of many records at once: sorted entries of (key, record).

use super::{joined_keys, near};
use crate::identity::prepared::Prepared;
use crate::identity::threads::on_all;
use crate::identity::{block, hash};

/// Which records share which keys.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// Keys that more than K records share.
    crowded: hash::Set<u64>,
    /// Active keys, each with where its members begin.
    keys: Vec<(u64, u32)>,
    members: Vec<u32>,
    /// Members of joined blocks that are crowded too.
    dense: Vec<Vec<u32>>,
    /// Per record: where its active keys begin.
    begins: Vec<u32>,
    active: Vec<u64>,
}

/// A key of a record, and the record's number.
pub type Entry = (u64, u32);

impl Index {
    /// The index of records under a limit.
    pub fn of(records: &[Prepared], limit: u32, threads: usize) -> Self {
        Self::telling(records, limit, threads, |_| ())
    }

    /// The same; tells all entries, also those whose keys make no pair: first the keys of records, then the joined ones.
    /// They stand in parts, all of one key in one and sorted.
    pub fn telling(records: &[Prepared], limit: u32, threads: usize, mut told: impl FnMut(&[Vec<Entry>])) -> Self {
        let mut index = Self::default();
        let of_record = |number: usize, out: &mut Vec<Entry>| {
            out.extend(records[number].keys.iter().map(|key| (*key, number as u32)));
        };
        let limit = limit as usize;
        let sorted_keys = sorted(records.len(), threads, of_record);
        told(&sorted_keys);
        for entries in sorted_keys {
            for block in entries.chunk_by(|a, b| a.0 == b.0) {
                if block.len() > block::limit(block[0].0, limit) {
                    index.crowded.insert(block[0].0);
                } else if block.len() > 1 {
                    index.push(block);
                }
            }
        }
        let crowded = std::mem::take(&mut index.crowded);
        let is_crowded = |key: u64| crowded.contains(&key);
        let of_record = |number: usize, out: &mut Vec<Entry>| {
            out.extend(joined_keys(&records[number], &is_crowded).map(|key| (key, number as u32)));
        };
        let joined = sorted(records.len(), threads, of_record);
        told(&joined);
        for entries in joined {
            for block in entries.chunk_by(|a, b| a.0 == b.0) {
                if block.len() > limit {
                    index.dense.push(block.iter().map(|entry| entry.1).collect());
                } else if block.len() > 1 {
                    index.push(block);
                }
            }
        }
        index.crowded = crowded;
        index.by_record(records.len());
        index
    }

    fn push(&mut self, block: &[Entry]) {
        self.keys.push((block[0].0, self.members.len() as u32));
        self.members.extend(block.iter().map(|entry| entry.1));
    }

    fn by_record(&mut self, records: usize) {
        let mut begins = vec![0_u32; records + 1];
        self.members.iter().for_each(|member| begins[*member as usize + 1] += 1);
        for at in 1..begins.len() {
            begins[at] += begins[at - 1];
        }
        let mut next = begins.clone();
        let mut active = vec![0; self.members.len()];
        for block in 0..self.blocks() {
            let (key, members) = self.block(block);
            for member in members {
                let place = &mut next[*member as usize];
                active[*place as usize] = key;
                *place += 1;
            }
        }
        for ends in begins.windows(2) {
            active[ends[0] as usize..ends[1] as usize].sort_unstable();
        }
        (self.begins, self.active) = (begins, active);
    }

    /// How many blocks make pairs.
    pub fn blocks(&self) -> usize {
        self.keys.len()
    }

    /// A block's key and members.
    pub fn block(&self, number: usize) -> (u64, &[u32]) {
        let (key, begin) = self.keys[number];
        let end = self.keys.get(number + 1).map_or(self.members.len(), |next| next.1 as usize);
        (key, &self.members[begin as usize..end])
    }

    /// Whether more than K records share this key.
    pub fn crowded(&self, key: u64) -> bool {
        self.crowded.contains(&key)
    }

    fn active(&self, record: u32) -> &[u64] {
        &self.active[self.begins[record as usize] as usize..self.begins[record as usize + 1] as usize]
    }

    /// The lowest active key that both records have.
    pub fn first_common(&self, one: u32, other: u32) -> Option<u64> {
        block::common(self.active(one), self.active(other)).next()
    }

    /// Neighbours by id in the blocks that are crowded twice, each pair once.
    pub fn neighbours(&self, ids: &[u128]) -> Vec<(u32, u32)> {
        let mut found = Vec::new();
        for members in &self.dense {
            let mut members = members.clone();
            members.sort_unstable_by_key(|member| ids[*member as usize]);
            found.extend(near(&members).map(|(one, other)| (one.min(other), one.max(other))));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Entries of all records, in parts by the keys' highest bits, each part sorted.
fn sorted(records: usize, threads: usize, of_record: impl Fn(usize, &mut Vec<Entry>) + Sync) -> Vec<Vec<Entry>> {
    let threads = threads.max(1);
    let part = |number: usize| {
        let mut entries: Vec<Entry> = Vec::new();
        let mut own = Vec::new();
        for record in 0..records {
            own.clear();
            of_record(record, &mut own);
            entries
                .extend(own.iter().filter(|entry| ((u128::from(entry.0) * threads as u128) >> 64) as usize == number));
        }
        entries.sort_unstable();
        entries.dedup();
        entries
    };
    on_all(threads, part)
}
