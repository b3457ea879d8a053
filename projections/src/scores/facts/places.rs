//! Where records stand, for whoever looks up many.

use kulta_events::RecordId;

/// The places of records by the first bits of their ids, which are spread evenly: hardly more than one record has the
/// same.
#[derive(Debug)]
pub struct Places<'a> {
    records: &'a [RecordId],
    /// The first record with these first bits, or behind them.
    starts: Vec<u32>,
    /// How many bits follow the first ones.
    rest: u32,
}

impl<'a> Places<'a> {
    /// Those of records that ascend.
    pub fn of(records: &'a [RecordId]) -> Self {
        let bits = records.len().max(2).ilog2();
        let rest = u128::BITS - bits;
        let mut starts = Vec::with_capacity((1 << bits) + 1);
        for (place, record) in (0..).zip(records) {
            let first = (record.0.as_u128() >> rest) as usize;
            starts.resize(starts.len().max(first + 1), place);
        }
        starts.resize((1 << bits) + 1, records.len() as u32);
        Self { records, starts, rest }
    }

    /// The place of a record; `None` when it is not among them.
    pub fn get(&self, record: RecordId) -> Option<u32> {
        let first = (record.0.as_u128() >> self.rest) as usize;
        let start = self.starts[first];
        let among = &self.records[start as usize..self.starts[first + 1] as usize];
        among.binary_search(&record).ok().map(|place| start + place as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::facts::Facts;
    use uuid::Uuid;

    #[test]
    fn every_record_is_found_and_no_other() {
        let spread = |n: u128| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        // Spread evenly, all in one place, at both ends; of every count.
        let makes: [&dyn Fn(u128) -> u128; 3] =
            [&spread, &|n| 7 + 2 * n, &|n| if n % 2 == 0 { n } else { u128::MAX - n }];
        for make in makes {
            for count in [0, 1, 2, 3, 64, 1_000] {
                let mut records: Vec<RecordId> = (0..count).map(|n| RecordId(Uuid::from_u128(make(n)))).collect();
                records.sort_unstable();
                let facts = Facts { records: records.clone(), ..Facts::default() };
                let places = Places::of(&records);
                for (place, record) in (0..).zip(&records) {
                    assert_eq!(places.get(*record), Some(place));
                }
                for n in count..count + 50 {
                    let other = RecordId(Uuid::from_u128(make(n)));
                    assert_eq!(places.get(other), facts.place(other));
                }
            }
        }
    }
}
