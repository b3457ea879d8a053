//! A batch of events, sorted by what each asks of a step.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use kulta_events::{RecordId, Recorded};
use uuid::Uuid;

use super::Loaded;
use crate::crosswalk::{self, Decision, decision_of};
use crate::record::shapes_golden;

pub(super) struct Digest<'a> {
    /// The first event that names each record.
    pub named: HashMap<RecordId, &'a Recorded>,
    /// The events that shape each record, in the order of facts.
    pub shaping: BTreeMap<RecordId, Vec<&'a Recorded>>,
    /// Decisions, and their withdrawals.
    pub deciding: Vec<(Uuid, &'a Recorded)>,
}

impl<'a> Digest<'a> {
    pub fn of(events: &'a [Recorded]) -> Self {
        let mut digest = Self { named: HashMap::new(), shaping: BTreeMap::new(), deciding: Vec::new() };
        for event in events {
            if let Some(record) = event.record {
                digest.named.entry(record).or_insert(event);
                if shapes_golden(&event.type_name) {
                    digest.shaping.entry(record).or_default().push(event);
                }
            }
            if let Some(decision) = decision_of(event) {
                digest.deciding.push((decision, event));
            }
        }
        for events in digest.shaping.values_mut() {
            events.sort_by(|a, b| a.order.cmp(&b.order));
        }
        digest
    }

    /// The records that come into being.
    pub fn new_records<'s>(
        &'s self,
        loaded: &'s Loaded,
    ) -> impl Iterator<Item = (RecordId, &'a Recorded)> + use<'a, 's> {
        let absent = |(record, _): &(&RecordId, &&Recorded)| loaded.is_absent(**record);
        self.named.iter().filter(absent).map(|(record, event)| (*record, *event))
    }
}

/// The decisions after a batch, and what they have to do with one another.
pub(super) struct Decided {
    pub decisions: BTreeMap<Uuid, Decision>,
    /// Those that the batch changed.
    pub changed: BTreeSet<Uuid>,
    /// The decisions that name a record.
    pub of: HashMap<RecordId, Vec<Uuid>>,
}

impl Decided {
    pub fn after(loaded: &Loaded, digest: &Digest<'_>) -> Self {
        let mut decisions: BTreeMap<Uuid, Decision> =
            loaded.decisions.iter().filter_map(|(id, decision)| Some((*id, decision.clone()?))).collect();
        let changed: BTreeSet<Uuid> =
            digest.deciding.iter().filter_map(|(_, event)| crosswalk::fold(&mut decisions, event)).collect();
        let mut of: HashMap<RecordId, Vec<Uuid>> = HashMap::new();
        for decision in decisions.values() {
            for record in decision.named().collect::<BTreeSet<_>>() {
                of.entry(record).or_default().push(decision.id);
            }
        }
        Self { decisions, changed, of }
    }

    /// The records whose customers may change by these decisions: those that a changed decision names, and those that
    /// share a decision with a new record.
    pub fn roots(&self, loaded: &Loaded, digest: &Digest<'_>) -> BTreeSet<RecordId> {
        let of_new = digest.new_records(loaded).filter_map(|(record, _)| self.of.get(&record)).flatten();
        let ids: BTreeSet<_> = self.changed.iter().chain(of_new).collect();
        ids.into_iter().filter_map(|id| self.decisions.get(id)).flat_map(Decision::named).collect()
    }
}
