//! Everything that is known.

use std::collections::HashMap;

use kulta_events::Recorded;
use kulta_projections::pipeline::card::{Card, LeadCard, OfferCard};
use kulta_projections::pipeline::definition::Pipelines;
use kulta_projections::pipeline::history::History;
use kulta_projections::pipeline::lead::Lead;
use kulta_projections::pipeline::offer::Offer;
use kulta_projections::pipeline::standing::Passes;
use kulta_projections::pipeline::step::Rows;
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
}

impl State {
    /// Takes in events, in any order; those that are known already say nothing.
    pub fn take(&mut self, events: &[Recorded]) {
        let changed = self.rows.fold(events);
        for id in changed.offers {
            let standing = self.rows.offers.get(&id).and_then(|history| Offer::at(history, None));
            self.offers.extend(standing.map(|offer| (id, Card::of(id, offer.standing()))));
        }
        for id in changed.leads {
            let standing = self.rows.leads.get(&id).and_then(|history| Lead::at(history, None));
            self.leads.extend(standing.map(|lead| (id, Card::of(id, lead.standing()))));
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

    /// A history as far as it was known.
    pub(super) fn known<F: Clone>(self, history: &History<F>) -> History<F> {
        match self.until {
            Some(until) => history.clone().known_at(until),
            None => history.clone(),
        }
    }
}
