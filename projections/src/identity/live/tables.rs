//! Tables that grow a part at a time.
//!
//! A hash table that is full moves all that it holds: with the keys of a million records that took most of a second, and
//! the record that happened to come waited for it. Split by the hash into many, each move is short.

use std::hash::{BuildHasher, Hash, Hasher};

use crate::identity::hash::Map;

/// Parts of a table: with the keys of a million records each holds some ten thousand.
const PARTS: usize = 1 << 11;
/// Records in a part of a list.
const CHUNK: usize = 1 << 12;

/// A number in pieces of four bytes: with a place beside it a key takes 12 bytes of a table, and 16 as one number; an id
/// 20, and 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pieces<const N: usize>([u32; N]);

/// A blocking key.
pub(super) type Key = Pieces<2>;
/// A record's id.
pub(super) type Id = Pieces<4>;

impl From<u64> for Key {
    fn from(key: u64) -> Self {
        Self([(key >> 32) as u32, key as u32])
    }
}

impl From<u128> for Id {
    fn from(id: u128) -> Self {
        Self([96, 64, 32, 0].map(|low| (id >> low) as u32))
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from(self.0[0]) << 32 | u64::from(self.0[1]));
    }
}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.0.iter().fold(0, |id, piece| id << 32 | u128::from(*piece)));
    }
}

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
    fn part(&self, key: &K) -> usize {
        part_of(self.parts[0].hasher().hash_one(key))
    }

    pub fn get(&self, key: &K) -> Option<&V> {
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
}

impl<K: Hash + Eq + Send, V: Send> Table<K, V> {
    /// Takes in many at once that are not there yet, on so many threads, with no more room than they need. `all` names
    /// them, each time the same; `make` makes what is kept.
    pub fn load<T, I: Iterator<Item = (K, T)>>(
        &mut self,
        all: impl Fn() -> I + Sync,
        make: impl Fn(T) -> V + Sync,
        threads: usize,
    ) {
        let mut more = vec![0; PARTS];
        all().for_each(|(key, _)| more[self.part(&key)] += 1);
        for (part, more) in self.parts.iter_mut().zip(more) {
            part.reserve(more);
        }
        // Each thread fills some parts, and passes over what is for others: to pass over costs nothing beside a cache miss.
        let each = PARTS.div_ceil(threads.max(1));
        let hasher = self.parts[0].hasher().clone();
        std::thread::scope(|scope| {
            for (number, parts) in self.parts.chunks_mut(each).enumerate() {
                let (all, make, hasher) = (&all, &make, &hasher);
                scope.spawn(move || {
                    for (key, value) in all() {
                        let part = part_of(hasher.hash_one(&key));
                        if let Some(part) = part.checked_sub(number * each).and_then(|part| parts.get_mut(part)) {
                            part.insert(key, make(value));
                        }
                    }
                });
            }
        });
    }
}

/// By bits that the tables themselves do not look at: they take the lowest and the highest.
fn part_of(hash: u64) -> usize {
    (hash >> 32) as usize % PARTS
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
    fn many_at_once_are_what_one_after_the_other_would_be() {
        let key = |number: u32| Key::from(hash::pair(7, u64::from(number)));
        for threads in [1, 2, 3, 7] {
            let mut table: Table<Key, u32> = Table::default();
            table.insert(key(1), 1);
            table.load(|| (2..=50_000).map(|number| (key(number), number)), |number| number, threads);
            assert_eq!(table.len(), 50_000);
            assert!((1..=50_000).all(|number| table.get(&key(number)) == Some(&number)), "{threads}");
        }
    }

    #[test]
    fn keys_and_ids_are_told_apart_by_each_of_their_pieces_and_take_no_more_room() {
        assert_eq!((size_of::<(Key, u32)>(), size_of::<(Id, u32)>()), (12, 20));
        let ids = [1_u128, 1 << 32, 1 << 64, 1 << 96];
        let mut table: Table<Id, u32> = Table::default();
        ids.into_iter().zip(0..).for_each(|(id, number)| table.insert(id.into(), number));
        assert!(ids.into_iter().zip(0..).all(|(id, number)| table.get(&id.into()) == Some(&number)));
        let keys = [1_u64, 1 << 32];
        assert_ne!(Key::from(keys[0]), Key::from(keys[1]));
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
