//! Everything that is known.

use std::collections::{BTreeMap, HashMap, HashSet};

use kulta_events::{Instant, Json, RecordId, Recorded};
use kulta_projections::automation::versions::Definitions as Automations;
use kulta_projections::pipeline::card::{Card, LeadCard, OfferCard};
use kulta_projections::pipeline::definition::Pipelines;
use kulta_projections::pipeline::history::History;
use kulta_projections::pipeline::lead::{self, Lead};
use kulta_projections::pipeline::offer::{self, Offer};
use kulta_projections::pipeline::standing::Passes;
use kulta_projections::pipeline::step::{Rows, thing};
use kulta_projections::pipeline::tiles::Tiles;
use kulta_projections::propagation::held::Ledger;
use kulta_projections::report::Reports;
use uuid::Uuid;

use super::Moment;

/// See the module.
#[derive(Debug, Default)]
pub struct State {
    /// What was told, thing by thing.
    pub rows: Rows,
    /// How offers stand now.
    pub offers: HashMap<Uuid, OfferCard>,
    /// How leads stand now.
    pub leads: HashMap<Uuid, LeadCard>,
    /// What boards of now need of open offers.
    pub offer_tiles: Tiles,
    /// What boards of now need of open leads.
    pub lead_tiles: Tiles,
    /// Every version of every automation.
    pub automations: Automations,
    /// Every version of every report.
    pub reports: Reports,
    /// What automations fired for, by automation.
    pub fired: BTreeMap<Box<str>, Fired>,
    /// Subscribers, and what they hold.
    pub ledger: Ledger,
    /// What is to go out, and did not yet.
    pub outbox: BTreeMap<Uuid, Outgoing>,
}

/// What an automation fired for.
#[derive(Debug, Default)]
pub struct Fired {
    /// How often.
    pub count: u64,
    /// The place in the log of the last time.
    pub last: u64,
    /// The places in the log of the events of which causes were made.
    pub parts: HashSet<u64>,
    /// By record the highest step that was taken at a bar.
    pub steps: HashMap<RecordId, u64>,
}

/// Something that is to go out.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The record that it is about.
    pub record: Option<RecordId>,
    /// The event that asks for it.
    pub event: Recorded,
}

impl State {
    /// Takes in events; those that are known already say nothing.
    pub fn take(&mut self, events: &[Recorded]) {
        for event in events {
            match event.type_name.as_str() {
                "automation.defined" => drop(self.automations.tell(event)),
                "report.saved" => drop(self.reports.tell(event)),
                "automation.fired" | "automation.rearmed" => self.note(event),
                "outbox.requested" => {
                    let outgoing = Outgoing { record: event.record, event: event.clone() };
                    self.outbox.extend(thing(event, "outbox").map(|id| (id, outgoing)));
                }
                // One stream, in its order: what is settled was requested before.
                "outbox.sent" | "outbox.withheld" => {
                    if let Some(id) = thing(event, "outbox") {
                        self.outbox.remove(&id);
                        self.ledger.settle(id);
                    }
                }
                _ => self.ledger.tell(event),
            }
        }
        let changed = self.rows.fold(events);
        for id in changed.offers {
            let offer = self.rows.offers.get(&id).and_then(|history| Offer::at(history, None));
            let Some(card) = offer.map(|offer| Card::of(id, offer.standing())) else { continue };
            self.offer_tiles.put(&card, card.status == offer::Status::Open);
            self.offers.insert(id, card);
        }
        for id in changed.leads {
            let lead = self.rows.leads.get(&id).and_then(|history| Lead::at(history, None));
            let Some(card) = lead.map(|lead| Card::of(id, lead.standing())) else { continue };
            self.lead_tiles.put(&card, card.status == lead::Status::Open);
            self.leads.insert(id, card);
        }
    }

    /// Takes note of what an automation did. The same again changes nothing but the count.
    fn note(&mut self, event: &Recorded) {
        let data = &event.payload.data;
        let whole = |value: &Json| value.as_decimal().and_then(|number| u64::try_from(number).ok());
        let Some(automation) = data.get("automation").and_then(Json::as_str) else { return };
        let fired = self.fired.entry(automation.into()).or_default();
        if event.type_name == "automation.fired" && event.position > fired.last {
            fired.count += 1;
            fired.last = event.position;
        }
        if let Some(Json::Array(parts)) = data.get("parts") {
            fired.parts.extend(parts.iter().filter_map(whole));
        }
        let cause = data.get("cause").and_then(Json::as_str).unwrap_or_default();
        let thing = cause.split('/').next().and_then(|thing| thing.parse().ok()).map(RecordId);
        if let (Some(thing), Some(step)) = (thing, data.get("step").and_then(whole)) {
            let taken = fired.steps.entry(thing).or_default();
            *taken = step.max(*taken);
        }
    }

    /// The pipelines in force at a moment.
    pub fn pipelines(&self, moment: Moment) -> Pipelines {
        match moment.until {
            Some(_) => Pipelines::told_since(&moment.known(&self.rows.pipelines), moment.as_of),
            None => Pipelines::told_since(&self.rows.pipelines, moment.as_of),
        }
    }
}

impl Moment {
    /// Whether it is neither of an earlier time nor of an earlier log.
    pub fn is_now(self) -> bool {
        self == Self::default()
    }

    /// What a history says at this moment. It is copied only where the log is cut.
    pub(super) fn of<F: Clone, T>(
        self,
        history: &History<F>,
        at: impl Fn(&History<F>, Option<Instant>) -> Option<T>,
    ) -> Option<T> {
        match self.until {
            None => at(history, self.as_of),
            Some(_) => at(&self.known(history), self.as_of),
        }
    }

    /// A history as far as it was known.
    pub(super) fn known<F: Clone>(self, history: &History<F>) -> History<F> {
        match self.until {
            Some(until) => history.clone().known_at(until),
            None => history.clone(),
        }
    }
}
