//! Stewards' decisions as constraints on clusters: they hold before anything that is found automatically.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::hash::Map;
use crate::crosswalk::sets::Sets;
use crate::crosswalk::{Decision, Made, decided};
use kulta_events::payload::Verdict;

/// The decisions, also by the records that they name.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    by_id: BTreeMap<Uuid, Decision>,
    naming: Map<u128, BTreeSet<Uuid>>,
}

impl Decisions {
    /// Takes in a decision as it stands now; the records that it names, or named before.
    pub fn put(&mut self, decision: Decision) -> BTreeSet<u128> {
        let mut touched: BTreeSet<u128> = BTreeSet::new();
        if let Some(known) = self.by_id.remove(&decision.id) {
            for record in known.named() {
                let record = record.0.as_u128();
                touched.insert(record);
                if let Some(ids) = self.naming.get_mut(&record) {
                    ids.remove(&decision.id);
                }
            }
        }
        for record in decision.named() {
            let record = record.0.as_u128();
            touched.insert(record);
            self.naming.entry(record).or_default().insert(decision.id);
        }
        self.by_id.insert(decision.id, decision);
        touched
    }

    /// All decisions, by id.
    pub fn all(&self) -> impl Iterator<Item = &Decision> {
        self.by_id.values()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The decisions that name a record.
    pub(crate) fn naming(&self, record: u128) -> impl Iterator<Item = &Decision> {
        self.naming.get(&record).into_iter().flatten().filter_map(|id| self.by_id.get(id))
    }

    /// The records that standing links name together with this one. They are to be judged in one component.
    pub(crate) fn linked(&self, record: u128) -> impl Iterator<Item = u128> + '_ {
        let is_link = |decision: &&Decision| decision.standing().is_some_and(|made| made.verdict == Verdict::Link);
        self.naming(record).filter(is_link).flat_map(Decision::named).map(|record| record.0.as_u128())
    }

    /// The sets that decisions make of the records of a component, given by their ids in ascending order.
    pub(crate) fn sets(&self, members: &[u128]) -> Sets {
        let naming = members.iter().flat_map(|member| self.naming(*member));
        let standing: BTreeMap<Uuid, &Made> =
            naming.filter_map(|decision| Some((decision.id, decision.standing()?))).collect();
        decided(members.len(), standing.into_values(), |record| members.binary_search(&record.0.as_u128()).ok())
    }
}
