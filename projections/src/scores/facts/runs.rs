//! The rows of several records as one.

use std::cmp::Ordering;
use std::ops::Range;

use super::Facts;

/// Merges the rows of records into the order of facts.
pub(super) fn merge(facts: &Facts, runs: impl Iterator<Item = Range<u32>>) -> Vec<u32> {
    let mut rows: Vec<u32> = Vec::new();
    let mut sorted = true;
    for run in runs {
        sorted &= rows.is_empty();
        rows.extend(run);
    }
    if !sorted {
        // Runs are ascending, which a stable merge sort takes as they are.
        rows.sort_by(|one, other| compare(facts, *one, *other));
    }
    rows
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
