//! Facts from parts that hold records of ranges that do not overlap, filled side by side by several threads.
//!
//! The columns are made once, as long as they will be. Each part is a [`Slot`] of them, so nothing is copied when all
//! parts are there. Texts are numbered in [`Names`] that all parts share.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use kulta_events::RecordId;
use rust_decimal::Decimal;

use super::build::TooMany;
use super::column::{Bools, Codes, Facet, MISSING, Numbers, Texts, WIDE, integer};
use super::merge::wide_of;
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

    /// Fills the last rows of a slot, which has these facets in this order, of the same scales.
    pub fn fill(&self, slot: &mut Slot<'_>) -> Filled {
        slot.copy(self, 0..self.len(), slot.len() - self.len());
        let lengths = self.starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        Filled { records: self.records.clone(), lengths, wide: wide_of(self, 0..self.len(), 0) }
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
