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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::given::{day, event, record};

    #[test]
    fn what_happened_at_or_after_the_time_is_left_out_and_nobody_leaves() {
        let events = [
            event("crm", "1", 3, "customer.registered", r#"{"email":"crm@x.fi"}"#),
            event("erp", "1", 2, "customer.contact_edited", r#"{"email":"new@x.fi"}"#),
            event("erp", "1", 1, "customer.registered", r#"{"email":"old@x.fi"}"#),
            event("shop", "9", 1, "customer.registered", r#"{"email":"stranger@x.fi"}"#),
        ];
        let named = |source: &str| Named { record: record(source, "1"), source: source.to_owned(), subject: None };
        let members = [named("crm"), named("erp")];
        let at = |as_of| golden_at(&members, &events, as_of, &SurvivorshipPolicy::built_in());
        for (as_of, email) in
            [(None, Some("crm@x.fi")), (Some(3), Some("new@x.fi")), (Some(2), Some("old@x.fi")), (Some(1), None)]
        {
            let (golden, states) = at(as_of.map(day));
            assert_eq!(golden.text("email"), email, "{as_of:?}");
            assert_eq!((golden.records.len(), states.len()), (2, 2));
        }
        assert_eq!(at(Some(day(3))).1[0], RecordState::default());
    }
}
