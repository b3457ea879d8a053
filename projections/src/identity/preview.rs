//! What another policy would change, before it is published.
//!
//! Agreements are kept, not scores: as long as the new policy compares as the old one does, its clusters are arithmetic
//! over stored agreements plus a clustering of what they connect; nothing is normalised, blocked or compared again.

use std::collections::BTreeMap;

use super::pairs::{Index, Pair};
use super::policy::MatchPolicy;
use super::resolve::{Records, clusters};
use super::steward::Decisions;

/// What becomes of the customers.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Preview {
    /// How many customers there are now.
    pub before: usize,
    /// How many there would be.
    pub after: usize,
    /// How many keep exactly their records.
    pub unchanged: usize,
    /// Customers that would be joined with others.
    pub joined: usize,
    /// Customers that would fall apart.
    pub split: usize,
    /// Records whose customer would have another lowest record.
    pub renamed: usize,
    /// Up to [`EXAMPLES`] customers of today that would change, by their lowest record's number.
    pub examples: Vec<u32>,
}

/// How many examples a preview names.
pub const EXAMPLES: usize = 100;

/// Whether clusters under `new` follow from agreements that were made under `old`.
pub fn comparable(old: &MatchPolicy, new: &MatchPolicy) -> bool {
    (old.normaliser, old.comparer) == (new.normaliser, new.comparer)
        && old.block_limit == new.block_limit
        && old.strong_ids == new.strong_ids
        && old.terms == new.terms
}

/// Clusters under another policy over stored agreements, beside those of today. `pairs` are all that either policy could
/// link: kept with a margin below the old one's `ask`.
pub fn preview(
    of: Records<'_>,
    index: &Index,
    pairs: &[Pair],
    today: &[u32],
    new: &MatchPolicy,
    decisions: &Decisions,
) -> (Vec<u32>, Preview) {
    let then = clusters(of, index, pairs, new, decisions);
    let found = difference(today, &then);
    (then, found)
}

/// What differs between two clusterings, each naming for every record a record of its cluster.
pub fn difference(before: &[u32], after: &[u32]) -> Preview {
    let mut moves: Vec<(u32, u32)> = before.iter().copied().zip(after.iter().copied()).collect();
    let renamed = moves.iter().filter(|(one, other)| one != other).count();
    moves.sort_unstable();
    moves.dedup();
    let (mut parts, mut sources): (BTreeMap<u32, usize>, BTreeMap<u32, usize>) = (BTreeMap::new(), BTreeMap::new());
    for (one, other) in &moves {
        *parts.entry(*one).or_default() += 1;
        *sources.entry(*other).or_default() += 1;
    }
    let mut found = Preview { before: parts.len(), after: sources.len(), renamed, ..Preview::default() };
    let mut joined: BTreeMap<u32, bool> = BTreeMap::new();
    for (one, other) in &moves {
        *joined.entry(*one).or_default() |= sources[other] > 1;
    }
    for (customer, count) in parts {
        found.split += usize::from(count > 1);
        found.joined += usize::from(joined[&customer]);
        let same = count == 1 && !joined[&customer];
        found.unchanged += usize::from(same);
        if !same && found.examples.len() < EXAMPLES {
            found.examples.push(customer);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_joins_who_falls_apart_who_stays() {
        // 0-1 stay; 2-3 fall apart; 4 and 5-6 are joined.
        let found = difference(&[0, 0, 2, 2, 4, 5, 5], &[0, 0, 2, 3, 4, 4, 4]);
        assert_eq!((found.before, found.after, found.unchanged), (4, 4, 1));
        assert_eq!((found.joined, found.split, found.renamed), (2, 1, 3));
        assert_eq!(found.examples, [2, 4, 5]);
        assert_eq!(difference(&[0, 0], &[0, 0]).unchanged, 1);
    }
}
