//! Facts to a file and back.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use kulta_events::RecordId;
use kulta_projections::scores::facts::{Codes, Facts, Filled, Names, Shape, Slot, Wanted, Wide};
use parquet::basic::{
    Compression, ConvertedType, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel,
};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Error;
use super::columns::{Column, DIGITS, Kind, Precision, RESERVED};
use super::decode::{self, Fault, Pages, fault};
use super::manifest::Manifest;

/// Rows of a row group.
const GROUP: usize = 1 << 20;

type Group<'a> = SerializedRowGroupWriter<'a, Vec<u8>>;

/// The bytes of a file of these facts.
pub fn encode(facts: &Facts, precision: Precision, columns: &[Column]) -> Result<Vec<u8>, Error> {
    let mut file = SerializedFileWriter::new(Vec::new(), schema(precision, columns)?, Arc::new(properties(columns)))?;
    let mut record = 0;
    for from in (0..facts.len()).step_by(GROUP) {
        let rows = from..(from + GROUP).min(facts.len());
        let mut group = file.next_row_group()?;
        let mut ids = Vec::with_capacity(rows.len());
        while ids.len() < rows.len() {
            let end = (facts.starts[record + 1] as usize).min(rows.end) - rows.start;
            let id = FixedLenByteArray::from(facts.records[record].0.as_bytes().to_vec());
            ids.resize(end, id);
            record += usize::from(facts.starts[record + 1] as usize <= rows.end);
        }
        put::<FixedLenByteArrayType>(&mut group, &ids, None)?;
        let times: Vec<i64> = facts.times[rows.clone()].iter().map(|time| time / precision.micros()).collect();
        put::<Int64Type>(&mut group, &times, None)?;
        let positions: Vec<i64> = facts.positions[rows.clone()].iter().map(|position| *position as i64).collect();
        put::<Int64Type>(&mut group, &positions, None)?;
        coded(&mut group, &facts.types, rows.clone(), false)?;
        coded(&mut group, &facts.sources, rows.clone(), false)?;
        coded(&mut group, &facts.units, rows.clone(), true)?;
        let ranks: Vec<i32> = facts.ranks[rows.clone()].iter().map(|rank| *rank as i32).collect();
        put::<Int32Type>(&mut group, &ranks, None)?;
        for column in columns {
            facet(&mut group, facts, column, rows.clone())?;
        }
        group.close()?;
    }
    Ok(file.into_inner()?)
}

/// The columns as Parquet has them.
fn schema(precision: Precision, columns: &[Column]) -> Result<Arc<Type>, Error> {
    let required = |name, physical| Type::primitive_type_builder(name, physical).with_repetition(Repetition::REQUIRED);
    let text = |name, repetition| {
        let builder = Type::primitive_type_builder(name, Physical::BYTE_ARRAY).with_repetition(repetition);
        builder.with_logical_type(Some(LogicalType::String)).build().map(Arc::new)
    };
    let unit = match precision {
        Precision::Milliseconds => TimeUnit::MILLIS,
        Precision::Microseconds => TimeUnit::MICROS,
    };
    let time = LogicalType::timestamp(true, unit);
    let id = required(RESERVED[0], Physical::FIXED_LEN_BYTE_ARRAY).with_length(16);
    let mut fields = vec![
        Arc::new(id.with_logical_type(Some(LogicalType::Uuid)).build()?),
        Arc::new(required(RESERVED[1], Physical::INT64).with_logical_type(Some(time)).build()?),
        Arc::new(required(RESERVED[2], Physical::INT64).build()?),
        text(RESERVED[3], Repetition::REQUIRED)?,
        text(RESERVED[4], Repetition::REQUIRED)?,
        text(RESERVED[5], Repetition::OPTIONAL)?,
        Arc::new(required(RESERVED[6], Physical::INT32).with_converted_type(ConvertedType::UINT_32).build()?),
    ];
    for column in columns {
        let optional =
            |physical| Type::primitive_type_builder(&column.name, physical).with_repetition(Repetition::OPTIONAL);
        fields.push(match column.kind {
            Kind::Number => {
                let (precision, scale) = (DIGITS as i32, column.decimals as i32);
                let decimal = optional(Physical::INT64).with_precision(precision).with_scale(scale);
                Arc::new(decimal.with_logical_type(Some(LogicalType::decimal(scale, precision))).build()?)
            }
            Kind::Bool => Arc::new(optional(Physical::BOOLEAN).build()?),
            Kind::Text | Kind::Wide => text(&column.name, Repetition::OPTIONAL)?,
        });
    }
    Ok(Arc::new(Type::group_type_builder("events").with_fields(fields).build()?))
}

