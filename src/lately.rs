//! What was used lately, in bounded memory.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// At most so many values, twice that for a moment, in two halves: what was not used until the younger half was full again
/// is forgotten.
#[derive(Debug)]
pub(crate) struct Lately<K, V, const MOST: usize> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K, V, const MOST: usize> Default for Lately<K, V, MOST> {
    fn default() -> Self {
        Self { young: HashMap::new(), old: HashMap::new() }
    }
}

impl<K: Eq + Hash, V, const MOST: usize> Lately<K, V, MOST> {
    /// Looks, which does not count as a use.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// A value that is used.
    pub fn using(&mut self, key: K) -> Option<&mut V>
    where
        K: Copy,
    {
        if !self.young.contains_key(&key) {
            let value = self.old.remove(&key)?;
            self.insert(key, value);
        }
        self.young.get_mut(&key)
    }

    /// Inserts a value; the older half may be forgotten for it.
    pub fn insert(&mut self, key: K, value: V) {
        self.make_room(1);
        self.young.insert(key, value);
    }

    /// Inserts values, which stay together.
    pub fn extend(&mut self, values: impl IntoIterator<Item = (K, V)>, count: usize) {
        self.make_room(count);
        self.young.extend(values);
    }

    /// Forgets a value.
    pub fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.young.remove(key);
        self.old.remove(key);
    }

    fn make_room(&mut self, more: usize) {
        if self.young.len() + more > MOST {
            self.old = std::mem::take(&mut self.young);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_is_remembered_until_it_was_not_used_for_long() {
        let mut lately = Lately::<u32, u32, 3>::default();
        lately.insert(1, 1);
        lately.insert(1, 2);
        assert_eq!(lately.get(&1), Some(&2));
        (10..13).for_each(|other| lately.insert(other, 0));
        lately.insert(1, 3);
        assert_eq!(lately.get(&1), Some(&3), "not the one of the older half");
        lately.remove(&1);
        assert_eq!(lately.get(&1), None);
        lately.insert(1, 4);
        (20..23).for_each(|other| lately.insert(other, 0));
        assert_eq!(lately.using(1), Some(&mut 4), "it is young again");
        (30..33).for_each(|other| lately.insert(other, 0));
        assert_eq!(lately.get(&1), Some(&4));
        (40..43).for_each(|other| lately.insert(other, 0));
        assert_eq!(lately.get(&1), None);
    }

    #[test]
    fn what_comes_together_stays_together() {
        let mut lately = Lately::<u32, u32, 3>::default();
        lately.insert(1, 1);
        lately.extend((2..10).map(|key| (key, key)), 8);
        assert!((1..10).all(|key| lately.get(&key).is_some()));
    }
}
