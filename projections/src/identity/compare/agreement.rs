//! How two records agree, packed.

use serde::{Deserialize, Serialize};

/// Bits of a comparison's level.
const BITS: u32 = 5;
const MASK: u64 = (1 << BITS) - 1;
const ORGANISATION: u64 = 1 << 60;

/// The level of each comparison of two records, 0 where one of them says nothing; and by which configuration they were
/// compared. Twelve comparisons of up to 31 levels fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Agreement(pub u64);

impl Agreement {
    /// Nothing compared yet, for two organisations or two persons.
    pub fn new(organisations: bool) -> Self {
        Self(if organisations { ORGANISATION } else { 0 })
    }

    /// Whether the configuration for organisations was used.
    pub fn organisations(self) -> bool {
        self.0 & ORGANISATION != 0
    }

    /// With the level of the comparison in this slot.
    #[must_use]
    pub fn with(self, slot: usize, level: u8) -> Self {
        Self(self.0 | (u64::from(level) & MASK) << (slot as u32 * BITS))
    }

    /// The level of the comparison in this slot.
    pub fn level(self, slot: usize) -> usize {
        (self.0 >> (slot as u32 * BITS) & MASK) as usize
    }
}

/// How two records agree, with the rarity of the frequent values that they share, in eighths of a bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Compared {
    /// Level by level.
    pub agreement: Agreement,
    /// Rarity of shared values that a household or a group of companies shares too.
    pub common: u16,
    /// Rarity of the other shared values.
    pub own: u16,
}

impl Compared {
    pub(super) fn set(&mut self, slot: usize, level: u8) {
        self.agreement = self.agreement.with(slot, level);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_stay_in_their_slots() {
        let agreement = Agreement::new(true).with(0, 31).with(5, 17).with(11, 3);
        assert!(agreement.organisations());
        assert_eq!([0, 1, 5, 11].map(|slot| agreement.level(slot)), [31, 0, 17, 3]);
        assert!(!Agreement::new(false).with(11, 31).organisations());
    }
}
