//! All definitions of all automations, in every version, and those in force at a time.
//!
//! Of several definitions of one automation the later by (time, source, id) holds. What does not say whether it is
//! enabled is. A definition of an earlier day that this binary can no longer read stays a version, and does nothing.

use std::collections::BTreeMap;

use kulta_events::{Instant, Json, Problem, Recorded};

use super::definition::Definition;
use crate::pipeline::history::{Fact, History, Told};
use crate::pipeline::terms::text;
use crate::scores::rules::Facets;

/// One version of an automation, as it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The automation's id.
    pub automation: Box<str>,
    /// What people call it.
    pub name: Box<str>,
    /// What it does, see [`Definition::parse`].
    pub definition: Json,
    /// Whether it does it.
    pub enabled: bool,
}

/// All versions of all automations.
pub type Definitions = History<Version>;

impl Fact for Version {
    fn read(event: &Recorded) -> Option<Self> {
        (event.type_name == "automation.defined").then(|| Self::of(&event.payload.data)).flatten()
    }
}

impl Version {
    /// What a payload of `automation.defined` says; `None` when it names no automation, or nothing to do.
    pub fn of(data: &Json) -> Option<Self> {
        let automation = text(data, "automation")?;
        let definition = data.get("definition").filter(|document| !document.is_null())?.clone();
        let enabled = data.get("enabled") != Some(&Json::Bool(false));
        let name = text(data, "name").unwrap_or_else(|| automation.clone());
        Some(Self { automation, name, definition, enabled })
    }
}

/// An automation as it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Automation {
    /// Its newest version.
    pub version: Version,
    /// Which one that is, counted from 1 in the order of facts.
    pub number: u64,
    /// Since when it is enabled: the first version that enabled it since one last disabled it. `None`: it is not.
    pub enabled_since: Option<Instant>,
    /// The highest position that shaped it: its ETag.
    pub position: u64,
}

impl Automation {
    fn of(told: &Told<Version>, before: Option<&Self>) -> Self {
        let since = before.and_then(|before| before.enabled_since).unwrap_or(told.order.time);
        Self {
            version: told.fact.clone(),
            number: before.map_or(0, |before| before.number) + 1,
            enabled_since: told.fact.enabled.then_some(since),
            position: before.map_or(0, |before| before.position).max(told.position),
        }
    }

    /// What it does.
    ///
    /// # Errors
    /// When the definition is none; it came from elsewhere, or from an earlier day.
    pub fn definition(&self, facets: &Facets) -> Result<Definition, Vec<Problem>> {
        Definition::parse(&self.version.definition, facets)
    }

    /// From when on causes are fired for: as the definition says, else since it is enabled; `None`: it is not enabled.
    /// What came to be while it was disabled is therefore only made up for when people name a time.
    pub fn from(&self, definition: &Definition) -> Option<Instant> {
        self.enabled_since.map(|since| definition.from.unwrap_or(since))
    }
}

/// The automations that are in force at a time, by id; those that are disabled too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Automations {
    /// By id.
    pub by_id: BTreeMap<Box<str>, Automation>,
}

impl Automations {
    /// Those defined before a time; `None`: those of the newest definitions.
    pub fn at(definitions: &Definitions, as_of: Option<Instant>) -> Self {
        let mut automations = Self::default();
        for told in definitions.before(as_of) {
            let next = Automation::of(told, automations.by_id.get(&told.fact.automation));
            automations.by_id.insert(told.fact.automation.clone(), next);
        }
        automations
    }

    /// The same, but what was defined only later is taken as it was defined first: what an automation would have done
    /// can be told of times before it was written down.
    pub fn told_since(definitions: &Definitions, as_of: Option<Instant>) -> Self {
        let mut automations = Self::at(definitions, as_of);
        for told in &definitions.told()[definitions.before(as_of).len()..] {
            let first = || Automation::of(told, None);
            automations.by_id.entry(told.fact.automation.clone()).or_insert_with(first);
        }
        automations
    }

    /// The automation with this id.
    pub fn get(&self, automation: &str) -> Option<&Automation> {
        self.by_id.get(automation)
    }

    /// Those that are enabled, by id.
    pub fn enabled(&self) -> impl Iterator<Item = &Automation> {
        self.by_id.values().filter(|automation| automation.enabled_since.is_some())
    }
}

#[cfg(test)]
mod tests;
