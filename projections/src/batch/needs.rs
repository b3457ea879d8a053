//! What must be looked up before a step can be taken.

use kulta_events::{RecordId, Recorded};

use super::digest::{Digest, decided};
use super::{Loaded, Needs};
use crate::crosswalk::Decision;

impl Loaded {
    /// What must be looked up still; empty when [`super::fold`] can be taken.
    pub fn missing(&self, events: &[Recorded]) -> Needs {
        let digest = Digest::of(events);
        self.missing_for(&digest)
    }

    pub(super) fn missing_for(&self, digest: &Digest<'_>) -> Needs {
        let mut needs = Needs::default();
        for record in digest.named.keys() {
            if !digest.shaping.contains_key(record) && !self.known.contains(record) && !self.rows.contains_key(record) {
                needs.exist.insert(*record);
            }
        }
        for (record, events) in &digest.shaping {
            match self.rows.get(record) {
                None => drop(needs.records.insert(*record)),
                Some(None) => {}
                Some(Some(row)) => {
                    // Its customer's other records will be asked for; so they come by the same look-up.
                    if digest.settles && !self.members_of.contains(&row.customer) {
                        needs.members_of.insert(row.customer);
                    }
                    let late = events.first().is_some_and(|event| row.state.is_late(event));
                    if late && !self.refolded.contains_key(record) {
                        needs.refold.insert(*record);
                    }
                }
            }
        }
        for (record, _) in digest.new_records(self) {
            if !self.subjects.contains_key(&record) {
                needs.subjects.insert(record);
            }
        }
        for (id, _) in &digest.deciding {
            if !self.decisions.contains_key(id) {
                needs.decisions.insert(*id);
            }
        }
        if needs.decisions.is_empty() {
            let after = decided(self, digest);
            self.need_named(after.values(), &mut needs);
        }
        needs
    }

    /// The records that decisions name: a decision moves their positions.
    fn need_named<'a>(&self, decisions: impl Iterator<Item = &'a Decision>, needs: &mut Needs) {
        let named: Vec<RecordId> = decisions.flat_map(Decision::named).collect();
        needs.records.extend(named.into_iter().filter(|record| !self.rows.contains_key(record)));
    }
}
