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
    let rows = Rows::assigned(loaded, folded, found, true)?;
    let in_force = folded.policies.iter().chain([&loaded.policy]).max_by(|a, b| a.order.cmp(&b.order));
    let in_force = in_force.unwrap_or(&loaded.policy);
    let (customers, deleted) = rows.customers(in_force, span);
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

/// Customers by their records. One that changed without any of its events in the span gets the last position.
pub(super) fn customers_of(
    members: &BTreeMap<CustomerId, Vec<&RecordRow>>,
    policy: &PolicyRow,
    span: Span,
) -> Vec<CustomerRow> {
    let made = members.values().filter_map(|members| CustomerRow::of(members, policy));
    made.map(|row| CustomerRow { position: if row.position <= span.from { span.to } else { row.position }, ..row })
        .collect()
}

/// The loaded rows, overlaid by those that the step changed.
pub(super) struct Rows<'a> {
    loaded: &'a Loaded,
    folded: &'a Folded,
    pub(super) changed: BTreeMap<RecordId, RecordRow>,
    /// Customers that records left.
    moved: BTreeSet<CustomerId>,
}

impl<'a> Rows<'a> {
    /// Every record with whoever holds it after the step. With `members`, all records of the customers that it touches are
    /// loaded then.
    pub(super) fn assigned(
        loaded: &'a Loaded,
        folded: &'a Folded,
        found: &Found,
        members: bool,
    ) -> Result<Self, Box<Needs>> {
        let mut rows = Self { loaded, folded, changed: folded.records.clone(), moved: BTreeSet::new() };
        let mut needs = rows.missing(found);
        if members {
            needs.members_of = rows.missing_members(found);
        }
        if !needs.is_empty() {
            return Err(Box::new(needs));
        }
        rows.assign(found);
        Ok(rows)
    }

    fn get(&self, record: RecordId) -> Option<&RecordRow> {
        self.changed.get(&record).or_else(|| self.loaded.row(record))
    }

    /// All records of the customers that changed.
    fn missing(&self, found: &Found) -> Needs {
        let unknown = |record: &&RecordId| self.get(**record).is_none() && !self.loaded.rows.contains_key(record);
        Needs { records: found.clusters.iter().flatten().filter(unknown).copied().collect(), ..Needs::default() }
    }

    /// Other customers that have a changed record.
    fn missing_members(&self, found: &Found) -> BTreeSet<CustomerId> {
        let clustered: BTreeSet<RecordId> = found.clusters.iter().flatten().copied().collect();
        let others = self.changed.keys().filter(|record| !clustered.contains(record));
        let customers = others.filter_map(|record| self.before(*record));
        customers.filter(|customer| !self.loaded.members_of.contains(customer)).collect()
    }

    /// Whose a record was before the step; folding moves none.
    fn before(&self, record: RecordId) -> Option<CustomerId> {
        let row = self.folded.records.get(&record).or_else(|| self.loaded.row(record))?;
        (!self.folded.came.contains(&record)).then_some(row.customer)
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
                self.moved.extend(self.before(record));
                if let Some(row) = self.loaded.change(&mut self.changed, record) {
                    row.customer = customer;
                }
            }
        }
    }

    /// The customers that have a changed record or lost one.
    pub(super) fn touched(&self) -> BTreeSet<CustomerId> {
        let now = self.changed.values().map(|row| row.customer);
        now.chain(self.moved.iter().copied()).collect()
    }

    /// These, made again, and those that have no record left.
    fn customers(&self, policy: &PolicyRow, span: Span) -> (Vec<CustomerRow>, Vec<CustomerId>) {
        let mut members: BTreeMap<CustomerId, Vec<&RecordRow>> =
            self.touched().into_iter().map(|customer| (customer, Vec::new())).collect();
        let unchanged = self.loaded.rows.values().flatten().filter(|row| !self.changed.contains_key(&row.record));
        for row in unchanged.chain(self.changed.values()) {
            if let Some(members) = members.get_mut(&row.customer) {
                members.push(row);
            }
        }
        let deleted = members.iter().filter(|(_, members)| members.is_empty()).map(|(id, _)| *id).collect();
        (customers_of(&members, policy, span), deleted)
    }
}
