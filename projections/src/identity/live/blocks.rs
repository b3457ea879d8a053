//! Which resident records share which keys.

use super::tables::{Key, Table};
use crate::identity::block;
use crate::identity::pairs::Entry;

/// Key → places. Most keys have one record; these take no list.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    limit: usize,
    ones: Table<Key, u32>,
    /// In the order of the records' ids.
    many: Table<Key, Vec<u32>>,
}

impl Blocks {
    pub fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    pub fn members(&self, key: u64) -> &[u32] {
        match self.many.get(&key.into()) {
            Some(members) => members,
            None => self.ones.get(&key.into()).map_or(&[], std::slice::from_ref),
        }
    }

    pub fn count(&self, key: u64) -> usize {
        self.members(key).len()
    }

    pub fn crowded(&self, key: u64) -> bool {
        self.many.get(&key.into()).is_some_and(|members| members.len() > self.limit(key))
    }

    /// Puts a place in, and says how many there are now. `id` tells a place's record id.
    pub fn insert(&mut self, key: u64, place: u32, id: impl Fn(u32) -> u128) -> usize {
        let key = Key::from(key);
        if let Some(members) = self.many.get_mut(&key) {
            let own = id(place);
            if let Err(at) = members.binary_search_by_key(&own, |member| id(*member)) {
                members.insert(at, place);
            }
            return members.len();
        }
        match self.ones.remove(&key) {
            Some(known) if known != place => {
                let both = if id(known) < id(place) { vec![known, place] } else { vec![place, known] };
                self.many.insert(key, both);
                2
            }
            _ => {
                self.ones.insert(key, place);
                1
            }
        }
    }

    /// Takes a place out, and says how many are left.
    pub fn remove(&mut self, key: u64, place: u32, id: impl Fn(u32) -> u128) -> usize {
        let key = Key::from(key);
        let Some(members) = self.many.get_mut(&key) else {
            self.ones.remove(&key);
            return 0;
        };
        let own = id(place);
        if let Ok(at) = members.binary_search_by_key(&own, |member| id(*member)) {
            members.remove(at);
        }
        let left = members.len();
        if let [last] = members[..] {
            self.many.remove(&key);
            self.ones.insert(key, last);
        }
        left
    }

    /// How many records may share a key.
    pub fn limit(&self, key: u64) -> usize {
        block::limit(key, self.limit)
    }

    /// Takes in what was sorted by key, then by place, none of it with a key that is there already. The places must be in the
    /// order of the records' ids.
    pub fn load(&mut self, sorted: &[Vec<Entry>], threads: usize) {
        let blocks = || sorted.iter().flat_map(|entries| entries.chunk_by(|a, b| a.0 == b.0));
        let ones = || blocks().filter(|block| block.len() == 1).map(|block| (block[0].0.into(), block[0].1));
        let many = || blocks().filter(|block| block.len() > 1).map(|block| (block[0].0.into(), block));
        self.ones.load(ones, |place| place, threads);
        self.many.load(many, |block| block.iter().map(|entry| entry.1).collect(), threads);
    }
}
