//! Slots: what came later among the rows that are there.

use std::cmp::Ordering;
use std::ops::Range;

use rust_decimal::Decimal;

use super::Facts;
use super::assemble::{FacetSlot, Filled, Slot, Wide};
use super::column::{Facet, MISSING};

impl Slot<'_> {
    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Takes the facets from rows of other types than some, from the row `first` on, where the part begins.
    pub fn keep_facets_of(&mut self, first: usize, wanted: impl Fn(u16) -> bool, wide: &mut Vec<Wide>) {
        for row in first..self.len() {
            if !wanted(self.types[row]) {
                self.facets.iter_mut().for_each(|facet| facet.clear(row));
            }
        }
        wide.retain(|wide| wanted(self.types[first + wide.row as usize]));
    }

    /// Brings the rows of other facts, those of the records at `places`, among the ones that are there: the slot's last
    /// ones, of which `filled` tells. Before them there is room for the others, and behind it the merged rows begin. The
    /// others have the same facets in the same order, of the same scales, and the same [`Names`].
    pub fn merge(
        &mut self,
        filled: Filled,
        other: &Facts,
        places: Range<u32>,
        by_name: impl Fn(u16, u16) -> Ordering,
    ) -> Filled {
        let free = self.len() - filled.lengths.iter().map(|length| *length as usize).sum::<usize>();
        if places.is_empty() {
            return filled;
        }
        let more = (other.starts[places.end as usize] - other.starts[places.start as usize]) as usize;
        let (steps, mut merged) = self.steps(&filled, free, other, places, by_name);
        let mut wide = filled.wide.into_iter().peekable();
        let start = free - more;
        let mut to = 0;
        for Step { own, rows } in &steps {
            if *own {
                while let Some(moved) = wide.next_if(|wide| (wide.row as usize) < rows.end - free) {
                    let row = moved.row as usize + to - (rows.start - free);
                    merged.wide.push(Wide { row: row as u32, ..moved });
                }
            } else {
                merged.wide.extend(wide_of(other, rows.clone(), to));
            }
            to += rows.len();
        }
        self.weave(other, &steps, start);
        merged
    }

    /// Brings rows into the order of the steps, from the row `to` on: a column after the other, so that what is moved
    /// lies side by side.
    fn weave(&mut self, other: &Facts, steps: &[Step], to: usize) {
        weave(self.times, &other.times, steps, to);
        if !self.positions.is_empty() {
            weave(self.positions, &other.positions, steps, to);
        }
        weave(self.types, &other.types.codes, steps, to);
        weave(self.sources, &other.sources.codes, steps, to);
        weave(self.units, &other.units.codes, steps, to);
        weave(self.ranks, &other.ranks, steps, to);
        for (slot, (_, facet)) in self.facets.iter_mut().zip(&other.facets) {
            if let (Some(values), Some(numbers)) = (&mut slot.numbers, &facet.numbers) {
                weave(values, &numbers.values, steps, to);
            }
            if let (Some(codes), Some(texts)) = (&mut slot.texts, &facet.texts) {
                weave(codes, &texts.codes, steps, to);
            }
            if let (Some(values), Some(bools)) = (&mut slot.bools, &facet.bools) {
                weave(values, &bools.values, steps, to);
            }
        }
    }

    /// Which rows follow each other: own ones and others', in runs.
    fn steps(
        &self,
        filled: &Filled,
        free: usize,
        other: &Facts,
        places: Range<u32>,
        by_name: impl Fn(u16, u16) -> Ordering,
    ) -> (Vec<Step>, Filled) {
        let (mut steps, mut merged) = (Steps::default(), Filled::default());
        let (mut own, mut later) = (free, places);
        let mut records = filled.records.iter().zip(&filled.lengths).peekable();
        loop {
            let next = (!later.is_empty()).then(|| other.records[later.start as usize]);
            let (record, length) = match (records.peek(), next) {
                (None, None) => return (steps.0, merged),
                (Some((record, length)), None) => (**record, **length as usize),
                (None, Some(next)) => (next, 0),
                (Some((record, length)), Some(next)) if **record <= next => (**record, **length as usize),
                (Some(_), Some(next)) => (next, 0),
            };
            records.next_if(|(there, _)| **there == record);
            let mut rows = own..own + length;
            own += length;
            let mut others = 0..0;
            if next == Some(record) {
                let range = other.rows_at(later.start);
                others = range.start as usize..range.end as usize;
                later.start += 1;
            }
            merged.records.push(record);
            merged.lengths.push((rows.len() + others.len()) as u32);
            while !rows.is_empty() && !others.is_empty() {
                if self.compare(rows.start, other, others.start, &by_name) == Ordering::Less {
                    steps.push(true, rows.start..rows.start + 1);
                    rows.start += 1;
                } else {
                    steps.push(false, others.start..others.start + 1);
                    others.start += 1;
                }
            }
            steps.push(true, rows);
            steps.push(false, others);
        }
    }

    /// As `runs::compare`, for rows of which positions may not be there.
    fn compare(&self, own: usize, other: &Facts, row: usize, by_name: &impl Fn(u16, u16) -> Ordering) -> Ordering {
        self.times[own]
            .cmp(&other.times[row])
            .then_with(|| by_name(self.sources[own], other.sources.codes[row]))
            .then_with(|| self.ranks[own].cmp(&other.ranks[row]))
            .then_with(|| self.positions.get(own).cmp(&other.positions.get(row)))
    }

    pub(super) fn copy(&mut self, other: &Facts, from: Range<usize>, to: usize) {
        let into = to..to + from.len();
        self.times[into.clone()].copy_from_slice(&other.times[from.clone()]);
        if !self.positions.is_empty() {
            self.positions[into.clone()].copy_from_slice(&other.positions[from.clone()]);
        }
        self.types[into.clone()].copy_from_slice(&other.types.codes[from.clone()]);
        self.sources[into.clone()].copy_from_slice(&other.sources.codes[from.clone()]);
        self.units[into.clone()].copy_from_slice(&other.units.codes[from.clone()]);
        self.ranks[into].copy_from_slice(&other.ranks[from.clone()]);
        for (slot, (_, facet)) in self.facets.iter_mut().zip(&other.facets) {
            slot.copy(facet, from.clone(), to);
        }
    }
}

