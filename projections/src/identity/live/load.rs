//! Many records at once, as at the start of the service.

use kulta_events::RecordId;

use super::{Residents, Resolver};
use crate::crosswalk::Decision;
use crate::identity::compare::Compared;
use crate::identity::pairs::{Index, Pairs};
use crate::identity::prepared::Prepared;
use crate::identity::resolve::{Records, clusters};

impl Resolver {
    /// Takes in many records and decisions on `threads` threads. Faster than one at a time as long as the resolver is
    /// empty, and with the same result.
    pub fn load(&mut self, records: Vec<(RecordId, Prepared)>, decisions: Vec<Decision>, threads: usize) {
        for decision in decisions {
            self.decide(decision);
        }
        if !self.is_empty() {
            for (record, prepared) in records {
                self.put(record, prepared);
            }
            self.mend();
            return;
        }
        // Places may be left of records that are gone.
        self.residents = Residents::default();
        let mut records = records;
        records.sort_by_key(|(record, _)| record.0);
        // Of a record that is given twice the last counts.
        records.reverse();
        records.dedup_by_key(|(record, _)| record.0);
        records.reverse();
        let ids: Vec<u128> = records.iter().map(|(record, _)| record.0.as_u128()).collect();
        let prepared: Vec<Prepared> = records.into_iter().map(|(_, prepared)| prepared).collect();
        // Records stand in the order of their ids, which is that of their places.
        let index =
            Index::telling(&prepared, self.policy.block_limit, threads, |sorted| self.blocks.load(sorted, threads));
        let keep = |compared: &Compared| self.scorer.score(compared).bits >= self.policy.ask;
        let pairs = Pairs::find(&prepared, &ids, &index, false, threads, keep);
        let of = Records { records: &prepared, ids: &ids, between: false, threads };
        let found = clusters(of, &index, &pairs.kept, &self.policy, &self.decisions);
        for (id, prepared) in ids.iter().zip(prepared) {
            self.residents.insert(*id, prepared);
            self.changed.insert(*id);
        }
        for pair in pairs.kept {
            let bits = self.scorer.score(&pair.compared).bits;
            for (one, other) in [(pair.one, pair.other), (pair.other, pair.one)] {
                if let Some(resident) = self.residents.get_mut(one) {
                    resident.links.push((other, bits));
                }
            }
        }
        for resident in self.residents.places.iter_mut().flatten() {
            resident.links.sort_unstable_by_key(|link| link.0);
            resident.links.shrink_to_fit();
        }
        let mut places: Vec<(u32, u32)> = found.into_iter().zip(0..).collect();
        places.sort_unstable();
        for cluster in places.chunk_by(|a, b| a.0 == b.0) {
            let places: Vec<u32> = cluster.iter().map(|(_, place)| *place).collect();
            self.form(&places);
        }
    }
}
