//! A file back to facts.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use kulta_events::RecordId;
use kulta_projections::scores::facts::{Codes, Filled, Names, Shape, Slot, Texts, TooMany, Wanted, Wide};
use parquet::file::metadata::ParquetMetaDataReader;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Error;
use super::columns::{Kind, Precision, RESERVED};
use super::manifest::Manifest;
use super::pages::{self, Fault, Pages, fault};

/// Texts numbered for all files of an archive that are read together.
#[derive(Debug, Default)]
pub struct Shared {
    types: Mutex<Codes>,
    sources: Mutex<Codes>,
    units: Mutex<Codes>,
    texts: Vec<Mutex<Texts>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// For so many facets.
    pub fn new(facets: usize) -> Self {
        Self { texts: (0..facets).map(|_| Mutex::default()).collect(), ..Self::default() }
    }

    /// For more facets, behind those that there are.
    pub fn grow(&mut self, facets: usize) {
        self.texts.resize_with(facets.max(self.texts.len()), Mutex::default);
    }

    /// The texts, when everything is read.
    pub fn into_names(self) -> Names {
        let whole = |codes: Mutex<Codes>| codes.into_inner().unwrap_or_else(PoisonError::into_inner);
        let texts = self.texts.into_iter().map(|texts| texts.into_inner().unwrap_or_else(PoisonError::into_inner));
        Names {
            types: whole(self.types),
            sources: whole(self.sources),
            units: whole(self.units),
            texts: texts.collect(),
        }
    }

    /// The numbers here of types (0), sources (1) or units (2).
    pub fn codes(&self, kind: usize, codes: &Codes) -> Result<Vec<u16>, Error> {
        self.codes_of(kind, &codes.names)
    }

    /// The same of names.
    pub fn codes_of(&self, kind: usize, names: &[impl AsRef<str>]) -> Result<Vec<u16>, Error> {
        let mut known = locked([&self.types, &self.sources, &self.units][kind]);
        let table: Option<Vec<u16>> = names.iter().map(|name| known.intern(name.as_ref())).collect();
        table.ok_or_else(|| TooMany.into())
    }

    /// The number here of a text of a facet.
    pub fn text(&self, facet: usize, text: &str) -> u32 {
        locked(&self.texts[facet]).intern(text)
    }

    /// How the names of two sources are ordered.
    pub fn compare_sources(&self, one: u16, other: u16) -> std::cmp::Ordering {
        let sources = locked(&self.sources);
        sources.names.get(usize::from(one)).cmp(&sources.names.get(usize::from(other)))
    }
}

/// What of files is read, and how.
pub struct Plan<'a> {
    /// What the files' columns are.
    pub manifest: &'a Manifest,
    /// The facets that are wanted.
    pub shapes: &'a [Shape],
    /// Whether positions are wanted.
    pub positions: bool,
    /// Types whose facets are wanted.
    pub wanted: &'a Wanted,
    /// Texts.
    pub shared: &'a Shared,
}

impl Plan<'_> {
    /// Reads a file into the last rows of a slot.
    pub fn decode(&self, file: Vec<u8>, slot: &mut Slot<'_>, rows: usize) -> Result<Filled, Fault> {
        let file = Arc::new(Bytes::from(file));
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&*file).map_err(fault)?;
        let mut from = slot.len().checked_sub(rows).ok_or("more rows than there should be")?;
        let first = from;
        let mut filled = Filled::default();
        for group in metadata.row_groups() {
            let column = |name: &str| Pages::open(&file, group, name);
            let required = |name: &str| column(name)?.ok_or_else(|| format!("there is no column {name}"));
            let length = usize::try_from(group.num_rows()).map_err(fault)?;
            let to = from.checked_add(length).filter(|to| *to <= slot.len()).ok_or("more rows than there should be")?;
            records(required(RESERVED[0])?, length, &mut filled)?;
            times(required(RESERVED[1])?, self.manifest.precision, &mut slot.times[from..to])?;
            if self.positions {
                let mut positions = vec![0; length];
                integers(required(RESERVED[2])?, 0, &mut positions)?;
                slot.positions[from..to].iter_mut().zip(positions).for_each(|(slot, position)| *slot = position as u64);
            }
            codes(required(RESERVED[3])?, &self.shared.types, &mut slot.types[from..to])?;
            codes(required(RESERVED[4])?, &self.shared.sources, &mut slot.sources[from..to])?;
            codes(required(RESERVED[5])?, &self.shared.units, &mut slot.units[from..to])?;
            ranks(required(RESERVED[6])?, &mut slot.ranks[from..to])?;
            for kind in &self.manifest.columns {
                if let Some(facet) = self.shapes.iter().position(|shape| *shape.name == *kind.facet) {
                    let (pages, rows) = (column(&kind.name)?, (first, from..to));
                    self.facet(pages, kind.kind, facet, rows, slot, &mut filled.wide)?;
                }
            }
            from = to;
        }
        if from != slot.len() {
            return Err("fewer rows than there should be".to_owned());
        }
        filled.wide.sort_by_key(|wide| wide.row);
        self.keep_wanted(slot, first, &mut filled);
        Ok(filled)
    }

    fn facet(
        &self,
        pages: Option<Pages>,
        kind: Kind,
        facet: usize,
        (first, rows): (usize, Range<usize>),
        slot: &mut Slot<'_>,
        wide: &mut Vec<Wide>,
    ) -> Result<(), Fault> {
        let values = &mut slot.facets[facet];
        match (kind, pages) {
            (Kind::Number, pages) => {
                let Some(numbers) = &mut values.numbers else { return Ok(()) };
                match pages {
                    Some(pages) => integers(pages, i64::MIN, &mut numbers[rows]),
                    None => {
                        numbers[rows].fill(i64::MIN);
                        Ok(())
                    }
                }
            }
            (Kind::Bool, Some(mut pages)) => {
                let Some(bools) = &mut values.bools else { return Ok(()) };
                each_page(&mut pages, &mut bools[rows], |page, out| page.bools(out))
            }
            (Kind::Text, Some(mut pages)) => {
                let Some(codes) = &mut values.texts else { return Ok(()) };
                let table: Vec<u32> = {
                    let dictionary = pages.dictionary.take().unwrap_or_default();
                    let mut texts = locked(&self.shared.texts[facet]);
                    let texts = pages::texts(&dictionary)?.into_iter().map(|text| texts.intern(text));
                    std::iter::once(0).chain(texts).collect()
                };
                let mut scratch = Vec::new();
                each_page(&mut pages, &mut codes[rows], |page, out| {
                    if page.has_places() {
                        return page.codes(&table, &mut scratch, out);
                    }
                    let mut texts = locked(&self.shared.texts[facet]);
                    page.texts(0, |text| texts.intern(text), out)
                })
            }
            (Kind::Wide, Some(mut pages)) => {
                let dictionary = pages.dictionary.take().unwrap_or_default();
                let numbers = pages::texts(&dictionary)?.into_iter().map(Decimal::from_str_exact);
                let numbers = std::iter::once(Ok(None)).chain(numbers.map(|number| number.map(Some)));
                let numbers: Vec<Option<Decimal>> = numbers.collect::<Result<_, _>>().map_err(fault)?;
                let (mut found, mut scratch) = (vec![None; rows.len()], Vec::new());
                each_page(&mut pages, &mut found, |page, out| page.codes(&numbers, &mut scratch, out))?;
                for (row, number) in rows.zip(found) {
                    if let Some(number) = number
                        && values.set_number(row, Some(number))
                    {
                        wide.push(Wide { row: (row - first) as u32, facet, number });
                    }
                }
                Ok(())
            }
            (_, None) => Ok(()),
        }
    }

    fn keep_wanted(&self, slot: &mut Slot<'_>, first: usize, filled: &mut Filled) {
        let Some(types) = &self.wanted.types else { return };
        let wanted: Vec<bool> = locked(&self.shared.types).names.iter().map(|name| types.contains(&**name)).collect();
        if wanted.iter().all(|wanted| *wanted) {
            return;
        }
        slot.keep_facets_of(first, |code| wanted[usize::from(code)], &mut filled.wide);
    }
}

