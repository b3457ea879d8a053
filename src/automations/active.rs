//! Which automations are enabled.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use kulta_events::{CustomerId, Instant};
use kulta_projections::automation::definition::Definition;
use kulta_projections::automation::watch::Subject;

use super::Automator;
use super::timers::Timers;
use crate::work::Moment;

/// An automation that is enabled.
#[derive(Debug)]
pub(super) struct Active {
    /// Its number here, for timers.
    pub number: u32,
    /// Its id.
    pub id: Box<str>,
    /// Which version.
    pub version: u64,
    /// What it does.
    pub definition: Definition,
    /// Causes that came to be before then are not fired for.
    pub from: Instant,
    /// The position that shaped it.
    position: u64,
    /// Whether everything was looked at since it became so.
    pub begun: bool,
    /// The list of scores that was looked at.
    pub list: Option<i64>,
    /// Customers to be looked at when the list has got to a position.
    pub pending: Vec<(u64, BTreeSet<CustomerId>)>,
    /// Customers who were beyond the bar when the automation began, as far as that was asked.
    pub beyond: HashSet<CustomerId>,
}

impl Active {
    /// What it looks at.
    pub fn subject(&self) -> Subject {
        self.definition.when.subject()
    }
}

/// Those that are enabled, and numbers that were given.
#[derive(Debug, Default)]
pub(super) struct Actives {
    pub by_id: BTreeMap<Box<str>, Active>,
    given: u32,
}

impl Actives {
    /// Takes note of what is defined up to a position: not of what was defined behind what the projections hold, since
    /// customers are looked at as far as that. Timers of what is no longer so are forgotten.
    pub fn look(&mut self, automator: &Automator, timers: &mut Timers, until: u64) {
        let known = automator.customers.work.automations(Moment { until: Some(until), ..Moment::default() });
        let facets = automator.scores.facets();
        let mut before = std::mem::take(&mut self.by_id);
        for automation in known.enabled() {
            let id = &automation.version.automation;
            if let Some(same) = before.remove(id) {
                if same.position == automation.position {
                    self.by_id.insert(id.clone(), same);
                    continue;
                }
                timers.forget(same.number);
            }
            // What cannot be read does nothing; its page says why.
            let Ok(definition) = automation.definition(&facets) else { continue };
            let Some(from) = automation.from(&definition) else { continue };
            self.given += 1;
            let active = Active {
                number: self.given,
                id: id.clone(),
                version: automation.number,
                definition,
                from,
                position: automation.position,
                begun: false,
                list: None,
                pending: Vec::new(),
                beyond: HashSet::new(),
            };
            self.by_id.insert(id.clone(), active);
        }
        for gone in before.values() {
            timers.forget(gone.number);
        }
    }

    /// Those that look at customers by their events.
    pub fn of_customers(&self) -> impl Iterator<Item = &Active> {
        self.by_id.values().filter(|active| active.subject() == Subject::Customer)
    }

    /// Those that look at points and grades.
    pub fn of_scores(&self) -> impl Iterator<Item = &Active> {
        self.by_id.values().filter(|active| active.subject() == Subject::Score)
    }

    /// Those that look at things of a category.
    pub fn of_things<'a>(&'a self, category: &'a str) -> impl Iterator<Item = &'a Active> {
        self.by_id.values().filter(move |active| super::look::category(active.subject()) == Some(category))
    }
}
