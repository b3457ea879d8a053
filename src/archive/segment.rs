//! Facts to a file.

use std::sync::Arc;

use kulta_projections::scores::facts::{Codes, Facts};
use parquet::basic::{
    Compression, ConvertedType, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel,
};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{ColumnPath, Type};

use super::Error;
use super::columns::{Column, DIGITS, Kind, Precision, RESERVED};

/// Rows of a page: what decoding it needs besides stays in a cache.
const PAGE: usize = 1 << 15;
/// Of how many values one is new, below which a dictionary of them costs more than it saves.
const REPEATED: usize = 8;
/// Rows of a row group.
const GROUP: usize = 1 << 20;

type Group<'a> = SerializedRowGroupWriter<'a, Vec<u8>>;

/// The bytes of a file of these facts.
pub fn encode(facts: &Facts, precision: Precision, columns: &[Column]) -> Result<Vec<u8>, Error> {
    let mut file =
        SerializedFileWriter::new(Vec::new(), schema(precision, columns)?, Arc::new(properties(facts, columns)))?;
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

/// How columns are encoded, which is what [`pages`](super::pages) reads: times as deltas, numbers byte by byte, ids as they
/// are, everything else by dictionary. What every replay reads is only packed by LZ4, which costs next to nothing; facets and positions by Zstandard,
/// since ids of orders, invoices and messages are a third of an archive.
fn properties(facts: &Facts, columns: &[Column]) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_dictionary_enabled(true)
        .set_dictionary_page_size_limit(usize::MAX)
        .set_data_page_size_limit(usize::MAX)
        .set_write_batch_size(PAGE)
        .set_data_page_row_count_limit(PAGE)
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
    let ids = columns.iter().filter(|column| column.kind == Kind::Text && seldom_repeats(facts, &column.facet));
    let ids = ids.map(|column| (column.name.as_str(), Encoding::PLAIN));
    let fixed = [(RESERVED[0], Encoding::PLAIN), (RESERVED[1], Encoding::DELTA_BINARY_PACKED), position];
    for (name, encoding) in fixed.into_iter().chain(facets).chain(ids) {
        properties =
            properties.set_column_dictionary_enabled(path(name), false).set_column_encoding(path(name), encoding);
    }
    let facets = columns.iter().filter(|column| column.kind != Kind::Bool).map(|column| column.name.as_str());
    let zstd = Compression::ZSTD(ZstdLevel::try_new(3).unwrap_or_default());
    for name in facets.chain([RESERVED[0], RESERVED[2], RESERVED[3]]) {
        properties = properties.set_column_compression(path(name), zstd);
    }
    properties.build()
}

/// Whether a facet's texts are ids, of orders and the like.
pub fn seldom_repeats(facts: &Facts, facet: &str) -> bool {
    let place = facts.facet(facet).and_then(|place| facts.facets.get(place));
    let Some(texts) = place.and_then(|(_, facet)| facet.texts.as_ref()) else { return false };
    let there = texts.codes.iter().filter(|code| **code > 0).count();
    texts.dictionary.len() * REPEATED > there
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
