//! The rows of several records as one.

use std::cmp::Ordering;
use std::ops::Range;

use super::Facts;

/// Appends the rows of records, with their times, in the order of facts.
pub(super) fn merge_into(facts: &Facts, runs: impl Iterator<Item = Range<u32>>, rows: &mut Vec<(i64, u32)>) {
    let from = rows.len();
    let mut sorted = true;
    for run in runs {
        sorted &= rows.len() == from;
        rows.extend(run.map(|row| (facts.times[row as usize], row)));
    }
    if !sorted {
        // Runs are ascending, which a stable merge sort takes as they are.
        rows[from..].sort_by(|one, other| one.0.cmp(&other.0).then_with(|| compare(facts, one.1, other.1)));
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
