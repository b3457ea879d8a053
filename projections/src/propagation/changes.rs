//! Where in the log a customer changed, and in which fields.
//!
//! What a source told counts by the members that it named, whether or not the value was another one: whoever compares
//! only finds out sooner. Merges, splits and policies may change any field. Of a customer with several records an edit
//! may have been what joined them, so it counts as that as well.

use std::collections::BTreeSet;

use kulta_events::payload::Verdict;
use kulta_events::{CustomerId, Instant, Json, RecordId, Recorded};

use super::fields::Fields;
use crate::crosswalk::{Decision, attachments};

/// A place in the log at which a customer changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The place.
    pub position: u64,
    /// When the log learned of it.
    pub recorded_at: Instant,
    /// What may have changed.
    pub fields: Fields,
}

/// A customer, and what shaped it.
#[derive(Clone, Copy, Debug)]
pub struct Shaped<'a> {
    /// Its id.
    pub customer: CustomerId,
    /// The highest position that shaped it, and when the log learned of that.
    pub position: (u64, Instant),
    /// Its records.
    pub records: &'a [RecordId],
    /// The `customer.` events of these records.
    pub events: &'a [Recorded],
    /// The decisions that name these records.
    pub decisions: &'a [Decision],
    /// Where survivorship policies were published, and when.
    pub policies: &'a [(u64, Instant)],
}

impl Shaped<'_> {
    /// The changes behind a position, in the order of the log.
    pub fn changes(&self, floor: u64) -> Vec<Change> {
        let attached = attachments(self.decisions);
        let several = self.records.iter().filter(|record| !attached.contains_key(record)).count() > 1;
        let mut firsts = BTreeSet::new();
        let mut events: Vec<&Recorded> = self.events.iter().collect();
        events.sort_unstable_by_key(|event| event.position);
        let mut changes = Vec::new();
        for event in events {
            // What came with its first event a record did not bring into a merge.
            let is_first = firsts.insert(event.record);
            let mut fields = touched(event);
            let is_edit = matches!(event.type_name.as_str(), "customer.registered" | "customer.contact_edited");
            if several && is_edit && !is_first {
                fields = fields.and(Fields::RECORDS);
            }
            changes.push(Change { position: event.position, recorded_at: event.recorded_at, fields });
        }
        let of_decision = |decision: &Decision| {
            let made = decision.made.as_ref().filter(|made| made.verdict != Verdict::Later);
            let made = made.filter(|_| !attached.contains_key(&RecordId(decision.id)));
            let made = made.map(|made| (made.position, made.order.time));
            let withdrawn = decision.withdrawn.as_ref().map(|taken| (taken.position, taken.order.time));
            made.into_iter().chain(withdrawn)
        };
        let joined = self.decisions.iter().flat_map(of_decision).map(|at| (at, Fields::RECORDS));
        let chosen = self.policies.iter().map(|at| (*at, Fields::ALL));
        let change = |((position, recorded_at), fields)| Change { position, recorded_at, fields };
        changes.extend(joined.chain(chosen).map(change));
        let (position, recorded_at) = self.position;
        if !changes.iter().any(|change| change.position == position) && !self.is_attached_at(position) {
            changes.push(Change { position, recorded_at, fields: Fields::RECORDS });
        }
        changes.retain(|change| change.position > floor && !change.fields.is_empty());
        changes.sort_unstable_by_key(|change| change.position);
        changes
    }

    /// Whether a person's record of the customer was attached there, which changes nothing by itself.
    fn is_attached_at(&self, position: u64) -> bool {
        let attached = attachments(self.decisions);
        let at = |decision: &Decision| decision.made.as_ref().is_some_and(|made| made.position == position);
        self.decisions.iter().any(|decision| attached.contains_key(&RecordId(decision.id)) && at(decision))
    }

    /// The other records, but for those that were attached, with the positions from which they were known: these ids may
    /// have been customers of their own once.
    pub fn others(&self) -> Box<[(RecordId, u64)]> {
        let attached = attachments(self.decisions);
        let first = |record: &RecordId| {
            let own = self.events.iter().filter(|event| event.record == Some(*record));
            (*record, own.map(|event| event.position).min().unwrap_or(0))
        };
        let others = self.records.iter().filter(|record| **record != self.customer.into());
        others.filter(|record| !attached.contains_key(record)).map(first).collect()
    }
}

/// The fields that an event tells of.
fn touched(event: &Recorded) -> Fields {
    let data = &event.payload.data;
    match event.type_name.as_str() {
        "customer.registered" | "customer.contact_edited" if event.payload.erased => Fields::ALL,
        "customer.registered" | "customer.contact_edited" => {
            data.members().iter().filter_map(|(name, _)| Fields::named(name)).fold(Fields::NONE, Fields::and)
        }
        // A policy may prefer what was verified.
        "customer.contact_verified" => {
            data.get("field").and_then(Json::as_str).and_then(Fields::named).unwrap_or(Fields::NONE)
        }
        _ => Fields::NONE,
    }
}
