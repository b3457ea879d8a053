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

/// Why a column cannot be read: the file has its checksum, but is not as this program writes it.
pub type Fault = String;

/// A column of a row group: its pages one after the other.
pub struct Pages {
    reader: SerializedPageReader<Bytes>,
    /// Whether rows may be without a value.
    pub optional: bool,
    /// Values of the dictionary, when there is one.
    pub dictionary: Option<(Bytes, usize)>,
    levels: Vec<u32>,
}

/// A page: how its values are encoded, where they are, and which rows have one.
pub struct Values<'a> {
    encoding: Encoding,
    bytes: Bytes,
    /// For each row whether there is a value; empty: every row has one.
    levels: &'a [u32],
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
        self.levels.clear();
        if !self.optional {
            return Ok(Some(Values { encoding, bytes: buf, levels: &[], rows, present: rows }));
        }
        let length = buf.get(..4).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes);
        let end = length.and_then(|length| (length as usize).checked_add(4)).filter(|end| *end <= buf.len());
        let end = end.ok_or("levels beyond a page")?;
        self.levels.resize(rows, 0);
        hybrid(&buf[4..end], 1, &mut self.levels).ok_or("levels that end early")?;
        let present = self.levels.iter().map(|level| *level as usize).sum();
        if present == rows {
            self.levels.clear();
        }
        Ok(Some(Values { encoding, bytes: buf.slice(end..), levels: &self.levels, rows, present }))
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

    /// Puts places in the dictionary, or `none`, through a table into rows.
    pub fn codes<T: Copy>(&self, table: &[T], none: T, scratch: &mut Vec<u32>, out: &mut [T]) -> Result<(), Fault> {
        self.places(scratch)?;
        let of = |place: u32| table.get(place as usize).copied().ok_or("a value beyond the dictionary");
        if self.levels.is_empty() {
            for (out, place) in out.iter_mut().zip(scratch.iter()) {
                *out = of(*place)?;
            }
            return Ok(());
        }
        let mut places = scratch.iter();
        for (out, level) in out.iter_mut().zip(self.levels) {
            *out = match level {
                0 => none,
                _ => of(*places.next().ok_or("too few values")?)?,
            };
        }
        Ok(())
    }

    /// Decodes the places in the dictionary of the values that are there.
    pub fn places(&self, out: &mut Vec<u32>) -> Result<(), Fault> {
        if !matches!(self.encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY) {
            return Err(format!("encoding {}", self.encoding));
        }
        out.clear();
        out.resize(self.present, 0);
        if self.present == 0 {
            return Ok(());
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
        scratch.clear();
        // One more, so that the place behind the last value can be read whatever the level.
        scratch.resize(self.present + 1, 0);
        self.numbers(&mut scratch[..self.present]).ok_or_else(early)?;
        let mut next = 0;
        for (out, level) in out.iter_mut().zip(self.levels) {
            *out = if *level == 0 { none } else { scratch[next] };
            next += *level as usize;
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
                let bytes = self.bytes.get(..out.len() * 8)?;
                let mut streams = bytes.chunks_exact(out.len()).zip((0..).step_by(8));
                let (lowest, _) = streams.next()?;
                out.iter_mut().zip(lowest).for_each(|(out, byte)| *out = i64::from(*byte));
                for (stream, shift) in streams {
                    out.iter_mut().zip(stream).for_each(|(out, byte)| *out |= i64::from(*byte) << shift);
                }
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
            next += level as usize;
        }
        Ok(())
    }

    /// Values of 16 bytes.
    pub fn sixteens(&self, out: &mut Vec<[u8; 16]>) -> Result<(), Fault> {
        let bytes = self.bytes.get(..self.rows * 16).filter(|_| self.encoding == Encoding::PLAIN);
        out.extend_from_slice(bytes.ok_or("not the ids that were expected")?.as_chunks::<16>().0);
        Ok(())
    }
}

/// The values of a dictionary of texts.
pub fn texts((bytes, count): &(Bytes, usize)) -> Result<Vec<&str>, Fault> {
    let (mut texts, mut rest) = (Vec::with_capacity(*count), &**bytes);
    for _ in 0..*count {
        let (length, behind) = rest.split_first_chunk::<4>().ok_or("a dictionary that ends early")?;
        let length = u32::from_le_bytes(*length) as usize;
        let (text, behind) = behind.split_at_checked(length).ok_or("a dictionary that ends early")?;
        texts.push(std::str::from_utf8(text).map_err(fault)?);
        rest = behind;
    }
    Ok(texts)
}

