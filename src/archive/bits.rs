//! Packed bits and bytes to numbers: runs, groups and deltas of the Parquet format.

/// Runs and bit-packed groups of single bits, each as a byte. `None`: the bytes end before the last one.
pub fn flags(mut bytes: &[u8], mut out: &mut [u8]) -> Option<()> {
    while !out.is_empty() {
        let header = varint(&mut bytes)?;
        let many = usize::try_from(header >> 1).ok()?;
        if header & 1 == 0 {
            let (value, rest) = bytes.split_first()?;
            bytes = rest;
            let (now, later) = out.split_at_mut(many.min(out.len()));
            now.fill(value & 1);
            out = later;
        } else {
            let (packed, rest) = bytes.split_at(many.min(bytes.len()));
            bytes = rest;
            let (now, later) = out.split_at_mut(many.checked_mul(8)?.min(out.len()));
            if now.len().div_ceil(8) > packed.len() {
                return None;
            }
            for (out, byte) in now.chunks_mut(8).zip(packed) {
                // A bit of each of eight equal bytes, made 0 or 1.
                let bits = u64::from(*byte).wrapping_mul(0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
                let flags = (bits.wrapping_add(0x7f7f_7f7f_7f7f_7f7f) | bits) >> 7 & 0x0101_0101_0101_0101;
                out.copy_from_slice(&flags.to_le_bytes()[..out.len()]);
            }
            out = later;
        }
    }
    Some(())
}

/// Runs and bit-packed groups of numbers of a width. `None`: the bytes end before the last number.
pub fn hybrid(mut bytes: &[u8], width: u8, out: &mut [u32]) -> Option<()> {
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
    match width {
        0 => out.fill(0),
        1 => groups::<1>(packed, out),
        2 => groups::<2>(packed, out),
        3 => groups::<3>(packed, out),
        4 => groups::<4>(packed, out),
        5 => groups::<5>(packed, out),
        6 => groups::<6>(packed, out),
        7 => groups::<7>(packed, out),
        8 => groups::<8>(packed, out),
        wider => singly(packed, wider, out),
    }
}

/// Eight numbers of `WIDTH` bits are that many bytes: with the width known, there is nothing left to decide.
fn groups<const WIDTH: usize>(packed: &[u8], out: &mut [u32]) {
    let (groups, rest) = out.as_chunks_mut::<8>();
    let (bytes, _) = packed.as_chunks::<WIDTH>();
    for (group, bytes) in groups.iter_mut().zip(bytes) {
        let mut eight = [0; 8];
        eight[..WIDTH].copy_from_slice(bytes);
        let word = u64::from_le_bytes(eight);
        for (number, out) in group.iter_mut().enumerate() {
            *out = (word >> (number * WIDTH)) as u32 & ((1 << WIDTH) - 1);
        }
    }
    singly(&packed[groups.len() * WIDTH..], WIDTH, rest);
}

fn singly(packed: &[u8], width: usize, out: &mut [u32]) {
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

/// Numbers of which the lowest bytes stand first, then the second ones, and so on; there are eight bytes for each.
pub fn streams(bytes: &[u8], out: &mut [i64]) {
    let count = out.len();
    let says_nothing = |number: usize| bytes[number * count..][..count].iter().fold(0, |all, byte| all | byte) == 0;
    // Amounts are small: their high bytes are all zero.
    let used = 8 - (0..8).rev().take_while(|number| says_nothing(*number)).count();
    match used {
        0..=2 => bytewise::<2>(bytes, out),
        3 => bytewise::<3>(bytes, out),
        4 => bytewise::<4>(bytes, out),
        _ => bytewise::<8>(bytes, out),
    }
}

/// Numbers of which only the `USED` lowest bytes are not zero.
fn bytewise<const USED: usize>(bytes: &[u8], out: &mut [i64]) {
    let count = out.len();
    let streams: [&[u8]; USED] = std::array::from_fn(|number| &bytes[number * count..][..count]);
    for (place, out) in out.iter_mut().enumerate() {
        let mut value = 0;
        for (number, stream) in streams.iter().enumerate() {
            value |= i64::from(stream[place]) << (8 * number);
        }
        *out = value;
    }
}

/// A number of seven bits a byte, the lowest first. `None`: the bytes end before it does.
pub fn varint(bytes: &mut &[u8]) -> Option<u64> {
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

/// Numbers near zero, whatever their sign, as small ones.
pub fn zigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Differences, packed in blocks. `None`: the bytes end before the last number.
pub fn deltas(mut bytes: &[u8], out: &mut [i64]) -> Option<()> {
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
    fn streams_of_every_length_come_back() {
        for used in 0..=8_u32 {
            let most = 1_i64.checked_shl(8 * used).map_or(i64::MAX, |end| end.wrapping_sub(1));
            let mut numbers: Vec<i64> =
                (0..37_i64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64) & most).collect();
            numbers.extend([0, most]);
            if used == 8 {
                numbers.extend([-1, i64::MIN]);
            }
            let bytes: Vec<u8> =
                (0..8).flat_map(|byte| numbers.iter().map(move |number| number.to_le_bytes()[byte])).collect();
            let mut out = vec![7; numbers.len()];
            streams(&bytes, &mut out);
            assert_eq!(out, numbers, "{used}");
        }
        streams(&[], &mut []);
    }

    #[test]
    fn flags_come_back() {
        let mut out = [7; 13];
        // Three times 1, then the bits of two bytes.
        flags(&[6, 1, 5, 0b1010_0110, 0b0000_0001], &mut out).unwrap();
        assert_eq!(out, [1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0]);
        assert_eq!(flags(&[5, 1], &mut [0; 16]), None);
        assert_eq!(flags(&[6], &mut [0; 3]), None);
    }

    #[test]
    fn numbers_of_every_width_come_back() {
        for width in 1..=32_usize {
            let numbers: Vec<u32> = (0..19_u64).map(|n| ((n * 0x9e37_79b9) & ((1 << width) - 1)) as u32).collect();
            let mut packed = vec![0_u8; (24 * width).div_ceil(8)];
            for (bit, at) in numbers
                .iter()
                .enumerate()
                .flat_map(|(place, number)| (0..width).map(move |bit| (number >> bit & 1, place * width + bit)))
            {
                packed[at / 8] |= (bit as u8) << (at % 8);
            }
            let mut out = vec![0; numbers.len()];
            unpack(&packed, width, &mut out);
            assert_eq!(out, numbers, "{width}");
        }
    }

    #[test]
    fn runs_and_packed_groups_come_back() {
        let mut out = [0; 13];
        // Five times 4, then 0 to 7 in three bits each.
        hybrid(&[10, 4, 3, 0b1000_1000, 0b1100_0110, 0b1111_1010], 3, &mut out).unwrap();
        assert_eq!(out, [4, 4, 4, 4, 4, 0, 1, 2, 3, 4, 5, 6, 7]);
    }
}
