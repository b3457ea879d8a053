//! The rows of several records as one.

use std::cmp::Ordering;
use std::ops::Range;

use super::Facts;

/// Appends the rows of records, in the order of facts.
pub(super) fn merge_into(facts: &Facts, runs: impl Iterator<Item = Range<u32>>, rows: &mut Vec<u32>) {
    let from = rows.len();
    let mut sorted = true;
    for run in runs {
        sorted &= rows.len() == from;
        rows.extend(run);
    }
    if !sorted {
        // Runs are ascending, which a stable merge sort takes as they are.
        rows[from..].sort_by(|one, other| compare(facts, *one, *other));
    }
}

/// The order of facts: by time, equal times by (source, id).
pub(super) fn compare(facts: &Facts, one: u32, other: u32) -> Ordering {
    let (a, b) = (one as usize, other as usize);
    facts.times[a]
        .cmp(&facts.times[b])
        .then_with(|| facts.sources.get(a).cmp(facts.sources.get(b)))
        .then_with(|| facts.ranks[a].cmp(&facts.ranks[b]))
        .then_with(|| facts.positions[a].cmp(&facts.positions[b]))
}
