//! The hash of blocking keys, values and ids: fixed for ever, because policies and stored rows hold its results.
//!
//! FNV-1a over the bytes (Fowler, Noll, Vo), finished with the 64-bit mixer of MurmurHash3 (Appleby), so that all bits
//! are good and a table may use them as they are. It is not keyed: nothing that holds hashes leaves the projections.

use std::hash::{BuildHasherDefault, Hasher};

const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The hash of bytes.
pub fn bytes(bytes: &[u8]) -> u64 {
    finish(bytes.iter().fold(OFFSET, |state, byte| (state ^ u64::from(*byte)).wrapping_mul(PRIME)))
}

/// The hash of a text.
pub fn text(text: &str) -> u64 {
    bytes(text.as_bytes())
}

/// The hash of two hashes, in this order.
pub fn pair(one: u64, other: u64) -> u64 {
    finish(one.rotate_left(23) ^ other.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// The hash of several hashes, in this order, under a label that tells kinds of keys apart.
pub fn keyed(label: u64, parts: &[u64]) -> u64 {
    parts.iter().fold(finish(label.wrapping_add(PRIME)), |state, part| pair(state, *part))
}

fn finish(mut state: u64) -> u64 {
    state ^= state >> 33;
    state = state.wrapping_mul(0xff51_afd7_ed55_8ccd);
    state ^= state >> 33;
    state = state.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    state ^ (state >> 33)
}

/// Tables keyed by what is a hash already take its bits as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = pair(self.0, self::bytes(bytes));
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = pair(self.0, u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn write_u128(&mut self, number: u128) {
        self.0 = pair((number >> 64) as u64, number as u64);
    }
}

/// A map keyed by hashes.
pub type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<AsIs>>;
/// A set of hashes.
pub type Set<K> = std::collections::HashSet<K, BuildHasherDefault<AsIs>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_never_change() {
        assert_eq!(text(""), 0xefd0_1f60_ba99_2926);
        assert_ne!(text("a"), text("b"));
        assert_ne!(pair(1, 2), pair(2, 1));
        assert_ne!(keyed(1, &[5]), keyed(2, &[5]));
    }
}
