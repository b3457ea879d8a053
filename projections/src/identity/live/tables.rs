//! Tables that grow a part at a time.
//!
//! A hash table that is full moves all that it holds: with the keys of a million records that took most of a second, and
//! the record that happened to come waited for it. Split by the hash into many, each move is short.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};

use crate::identity::hash::Map;

/// Parts of a table: with the keys of a million records each holds some ten thousand.
const PARTS: usize = 1 << 11;
/// Records in a part of a list.
const CHUNK: usize = 1 << 12;

/// A map in parts.
#[derive(Clone, Debug)]
pub(super) struct Table<K, V> {
    parts: Vec<Map<K, V>>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { parts: (0..PARTS).map(|_| Map::default()).collect() }
    }
}

impl<K: Hash + Eq, V> Table<K, V> {
    /// By bits that the tables themselves do not look at: they take the lowest and the highest.
    fn part<Q: Hash + ?Sized>(&self, key: &Q) -> usize {
        (self.parts[0].hasher().hash_one(key) >> 32) as usize % PARTS
    }

    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.parts[self.part(key)].get(key)
    }

    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let part = self.part(key);
        self.parts[part].get_mut(key)
    }

    pub fn insert(&mut self, key: K, value: V) {
        let part = self.part(&key);
        self.parts[part].insert(key, value);
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        let part = self.part(key);
        self.parts[part].remove(key)
    }

    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.len()).sum()
    }

    /// Room for so many more.
    pub fn reserve(&mut self, more: usize) {
        self.parts.iter_mut().for_each(|part| part.reserve(more / PARTS));
    }
}

/// A list in parts.
#[derive(Clone, Debug)]
pub(super) struct List<T> {
    parts: Vec<Vec<T>>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { parts: Vec::new() }
    }
}

impl<T> List<T> {
    pub fn len(&self) -> usize {
        self.parts.last().map_or(0, |last| (self.parts.len() - 1) * CHUNK + last.len())
    }

    pub fn get(&self, at: usize) -> Option<&T> {
        self.parts.get(at / CHUNK)?.get(at % CHUNK)
    }

    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        self.parts.get_mut(at / CHUNK)?.get_mut(at % CHUNK)
    }

    pub fn push(&mut self, value: T) {
        match self.parts.last_mut().filter(|last| last.len() < CHUNK) {
            Some(last) => last.push(value),
            // A full part stays where it is; a new one takes its room at once, unless it is the first.
            None => {
                let mut part = Vec::with_capacity(if self.parts.is_empty() { 1 } else { CHUNK });
                part.push(value);
                self.parts.push(part);
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.parts.iter().flatten()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.parts.iter_mut().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::hash;

    #[test]
    fn no_part_of_a_table_grows_large() {
        let mut table: Table<u64, u32> = Table::default();
        (0..200_000_u32).for_each(|number| table.insert(hash::pair(7, u64::from(number)), number));
        assert_eq!(table.len(), 200_000);
        assert!((0..200_000).all(|number| table.get(&hash::pair(7, u64::from(number))) == Some(&number)));
        let most = table.parts.iter().map(|part| part.len()).max();
        assert!(most < Some(200), "{most:?}");
        assert_eq!(table.remove(&hash::pair(7, 1)), Some(1));
        assert_eq!((table.get(&hash::pair(7, 1)), table.len()), (None, 199_999));
    }

    #[test]
    fn what_a_list_holds_stays_where_it_is() {
        let mut list = List::default();
        (0..CHUNK + 1).for_each(|number| list.push(number));
        let before: *const usize = list.get(CHUNK).map_or(std::ptr::null(), std::ptr::from_ref);
        (CHUNK + 1..2 * CHUNK + 5).for_each(|number| list.push(number));
        assert_eq!(list.get(CHUNK).map_or(std::ptr::null(), std::ptr::from_ref), before);
        assert_eq!(
            (list.len(), list.get(2 * CHUNK + 4), list.get(2 * CHUNK + 5)),
            (2 * CHUNK + 5, Some(&(2 * CHUNK + 4)), None)
        );
        assert!(list.iter().copied().eq(0..2 * CHUNK + 5));
    }
}
