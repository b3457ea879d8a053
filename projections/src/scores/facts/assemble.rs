//! Facts from parts that hold records of ranges that do not overlap, filled side by side by several threads.
//!
//! The columns are made once, as long as they will be. Each part is a [`Slot`] of them, so nothing is copied when all
//! parts are there. Texts are numbered in [`Names`] that all parts share.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use kulta_events::RecordId;
use rust_decimal::Decimal;

use super::build::TooMany;
use super::column::{Bools, Codes, Facet, MISSING, Numbers, Texts, WIDE, integer};
use super::{Facts, Held, runs};

/// A facet that there will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it has numbers, and how many decimals they have as integers.
    pub numbers: Option<u32>,
    /// Whether it has texts.
    pub texts: bool,
    /// Whether it has conditions.
    pub bools: bool,
}

/// What the numbers in coded columns stand for.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Types.
    pub types: Codes,
    /// Sources.
    pub sources: Codes,
    /// Business units.
    pub units: Codes,
    /// Texts of each facet.
    pub texts: Vec<Texts>,
}

/// Columns that are being filled.
#[derive(Debug)]
pub struct Assembly {
    facts: Facts,
}

/// The rows of one part.
#[derive(Debug)]
pub struct Slot<'a> {
    /// When it happened.
    pub times: &'a mut [i64],
    /// Its place in the log; empty when positions are not wanted.
    pub positions: &'a mut [u64],
    /// Its type.
    pub types: &'a mut [u16],
    /// Its source.
    pub sources: &'a mut [u16],
    /// Its business unit.
    pub units: &'a mut [u16],
    /// The order by id.
    pub ranks: &'a mut [u32],
    /// One for each facet.
    pub facets: Vec<FacetSlot<'a>>,
}

/// The values of one facet in one part; what the facet does not have is `None`.
#[derive(Debug, Default)]
pub struct FacetSlot<'a> {
    /// × 10^scale; `i64::MIN`: none. See [`FacetSlot::set_number`].
    pub numbers: Option<&'a mut [i64]>,
    /// Places in the dictionary; 0: none.
    pub texts: Option<&'a mut [u32]>,
    /// 0: none, 1: false, 2: true.
    pub bools: Option<&'a mut [u8]>,
    scale: u32,
}

/// A number that its column's integers cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wide {
    /// The row within the part.
    pub row: u32,
    /// Which facet.
    pub facet: usize,
    /// The number.
    pub number: Decimal,
}

/// What a part holds besides its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Its records, ascending.
    pub records: Vec<RecordId>,
    /// How many rows each has.
    pub lengths: Vec<u32>,
    /// By row.
    pub wide: Vec<Wide>,
}

impl Assembly {
    /// Room for so many rows, without positions when they are not wanted.
    ///
    /// # Errors
    /// When there are more rows than columns can tell apart.
    pub fn new(rows: usize, shapes: &[Shape], positions: bool) -> Result<Self, TooMany> {
        u32::try_from(rows).map_err(|_| TooMany)?;
        let mut facts = Facts {
            times: vec![0; rows],
            positions: vec![0; if positions { rows } else { 0 }],
            ranks: vec![0; rows],
            ..Facts::default()
        };
        for codes in [&mut facts.types, &mut facts.sources, &mut facts.units] {
            codes.codes = vec![0; rows];
        }
        let facet = |shape: &Shape| Facet {
            // Not zero: whoever leaves a row out has said nothing there.
            numbers: shape.numbers.map(|scale| Numbers { scale, values: vec![0; rows], wide: BTreeMap::new() }),
            texts: shape.texts.then(|| Texts { codes: vec![0; rows], ..Texts::default() }),
            bools: shape.bools.then(|| Bools { values: vec![0; rows] }),
        };
        facts.facets = shapes.iter().map(|shape| (shape.name.clone(), facet(shape))).collect();
        Ok(Self { facts })
    }

    /// The rows of parts that have so many rows each, in the order of their records. Numbers are 0 until they are set:
    /// each part sets all of its rows.
    pub fn slots(&mut self, rows: &[usize]) -> Vec<Slot<'_>> {
        let facts = &mut self.facts;
        let mut times = parts(&mut facts.times, rows).into_iter();
        let mut positions = parts(&mut facts.positions, rows).into_iter();
        let mut types = parts(&mut facts.types.codes, rows).into_iter();
        let mut sources = parts(&mut facts.sources.codes, rows).into_iter();
        let mut units = parts(&mut facts.units.codes, rows).into_iter();
        let mut ranks = parts(&mut facts.ranks, rows).into_iter();
        let mut facets: Vec<Vec<FacetSlot<'_>>> = rows.iter().map(|_| Vec::new()).collect();
        for (_, facet) in &mut facts.facets {
            for (slots, slot) in facets.iter_mut().zip(facet_slots(facet, rows)) {
                slots.push(slot);
            }
        }
        let mut slots = Vec::with_capacity(rows.len());
        for facets in facets {
            slots.push(Slot {
                times: times.next().unwrap_or_default(),
                positions: positions.next().unwrap_or_default(),
                types: types.next().unwrap_or_default(),
                sources: sources.next().unwrap_or_default(),
                units: units.next().unwrap_or_default(),
                ranks: ranks.next().unwrap_or_default(),
                facets,
            });
        }
        slots
    }

    /// The facts, when every part is filled.
    pub fn finish(self, filled: Vec<Filled>, names: Names) -> Facts {
        let Self { mut facts } = self;
        let mut row = 0;
        for part in filled {
            for wide in part.wide {
                if let Some(numbers) = facts.facets.get_mut(wide.facet).and_then(|(_, facet)| facet.numbers.as_mut()) {
                    numbers.wide.insert(row + wide.row, wide.number);
                }
            }
            facts.records.extend(part.records);
            for length in part.lengths {
                facts.starts.push(row);
                row += length;
            }
        }
        facts.starts.push(row);
        facts.named(names)
    }
}