/// Brings a column into the order of the steps, from the row `to` on.
fn weave<T: Copy>(column: &mut [T], other: &[T], steps: &[Step], mut to: usize) {
    for Step { own, rows } in steps {
        if !own {
            column[to..to + rows.len()].copy_from_slice(&other[rows.clone()]);
        } else if rows.start != to {
            column.copy_within(rows.clone(), to);
        }
        to += rows.len();
    }
}

/// A run of rows, the slot's own or the others'.
#[derive(Debug)]
struct Step {
    own: bool,
    rows: Range<usize>,
}

#[derive(Debug, Default)]
struct Steps(Vec<Step>);

impl Steps {
    fn push(&mut self, own: bool, rows: Range<usize>) {
        match self.0.last_mut() {
            _ if rows.is_empty() => {}
            Some(last) if last.own == own && last.rows.end == rows.start => last.rows.end = rows.end,
            _ => self.0.push(Step { own, rows }),
        }
    }
}

/// The wide numbers of some rows, as they stand from row `to` on.
pub(super) fn wide_of(facts: &Facts, rows: Range<usize>, to: usize) -> Vec<Wide> {
    let mut found: Vec<Wide> = Vec::new();
    for (facet, (_, values)) in facts.facets.iter().enumerate() {
        let Some(numbers) = values.numbers.as_ref().filter(|numbers| !numbers.wide.is_empty()) else { continue };
        let wide = numbers.wide.range(rows.start as u32..rows.end as u32);
        let moved =
            |(row, number): (&u32, &Decimal)| Wide { row: row - rows.start as u32 + to as u32, facet, number: *number };
        found.extend(wide.map(moved));
    }
    found.sort_by_key(|wide| wide.row);
    found
}

impl FacetSlot<'_> {
    fn clear(&mut self, row: usize) {
        if let Some(values) = &mut self.numbers {
            values[row] = MISSING;
        }
        if let Some(codes) = &mut self.texts {
            codes[row] = 0;
        }
        if let Some(values) = &mut self.bools {
            values[row] = 0;
        }
    }

    fn copy(&mut self, facet: &Facet, from: Range<usize>, to: usize) {
        let into = to..to + from.len();
        if let (Some(values), Some(numbers)) = (&mut self.numbers, &facet.numbers) {
            values[into.clone()].copy_from_slice(&numbers.values[from.clone()]);
        }
        if let (Some(codes), Some(texts)) = (&mut self.texts, &facet.texts) {
            codes[into.clone()].copy_from_slice(&texts.codes[from.clone()]);
        }
        if let (Some(values), Some(bools)) = (&mut self.bools, &facet.bools) {
            values[into].copy_from_slice(&bools.values[from]);
        }
    }
}