/// Runs and bit-packed groups of numbers of a width. `None`: the bytes end before the last number.
fn hybrid(mut bytes: &[u8], width: u8, out: &mut [u32]) -> Option<()> {
    let width = usize::from(width);
    let mut done = 0;
    while done < out.len() {
        let header = varint(&mut bytes)?;
        if header & 1 == 0 {
            let run = usize::try_from(header >> 1).ok()?.min(out.len() - done);
            let (value, rest) = bytes.split_at_checked(width.div_ceil(8))?;
            bytes = rest;
            let mut four = [0; 4];
            four.get_mut(..value.len())?.copy_from_slice(value);
            out[done..done + run].fill(u32::from_le_bytes(four));
            done += run;
        } else {
            let groups = usize::try_from(header >> 1).ok()?;
            let length = groups.checked_mul(width)?.min(bytes.len());
            let (packed, rest) = bytes.split_at(length);
            bytes = rest;
            let count = groups.checked_mul(8)?.min(out.len() - done);
            if (count * width).div_ceil(8) > packed.len() || width > 32 {
                return None;
            }
            unpack(packed, width, &mut out[done..done + count]);
            done += count;
        }
    }
    Some(())
}

/// Numbers of a width below 33 bits; there are enough bytes.
fn unpack(packed: &[u8], width: usize, out: &mut [u32]) {
    let mask = (1_u64 << width) - 1;
    for (number, out) in out.iter_mut().enumerate() {
        let bit = number * width;
        *out = (window(packed, bit / 8) >> (bit % 8) & mask) as u32;
    }
}

/// Eight bytes from a place on, zeros behind the end.
#[inline]
fn window(bytes: &[u8], from: usize) -> u64 {
    match bytes.get(from..from + 8).and_then(|eight| <[u8; 8]>::try_from(eight).ok()) {
        Some(eight) => u64::from_le_bytes(eight),
        None => {
            let mut eight = [0; 8];
            let rest = bytes.get(from..).unwrap_or_default();
            eight[..rest.len().min(8)].copy_from_slice(&rest[..rest.len().min(8)]);
            u64::from_le_bytes(eight)
        }
    }
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn zigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Differences, packed in blocks. `None`: the bytes end before the last number.
fn deltas(mut bytes: &[u8], out: &mut [i64]) -> Option<()> {
    let block = usize::try_from(varint(&mut bytes)?).ok()?;
    let minis = usize::try_from(varint(&mut bytes)?).ok()?;
    let total = usize::try_from(varint(&mut bytes)?).ok()?;
    let mut last = zigzag(varint(&mut bytes)?);
    let in_mini = block.checked_div(minis).filter(|count| *count > 0)?;
    let (first, rest) = out.split_first_mut()?;
    if total < rest.len() + 1 {
        return None;
    }
    *first = last;
    let mut left = rest.chunks_mut(in_mini).peekable();
    while left.peek().is_some() {
        let least = zigzag(varint(&mut bytes)?);
        let (widths, rest) = bytes.split_at_checked(minis)?;
        bytes = rest;
        for (width, out) in widths.iter().map(|width| usize::from(*width)).zip(left.by_ref().take(minis)) {
            // The last one may be cut short where the writer ends.
            let (packed, rest) = bytes.split_at((in_mini * width).div_ceil(8).min(bytes.len()));
            bytes = rest;
            if (out.len() * width).div_ceil(8) > packed.len() || width > 64 {
                return None;
            }
            last = add_up(packed, width, least, last, out);
        }
    }
    Some(())
}

/// Adds packed differences up; there are enough bytes. Gives the last sum.
fn add_up(packed: &[u8], width: usize, least: i64, mut last: i64, out: &mut [i64]) -> i64 {
    let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
    for (number, out) in out.iter_mut().enumerate() {
        let bit = number * width;
        let mut value = window(packed, bit / 8) >> (bit % 8);
        if bit % 8 + width > 64 {
            value |= window(packed, bit / 8 + 8) << (64 - bit % 8);
        }
        last = last.wrapping_add(least).wrapping_add((value & mask) as i64);
        *out = last;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_early_is_no_panic() {
        assert_eq!(hybrid(&[], 3, &mut [0; 4]), None);
        assert_eq!(hybrid(&[0x03, 0x88], 3, &mut [0; 8]), None);
        assert_eq!(hybrid(&[0x10, 7], 3, &mut [0; 8]), Some(()));
        assert_eq!(hybrid(&[0xff; 12], 3, &mut [0; 8]), None);
        assert_eq!(hybrid(&[0x10, 1, 1, 1, 1, 1, 1, 1], 200, &mut [0; 8]), None);
        assert_eq!(deltas(&[], &mut [0; 2]), None);
        assert_eq!(deltas(&[128, 1, 0, 2, 2], &mut [0; 2]), None, "no miniblocks");
        assert_eq!(deltas(&[128, 1, 4, 9, 2, 2], &mut [0; 9]), None);
        assert_eq!(deltas(&[128, 1, 4, 2, 2, 2, 200, 0, 0, 0], &mut [0; 2]), None, "no such width");
        assert_eq!(varint(&mut [0x80; 11].as_slice()), None);
    }

    #[test]
    fn runs_and_packed_groups_come_back() {
        let mut out = [0; 13];
        // Five times 4, then 0 to 7 in three bits each.
        hybrid(&[10, 4, 3, 0b1000_1000, 0b1100_0110, 0b1111_1010], 3, &mut out).unwrap();
        assert_eq!(out, [4, 4, 4, 4, 4, 0, 1, 2, 3, 4, 5, 6, 7]);
    }
}
