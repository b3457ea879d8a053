//! The rows of several records as one.
//!
//! A row is one number while it is merged: its time, counted from the first one, and behind it which of the rows it is.

use std::cmp::Ordering;
use std::ops::Range;

use super::Facts;

/// A run is put into another one, stretch by stretch, that has so many times its rows.
const FEW: usize = 8;

/// Room to merge rows in.
#[derive(Clone, Debug, Default)]
pub struct Room {
    rows: Vec<u32>,
    ends: Vec<usize>,
    keys: Vec<u64>,
    merged: Vec<u64>,
    merged_ends: Vec<usize>,
}

/// Appends the rows of records in the order of facts, and their times.
pub(super) fn merge_into(
    facts: &Facts,
    runs: impl Iterator<Item = Range<u32>>,
    room: &mut Room,
    rows: &mut Vec<u32>,
    times: &mut Vec<i64>,
) {
    room.rows.clear();
    room.ends.clear();
    let (mut first, mut last) = (i64::MAX, i64::MIN);
    for run in runs.filter(|run| !run.is_empty()) {
        first = first.min(facts.times[run.start as usize]);
        last = last.max(facts.times[run.end as usize - 1]);
        room.rows.extend(run);
        room.ends.push(room.rows.len());
    }
    // No time is 0, and none is the highest number: those stand where a run has ended.
    let bits = u64::BITS - (room.rows.len() as u64).leading_zeros();
    let fits = last.checked_sub(first).is_some_and(|span| (span as u64) < (u64::MAX >> bits) - 1);
    if room.ends.len() > 1 && fits {
        room.keys.clear();
        let key = |(number, row): (u64, &u32)| {
            (facts.times[*row as usize].wrapping_sub(first) as u64).wrapping_add(1) << bits | number
        };
        room.keys.extend((0..).zip(&room.rows).map(key));
        if room.merge(facts, bits) {
            let mask = (1 << bits) - 1;
            times.extend(room.keys.iter().map(|key| first.wrapping_add((key >> bits) as i64 - 1)));
            rows.extend(room.keys.iter().map(|key| room.rows[(key & mask) as usize]));
            return;
        }
    }
    if room.ends.len() > 1 {
        room.rows.sort_by(|one, other| compare(facts, *one, *other));
    }
    times.extend(room.rows.iter().map(|row| facts.times[*row as usize]));
    rows.extend_from_slice(&room.rows);
}

impl Room {
    /// Merges runs two by two until there is one. False: they are not in the order of facts themselves.
    fn merge(&mut self, facts: &Facts, bits: u32) -> bool {
        let Self { rows, ends, keys, merged, merged_ends } = self;
        let row = |key: u64| rows[(key & ((1 << bits) - 1)) as usize];
        // Keys of one time say nothing of the order.
        let before = |one: u64, other: u64| {
            if (one ^ other) >> bits == 0 && one != other {
                compare(facts, row(one), row(other)).then(one.cmp(&other)).is_lt()
            } else {
                one < other
            }
        };
        while ends.len() > 1 {
            merged.resize(keys.len(), 0);
            merged_ends.clear();
            let mut start = 0;
            for pair in ends.chunks(2) {
                let (middle, end) = (pair[0], pair[pair.len() - 1]);
                let out = &mut merged[start..end];
                let (one, other) = (&keys[start..middle], &keys[middle..end]);
                let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
                if short.len() * FEW <= long.len() {
                    insert(short, long, out, before);
                } else if !merge(one, other, out, before) {
                    return false;
                }
                merged_ends.push(end);
                start = end;
            }
            std::mem::swap(keys, merged);
            std::mem::swap(ends, merged_ends);
        }
        true
    }
}

/// Merges a run into one that is much longer, of which whole stretches are copied.
fn insert(short: &[u64], mut long: &[u64], out: &mut [u64], before: impl Fn(u64, u64) -> bool) {
    let mut slots = out;
    for key in short {
        let (earlier, later) = long.split_at(long.partition_point(|other| before(*other, *key)));
        let (own, rest) = slots.split_at_mut(earlier.len() + 1);
        own[..earlier.len()].copy_from_slice(earlier);
        own[earlier.len()] = *key;
        (long, slots) = (later, rest);
    }
    slots.copy_from_slice(long);
}

