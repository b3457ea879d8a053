//! The records divided among those who share the work.

use kulta_events::RecordId;
use uuid::Uuid;

/// Into how many shares records are divided, and customers by the same rule.
pub const SHARES: u8 = 32;
/// The bits of an id that name its share: the first ones, so that the ids of a share lie together.
const BITS: u32 = 5;

/// The share of a record, or of the customer with that id. Ids are keyed hashes, so shares are as large as each other.
pub fn share_of(record: RecordId) -> u8 {
    record.0.as_bytes().first().map_or(0, |byte| byte >> (u8::BITS - BITS))
}

/// The lowest and the highest id of a share.
pub fn bounds(share: u8) -> (Uuid, Uuid) {
    let shift = u128::BITS - BITS;
    let first = u128::from(share % SHARES) << shift;
    (Uuid::from_u128(first), Uuid::from_u128(first | ((1 << shift) - 1)))
}

/// Some shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares(u32);

impl Shares {
    /// All of them.
    pub const ALL: Self = Self(u32::MAX);

    /// Whether this record is of one of them.
    pub fn have(self, record: RecordId) -> bool {
        self.0 >> share_of(record) & 1 == 1
    }

    /// A bit for each share, the lowest for the first.
    pub fn mask(self) -> u32 {
        self.0
    }
}

impl FromIterator<u8> for Shares {
    fn from_iter<I: IntoIterator<Item = u8>>(shares: I) -> Self {
        Self(shares.into_iter().filter(|share| *share < SHARES).fold(0, |mask, share| mask | 1 << share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_ranges_of_ids_one_after_the_other() {
        let mut next = 0;
        for share in 0..SHARES {
            let (first, last) = bounds(share);
            assert_eq!(first.as_u128(), next);
            assert_eq!((share_of(RecordId(first)), share_of(RecordId(last))), (share, share));
            next = last.as_u128().wrapping_add(1);
        }
        assert_eq!(next, 0);
    }

    #[test]
    fn a_set_has_the_shares_that_it_was_made_of() {
        let some: Shares = [0, 7, 31, 32].into_iter().collect();
        let held: Vec<_> = (0..SHARES).filter(|share| some.have(RecordId(bounds(*share).1))).collect();
        assert_eq!(held, [0, 7, 31]);
        assert_eq!((0..SHARES).collect::<Shares>(), Shares::ALL);
    }
}
