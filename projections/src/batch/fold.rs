//! What the records of a batch say after it, and what matching has to be told.

use std::collections::{BTreeMap, BTreeSet};

use kulta_events::{RecordId, Recorded};
use uuid::Uuid;

use super::digest::{Digest, decided};
use super::{Loaded, Needs};
use crate::crosswalk::Decision;
use crate::identity::live::Resolver;
use crate::identity::policy::MatchPolicy;
use crate::identity::prepared::Prepared;
use crate::identity::said::attributes;
use crate::rows::{MatchPolicyRow, PolicyRow, RecordRow, UnknownCounts};

/// Folds a batch of events, which are in the order of the log, and none of which was taken before.
///
/// # Errors
/// What must be looked up first; never empty.
pub fn fold(loaded: &Loaded, events: &[Recorded]) -> Result<Folded, Box<Needs>> {
    let mut folded = of_records(loaded, &Digest::of(events))?;
    folded.policies = events.iter().filter_map(PolicyRow::published).collect();
    folded.match_policies = events.iter().filter_map(MatchPolicyRow::published).collect();
    folded.decide(loaded);
    events.iter().for_each(|event| folded.unknown.count(event));
    Ok(folded)
}

pub(super) fn of_records(loaded: &Loaded, digest: &Digest<'_>) -> Result<Folded, Box<Needs>> {
    let needs = loaded.missing_for(digest);
    if !needs.is_empty() {
        return Err(Box::new(needs));
    }
    let mut folded = Folded { decisions: decided(loaded, digest), ..Folded::default() };
    folded.bring_into_being(loaded, digest);
    folded.shape(loaded, digest);
    Ok(folded)
}

/// A batch of events, folded: what its records say, not yet whose they are.
#[derive(Clone, Debug, Default)]
pub struct Folded {
    /// New records, and those that the batch changed.
    pub(super) records: BTreeMap<RecordId, RecordRow>,
    /// Of these the new ones.
    pub(super) came: BTreeSet<RecordId>,
    /// Those that say something else than before, or came.
    pub(super) said: BTreeSet<RecordId>,
    pub(super) decisions: BTreeMap<Uuid, Decision>,
    pub(super) policies: Vec<PolicyRow>,
    pub(super) match_policies: Vec<MatchPolicyRow>,
    pub(super) unknown: UnknownCounts,
}

/// What matching found after a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The customers whose records may have changed, as sets of records.
    pub clusters: Vec<Vec<RecordId>>,
    /// The highest position of any decision that names them: of new records that decisions named before they came.
    pub decided_at: BTreeMap<RecordId, u64>,
}

impl Folded {
    /// The records that matching must be told of, normalised. This is most of the work that a record costs, and needs
    /// nothing but the policy.
    pub fn prepared(&self, policy: &MatchPolicy) -> Vec<(RecordId, Prepared)> {
        let rows = self.said.iter().filter_map(|record| self.records.get(record));
        rows.map(|row| (row.record, Prepared::of(&attributes(&row.source, &row.state), policy))).collect()
    }

    /// Tells matching of records and decisions; what it finds.
    pub fn tell(&self, prepared: Vec<(RecordId, Prepared)>, resolver: &mut Resolver) -> Found {
        for (record, prepared) in prepared {
            resolver.put(record, prepared);
        }
        self.tell_decisions(resolver)
    }

    /// The end of [`Folded::tell`], after the records were put one by one.
    pub fn tell_decisions(&self, resolver: &mut Resolver) -> Found {
        resolver.mend();
        for decision in self.decisions.values() {
            resolver.decide(decision.clone());
        }
        let named = self.came.iter().filter_map(|record| Some((*record, resolver.decided_at(*record)?)));
        let decided_at = named.collect();
        Found { clusters: resolver.clusters_changed().clusters, decided_at }
    }

    /// The records and decisions that matching is told of.
    pub fn told(&self) -> (impl Iterator<Item = RecordId> + '_, impl Iterator<Item = Uuid> + '_) {
        (self.said.iter().copied(), self.decisions.keys().copied())
    }

    fn bring_into_being(&mut self, loaded: &Loaded, digest: &Digest<'_>) {
        for (record, first) in digest.new_records(loaded) {
            let subject = loaded.subjects.get(&record).cloned().flatten();
            let row = RecordRow::new(record, first.order.source.clone(), subject, first.position);
            self.records.insert(record, row);
            self.came.insert(record);
            self.said.insert(record);
        }
    }

    fn shape(&mut self, loaded: &Loaded, digest: &Digest<'_>) {
        for (record, events) in &digest.shaping {
            let Some(row) = loaded.change(&mut self.records, *record) else { continue };
            row.shaped_at = events.iter().map(|event| event.position).fold(row.shaped_at, u64::max);
            match loaded.refolded.get(record) {
                Some(state) => row.state = state.clone(),
                None => {
                    for event in events {
                        row.state.apply(event);
                    }
                }
            }
            self.said.insert(*record);
        }
    }

    /// Decisions move the positions of the records that they name.
    pub(super) fn decide(&mut self, loaded: &Loaded) {
        let moved: Vec<(RecordId, u64)> = self
            .decisions
            .values()
            .flat_map(|decision| decision.named().map(|record| (record, decision.position())))
            .collect();
        for (record, position) in moved {
            if let Some(row) = loaded.change(&mut self.records, record) {
                row.shaped_at = position.max(row.shaped_at);
            }
        }
    }
}
