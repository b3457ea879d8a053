//! Who was one customer at an earlier moment: for a few records, from what they said then.
//!
//! Nothing is stored of how customers were. The records that may have to do with one are gathered by whoever asks, as
//! they stood then; here they are compared, linked and clustered as matching does it, component by component. How many
//! records share a value is taken as it is today.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use kulta_events::RecordId;

use super::block::{common, joined, refined};
use super::cluster::{self, Link};
use super::compare;
use super::pairs::allowed;
use super::policy::MatchPolicy;
use super::prepared::Prepared;
use super::resolve::Component;
use super::steward::Decisions;
use super::weights::Scorer;
use crate::crosswalk::Decision;

/// Some records at an earlier moment.
#[derive(Debug)]
pub struct Past<'a> {
    policy: &'a MatchPolicy,
    scorer: Scorer,
    decisions: Decisions,
    records: BTreeMap<u128, Prepared>,
    crowded: HashSet<u64>,
}

impl<'a> Past<'a> {
    /// No records yet, under the policy of that moment.
    pub fn new(policy: &'a MatchPolicy) -> Self {
        let (scorer, decisions) = (Scorer::of(policy), Decisions::default());
        Self { policy, scorer, decisions, records: BTreeMap::new(), crowded: HashSet::new() }
    }

    /// A record as it was; which of its keys are crowded, see [`super::live::Resolver::crowded`].
    pub fn add(&mut self, record: RecordId, prepared: Prepared, crowded: impl IntoIterator<Item = u64>) {
        self.records.insert(record.0.as_u128(), prepared);
        self.crowded.extend(crowded);
    }

    /// A decision as it stood.
    pub fn decide(&mut self, decision: Decision) {
        self.decisions.put(decision);
    }

    /// A record that was added.
    pub fn get(&self, record: RecordId) -> Option<&Prepared> {
        self.records.get(&record.0.as_u128())
    }

    /// The records that any decision names together with this one.
    pub fn named_with(&self, record: RecordId) -> impl Iterator<Item = RecordId> + '_ {
        self.decisions.naming(record.0.as_u128()).flat_map(Decision::named)
    }

    /// The records among those that were added that must be clustered together with this one: linked to it by what they
    /// say, or by a steward.
    pub fn beside(&self, record: RecordId) -> Vec<RecordId> {
        let one = record.0.as_u128();
        let decided = self.decisions.linked(one).filter(|other| self.records.contains_key(other));
        let linked = self.records.keys().copied().filter(|other| self.bits(one, *other).is_some());
        let found: BTreeSet<u128> = decided.chain(linked).filter(|other| *other != one).collect();
        found.into_iter().map(|id| RecordId(uuid::Uuid::from_u128(id))).collect()
    }

    /// The evidence between two records, if it is enough for a link.
    fn bits(&self, one: u128, other: u128) -> Option<f32> {
        let (one, other) = (one.min(other), one.max(other));
        let (a, b) = (self.records.get(&one)?, self.records.get(&other)?);
        if one == other || !allowed(a, b, false) || !self.meet(a, b) {
            return None;
        }
        let crowded = |key: u64| self.crowded.contains(&key);
        let bits = self.scorer.score(&compare::compare(a, b, &crowded)).bits;
        (bits >= self.policy.link).then_some(bits)
    }

    fn meet(&self, a: &Prepared, b: &Prepared) -> bool {
        common(&a.keys, &b.keys).any(|key| {
            let joins = |facet| !self.crowded.contains(&joined(key, facet));
            !self.crowded.contains(&key) || refined(key) && common(&a.facets, &b.facets).any(joins)
        })
    }

    /// The records of the customer that held a record, given all that are beside it, beside those, and so on.
    pub fn customer(&self, record: RecordId, component: &BTreeSet<RecordId>) -> Vec<RecordId> {
        let ids: Vec<u128> =
            component.iter().map(|id| id.0.as_u128()).filter(|id| self.records.contains_key(id)).collect();
        let judge = Component {
            record: |at: usize| &self.records[&ids[at]],
            crowded: |key: u64| self.crowded.contains(&key),
            scorer: &self.scorer,
            link: self.policy.link,
            between: false,
        };
        let mut links = Vec::new();
        for (one, a) in ids.iter().enumerate() {
            for (other, b) in ids.iter().enumerate().skip(one + 1) {
                links.extend(self.bits(*a, *b).map(|bits| Link { one, other, bits }));
            }
        }
        let clusters = cluster::cluster(ids.len(), &links, &judge, &mut self.decisions.sets(&ids)).cluster;
        let own = ids.binary_search(&record.0.as_u128()).ok().and_then(|at| clusters.get(at));
        let members = ids.iter().zip(&clusters).filter(|(_, cluster)| Some(*cluster) == own);
        members.map(|(id, _)| RecordId(uuid::Uuid::from_u128(*id))).collect()
    }
}
