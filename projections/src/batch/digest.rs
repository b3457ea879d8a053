//! A batch of events, sorted by what each asks of a step.

use std::collections::{BTreeMap, HashMap};

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
    /// Whether the customers of these records are settled by whoever folds them.
    pub settles: bool,
}

impl<'a> Digest<'a> {
    pub fn of(events: &'a [Recorded]) -> Self {
        let mut digest = Self::of_records(events);
        digest.deciding = deciding(events).collect();
        digest.settles = true;
        digest
    }

    /// Only what events say of records.
    pub fn of_records(events: &'a [Recorded]) -> Self {
        let mut digest = Self { named: HashMap::new(), shaping: BTreeMap::new(), deciding: Vec::new(), settles: false };
        for event in events {
            if let Some(record) = event.record {
                digest.named.entry(record).or_insert(event);
                if shapes_golden(&event.type_name) {
                    digest.shaping.entry(record).or_default().push(event);
                }
            }
        }
        for events in digest.shaping.values_mut() {
            events.sort_by(|a, b| a.order.cmp(&b.order));
        }
        digest
    }

    /// Only what events decide.
    pub fn of_decisions(events: &'a [Recorded]) -> Self {
        let deciding = deciding(events).collect();
        Self { named: HashMap::new(), shaping: BTreeMap::new(), deciding, settles: false }
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

fn deciding(events: &[Recorded]) -> impl Iterator<Item = (Uuid, &Recorded)> {
    events.iter().filter_map(|event| Some((decision_of(event)?, event)))
}

/// The decisions that a batch is about, as they stand after it.
pub(super) fn decided(loaded: &Loaded, digest: &Digest<'_>) -> BTreeMap<Uuid, Decision> {
    let known = digest.deciding.iter().filter_map(|(id, _)| Some((*id, loaded.decisions.get(id)?.clone()?)));
    let mut decisions: BTreeMap<Uuid, Decision> = known.collect();
    for (_, event) in &digest.deciding {
        crosswalk::fold(&mut decisions, event);
    }
    decisions
}