/// How columns are encoded: times as deltas, numbers byte by byte, everything else by dictionary, which is what [`decode`]
/// reads. What every replay reads is only packed by LZ4, which costs next to nothing; facets and positions by Zstandard,
/// since ids of orders, invoices and messages are a third of an archive.
fn properties(columns: &[Column]) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_dictionary_enabled(true)
        .set_dictionary_page_size_limit(usize::MAX)
        .set_data_page_size_limit(1 << 20)
        .set_data_page_row_count_limit(usize::MAX)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_write_page_header_statistics(false)
        .set_offset_index_disabled(true)
        .set_created_by(concat!("kulta ", env!("CARGO_PKG_VERSION")).to_owned());
    // A facet's name may have dots, which here are no path.
    let path = |name: &str| ColumnPath::new(vec![name.to_owned()]);
    let position = (RESERVED[2], Encoding::BYTE_STREAM_SPLIT);
    let facets = columns.iter().filter_map(|column| match column.kind {
        Kind::Number => Some((column.name.as_str(), Encoding::BYTE_STREAM_SPLIT)),
        Kind::Bool => Some((column.name.as_str(), Encoding::PLAIN)),
        Kind::Text | Kind::Wide => None,
    });
    for (name, encoding) in [(RESERVED[1], Encoding::DELTA_BINARY_PACKED), position].into_iter().chain(facets) {
        properties =
            properties.set_column_dictionary_enabled(path(name), false).set_column_encoding(path(name), encoding);
    }
    let facets = columns.iter().filter(|column| column.kind != Kind::Bool).map(|column| column.name.as_str());
    for name in facets.chain([RESERVED[2], RESERVED[3]]) {
        properties = properties.set_column_compression(path(name), Compression::ZSTD(ZstdLevel::default()));
    }
    properties.build()
}

pub fn put<T: DataType>(group: &mut Group<'_>, values: &[T::T], levels: Option<&[i16]>) -> Result<(), Error> {
    if let Some(mut column) = group.next_column()? {
        column.typed::<T>().write_batch(values, levels, None)?;
        column.close()?;
    }
    Ok(())
}

fn coded(group: &mut Group<'_>, codes: &Codes, rows: std::ops::Range<usize>, empty_is_none: bool) -> Result<(), Error> {
    let names: Vec<ByteArray> = codes.names.iter().map(|name| ByteArray::from(&**name)).collect();
    let codes_of = |row: usize| usize::from(codes.codes[row]);
    if !empty_is_none {
        let values: Vec<ByteArray> = rows.map(|row| names[codes_of(row)].clone()).collect();
        return put::<ByteArrayType>(group, &values, None);
    }
    let levels: Vec<i16> = rows.clone().map(|row| i16::from(!names[codes_of(row)].is_empty())).collect();
    let there = rows.map(|row| &names[codes_of(row)]).filter(|name| !name.is_empty());
    put::<ByteArrayType>(group, &there.cloned().collect::<Vec<_>>(), Some(&levels))
}

fn facet(group: &mut Group<'_>, facts: &Facts, column: &Column, rows: std::ops::Range<usize>) -> Result<(), Error> {
    let place = facts.facet(&column.facet);
    let number = |row| place.map_or(Ok(None), |place| facts.number(place, row, column.decimals, DIGITS));
    let values = place.and_then(|place| facts.facets.get(place)).map(|(_, facet)| facet);
    match column.kind {
        Kind::Number => sparse::<Int64Type>(group, rows.map(|row| number(row).ok().flatten())),
        Kind::Wide => {
            // What is too wide depends on the decimals of the column of numbers.
            sparse::<ByteArrayType>(group, rows.map(|row| Some(ByteArray::from(&*number(row).err()?.to_string()))))
        }
        Kind::Bool => {
            let bools = values.and_then(|facet| facet.bools.as_ref());
            sparse::<BoolType>(group, rows.map(|row| bools.and_then(|bools| bools.get(row))))
        }
        Kind::Text => {
            let texts = values.and_then(|facet| facet.texts.as_ref());
            let dictionary = texts.map(|texts| texts.dictionary.as_slice()).unwrap_or_default();
            let dictionary: Vec<ByteArray> = dictionary.iter().map(|text| ByteArray::from(&**text)).collect();
            let code = |row: usize| texts.and_then(|texts| texts.codes.get(row)).copied().unwrap_or(0) as usize;
            let text = |row| Some(code(row)).filter(|code| *code > 0).and_then(|code| dictionary.get(code).cloned());
            sparse::<ByteArrayType>(group, rows.map(text))
        }
    }
}

fn sparse<T: DataType>(group: &mut Group<'_>, values: impl Iterator<Item = Option<T::T>>) -> Result<(), Error> {
    let (mut there, mut levels) = (Vec::new(), Vec::new());
    for value in values {
        levels.push(i16::from(value.is_some()));
        there.extend(value);
    }
    put::<T>(group, &there, Some(&levels))
}

