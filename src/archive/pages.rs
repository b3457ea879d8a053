//! The pages of a column straight into numbers, without an object for each value.
//!
//! Only what [`segment`](super::segment) writes is read: pages of the first version, dictionaries that never overflow,
//! whole numbers as deltas. Formats: <https://parquet.apache.org/docs/file-format/data-pages/encodings/>.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::serialized_reader::SerializedPageReader;

use super::bits::{deltas, flags, hybrid, streams};

/// Why a column cannot be read: the file has its checksum, but is not as this program writes it.
pub type Fault = String;

/// A column of a row group: its pages one after the other.
pub struct Pages {
    reader: SerializedPageReader<Bytes>,
    /// Whether rows may be without a value.
    pub optional: bool,
    /// Values of the dictionary, when there is one.
    pub dictionary: Option<(Bytes, usize)>,
    levels: Vec<u8>,
}

/// A page: how its values are encoded, where they are, and which rows have one.
pub struct Values<'a> {
    encoding: Encoding,
    bytes: Bytes,
    /// For each row 1 if there is a value, else 0; empty: every row has one.
    levels: &'a [u8],
    rows: usize,
    present: usize,
}

impl Pages {
    /// The column of this name; `None`: the file does not have it.
    pub fn open(file: &Arc<Bytes>, group: &RowGroupMetaData, name: &str) -> Result<Option<Self>, Fault> {
        let is_it = |column: &&parquet::file::metadata::ColumnChunkMetaData| {
            column.column_path().parts().first().is_some_and(|part| part == name)
        };
        let Some(column) = group.columns().iter().find(is_it) else { return Ok(None) };
        let rows = usize::try_from(group.num_rows()).map_err(fault)?;
        let mut reader = SerializedPageReader::new(file.clone(), column, rows, None).map_err(fault)?;
        let optional = column.column_descr().max_def_level() > 0;
        let mut dictionary = None;
        if column.dictionary_page_offset().is_some() {
            match reader.get_next_page().map_err(fault)? {
                Some(Page::DictionaryPage { buf, num_values, .. }) => dictionary = Some((buf, num_values as usize)),
                _ => return Err("a dictionary is missing".to_owned()),
            }
        }
        Ok(Some(Self { reader, optional, dictionary, levels: Vec::new() }))
    }

    /// The next page.
    pub fn next(&mut self) -> Result<Option<Values<'_>>, Fault> {
        let Some(page) = self.reader.get_next_page().map_err(fault)? else { return Ok(None) };
        let Page::DataPage { buf, num_values, encoding, .. } = page else {
            return Err("a page of an unknown kind".to_owned());
        };
        let rows = num_values as usize;
        if !self.optional {
            return Ok(Some(Values { encoding, bytes: buf, levels: &[], rows, present: rows }));
        }
        let length = buf.get(..4).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes);
        let end = length.and_then(|length| (length as usize).checked_add(4)).filter(|end| *end <= buf.len());
        let end = end.ok_or("levels beyond a page")?;
        // Each of them is set; what was there before need not be wiped out.
        self.levels.resize(rows, 0);
        flags(&buf[4..end], &mut self.levels).ok_or("levels that end early")?;
        let present = self.levels.iter().map(|level| usize::from(*level)).sum();
        let levels: &[u8] = if present == rows { &[] } else { &self.levels };
        Ok(Some(Values { encoding, bytes: buf.slice(end..), levels, rows, present }))
    }
}

/// Text of an error.
pub fn fault(error: impl std::fmt::Display) -> Fault {
    error.to_string()
}

