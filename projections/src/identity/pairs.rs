//! All pairs that blocking finds in many records at once, compared on all cores handed in.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::block::{self, NEIGHBOURS};
use super::compare::{self, Compared};
use super::prepared::Prepared;
use super::threads::on_all;

mod index;

pub use index::{Entry, Index};

/// Two records that were compared, by their numbers, the lower first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The one.
    pub one: u32,
    /// The other.
    pub other: u32,
    /// How they agree.
    pub compared: Compared,
}

/// The pairs of a set of records.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// The pairs that were kept.
    pub kept: Vec<Pair>,
    /// How many pairs were compared.
    pub compared: u64,
}

/// The pattern of a pair, rarities in whole bits.
pub(crate) fn pattern(compared: &Compared) -> (u64, u32) {
    let bits = |rarity: u16| u32::from((rarity + 4) / 8);
    (compared.agreement.0, bits(compared.common) << 16 | bits(compared.own))
}

/// The pair that stands for a pattern.
pub(crate) fn of_pattern((agreement, bits): (u64, u32)) -> Compared {
    let eighths = |bits: u32| (bits as u16) * 8;
    Compared { agreement: compare::Agreement(agreement), common: eighths(bits >> 16), own: eighths(bits & 0xffff) }
}

/// Whether two records may be compared at all.
pub(crate) fn allowed(one: &Prepared, other: &Prepared, between: bool) -> bool {
    compare::comparable(one, other) && !(between && one.source == other.source)
}

impl Pairs {
    /// Compares all pairs that share an active key. `ids` order neighbours in blocks that are crowded twice; `between`
    /// leaves out pairs of one source; `keep` says which pairs are kept.
    pub fn find(
        records: &[Prepared],
        ids: &[u128],
        index: &Index,
        between: bool,
        threads: usize,
        keep: impl Fn(&Compared) -> bool + Sync,
    ) -> Self {
        let crowded = |key: u64| index.crowded(key);
        let in_block = |block: usize, found: &mut Self| {
            let (key, members) = index.block(block);
            for (at, one) in members.iter().enumerate() {
                for other in &members[at + 1..] {
                    let (a, b) = by_id(records, ids, *one, *other);
                    if allowed(a, b, between) && index.first_common(*one, *other) == Some(key) {
                        found.add(*one, *other, compare::compare(a, b, &crowded), &keep);
                    }
                }
            }
        };
        let neighbours = index.neighbours(ids);
        let near = |number: usize, found: &mut Self| {
            let (one, other) = neighbours[number];
            let (a, b) = by_id(records, ids, one, other);
            if allowed(a, b, between) && index.first_common(one, other).is_none() {
                found.add(one, other, compare::compare(a, b, &crowded), &keep);
            }
        };
        let mut all = Self::in_pieces(index.blocks(), threads, in_block);
        all.merge(Self::in_pieces(neighbours.len(), threads, near));
        all.kept.sort_unstable_by_key(|pair| (pair.one, pair.other));
        all
    }

    /// What is found in so many pieces of work, on so many threads.
    fn in_pieces(pieces: usize, threads: usize, find: impl Fn(usize, &mut Self) + Sync) -> Self {
        let next = AtomicUsize::new(0);
        let work = |_: usize| {
            let mut found = Self::default();
            loop {
                let from = next.fetch_add(CHUNK, Ordering::Relaxed);
                if from >= pieces {
                    return found;
                }
                (from..(from + CHUNK).min(pieces)).for_each(|piece| find(piece, &mut found));
            }
        };
        let mut all = Self::default();
        on_all(threads, work).into_iter().for_each(|found| all.merge(found));
        all
    }

    fn add(&mut self, one: u32, other: u32, compared: Compared, keep: &impl Fn(&Compared) -> bool) {
        self.compared += 1;
        if keep(&compared) {
            self.kept.push(Pair { one: one.min(other), other: one.max(other), compared });
        }
    }

    fn merge(&mut self, other: Self) {
        self.compared += other.compared;
        self.kept.extend(other.kept);
    }
}

/// Two records, that with the lower id first: comparisons choose among equally good values by their order.
fn by_id<'a>(records: &'a [Prepared], ids: &[u128], one: u32, other: u32) -> (&'a Prepared, &'a Prepared) {
    let (one, other) = if ids[one as usize] <= ids[other as usize] { (one, other) } else { (other, one) };
    (&records[one as usize], &records[other as usize])
}

/// Pieces of work that a thread takes at once.
const CHUNK: usize = 256;

/// Pairs of records that stand near each other in a block that is crowded twice.
pub(crate) fn near<T: Copy>(sorted: &[T]) -> impl Iterator<Item = (T, T)> + '_ {
    let near = move |at: usize| sorted[at + 1..].iter().take(NEIGHBOURS).map(move |other| (sorted[at], *other));
    (0..sorted.len()).flat_map(near)
}

/// The joined keys of a record's crowded ones.
pub(crate) fn joined_keys<'a>(
    record: &'a Prepared,
    crowded: &'a impl Fn(u64) -> bool,
) -> impl Iterator<Item = u64> + 'a {
    let dense = record.keys.iter().filter(|key| block::refined(**key) && crowded(**key));
    dense.flat_map(|key| record.facets.iter().map(|facet| block::joined(*key, *facet)))
}