/// Texts numbered for all files of an archive that are read together.
#[derive(Debug, Default)]
pub struct Shared {
    types: Mutex<Codes>,
    sources: Mutex<Codes>,
    units: Mutex<Codes>,
    texts: Vec<Mutex<kulta_projections::scores::facts::Texts>>,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// For so many facets.
    pub fn new(facets: usize) -> Self {
        Self { texts: (0..facets).map(|_| Mutex::default()).collect(), ..Self::default() }
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
        let mut names = locked([&self.types, &self.sources, &self.units][kind]);
        let table: Option<Vec<u16>> = codes.names.iter().map(|name| names.intern(name)).collect();
        table.ok_or_else(|| kulta_projections::scores::facts::TooMany.into())
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
            integers(required(RESERVED[1])?, 0, &mut slot.times[from..to])?;
            let micros = self.manifest.precision.micros();
            if micros > 1 {
                slot.times[from..to].iter_mut().for_each(|time| *time = time.wrapping_mul(micros));
            }
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
        (first, rows): (usize, std::ops::Range<usize>),
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
                    decode::texts(&dictionary)?.into_iter().map(|text| texts.intern(text)).collect()
                };
                let mut scratch = Vec::new();
                each_page(&mut pages, &mut codes[rows], |page, out| page.codes(&table, 0, &mut scratch, out))
            }
            (Kind::Wide, Some(mut pages)) => {
                let dictionary = pages.dictionary.take().unwrap_or_default();
                let numbers = decode::texts(&dictionary)?.into_iter().map(|text| Decimal::from_str_exact(text));
                let numbers: Vec<Option<Decimal>> =
                    numbers.map(|number| number.map(Some)).collect::<Result<_, _>>().map_err(fault)?;
                let (mut found, mut scratch) = (vec![None; rows.len()], Vec::new());
                each_page(&mut pages, &mut found, |page, out| page.codes(&numbers, None, &mut scratch, out))?;
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
    mut take: impl FnMut(&decode::Values<'_>, &mut [T]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    while let Some(page) = pages.next()? {
        let (now, later) = out.split_at_mut_checked(page.rows()).ok_or("more values than rows")?;
        take(&page, now)?;
        out = later;
    }
    if out.is_empty() { Ok(()) } else { Err("fewer values than rows".to_owned()) }
}

fn integers(mut pages: Pages, none: i64, out: &mut [i64]) -> Result<(), Fault> {
    let mut scratch = Vec::new();
    each_page(&mut pages, out, |page, out| page.integers(none, &mut scratch, out))
}

pub fn codes(mut pages: Pages, names: &Mutex<Codes>, out: &mut [u16]) -> Result<(), Fault> {
    let too_many = "more different types, sources or units than columns can tell apart";
    let dictionary = pages.dictionary.take().unwrap_or_default();
    let (table, none): (Vec<u16>, u16) = {
        let mut names = locked(names);
        let table: Option<Vec<u16>> = decode::texts(&dictionary)?.into_iter().map(|name| names.intern(name)).collect();
        let none = if pages.optional { names.intern("") } else { Some(0) };
        (table.ok_or(too_many)?, none.ok_or(too_many)?)
    };
    let mut scratch = Vec::new();
    each_page(&mut pages, out, |page, out| page.codes(&table, none, &mut scratch, out))
}

fn ranks(mut pages: Pages, out: &mut [u32]) -> Result<(), Fault> {
    let (bytes, _) = pages.dictionary.take().unwrap_or_default();
    let table: Vec<u32> = bytes.as_chunks::<4>().0.iter().map(|four| u32::from_le_bytes(*four)).collect();
    let mut scratch = Vec::new();
    each_page(&mut pages, out, |page, out| page.codes(&table, 0, &mut scratch, out))
}

/// Which records follow each other, and how many rows each has.
fn records(mut pages: Pages, rows: usize, filled: &mut Filled) -> Result<(), Fault> {
    let (bytes, _) = pages.dictionary.take().unwrap_or_default();
    let ids = bytes.as_chunks::<16>().0;
    let (mut places, mut before, mut met) = (Vec::new(), None, 0);
    while let Some(page) = pages.next()? {
        page.places(&mut places)?;
        met += places.len();
        for run in places.chunk_by(|one, other| one == other) {
            let place = run[0];
            if before != Some(place) {
                let id = ids.get(place as usize).ok_or("a value beyond the dictionary")?;
                let id = RecordId(Uuid::from_bytes(*id));
                // A record may go on from the last row group.
                if filled.records.last() != Some(&id) {
                    filled.records.push(id);
                    filled.lengths.push(0);
                }
                before = Some(place);
            }
            if let Some(length) = filled.lengths.last_mut() {
                *length += run.len() as u32;
            }
        }
    }
    if met == rows { Ok(()) } else { Err("not as many records as rows".to_owned()) }
}