impl Values<'_> {
    /// How many rows the page has.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether the values are places in a dictionary.
    pub fn has_places(&self) -> bool {
        matches!(self.encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY)
    }

    /// Puts what a table has for places in the dictionary into rows: first what stands for no value, then the values in
    /// their order.
    pub fn codes<T: Copy>(&self, table: &[T], scratch: &mut Vec<u32>, out: &mut [T]) -> Result<(), Fault> {
        let (none, values) = table.split_first().ok_or("a dictionary is missing")?;
        if self.present == 0 {
            out.fill(*none);
            return Ok(());
        }
        self.places(scratch)?;
        // Of all of them, not up to the first one that is beyond: that is done many at a time.
        let highest = scratch.iter().copied().fold(0, u32::max);
        if highest as usize >= values.len() {
            return Err("a value beyond the dictionary".to_owned());
        }
        if self.levels.is_empty() {
            out.iter_mut().zip(scratch.iter()).for_each(|(out, place)| *out = values[*place as usize]);
            return Ok(());
        }
        // One more, so that the place behind the last value can be read whatever the level. Which rows have a value cannot
        // be foreseen, so the level is part of the reckoning: a compiler makes a branch of a choice.
        scratch.push(0);
        let mut next = 0;
        for (out, level) in out.iter_mut().zip(self.levels) {
            let place = (scratch[next] + 1) & 0_u32.wrapping_sub(u32::from(*level));
            *out = table[place as usize];
            next += usize::from(*level);
        }
        Ok(())
    }

    /// Gives each row the number that `code` has for its text, or `none`.
    pub fn texts(&self, none: u32, mut code: impl FnMut(&str) -> u32, out: &mut [u32]) -> Result<(), Fault> {
        if self.encoding != Encoding::PLAIN {
            return Err(format!("encoding {}", self.encoding));
        }
        let mut rest = &*self.bytes;
        for (row, out) in out.iter_mut().enumerate() {
            *out = match self.levels.get(row) {
                Some(0) => none,
                _ => code(text(&mut rest)?),
            };
        }
        Ok(())
    }

    /// Decodes the places in the dictionary of the values that are there.
    fn places(&self, out: &mut Vec<u32>) -> Result<(), Fault> {
        out.resize(self.present, 0);
        if self.present == 0 {
            return Ok(());
        }
        if !self.has_places() {
            return Err(format!("encoding {}", self.encoding));
        }
        let width = *self.bytes.first().ok_or("an empty page")?;
        hybrid(&self.bytes[1..], width, out).ok_or_else(|| "values that end early".to_owned())
    }

    /// Puts whole numbers, or `none`, into rows.
    pub fn integers(&self, none: i64, scratch: &mut Vec<i64>, out: &mut [i64]) -> Result<(), Fault> {
        let early = || "values that end early".to_owned();
        if self.levels.is_empty() {
            return self.numbers(out).ok_or_else(early);
        }
        // One more, as above.
        scratch.resize(self.present + 1, 0);
        self.numbers(&mut scratch[..self.present]).ok_or_else(early)?;
        let mut next = 0;
        for (out, level) in out.iter_mut().zip(self.levels) {
            let there = 0_i64.wrapping_sub(i64::from(*level));
            *out = (scratch[next] & there) | (none & !there);
            next += usize::from(*level);
        }
        Ok(())
    }

    fn numbers(&self, out: &mut [i64]) -> Option<()> {
        match self.encoding {
            _ if out.is_empty() => Some(()),
            Encoding::DELTA_BINARY_PACKED => deltas(&self.bytes, out),
            Encoding::PLAIN => {
                let bytes = self.bytes.get(..out.len() * 8)?;
                for (out, eight) in out.iter_mut().zip(bytes.as_chunks::<8>().0) {
                    *out = i64::from_le_bytes(*eight);
                }
                Some(())
            }
            Encoding::BYTE_STREAM_SPLIT => {
                streams(self.bytes.get(..out.len() * 8)?, out);
                Some(())
            }
            _ => None,
        }
    }

    /// Puts 1 for false, 2 for true, 0 for neither into rows.
    pub fn bools(&self, out: &mut [u8]) -> Result<(), Fault> {
        if self.encoding != Encoding::PLAIN {
            return Err(format!("encoding {}", self.encoding));
        }
        let mut next = 0;
        for (row, out) in out.iter_mut().enumerate() {
            let level = self.levels.get(row).copied().unwrap_or(1);
            *out = match level {
                0 => 0,
                _ => 1 + (self.bytes.get(next / 8).ok_or("too few values")? >> (next % 8) & 1),
            };
            next += usize::from(level);
        }
        Ok(())
    }

    /// Values of 16 bytes.
    pub fn sixteens(&self) -> Result<&[[u8; 16]], Fault> {
        let bytes = self.bytes.get(..self.rows * 16).filter(|_| self.encoding == Encoding::PLAIN);
        Ok(bytes.ok_or("not the ids that were expected")?.as_chunks().0)
    }
}

/// The values of a dictionary of texts.
pub fn texts((bytes, count): &(Bytes, usize)) -> Result<Vec<&str>, Fault> {
    let mut rest = &**bytes;
    (0..*count).map(|_| text(&mut rest)).collect()
}

fn text<'a>(rest: &mut &'a [u8]) -> Result<&'a str, Fault> {
    let (length, behind) = rest.split_first_chunk::<4>().ok_or("texts that end early")?;
    let length = u32::from_le_bytes(*length) as usize;
    let (text, behind) = behind.split_at_checked(length).ok_or("texts that end early")?;
    *rest = behind;
    std::str::from_utf8(text).map_err(fault)
}
