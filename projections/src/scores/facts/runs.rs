//! The rows of several records as one.

use std::cmp::Ordering;
use std::ops::Range;

use super::Facts;

/// A row and its time.
pub type Timed = (i64, u32);

/// Merges the rows of records into the order of facts, with their times; `spare` is room to work in.
pub(super) fn merge_into(
    facts: &Facts,
    runs: impl Iterator<Item = Range<u32>>,
    rows: &mut Vec<Timed>,
    spare: &mut Vec<Timed>,
) {
    rows.clear();
    let mut ends = Ends::default();
    for run in runs {
        rows.extend(run.map(|row| (facts.times[row as usize], row)));
        ends.push(rows.len());
    }
    while ends.len() > 1 {
        spare.clear();
        spare.reserve(rows.len());
        let mut merged = Ends::default();
        let mut start = 0;
        for pair in 0..ends.len().div_ceil(2) {
            let middle = ends.at(2 * pair);
            let end = ends.at((2 * pair + 1).min(ends.len() - 1));
            merge(facts, &rows[start..middle], &rows[middle..end], spare);
            merged.push(end);
            start = end;
        }
        std::mem::swap(rows, spare);
        ends = merged;
    }
}

/// Behind the last row of each run; of a few without asking for memory.
#[derive(Default)]
struct Ends {
    few: [usize; 8],
    more: Vec<usize>,
    len: usize,
}

impl Ends {
    fn push(&mut self, end: usize) {
        match self.few.get_mut(self.len) {
            Some(place) => *place = end,
            None => self.more.push(end),
        }
        self.len += 1;
    }

    fn at(&self, place: usize) -> usize {
        self.few.get(place).copied().unwrap_or_else(|| self.more[place - self.few.len()])
    }

    fn len(&self) -> usize {
        self.len
    }
}

/// Appends two ascending runs as one.
fn merge(facts: &Facts, one: &[Timed], other: &[Timed], out: &mut Vec<Timed>) {
    let (mut a, mut b, start) = (0, 0, out.len());
    // All of it at once, so that nothing has to grow on the way.
    out.extend_from_slice(one);
    out.extend_from_slice(other);
    for slot in &mut out[start..] {
        let (Some(&left), Some(&right)) = (one.get(a), other.get(b)) else { break };
        let mut second = right.0 < left.0;
        if right.0 == left.0 {
            second = compare(facts, right.1, left.1).is_lt();
        }
        // Which run is next cannot be foreseen, so nothing here branches on it.
        *slot = if second { right } else { left };
        a += usize::from(!second);
        b += usize::from(second);
    }
    // What is left of the second one lies there already.
    let rest = &one[a..];
    out[start + a + b..start + a + b + rest.len()].copy_from_slice(rest);
}

/// The order of facts: by time, equal times by (source, id).
pub(super) fn compare(facts: &Facts, one: u32, other: u32) -> Ordering {
    let (a, b) = (one as usize, other as usize);
    facts.times[a]
        .cmp(&facts.times[b])
        .then_with(|| facts.sources.get(a).cmp(facts.sources.get(b)))
        .then_with(|| facts.ranks[a].cmp(&facts.ranks[b]))
        .then_with(|| facts.positions.get(a).cmp(&facts.positions.get(b)))
}
