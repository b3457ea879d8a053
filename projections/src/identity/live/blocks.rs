//! Which resident records share which keys.

use super::tables::Table;
use crate::identity::block;

/// Key → places. Most keys have one record; these take no list.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    limit: usize,
    ones: Table<u64, u32>,
    /// In the order of the records' ids.
    many: Table<u64, Vec<u32>>,
}

impl Blocks {
    pub fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    pub fn members(&self, key: u64) -> &[u32] {
        match self.many.get(&key) {
            Some(members) => members,
            None => self.ones.get(&key).map_or(&[], std::slice::from_ref),
        }
    }

    pub fn count(&self, key: u64) -> usize {
        self.members(key).len()
    }

    pub fn crowded(&self, key: u64) -> bool {
        self.many.get(&key).is_some_and(|members| members.len() > self.limit(key))
    }

    /// Puts a place in, and says how many there are now. `id` tells a place's record id.
    pub fn insert(&mut self, key: u64, place: u32, id: impl Fn(u32) -> u128) -> usize {
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

    /// Room for so many keys.
    pub fn reserve(&mut self, keys: usize) {
        self.ones.reserve(keys);
    }
}
