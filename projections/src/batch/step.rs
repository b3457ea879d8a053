//! One step: from what is loaded and a batch of events to what changes.

use std::collections::{BTreeMap, BTreeSet};

use kulta_events::{CustomerId, RecordId, Recorded};

use super::digest::{Decided, Digest};
use super::{Changes, Loaded, Needs};
use crate::crosswalk::clusters;
use crate::rows::{CustomerRow, PolicyRow, RecordRow, UnknownCounts};

/// What a batch of events changes. The events are in the order of the log, and none of them was taken before.
///
/// # Errors
/// What must be looked up first; never empty.
pub fn step(loaded: &Loaded, events: &[Recorded]) -> Result<Changes, Box<Needs>> {
    let digest = Digest::of(events);
    let decided = Decided::after(loaded, &digest);
    let needs = loaded.missing_for(&digest, &decided);
    if !needs.is_empty() {
        return Err(Box::new(needs));
    }
    let mut rows = Rows { loaded, changed: BTreeMap::new() };
    rows.bring_into_being(&digest);
    rows.shape(&digest);
    rows.decide(&digest, &decided);

    let mut unknown = UnknownCounts::default();
    events.iter().for_each(|event| unknown.count(event));
    let policies: Vec<_> = events.iter().filter_map(PolicyRow::published).collect();
    let in_force = policies.iter().chain([&loaded.policy]).max_by(|a, b| a.order.cmp(&b.order));
    let in_force = in_force.unwrap_or(&loaded.policy);
    let (customers, deleted) = rows.customers(in_force);
    Ok(Changes {
        customers,
        deleted,
        records: rows.changed.into_values().collect(),
        decisions: decided.changed.iter().filter_map(|id| decided.decisions.get(id)).cloned().collect(),
        refold_all: in_force.position != loaded.policy.position,
        policies,
        unknown: unknown.rows().collect(),
    })
}

/// The loaded rows, overlaid by those that the step changed.
struct Rows<'a> {
    loaded: &'a Loaded,
    changed: BTreeMap<RecordId, RecordRow>,
}

impl Rows<'_> {
    fn get(&self, record: RecordId) -> Option<&RecordRow> {
        self.changed.get(&record).or_else(|| self.loaded.row(record))
    }

    fn change(&mut self, record: RecordId) -> Option<&mut RecordRow> {
        match self.changed.entry(record) {
            std::collections::btree_map::Entry::Occupied(entry) => Some(entry.into_mut()),
            std::collections::btree_map::Entry::Vacant(entry) => Some(entry.insert(self.loaded.row(record)?.clone())),
        }
    }

    fn bring_into_being(&mut self, digest: &Digest<'_>) {
        for (record, first) in digest.new_records(self.loaded) {
            let subject = self.loaded.subjects.get(&record).cloned().flatten();
            let row = RecordRow::new(record, first.order.source.clone(), subject, first.position);
            self.changed.insert(record, row);
        }
    }

    fn shape(&mut self, digest: &Digest<'_>) {
        for (record, events) in &digest.shaping {
            let refolded = self.loaded.refolded.get(record);
            let Some(row) = self.change(*record) else { continue };
            row.shaped_at = events.iter().map(|event| event.position).fold(row.shaped_at, u64::max);
            match refolded {
                Some(state) => row.state = state.clone(),
                None => {
                    for event in events {
                        row.state.apply(event);
                    }
                }
            }
        }
    }

    /// Finds the customers anew, as far as the batch's decisions and new records reach.
    fn decide(&mut self, digest: &Digest<'_>, decided: &Decided) {
        let reached = self.loaded.reach(digest, decided, &mut Needs::default());
        for record in &reached {
            let decisions = decided.of.get(record).into_iter().flatten().filter_map(|id| decided.decisions.get(id));
            let Some(highest) = decisions.map(crate::crosswalk::Decision::position).max() else { continue };
            if self.get(*record).is_some_and(|row| row.shaped_at < highest)
                && let Some(row) = self.change(*record)
            {
                row.shaped_at = highest;
            }
        }
        let known: Vec<_> =
            reached.iter().filter_map(|id| self.get(*id)).map(|row| (row.record, row.first_position)).collect();
        for cluster in clusters(&known, decided.decisions.values()) {
            for member in &cluster.members {
                if self.get(*member).is_some_and(|row| row.customer != cluster.customer())
                    && let Some(row) = self.change(*member)
                {
                    row.customer = cluster.customer();
                }
            }
        }
    }

    /// The customers that have a changed record or lost one, and those that have none left.
    fn customers(&self, policy: &PolicyRow) -> (Vec<CustomerRow>, Vec<CustomerId>) {
        let before = self.changed.keys().filter_map(|record| self.loaded.row(*record)).map(|row| row.customer);
        let touched: BTreeSet<CustomerId> = self.changed.values().map(|row| row.customer).chain(before).collect();
        let mut members: BTreeMap<CustomerId, Vec<&RecordRow>> =
            touched.into_iter().map(|customer| (customer, Vec::new())).collect();
        let unchanged = self.loaded.rows.values().flatten().filter(|row| !self.changed.contains_key(&row.record));
        for row in unchanged.chain(self.changed.values()) {
            if let Some(members) = members.get_mut(&row.customer) {
                members.push(row);
            }
        }
        let deleted = members.iter().filter(|(_, members)| members.is_empty()).map(|(id, _)| *id).collect();
        let customers = members.values().filter_map(|members| CustomerRow::of(members, policy)).collect();
        (customers, deleted)
    }
}