/// Consecutive parts of a column; of one that is not there, empty ones.
fn parts<'a, T>(mut column: &'a mut [T], rows: &[usize]) -> Vec<&'a mut [T]> {
    let mut parts = Vec::with_capacity(rows.len());
    for length in rows {
        let (part, rest) = column.split_at_mut((*length).min(column.len()));
        parts.push(part);
        column = rest;
    }
    parts
}

fn facet_slots<'a>(facet: &'a mut Facet, rows: &[usize]) -> Vec<FacetSlot<'a>> {
    let scale = facet.numbers.as_ref().map_or(0, |numbers| numbers.scale);
    let mut numbers = facet.numbers.as_mut().map(|numbers| parts(&mut numbers.values, rows).into_iter());
    let mut texts = facet.texts.as_mut().map(|texts| parts(&mut texts.codes, rows).into_iter());
    let mut bools = facet.bools.as_mut().map(|bools| parts(&mut bools.values, rows).into_iter());
    let mut slot = || FacetSlot {
        numbers: numbers.as_mut().and_then(Iterator::next),
        texts: texts.as_mut().and_then(Iterator::next),
        bools: bools.as_mut().and_then(Iterator::next),
        scale,
    };
    rows.iter().map(|_| slot()).collect()
}

impl FacetSlot<'_> {
    /// Puts a number, or none, into a row. True: the column cannot hold it, it belongs among the [`Wide`] ones.
    pub fn set_number(&mut self, row: usize, number: Option<Decimal>) -> bool {
        let Some(value) = self.numbers.as_mut().and_then(|values| values.get_mut(row)) else { return false };
        let held = number.map(|number| integer(number.normalize(), self.scale));
        *value = held.map_or(MISSING, |held| held.unwrap_or(WIDE));
        *value == WIDE
    }

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

    fn shift(&mut self, from: Range<usize>, to: usize) {
        if let Some(values) = &mut self.numbers {
            values.copy_within(from.clone(), to);
        }
        if let Some(codes) = &mut self.texts {
            codes.copy_within(from.clone(), to);
        }
        if let Some(values) = &mut self.bools {
            values.copy_within(from, to);
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
        let mut to = start;
        for Step { own, rows } in steps {
            let length = rows.len();
            if own {
                while let Some(moved) = wide.next_if(|wide| (wide.row as usize) < rows.end - free) {
                    let row = moved.row as usize + to - start - (rows.start - free);
                    merged.wide.push(Wide { row: row as u32, ..moved });
                }
                self.shift(rows, to);
            } else {
                self.copy(other, rows.clone(), to);
                merged.wide.extend(wide_of(other, rows, to - start));
            }
            to += length;
        }
        merged
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

    fn shift(&mut self, from: Range<usize>, to: usize) {
        if from.start == to {
            return;
        }
        self.times.copy_within(from.clone(), to);
        if !self.positions.is_empty() {
            self.positions.copy_within(from.clone(), to);
        }
        self.types.copy_within(from.clone(), to);
        self.sources.copy_within(from.clone(), to);
        self.units.copy_within(from.clone(), to);
        self.ranks.copy_within(from.clone(), to);
        self.facets.iter_mut().for_each(|facet| facet.shift(from.clone(), to));
    }

    fn copy(&mut self, other: &Facts, from: Range<usize>, to: usize) {
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
fn wide_of(facts: &Facts, rows: Range<usize>, to: usize) -> Vec<Wide> {
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

impl Facts {
    /// These facts with the texts that their numbers stand for.
    pub fn named(mut self, names: Names) -> Self {
        let Names { types, sources, units, texts } = names;
        for (codes, named) in [(&mut self.types, types), (&mut self.sources, sources), (&mut self.units, units)] {
            *codes = Codes { codes: std::mem::take(&mut codes.codes), ..named };
        }
        for ((_, facet), named) in self.facets.iter_mut().zip(texts) {
            if let Some(texts) = &mut facet.texts {
                *texts = Texts { codes: std::mem::take(&mut texts.codes), ..named };
            }
        }
        self
    }

    /// Whether rows are in the order of facts.
    pub fn is_sorted(&self) -> bool {
        self.starts.windows(2).all(|pair| {
            let pairs = (pair[0]..pair[1]).zip(pair[0] + 1..pair[1]);
            pairs.into_iter().all(|(one, other)| runs::compare(self, one, other) != Ordering::Greater)
        })
    }

    /// The number of a row as an integer of a scale; `Err`: one that does not fit into `digits` digits.
    pub fn number(&self, facet: usize, row: usize, scale: u32, digits: u32) -> Result<Option<i64>, Decimal> {
        let Some(numbers) = self.facets.get(facet).and_then(|(_, facet)| facet.numbers.as_ref()) else {
            return Ok(None);
        };
        let most = 10_i64.checked_pow(digits).unwrap_or(i64::MAX);
        let fits = |value: &i64| -most < *value && *value < most;
        let own = match numbers.held(row) {
            Held::Missing => return Ok(None),
            Held::Integer(value) if numbers.scale <= scale => {
                10_i64.checked_pow(scale - numbers.scale).and_then(|factor| value.checked_mul(factor))
            }
            Held::Integer(_) | Held::Wide => None,
        };
        let number = || numbers.get(row).unwrap_or_default();
        own.or_else(|| integer(number(), scale)).filter(fits).map(Some).ok_or_else(number)
    }
}
