//! The golden record as of a time, from the events of a customer's records.
//!
//! `as_of` leaves out what happened at or after it and never changes who belongs to the customer. The other time axis,
//! `known_at`, is the caller's: it hands in the events, the members and the policy that were known then.

use std::collections::HashMap;

use kulta_events::payload::SurvivorshipPolicy;
use kulta_events::{Instant, RecordId, Recorded};

use crate::golden::{Golden, Member};
use crate::record::RecordState;

/// A record of a customer, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its id.
    pub record: RecordId,
    /// The system that publishes it.
    pub source: String,
    /// The customer's key there; `None` when it is erased.
    pub subject: Option<String>,
}

/// The golden record of `members`, and what each of them said, in their order, before `as_of` (`None`: ever). The events
/// come in any order; those of other records and other types are passed over.
pub fn golden_at(
    members: &[Named],
    events: &[Recorded],
    as_of: Option<Instant>,
    policy: &SurvivorshipPolicy,
) -> (Golden, Vec<RecordState>) {
    let mut by_record: HashMap<RecordId, Vec<&Recorded>> = HashMap::new();
    for event in events.iter().filter(|event| as_of.is_none_or(|as_of| event.order.time < as_of)) {
        if let Some(record) = event.record {
            by_record.entry(record).or_default().push(event);
        }
    }
    let said = |member: &Named| by_record.remove(&member.record).map(RecordState::fold_unsorted).unwrap_or_default();
    let states: Vec<RecordState> = members.iter().map(said).collect();
    let folded: Vec<_> = members
        .iter()
        .zip(&states)
        .map(|(member, state)| Member {
            record: member.record,
            source: &member.source,
            subject: member.subject.as_deref(),
            state,
        })
        .collect();
    (Golden::of(&folded, policy), states)
}
