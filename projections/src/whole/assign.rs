//! Which records are whose, once it is known who belongs together.

use std::collections::HashMap;

use kulta_events::{CustomerId, RecordId};

use crate::crosswalk::Decision;

/// A record that is not what it is by itself: it did not found its customer, or a decision shaped it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assigned {
    /// The record.
    pub record: RecordId,
    /// Its customer.
    pub customer: CustomerId,
    /// The highest position that shaped it.
    pub shaped_at: u64,
}

/// Which records differ from what they are by themselves, by id: a customer of their own, shaped by their own events.
/// `clusters` are the records that belong together, `place` says the first position of a record and the highest that its
/// own events gave it; a record without one is passed over.
pub fn assign<'a>(
    clusters: impl IntoIterator<Item = Vec<RecordId>>,
    decisions: impl IntoIterator<Item = &'a Decision>,
    place: impl Fn(RecordId) -> Option<(u64, u64)>,
) -> Vec<Assigned> {
    let mut decided_at = decided_at(decisions);
    let mut assigned = Vec::new();
    let mut one = |record, customer, decided: Option<u64>| {
        let Some((_, shaped)) = place(record) else { return };
        let shaped_at = decided.map_or(shaped, |decided| decided.max(shaped));
        if customer != CustomerId::from(record) || shaped_at != shaped {
            assigned.push(Assigned { record, customer, shaped_at });
        }
    };
    for mut members in clusters {
        let Some(customer) = found(&mut members, |record| Some(place(record)?.0)) else { continue };
        for record in members {
            one(record, customer, decided_at.remove(&record));
        }
    }
    for (record, decided) in decided_at {
        one(record, record.into(), Some(decided));
    }
    assigned.sort_unstable();
    assigned
}

/// Records that decisions name → the highest position of those decisions.
pub(super) fn decided_at<'a>(decisions: impl IntoIterator<Item = &'a Decision>) -> HashMap<RecordId, u64> {
    let mut decided_at: HashMap<RecordId, u64> = HashMap::new();
    for decision in decisions {
        for record in decision.named() {
            let highest = decided_at.entry(record).or_default();
            *highest = decision.position().max(*highest);
        }
    }
    decided_at
}

/// Puts the records of a customer in the order of their first positions; the customer has the id of the first.
pub(super) fn found(members: &mut [RecordId], first: impl Fn(RecordId) -> Option<u64>) -> Option<CustomerId> {
    members.sort_unstable_by_key(|record| (first(*record), *record));
    members.first().map(|founder| CustomerId::from(*founder))
}
