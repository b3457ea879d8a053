//! The rows of each record of a part of the base, packed, on their way into blocks.

use kulta_events::RecordId;
use kulta_projections::scores::facts::{Codes, Facts};

use super::blocks::{Header, Stored};
use super::columns::{Column, DIGITS, Kind};
use super::packed::{NONE, pack};
use super::segment::seldom_repeats;

/// So many different texts of a column are kept, though they seldom repeat.
const FEW_TEXTS: usize = 1_000;

/// The packed rows of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The record.
    pub record: RecordId,
    /// How many rows.
    pub rows: u32,
    /// How many bytes they are.
    pub length: u32,
}

/// A column that is to be written.
enum Values<'a> {
    Numbers(Option<usize>, u32),
    Texts(Option<&'a [u32]>),
    Bools(Option<&'a [u8]>),
}

/// Packs the facts of a part: what its columns are, the rows of its records one behind the other,
/// and how much of that each has.
pub fn pack_part(part: u32, facts: &Facts, columns: &[Column]) -> (Header, Vec<u8>, Vec<Piece>) {
    let names = |codes: &Codes| codes.names.iter().map(|name| name.to_string()).collect();
    let mut header = Header {
        part,
        types: names(&facts.types),
        sources: names(&facts.sources),
        units: names(&facts.units),
        columns: Vec::new(),
    };
    let mut packed = Vec::new();
    for column in columns {
        if let Some((texts, values)) = values(facts, column) {
            header.columns.push(Stored { name: column.name.clone(), texts });
            packed.push(values);
        }
    }
    let (mut bytes, mut scratch, mut pieces) = (Vec::new(), Vec::new(), Vec::with_capacity(facts.records.len()));
    for (place, record) in (0..).zip(&facts.records) {
        let (rows, from) = (facts.rows_at(place), bytes.len());
        block(facts, &packed, rows.start as usize..rows.end as usize, &mut scratch, &mut bytes);
        pieces.push(Piece { record: *record, rows: rows.len() as u32, length: (bytes.len() - from) as u32 });
    }
    (header, bytes, pieces)
}

/// A column's texts and values; `None`: it is left out.
fn values<'a>(facts: &'a Facts, column: &Column) -> Option<(Vec<String>, Values<'a>)> {
    let place = facts.facet(&column.facet);
    let facet = place.map(|place| &facts.facets[place].1);
    match column.kind {
        Kind::Wide => None,
        Kind::Number => {
            let fits = |row| place.is_none_or(|place| facts.number(place, row, column.decimals, DIGITS).is_ok());
            (0..facts.len()).all(fits).then_some((Vec::new(), Values::Numbers(place, column.decimals)))
        }
        Kind::Bool => {
            let bools = facet.and_then(|facet| facet.bools.as_ref());
            Some((Vec::new(), Values::Bools(bools.map(|bools| bools.values.as_slice()))))
        }
        Kind::Text => {
            let texts = facet.and_then(|facet| facet.texts.as_ref());
            let names = texts.map(|texts| texts.dictionary.as_slice()).unwrap_or_default();
            if names.len() > FEW_TEXTS && seldom_repeats(facts, &column.facet) {
                return None;
            }
            let names = names.iter().skip(1).map(|name| name.to_string()).collect();
            Some((names, Values::Texts(texts.map(|texts| texts.codes.as_slice()))))
        }
    }
}

fn block(
    facts: &Facts,
    columns: &[Values<'_>],
    rows: std::ops::Range<usize>,
    scratch: &mut Vec<i64>,
    out: &mut Vec<u8>,
) {
    let mut put = |values: &mut dyn Iterator<Item = i64>| {
        scratch.clear();
        scratch.extend(values);
        pack(scratch, out);
    };
    put(&mut facts.times[rows.clone()].iter().copied());
    for codes in [&facts.types, &facts.sources, &facts.units] {
        put(&mut codes.codes[rows.clone()].iter().map(|code| i64::from(*code)));
    }
    put(&mut facts.ranks[rows.clone()].iter().map(|rank| i64::from(*rank)));
    let count = rows.len();
    for column in columns {
        match column {
            Values::Numbers(Some(place), decimals) => put(&mut rows
                .clone()
                .map(|row| facts.number(*place, row, *decimals, DIGITS).ok().flatten().unwrap_or(NONE))),
            Values::Numbers(None, _) => put(&mut std::iter::repeat_n(NONE, count)),
            Values::Texts(Some(codes)) => put(&mut codes[rows.clone()].iter().map(|code| i64::from(*code))),
            Values::Bools(Some(values)) => put(&mut values[rows.clone()].iter().map(|value| i64::from(*value))),
            Values::Texts(None) | Values::Bools(None) => put(&mut std::iter::repeat_n(0, count)),
        }
    }
}