/// Merges two runs, from both ends at once: neither side waits for the other. False: they did not meet.
#[inline(always)]
fn merge(one: &[u64], other: &[u64], out: &mut [u64], before: impl Fn(u64, u64) -> bool) -> bool {
    let (mut a, mut b, mut c, mut d) = (0, 0, one.len(), other.len());
    let (front, back) = out.split_at_mut(out.len().div_ceil(2));
    let (extra, back_from) = (front.len() > back.len(), back.len());
    // Which run is next cannot be foreseen, so nothing here branches on it.
    let mut forth = |slot: &mut u64| {
        let (left, right) = (one.get(a).copied().unwrap_or(u64::MAX), other.get(b).copied().unwrap_or(u64::MAX));
        let second = before(right, left);
        *slot = if second { right } else { left };
        a += usize::from(!second);
        b += usize::from(second);
    };
    for (slot, back) in front.iter_mut().zip(back.iter_mut().rev()) {
        forth(slot);
        let left = one.get(c.wrapping_sub(1)).copied().unwrap_or(0);
        let right = other.get(d.wrapping_sub(1)).copied().unwrap_or(0);
        let second = before(left, right);
        *back = if second { right } else { left };
        c = c.wrapping_sub(usize::from(!second));
        d = d.wrapping_sub(usize::from(second));
    }
    if extra {
        forth(&mut front[back_from]);
    }
    (a, b) == (c, d)
}

/// The order of facts: by time, equal times by (source, id). Rows without ranks stand in that order already.
pub(super) fn compare(facts: &Facts, one: u32, other: u32) -> Ordering {
    let (a, b) = (one as usize, other as usize);
    facts.times[a].cmp(&facts.times[b]).then_with(|| match (facts.ranks.get(a), facts.ranks.get(b)) {
        (Some(one), Some(other)) => facts
            .sources
            .get(a)
            .cmp(facts.sources.get(b))
            .then_with(|| one.cmp(other))
            .then_with(|| facts.positions.get(a).cmp(&facts.positions.get(b))),
        _ => a.cmp(&b),
    })
}

#[cfg(test)]
mod tests {
    use kulta_events::{Json, RecordId};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::scores::facts::{Builder, NewRow, Wanted};

    /// Facts of some records, of each of which the times are given.
    fn facts(records: &[Vec<i64>]) -> Facts {
        let (mut builder, none, mut position) = (Builder::new(Wanted::default()), Json::Object(Vec::new()), 0);
        for (record, time) in
            (1..).zip(records).flat_map(|(record, times)| times.iter().map(move |time| (record, *time)))
        {
            position += 1;
            let source = if position % 3 == 0 { "erp" } else { "crm" };
            let record = RecordId(Uuid::from_u128(record));
            let row = NewRow { record, time, position, type_name: "t", source, unit: None, facts: &none };
            builder.push_values(&row, std::iter::empty()).unwrap();
        }
        // Of one time and source in another order than they stand in the log.
        builder.finish_ranked(|position| (position as u32).reverse_bits())
    }

    fn merged(facts: &Facts, room: &mut Room) -> (Vec<u32>, Vec<i64>) {
        let (mut rows, mut times) = (Vec::new(), Vec::new());
        facts.merge_into(&(0..facts.records.len() as u32).collect::<Vec<_>>(), room, &mut rows, &mut times);
        (rows, times)
    }

    fn is_sorted(facts: &Facts, room: &mut Room) {
        let mut rows: Vec<u32> = (0..facts.len() as u32).collect();
        facts.sort(&mut rows);
        let times: Vec<i64> = rows.iter().map(|row| facts.times[*row as usize]).collect();
        assert_eq!(merged(facts, room), (rows, times));
    }

    proptest! {
        #[test]
        fn records_are_merged_as_they_are_sorted(
            records in prop::collection::vec(prop::collection::vec(prop_oneof![0..9_i64, 0..1_000_000_000_000_i64], 0..30), 0..7)
        ) {
            let mut room = Room::default();
            is_sorted(&facts(&records), &mut room);
            is_sorted(&facts(&records[..records.len() / 2]), &mut room);
        }
    }

    #[test]
    fn times_that_are_very_far_apart_are_in_order_too() {
        let mut room = Room::default();
        let (least, most) = (i64::MIN, i64::MAX);
        is_sorted(&facts(&[vec![least, 0, most], vec![least, 5], vec![most]]), &mut room);
        is_sorted(&facts(&[vec![0, 1 << 62], vec![3, 1 << 61]]), &mut room);
        is_sorted(&facts(&[vec![most - 5, most], vec![most - 9, most]]), &mut room);
        // The widest span of four rows, and one that is wider.
        for span in [(1 << 61) - 3, (1 << 61) - 2, (1 << 61) - 1, 1 << 61] {
            is_sorted(&facts(&[vec![-7, span - 7], vec![-7, span - 7]]), &mut room);
        }
    }

    #[test]
    fn no_row_is_lost_though_a_record_is_not_in_order() {
        let mut facts = facts(&[vec![1, 2, 3, 4, 9], vec![2, 3, 5, 7]]);
        facts.times.swap(1, 3);
        let (mut rows, times) = merged(&facts, &mut Room::default());
        let own: Vec<i64> = rows.iter().map(|row| facts.times[*row as usize]).collect();
        assert_eq!(times, own);
        rows.sort_unstable();
        assert_eq!(rows, (0..9).collect::<Vec<u32>>());
    }
}
