//! Finding records by a few words, a number, an address.

use std::collections::BTreeSet;

use kulta_events::RecordId;

use super::{Candidate, Resolver, record_id};
use crate::identity::block::{joined, refined};
use crate::identity::compare;
use crate::identity::explain::{Explanation, Sides, explain};
use crate::identity::prepared::Prepared;

/// Records that one search compares at most, the rarest keys' first. Some microseconds each.
const MOST: usize = 4_000;

impl Resolver {
    /// The records that say something of what `query` says, best first. Unlike [`Resolver::candidates`] it also finds
    /// records by what many share, such as a common family name alone: then only some of them.
    pub fn search(&self, query: &Prepared, limit: usize) -> Vec<Candidate> {
        let mut blocks: Vec<&[u32]> = query.keys().iter().map(|key| self.blocks.members(*key)).collect();
        blocks.sort_by_key(|members| members.len());
        let mut found: BTreeSet<u32> = BTreeSet::new();
        for members in blocks {
            let room = MOST.saturating_sub(found.len());
            found.extend(&members[..members.len().min(room)]);
        }
        // What is crowded says what it says: whoever searches for a shared address wants those who share it.
        let never = |_: u64| false;
        let judged = found.into_iter().filter_map(|place| {
            let resident = self.residents.get(place)?;
            if !compare::comparable(query, &resident.prepared) {
                return None;
            }
            let score = self.scorer.score(&compare::compare(query, &resident.prepared, &never));
            let contradicts = query.contradicts(&resident.prepared);
            (score.evidence > 0.0).then_some(Candidate {
                record: record_id(resident.id),
                bits: score.bits,
                contradicts,
            })
        });
        let mut hits: Vec<Candidate> = judged.collect();
        hits.sort_by(|a, b| b.bits.total_cmp(&a.bits).then(a.record.0.cmp(&b.record.0)));
        hits.truncate(limit);
        hits
    }

    /// The records that share a key with something that is no record of its own, as far as that key is not crowded.
    pub fn sharing(&self, query: &Prepared) -> Vec<RecordId> {
        let mut found: BTreeSet<u32> = BTreeSet::new();
        for key in query.keys() {
            if !self.blocks.crowded(*key) {
                found.extend(self.blocks.members(*key));
                continue;
            }
            let fine = query.facets.iter().filter(|_| refined(*key)).map(|facet| joined(*key, *facet));
            for key in fine.filter(|key| !self.blocks.crowded(*key)) {
                found.extend(self.blocks.members(key));
            }
        }
        found.into_iter().map(|place| record_id(self.residents.id(place))).collect()
    }

    /// Which of the keys by which something meets others are crowded.
    pub fn crowded(&self, query: &Prepared) -> Vec<u64> {
        let fine = query.keys().iter().flat_map(|key| query.facets.iter().map(|facet| joined(*key, *facet)));
        query.keys().iter().copied().chain(fine).filter(|key| self.blocks.crowded(*key)).collect()
    }

    /// Why something that is no record of its own is, or is not, the customer of a record.
    pub fn explain_new(&self, query: &Prepared, record: RecordId) -> Option<Explanation> {
        let place = self.residents.place(record.0.as_u128())?;
        let resident = self.residents.get(place)?;
        let sides = Sides { one: query, other: &resident.prepared, together: false, meet: true };
        Some(explain(&sides, &self.policy, &|key| self.blocks.crowded(key)))
    }

    /// Bits of evidence between two records as they are, whether blocking compares them or not.
    pub fn evidence(&self, one: RecordId, other: RecordId) -> Option<f32> {
        let place = |record: RecordId| self.residents.place(record.0.as_u128());
        let (one, other) = (one.min(other), one.max(other));
        let (a, b) = (self.residents.get(place(one)?)?, self.residents.get(place(other)?)?);
        let crowded = |key: u64| self.blocks.crowded(key);
        Some(self.scorer.score(&compare::compare(&a.prepared, &b.prepared, &crowded)).bits)
    }
}
