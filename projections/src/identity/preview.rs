//! What another policy would change, before it is published.
//!
//! Agreements are kept, not scores: as long as the new policy compares as the old one does, its clusters are arithmetic
//! over stored agreements plus a clustering of what they connect; nothing is normalised, blocked or compared again.

use std::collections::BTreeMap;

use super::pairs::{Index, Pair};
use super::policy::MatchPolicy;
use super::resolve::{Records, clusters};
use super::steward::Decisions;

/// What becomes of the customers, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Preview {
    /// How many customers there are now.
    pub before: usize,
    /// How many there would be.
    pub after: usize,
    /// How many keep exactly their records.
    pub unchanged: usize,
    /// Customers that would be joined with others, or with parts of others.
    pub joined: usize,
    /// Customers that would fall apart.
    pub split: usize,
}

/// Whether clusters under `new` follow from agreements that were made under `old`.
pub fn comparable(old: &MatchPolicy, new: &MatchPolicy) -> bool {
    (old.normaliser, old.comparer) == (new.normaliser, new.comparer)
        && old.block_limit == new.block_limit
        && old.strong_ids == new.strong_ids
        && old.terms == new.terms
}

/// Clusters under another policy over stored agreements, each record's by a record of it. `pairs` are all that either
/// policy could link: kept with a margin below the old one's `ask`.
pub fn preview(
    of: Records<'_>,
    index: &Index,
    pairs: &[Pair],
    today: &[u32],
    new: &MatchPolicy,
    decisions: &Decisions,
) -> (Vec<u32>, Preview) {
    let then = clusters(of, index, pairs, new, decisions);
    let (found, _) = difference(today, &then);
    (then, found)
}

/// What differs between two clusterings, each naming for every record a record of its cluster: the numbers, and what
/// changes, in parts as small as can be. A part is whole clusters of both, by their records, ascending; the parts with
/// most records come first.
pub fn difference(before: &[u32], after: &[u32]) -> (Preview, Vec<Vec<u32>>) {
    let mut found = Preview::default();
    let mut changes = Vec::new();
    for part in parts(before, after) {
        let (from, to) = (leads(&part, before), leads(&part, after));
        found.before += from.len();
        found.after += to.len();
        if from.len() == 1 && to.len() == 1 {
            found.unchanged += 1;
            continue;
        }
        let moves = distinct(part.iter().map(|record| (before[*record as usize], after[*record as usize])).collect());
        let mut sources: BTreeMap<u32, usize> = BTreeMap::new();
        moves.iter().for_each(|(_, other)| *sources.entry(*other).or_default() += 1);
        for becomes in moves.chunk_by(|a, b| a.0 == b.0) {
            found.split += usize::from(becomes.len() > 1);
            found.joined += usize::from(becomes.iter().any(|(_, other)| sources[other] > 1));
        }
        changes.push(part);
    }
    changes.sort_by_key(|part| (std::cmp::Reverse(part.len()), part[0]));
    (found, changes)
}

/// The records in the smallest sets that cut no cluster of either side.
fn parts(before: &[u32], after: &[u32]) -> Vec<Vec<u32>> {
    let records = before.len() as u32;
    let mut parents: Vec<u32> = (0..records).collect();
    for (record, (one, other)) in (0..records).zip(before.iter().zip(after)) {
        for lead in [*one, *other] {
            let (a, b) = (root(&mut parents, record), root(&mut parents, lead));
            parents[a.max(b) as usize] = a.min(b);
        }
    }
    let mut places = vec![u32::MAX; before.len()];
    let mut parts: Vec<Vec<u32>> = Vec::new();
    for record in 0..records {
        let place = &mut places[root(&mut parents, record) as usize];
        if *place == u32::MAX {
            *place = parts.len() as u32;
            parts.push(Vec::new());
        }
        parts[*place as usize].push(record);
    }
    parts
}

fn root(parents: &mut [u32], mut of: u32) -> u32 {
    while parents[of as usize] != of {
        parents[of as usize] = parents[parents[of as usize] as usize];
        of = parents[of as usize];
    }
    of
}

fn leads(part: &[u32], of: &[u32]) -> Vec<u32> {
    distinct(part.iter().map(|record| of[*record as usize]).collect())
}

fn distinct<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort_unstable();
    items.dedup();
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_joins_who_falls_apart_who_stays() {
        // 0-1 stay; 2-3 fall apart; 4 and 5-6 are joined; 7-8 loses 8 to 9.
        let (found, changes) = difference(&[0, 0, 2, 2, 4, 5, 5, 7, 7, 9], &[0, 0, 2, 3, 4, 4, 4, 7, 9, 9]);
        assert_eq!((found.before, found.after, found.unchanged), (6, 6, 1));
        assert_eq!((found.joined, found.split), (4, 2));
        assert_eq!(changes, [vec![4, 5, 6], vec![7, 8, 9], vec![2, 3]]);
        assert_eq!(difference(&[0, 0], &[0, 0]).0.unchanged, 1);
        assert_eq!(difference(&[], &[]), (Preview::default(), Vec::new()));
    }

    #[test]
    fn the_same_clusters_by_other_names_are_no_change() {
        let (found, changes) = difference(&[1, 1, 2], &[0, 0, 2]);
        assert_eq!((found.unchanged, changes.len()), (2, 0));
    }
}