/// Gives each page the rows that it fills.
fn each_page<T>(
    pages: &mut Pages,
    mut out: &mut [T],
    mut take: impl FnMut(&pages::Values<'_>, &mut [T]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    while let Some(page) = pages.next()? {
        let (now, later) = out.split_at_mut_checked(page.rows()).ok_or("more values than rows")?;
        take(&page, now)?;
        out = later;
    }
    if out.is_empty() { Ok(()) } else { Err("fewer values than rows".to_owned()) }
}

fn times(mut pages: Pages, precision: Precision, out: &mut [i64]) -> Result<(), Fault> {
    let mut scratch = Vec::new();
    each_page(&mut pages, out, |page, out| {
        page.integers(0, &mut scratch, out)?;
        if precision != Precision::Microseconds {
            out.iter_mut().for_each(|time| *time = time.wrapping_mul(precision.micros()));
        }
        Ok(())
    })
}

fn integers(mut pages: Pages, none: i64, out: &mut [i64]) -> Result<(), Fault> {
    let mut scratch = Vec::new();
    each_page(&mut pages, out, |page, out| page.integers(none, &mut scratch, out))
}

pub fn codes(mut pages: Pages, names: &Mutex<Codes>, out: &mut [u16]) -> Result<(), Fault> {
    let too_many = "more different types, sources or units than columns can tell apart";
    let dictionary = pages.dictionary.take().unwrap_or_default();
    let table: Vec<u16> = {
        let mut names = locked(names);
        // The texts first, as they have been numbered ever since.
        let texts: Option<Vec<u16>> = pages::texts(&dictionary)?.into_iter().map(|name| names.intern(name)).collect();
        let none = if pages.optional { names.intern("") } else { Some(0) };
        std::iter::once(none.ok_or(too_many)?).chain(texts.ok_or(too_many)?).collect()
    };
    let mut scratch = Vec::new();
    each_page(&mut pages, out, |page, out| page.codes(&table, &mut scratch, out))
}

fn ranks(mut pages: Pages, out: &mut [u32]) -> Result<(), Fault> {
    let (bytes, _) = pages.dictionary.take().unwrap_or_default();
    let ranks = bytes.as_chunks::<4>().0.iter().map(|four| u32::from_le_bytes(*four));
    let table: Vec<u32> = std::iter::once(0).chain(ranks).collect();
    let mut scratch = Vec::new();
    each_page(&mut pages, out, |page, out| page.codes(&table, &mut scratch, out))
}

/// Which records follow each other, and how many rows each has.
fn records(mut pages: Pages, rows: usize, filled: &mut Filled) -> Result<(), Fault> {
    let mut met = 0;
    while let Some(page) = pages.next()? {
        let ids = page.sixteens()?;
        met += ids.len();
        for run in ids.chunk_by(|one, other| one == other) {
            let id = RecordId(Uuid::from_bytes(run[0]));
            // A record may go on from the page before.
            if filled.records.last() != Some(&id) {
                filled.records.push(id);
                filled.lengths.push(0);
            }
            if let Some(length) = filled.lengths.last_mut() {
                *length += run.len() as u32;
            }
        }
    }
    if met == rows { Ok(()) } else { Err("not as many records as rows".to_owned()) }
}
