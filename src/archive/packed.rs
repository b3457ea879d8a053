//! A column of a record's rows in few bytes that need hardly any decoding: distances from the least value, in some unit,
//! of 1, 2, 4 or 8 bytes each; none at all where every row has the same.

use super::bits::{varint, zigzag};

/// Stands for no value.
pub const NONE: i64 = i64::MIN;
/// No row has a value.
const ABSENT: u8 = 0xff;
/// How many bytes a distance has.
const WIDTHS: [usize; 5] = [0, 1, 2, 4, 8];
/// What distances are counted in: times are mostly whole seconds, in microseconds.
const UNITS: [i64; 4] = [1, 1_000, 1_000_000, 100];
/// Set where some rows have no value: 0 stands for none then, and distances are one more.
const SOME_NONE: u8 = 0x40;

/// Packs the values of a record's rows.
pub fn pack(values: &[i64], out: &mut Vec<u8>) {
    let there = || values.iter().copied().filter(|value| *value != NONE);
    let (Some(least), Some(most)) = (there().min(), there().max()) else { return out.push(ABSENT) };
    let some_none = values.contains(&NONE);
    let reach = most.wrapping_sub(least) as u64;
    let fits = |unit: i64| there().all(|value| (value.wrapping_sub(least) as u64).is_multiple_of(unit as u64));
    let unit = if reach > u64::from(u8::MAX) {
        (1..UNITS.len()).rev().filter(|unit| fits(UNITS[*unit])).max_by_key(|unit| UNITS[*unit])
    } else {
        None
    };
    let unit = unit.unwrap_or(0);
    let top = reach / UNITS[unit] as u64 + u64::from(some_none);
    let width = match top {
        0 => 0,
        1..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 3,
        _ => 4,
    };
    out.push(width as u8 | (unit as u8) << 3 | if some_none { SOME_NONE } else { 0 });
    put_varint((least << 1 ^ least >> 63) as u64, out);
    if width == 0 {
        return;
    }
    for value in values {
        let distance = value.wrapping_sub(least) as u64 / UNITS[unit] as u64;
        let code = if *value == NONE { 0 } else { distance + u64::from(some_none) };
        out.extend_from_slice(&code.to_le_bytes()[..WIDTHS[width]]);
    }
}

fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A packed column.
#[derive(Clone, Copy, Debug)]
pub struct Packed<'a> {
    /// `None`: no row has a value.
    least: Option<i64>,
    unit: i64,
    some_none: bool,
    width: usize,
    rows: usize,
    bytes: &'a [u8],
}

impl<'a> Packed<'a> {
    /// Takes the next column of so many rows. `None`: the bytes are no such column.
    pub fn take(bytes: &mut &'a [u8], rows: usize) -> Option<Self> {
        let (tag, rest) = bytes.split_first()?;
        *bytes = rest;
        if *tag == ABSENT {
            return Some(Self { least: None, unit: 1, some_none: false, width: 0, rows, bytes: &[] });
        }
        let least = zigzag(varint(bytes)?);
        let width = *WIDTHS.get(usize::from(tag & 7))?;
        let unit = *UNITS.get(usize::from(tag >> 3 & 7))?;
        let (packed, rest) = bytes.split_at_checked(rows.checked_mul(width)?)?;
        *bytes = rest;
        Some(Self { least: Some(least), unit, some_none: tag & SOME_NONE != 0, width, rows, bytes: packed })
    }

    /// Appends the values; of a row without one [`NONE`].
    pub fn append_to(&self, out: &mut Vec<i64>) {
        let Some(base) = self.base() else { return out.resize(out.len() + self.rows, NONE) };
        // No unit has more than 32 bits, and a product of two such numbers is one step, for several of them at once.
        let unit = self.unit as u64;
        let there = move |code: u64| base.wrapping_add(code.wrapping_mul(unit) as i64);
        match (self.some_none, unit) {
            (false, 1) => self.each(out, move |code| base.wrapping_add(code as i64)),
            (false, _) => self.each(out, there),
            // Which rows have a value cannot be foreseen, so nothing here branches on it.
            (true, 1) => self.each(out, move |code| either(code, base.wrapping_add(code as i64))),
            (true, _) => self.each(out, move |code| either(code, there(code))),
        }
    }

    /// The same as numbers of 32 bits, of which each row has one.
    pub fn append_small(&self, out: &mut Vec<u32>) -> Option<()> {
        let (base, unit) = (self.base_of_all()?, self.unit as u64);
        self.each(out, move |code| base.wrapping_add(code.wrapping_mul(unit) as i64) as u32);
        Some(())
    }

