//! What is asked of the resident records.

use std::collections::BTreeSet;

use kulta_events::RecordId;

use super::{Resolver, record_id};
use crate::crosswalk::Decision;
use crate::identity::block::{joined, refined};
use crate::identity::compare;
use crate::identity::explain::{Explanation, Sides, explain};
use crate::identity::prepared::Prepared;

/// A record that may be the same customer as one that is asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The record.
    pub record: RecordId,
    /// Evidence that it is the same customer, in bits.
    pub bits: f32,
    /// Whether the two are never one customer by themselves.
    pub contradicts: bool,
}

/// Why a pair is to be seen by a steward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// The evidence lies between the thresholds.
    Unclear,
    /// The evidence is enough, but something forbids it: strong ids, generations, kinds.
    Contradiction,
    /// The evidence is enough, but the other records of the two customers speak against it.
    Outvoted,
}

/// A pair for a steward.
#[derive(Clone, Debug, PartialEq)]
pub struct Review {
    /// The record with the lower id.
    pub one: RecordId,
    /// The other record.
    pub other: RecordId,
    /// Evidence in bits.
    pub bits: f32,
    /// Why it is asked.
    pub why: Why,
    /// How many records the two customers have together: what a decision would bring together.
    pub gain: usize,
}

impl Resolver {
    /// The highest position of any decision that names a record, known or not, however it ended.
    pub fn decided_at(&self, record: RecordId) -> Option<u64> {
        self.decisions.naming(record.0.as_u128()).map(Decision::position).max()
    }

    /// Why two records are, or are not, one customer; `None`: one of them is not known.
    pub fn explain(&self, one: RecordId, other: RecordId) -> Option<Explanation> {
        let place = |record: RecordId| self.residents.place(record.0.as_u128());
        let (one, other) = (one.min(other), one.max(other));
        let (one, other) = (place(one)?, place(other)?);
        let (a, b) = (self.residents.get(one)?, self.residents.get(other)?);
        let sides = Sides {
            one: &a.prepared,
            other: &b.prepared,
            together: a.cluster == b.cluster,
            meet: self.meet(one, other),
        };
        Some(explain(&sides, &self.policy, &|key| self.blocks.crowded(key)))
    }

    /// The records that are most likely the same customer as `prepared`, best first: search before create.
    pub fn candidates(&self, prepared: &Prepared, limit: usize) -> Vec<Candidate> {
        let mut found: BTreeSet<u32> = BTreeSet::new();
        for key in prepared.keys() {
            if !self.blocks.crowded(*key) {
                found.extend(self.blocks.members(*key));
                continue;
            }
            for facet in prepared.facets.iter().filter(|_| refined(*key)) {
                let members = self.blocks.members(joined(*key, *facet));
                found.extend(&members[..members.len().min(self.blocks.limit(*key))]);
            }
        }
        let crowded = |key: u64| self.blocks.crowded(key);
        let judged = found.into_iter().filter_map(|place| {
            let resident = self.residents.get(place)?;
            if !compare::comparable(prepared, &resident.prepared) {
                return None;
            }
            let bits = self.scorer.score(&compare::compare(prepared, &resident.prepared, &crowded)).bits;
            let contradicts = prepared.contradicts(&resident.prepared);
            Some(Candidate { record: record_id(resident.id), bits, contradicts })
        });
        let mut candidates: Vec<Candidate> = judged.collect();
        candidates.sort_by(|a, b| b.bits.total_cmp(&a.bits).then(a.record.0.cmp(&b.record.0)));
        candidates.truncate(limit);
        candidates
    }

    /// The pairs for a steward: by gain, then the most doubtful, then by ids.
    pub fn reviews(&self) -> Vec<Review> {
        let places = 0..self.residents.places.len() as u32;
        let mut found: Vec<Review> = places.flat_map(|place| self.reviews_at(place)).collect();
        found.sort_by(|a, b| {
            let doubt = |review: &Review| (review.bits - self.policy.link).abs();
            let ids = |review: &Review| (review.one.0, review.other.0);
            b.gain.cmp(&a.gain).then(doubt(a).total_cmp(&doubt(b))).then(ids(a).cmp(&ids(b)))
        });
        found
    }

    fn reviews_at(&self, place: u32) -> Vec<Review> {
        let Some(one) = self.residents.get(place) else { return Vec::new() };
        let review = |(other, bits): &(u32, f32)| {
            let other = self.residents.get(*other)?;
            if other.cluster == one.cluster || other.id < one.id {
                return None;
            }
            let why = match () {
                () if one.prepared.contradicts(&other.prepared) => Why::Contradiction,
                () if *bits < self.policy.link => Why::Unclear,
                () => Why::Outvoted,
            };
            let size = |lead: u32| self.clusters.get(&lead).map_or(1, Vec::len);
            let gain = size(one.cluster) + size(other.cluster);
            Some(Review { one: record_id(one.id), other: record_id(other.id), bits: *bits, why, gain })
        };
        one.links.iter().filter_map(review).collect()
    }
}
