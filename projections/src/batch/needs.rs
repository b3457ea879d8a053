//! What must be looked up before a step can be taken, and how far decisions reach.

use std::collections::{BTreeSet, HashMap};

use kulta_events::{CustomerId, RecordId, Recorded};

use super::digest::{Decided, Digest};
use super::{Loaded, Needs};
use crate::crosswalk::Decision;

impl Loaded {
    /// What must be looked up still; empty when [`super::step`] can be taken.
    ///
    /// Each look-up may tell of more that is needed, so this is asked until nothing is missing. Whole customers are
    /// asked for at once; the number of rounds grows with the number of customers that decisions chain together, not
    /// with their records.
    pub fn missing(&self, events: &[Recorded]) -> Needs {
        let digest = Digest::of(events);
        self.missing_for(&digest, &Decided::after(self, &digest))
    }

    pub(super) fn missing_for(&self, digest: &Digest<'_>, decided: &Decided) -> Needs {
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
                    self.need_members_of(row.customer, &mut needs);
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
            self.need_decisions_of(record, &mut needs);
        }
        for (id, _) in &digest.deciding {
            if !self.decisions.contains_key(id) {
                needs.decisions.insert(*id);
            }
        }
        self.reach(digest, decided, &mut needs);
        needs
    }

    /// All known records whose customers depend on what the batch decides: connected by customers, or by decisions of
    /// whatever verdict, standing or not. What must be looked up to go on is noted in `needs`.
    pub(super) fn reach(&self, digest: &Digest<'_>, decided: &Decided, needs: &mut Needs) -> BTreeSet<RecordId> {
        let mut open: Vec<RecordId> = decided.roots(self, digest).into_iter().collect();
        let mut reached = BTreeSet::new();
        if open.is_empty() {
            return reached;
        }
        let mut members: HashMap<CustomerId, Vec<RecordId>> = HashMap::new();
        for row in self.rows.values().flatten() {
            members.entry(row.customer).or_default().push(row.record);
        }
        while let Some(record) = open.pop() {
            if reached.contains(&record) {
                continue;
            }
            match self.rows.get(&record) {
                None => {
                    needs.records.insert(record);
                    continue;
                }
                // A decision may name a record before any event does: then nobody can be its customer yet.
                Some(None) if !digest.named.contains_key(&record) => continue,
                Some(None) => {}
                Some(Some(row)) => {
                    self.need_members_of(row.customer, needs);
                    open.extend(members.get(&row.customer).into_iter().flatten());
                }
            }
            reached.insert(record);
            self.need_decisions_of(record, needs);
            let decisions = decided.of.get(&record).into_iter().flatten();
            open.extend(decisions.filter_map(|id| decided.decisions.get(id)).flat_map(Decision::named));
        }
        reached
    }

    fn need_members_of(&self, customer: CustomerId, needs: &mut Needs) {
        if !self.members_of.contains(&customer) {
            needs.members_of.insert(customer);
        }
    }

    fn need_decisions_of(&self, record: RecordId, needs: &mut Needs) {
        if !self.decisions_of.contains(&record) {
            needs.decisions_of.insert(record);
        }
    }
}
