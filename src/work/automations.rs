//! Automations, what they fired for, and what is to go out.

use kulta_events::RecordId;
use kulta_projections::automation::crossing::Crossing;
use kulta_projections::automation::versions::Automations;
use kulta_projections::propagation::held::Ledger;
use uuid::Uuid;

use super::state::Outgoing;
use super::{Moment, Work};

impl Work {
    /// The automations that are in force at a moment.
    pub fn automations(&self, moment: Moment) -> Automations {
        Automations::at(&moment.known(&self.state().automations), moment.as_of)
    }

    /// How often an automation fired, and the place in the log of the last time.
    pub fn fired(&self, automation: &str) -> (u64, Option<u64>) {
        let state = self.state();
        let fired = state.fired.get(automation).filter(|fired| fired.count > 0);
        fired.map_or((0, None), |fired| (fired.count, Some(fired.last)))
    }

    /// Whether an automation fired for a cause that any of these events was part of.
    pub fn has_fired(&self, automation: &str, mut parts: impl Iterator<Item = u64>) -> bool {
        let state = self.state();
        state.fired.get(automation).is_some_and(|fired| parts.any(|part| fired.parts.contains(&part)))
    }

    /// How far customers have come at a bar, by the records for which steps were taken.
    pub fn steps(&self, automation: &str) -> Vec<(RecordId, Crossing)> {
        let state = self.state();
        let steps = state.fired.get(automation).into_iter().flat_map(|fired| &fired.steps);
        steps.map(|(record, step)| (*record, Crossing::after(*step))).collect()
    }

    /// What is to go out and did not yet, in the order in which it was asked for.
    pub fn outbox<T>(&self, pick: impl Fn(Uuid, &Outgoing) -> Option<T>) -> Vec<T> {
        let state = self.state();
        let picked = state.outbox.iter().filter_map(|(id, asked)| Some((asked.event.position, pick(*id, asked)?)));
        let mut found: Vec<_> = picked.collect();
        found.sort_by_key(|(position, _)| *position);
        found.into_iter().map(|(_, found)| found).collect()
    }

    /// Something that is to go out and did not yet.
    pub fn outgoing(&self, id: Uuid) -> Option<Outgoing> {
        self.state().outbox.get(&id).cloned()
    }

    /// Looks at subscribers and what they hold.
    pub fn ledger<R>(&self, look: impl FnOnce(&Ledger) -> R) -> R {
        look(&self.state().ledger)
    }

    /// The ids of all offers, leads or complaints.
    pub fn ids(&self, category: &str) -> Vec<Uuid> {
        let rows = &self.state().rows;
        match category {
            "offer" => rows.offers.keys().copied().collect(),
            "lead" => rows.leads.keys().copied().collect(),
            "complaint" => rows.complaints.keys().copied().collect(),
            _ => Vec::new(),
        }
    }
}
