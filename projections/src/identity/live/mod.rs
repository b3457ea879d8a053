//! The resident form: records come, change and go one at a time, and what belongs together is known after each.
//!
//! **Law:** after any sequence of changes the clusters are those that [`super::resolve::resolve`] makes of the records
//! as they are, under the same policy and decisions. It holds because nothing is kept that depends on the order of
//! arrival: blocks, links and clusters are functions of the present records. A change touches the blocks of one record;
//! only where a block crosses the limit K are all pairs in it judged anew. Then the components around what changed are
//! clustered from scratch (component-local repair: Gruenheid, Dong and Srivastava, VLDB 2014).
//!
//! ```
//! use kulta_events::RecordId;
//! use kulta_projections::identity::{attributes::Attributes, live::Resolver, policy::MatchPolicy, prepared::Prepared};
//!
//! let mut resolver = Resolver::new(MatchPolicy::built_in());
//! let attributes = Attributes {
//!     given_name: "Matti".into(),
//!     family_name: "Meikäläinen".into(),
//!     emails: vec!["matti.meikalainen@example.fi".into()],
//!     ..Attributes::default()
//! };
//! for number in 1..=2 {
//!     let prepared = Prepared::of(&attributes, resolver.policy());
//!     resolver.upsert(RecordId(uuid::Uuid::from_u128(number)), prepared);
//! }
//! assert_eq!(resolver.clusters_changed().clusters, [[1, 2].map(|number| RecordId(uuid::Uuid::from_u128(number)))]);
//! ```

use std::collections::BTreeSet;

use kulta_events::RecordId;
use uuid::Uuid;

use super::policy::MatchPolicy;
use super::prepared::Prepared;
use super::steward::Decisions;
use super::weights::Scorer;
use crate::crosswalk::Decision;

mod blocks;
mod components;
mod links;
mod load;
mod query;
mod queue;
mod search;
mod tables;
mod whatif;

pub use query::{Candidate, Review, Why};
pub use queue::Question;
pub use whatif::{Change, Customer, Snapshot, WhatIf};

use blocks::Blocks;
use tables::{Id, List, Table};

/// A record with what is known of it.
#[derive(Clone, Debug)]
struct Resident {
    id: u128,
    prepared: Prepared,
    /// Records that reach `ask` with it: (place, bits), by place.
    links: Vec<(u32, f32)>,
    /// The place of the record with the lowest id in its cluster.
    cluster: u32,
}

/// The resident records.
#[derive(Clone, Debug, Default)]
struct Residents {
    places: List<Option<Resident>>,
    free: Vec<u32>,
    by_id: Table<Id, u32>,
}

impl Residents {
    fn get(&self, place: u32) -> Option<&Resident> {
        self.places.get(place as usize)?.as_ref()
    }

    fn get_mut(&mut self, place: u32) -> Option<&mut Resident> {
        self.places.get_mut(place as usize)?.as_mut()
    }

    /// The place of a record.
    fn place(&self, id: u128) -> Option<u32> {
        self.by_id.get(&id.into()).copied()
    }

    /// The id at a place; the places of a block are always held.
    fn id(&self, place: u32) -> u128 {
        self.get(place).map_or(u128::MAX, |resident| resident.id)
    }

    fn insert(&mut self, id: u128, prepared: Prepared) -> u32 {
        let place = self.free.pop().unwrap_or(self.places.len() as u32);
        let resident = Some(Resident { id, prepared, links: Vec::new(), cluster: place });
        match self.places.get_mut(place as usize) {
            Some(free) => *free = resident,
            None => self.places.push(resident),
        }
        self.by_id.insert(id.into(), place);
        place
    }

    fn remove(&mut self, place: u32) -> Option<Resident> {
        let resident = self.places.get_mut(place as usize)?.take()?;
        self.by_id.remove(&resident.id.into());
        self.free.push(place);
        Some(resident)
    }
}

/// What changed since it was last asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Clusters with other members than before, by their lowest record id; members ascending.
    pub clusters: Vec<Vec<RecordId>>,
    /// Records that are gone.
    pub removed: Vec<RecordId>,
}

/// Records, decisions and the clusters that follow from them under one policy.
#[derive(Clone, Debug)]
pub struct Resolver {
    policy: MatchPolicy,
    scorer: Scorer,
    residents: Residents,
    blocks: Blocks,
    decisions: Decisions,
    /// Clusters of more than one record: lowest record's place → places, by id.
    clusters: Table<u32, Vec<u32>>,
    /// Places whose component is to be clustered anew.
    dirty: BTreeSet<u32>,
    /// Records whose cluster changed.
    changed: BTreeSet<u128>,
    /// Records that are gone, unless they came again.
    removed: BTreeSet<u128>,
}

