//! Whose the records are after a batch, and the rows that follow.

use std::collections::{BTreeMap, BTreeSet};

use kulta_events::{CustomerId, RecordId};

use super::fold::{Folded, Found};
use super::{Changes, Loaded, Needs, Span};
use crate::rows::{CustomerRow, PolicyRow, RecordRow};

/// What a folded batch changes, given what matching found.
///
/// A customer that changed without any of its events being in the batch (a record left it, since a third one came) gets
/// the batch's last position: whoever follows changes by position never misses one.
///
/// # Errors
/// What must be looked up first; never empty.
pub fn settle(loaded: &Loaded, folded: &Folded, found: &Found, span: Span) -> Result<Changes, Box<Needs>> {
    let mut rows = Rows { loaded, changed: folded.records.clone(), moved: BTreeSet::new() };
    let needs = rows.missing(found);
    if !needs.is_empty() {
        return Err(Box::new(needs));
    }
    rows.assign(found);
    let in_force = folded.policies.iter().chain([&loaded.policy]).max_by(|a, b| a.order.cmp(&b.order));
    let in_force = in_force.unwrap_or(&loaded.policy);
    let (mut customers, deleted) = rows.customers(in_force);
    for customer in customers.iter_mut().filter(|customer| customer.position <= span.from) {
        customer.position = span.to;
    }
    Ok(Changes {
        customers,
        deleted,
        records: rows.changed.into_values().collect(),
        decisions: folded.decisions.values().cloned().collect(),
        refold_all: in_force.position != loaded.policy.position,
        policies: folded.policies.clone(),
        match_policies: folded.match_policies.clone(),
        unknown: folded.unknown.rows().collect(),
    })
}

/// The loaded rows, overlaid by those that the step changed.
struct Rows<'a> {
    loaded: &'a Loaded,
    changed: BTreeMap<RecordId, RecordRow>,
    /// Customers that records left.
    moved: BTreeSet<CustomerId>,
}

impl Rows<'_> {
    fn get(&self, record: RecordId) -> Option<&RecordRow> {
        self.changed.get(&record).or_else(|| self.loaded.row(record))
    }

    /// All records of the customers that changed, and of those that have a changed record.
    fn missing(&self, found: &Found) -> Needs {
        let mut needs = Needs::default();
        for record in found.clusters.iter().flatten() {
            if self.get(*record).is_none() && !self.loaded.rows.contains_key(record) {
                needs.records.insert(*record);
            }
        }
        let clustered: BTreeSet<RecordId> = found.clusters.iter().flatten().copied().collect();
        for record in self.changed.keys().filter(|record| !clustered.contains(record)) {
            let Some(row) = self.loaded.row(*record) else { continue };
            if !self.loaded.members_of.contains(&row.customer) {
                needs.members_of.insert(row.customer);
            }
        }
        needs
    }

    /// Gives the records of each cluster the id of its founder.
    fn assign(&mut self, found: &Found) {
        for (record, position) in &found.decided_at {
            if let Some(row) = self.changed.get_mut(record) {
                row.shaped_at = row.shaped_at.max(*position);
            }
        }
        for cluster in &found.clusters {
            let members: Vec<&RecordRow> = cluster.iter().filter_map(|record| self.get(*record)).collect();
            let founder = members.iter().min_by_key(|row| (row.first_position, row.record)).map(|row| row.record);
            let Some(customer) = founder.map(CustomerId::from) else { continue };
            let others: Vec<RecordId> =
                members.iter().filter(|row| row.customer != customer).map(|row| row.record).collect();
            for record in others {
                self.moved.extend(self.loaded.row(record).map(|before| before.customer));
                if let Some(row) = self.loaded.change(&mut self.changed, record) {
                    row.customer = customer;
                }
            }
        }
    }

    /// The customers that have a changed record or lost one, and those that have none left.
    fn customers(&self, policy: &PolicyRow) -> (Vec<CustomerRow>, Vec<CustomerId>) {
        let now = self.changed.values().map(|row| row.customer);
        let touched: BTreeSet<CustomerId> = now.chain(self.moved.iter().copied()).collect();
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