    /// Appends what a table has for each row's value. `None`: a row has none, or one that is beyond the table.
    pub fn look_up<T: Copy>(&self, table: &[T], out: &mut Vec<T>) -> Option<()> {
        if self.rows == 0 {
            return Some(());
        }
        let (base, unit) = (usize::try_from(self.base_of_all()?).ok()?, self.unit as usize);
        let highest = usize::try_from(self.highest()).ok()?.checked_mul(unit)?.checked_add(base)?;
        let first = *table.get(base)?;
        table.get(highest)?;
        self.each(out, move |code| table.get(base + code as usize * unit).copied().unwrap_or(first));
        Some(())
    }

    /// The least value, if every row has one.
    fn base_of_all(&self) -> Option<i64> {
        self.least.or((self.rows == 0).then_some(0)).filter(|_| !self.some_none)
    }

    /// What the code 0 would stand for, if it did not stand for none.
    fn base(&self) -> Option<i64> {
        let first = if self.some_none { self.unit } else { 0 };
        Some(self.least?.wrapping_sub(first))
    }

    fn highest(&self) -> u64 {
        match self.width {
            0 => 0,
            1 => self.bytes.iter().copied().fold(0, u8::max).into(),
            2 => self.bytes.as_chunks().0.iter().map(|two| u16::from_le_bytes(*two)).fold(0, u16::max).into(),
            4 => self.bytes.as_chunks().0.iter().map(|four| u32::from_le_bytes(*four)).fold(0, u32::max).into(),
            _ => self.bytes.as_chunks().0.iter().map(|eight| u64::from_le_bytes(*eight)).fold(0, u64::max),
        }
    }

    /// Appends what becomes of each code.
    #[inline(always)]
    fn each<T: Copy>(&self, out: &mut Vec<T>, of: impl Fn(u64) -> T + Copy) {
        let from = out.len();
        out.resize(from + self.rows, of(0));
        let slots = &mut out[from..];
        match self.width {
            0 => {}
            1 => slots.iter_mut().zip(self.bytes).for_each(|(slot, byte)| *slot = of(u64::from(*byte))),
            2 => put(slots, self.bytes, |two| of(u64::from(u16::from_le_bytes(two)))),
            4 => put(slots, self.bytes, |four| of(u64::from(u32::from_le_bytes(four)))),
            _ => put(slots, self.bytes, |eight| of(u64::from_le_bytes(eight))),
        }
    }
}

#[inline(always)]
fn put<const WIDTH: usize, T>(slots: &mut [T], bytes: &[u8], of: impl Fn([u8; WIDTH]) -> T) {
    slots.iter_mut().zip(bytes.as_chunks().0).for_each(|(slot, code)| *slot = of(*code));
}

/// The value, or none for the code 0.
#[inline(always)]
fn either(code: u64, value: i64) -> i64 {
    let absent = -i64::from(code == 0);
    value & !absent | NONE & absent
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn back(values: &[i64]) -> (Vec<i64>, usize) {
        let mut bytes = Vec::new();
        pack(values, &mut bytes);
        let mut left = bytes.as_slice();
        let mut out = Vec::new();
        Packed::take(&mut left, values.len()).unwrap().append_to(&mut out);
        assert!(left.is_empty());
        (out, bytes.len())
    }

    #[test]
    fn columns_of_every_kind_come_back() {
        let far = [i64::MIN + 1, i64::MAX, 0, NONE];
        let columns: [&[i64]; 10] = [
            &[],
            &[NONE, NONE],
            &[7; 9],
            &[7, NONE, 7],
            &[-3, 250],
            &[0, 65_536, NONE],
            &[1_767_225_600_000_000, 1_767_225_601_000_000, 1_767_139_200_000_000],
            &far,
            &far[..3],
            &[NONE, i64::MAX],
        ];
        for column in columns {
            assert_eq!(back(column).0, column);
        }
        assert_eq!(back(&[5; 1_000]).1, 2, "what is the same in all rows takes no room");
        let seconds: Vec<i64> = (0..100).map(|second| second * 9_000_000_000).collect();
        assert!(back(&seconds).1 < 410);
    }

    #[test]
    fn what_ends_early_is_no_column() {
        let mut bytes = Vec::new();
        pack(&[1, 500, NONE], &mut bytes);
        for end in 0..bytes.len() {
            assert!(Packed::take(&mut &bytes[..end], 3).is_none(), "{end}");
        }
        assert!(Packed::take(&mut [7, 0].as_slice(), 1).is_none(), "no such width");
        assert!(Packed::take(&mut [0x38, 0].as_slice(), 1).is_none(), "no such unit");
    }

    proptest! {
        #[test]
        fn any_column_comes_back(
            values in prop::collection::vec(prop_oneof![any::<i64>(), -300..300_i64, Just(NONE)], 0..80),
            unit in prop_oneof![Just(1), Just(100), Just(1_000_000)],
        ) {
            let scaled: Vec<i64> =
                values.iter().map(|value| if *value == NONE { NONE } else { value.wrapping_mul(unit) }).collect();
            prop_assert_eq!(back(&scaled).0, scaled);
        }
    }
}