impl Resolver {
    /// Without records.
    pub fn new(policy: MatchPolicy) -> Self {
        let (scorer, blocks) = (Scorer::of(&policy), Blocks::new(policy.block_limit as usize));
        Self {
            policy,
            scorer,
            blocks,
            residents: Residents::default(),
            decisions: Decisions::default(),
            clusters: Table::default(),
            dirty: BTreeSet::new(),
            changed: BTreeSet::new(),
            removed: BTreeSet::new(),
        }
    }

    /// The policy.
    pub fn policy(&self) -> &MatchPolicy {
        &self.policy
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.residents.by_id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A record came, or says something else now. `prepared` under [`Self::policy`]; one that is equal to what the record
    /// said before changes nothing.
    pub fn upsert(&mut self, record: RecordId, prepared: Prepared) {
        self.put(record, prepared);
        self.mend();
    }

    /// As [`Self::upsert`], leaving clusters as they were until [`Self::mend`]: of many records that come at once each
    /// component is clustered once.
    pub fn put(&mut self, record: RecordId, prepared: Prepared) {
        let id = record.0.as_u128();
        let known = self.residents.place(id).and_then(|place| self.residents.get(place));
        if known.is_some_and(|known| known.prepared == prepared) {
            return;
        }
        self.take_out(id);
        let place = self.residents.insert(id, prepared);
        self.removed.remove(&id);
        self.changed.insert(id);
        self.enter(place);
        self.dirty.insert(place);
    }

    /// A record is gone.
    pub fn remove(&mut self, record: RecordId) {
        let id = record.0.as_u128();
        if self.take_out(id) {
            self.removed.insert(id);
            self.changed.remove(&id);
            self.mend();
        }
    }

    /// A decision as it stands now: made, changed or withdrawn. It may name records that are not known yet.
    pub fn decide(&mut self, decision: Decision) {
        for record in self.decisions.put(decision) {
            self.dirty.extend(self.residents.place(record));
        }
        self.mend();
    }

    /// The clusters that changed since this was last called, and the records that are gone.
    pub fn clusters_changed(&mut self) -> Changed {
        let (changed, removed) = (std::mem::take(&mut self.changed), std::mem::take(&mut self.removed));
        let mut seen = BTreeSet::new();
        let mut clusters: Vec<Vec<RecordId>> = Vec::new();
        for id in changed {
            let Some(cluster) = self.residents.place(id).and_then(|place| self.residents.get(place)) else {
                continue;
            };
            if seen.insert(cluster.cluster) {
                clusters.push(self.members(cluster.cluster));
            }
        }
        clusters.sort_unstable();
        Changed { clusters, removed: removed.into_iter().map(record_id).collect() }
    }

    /// The records of the customer that holds this record, by id; `None`: it is not known.
    pub fn customer_of(&self, record: RecordId) -> Option<Vec<RecordId>> {
        let place = self.residents.place(record.0.as_u128())?;
        Some(self.members(self.residents.get(place)?.cluster))
    }

    /// All clusters, by their lowest record id; members ascending.
    pub fn clusters(&self) -> Vec<Vec<RecordId>> {
        let leads = self.residents.places.iter().enumerate().filter_map(|(place, resident)| {
            let cluster = resident.as_ref()?.cluster;
            (cluster == place as u32).then_some(cluster)
        });
        let mut clusters: Vec<_> = leads.map(|lead| self.members(lead)).collect();
        clusters.sort_unstable();
        clusters
    }

    fn members(&self, lead: u32) -> Vec<RecordId> {
        let one = [lead];
        let places = self.clusters.get(&lead).map_or(&one[..], Vec::as_slice);
        places.iter().map(|place| record_id(self.residents.id(*place))).collect()
    }

    /// Takes a record out of blocks, links and its cluster. Whether it was there.
    fn take_out(&mut self, id: u128) -> bool {
        let Some(place) = self.residents.place(id) else { return false };
        self.leave(place);
        let decided: Vec<u32> = self.decisions.linked(id).filter_map(|id| self.residents.place(id)).collect();
        self.dirty.extend(decided);
        let lead = self.residents.get(place).map_or(place, |resident| resident.cluster);
        // The others of its cluster are looked at again, and form a cluster of their own until then.
        let rest: Vec<u32> =
            self.clusters.remove(&lead).into_iter().flatten().filter(|member| *member != place).collect();
        self.residents.remove(place);
        self.dirty.remove(&place);
        self.form(&rest);
        self.dirty.extend(&rest);
        for member in rest {
            self.changed.insert(self.residents.id(member));
        }
        true
    }

    /// Makes these places, by id, one cluster.
    fn form(&mut self, places: &[u32]) {
        let Some(lead) = places.first().copied() else { return };
        for place in places {
            if let Some(resident) = self.residents.get_mut(*place) {
                resident.cluster = lead;
            }
        }
        if places.len() > 1 {
            self.clusters.insert(lead, places.to_vec());
        }
    }
}

fn record_id(id: u128) -> RecordId {
    RecordId(Uuid::from_u128(id))
}

#[cfg(test)]
mod asked_tests;
#[cfg(test)]
mod tests;
