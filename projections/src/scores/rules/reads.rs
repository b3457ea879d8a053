//! What has to be loaded for a rule set.

use std::collections::{BTreeMap, BTreeSet};

use super::{Facets, Pays, Rule, RuleSet, Worth};
use crate::expr::Expression;

/// The names of an event's envelope that expressions may read.
const ENVELOPE: [&str; 4] = ["source", "time", "type", "unit"];

/// What one rule reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleReads {
    /// The event types that it looks at.
    pub types: BTreeSet<Box<str>>,
    /// The facets that it reads of them, as expressions name them: `amount`, `attributes.size`.
    pub facets: BTreeSet<Box<str>>,
    /// What it reads of the envelope: `source`, `time`, `type`, `unit`. The time of an event counts in any case.
    pub envelope: BTreeSet<Box<str>>,
    /// What it reads of the customer, without `customer.`.
    pub customer: BTreeSet<Box<str>>,
    /// Whether a customer's first event of any type matters.
    pub any_event: bool,
}

/// What a rule set reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Each rule, in the order of the rule set.
    pub rules: Vec<RuleReads>,
    /// The event types that at least one rule looks at, each with those of its facets that are read; among them
    /// `currency` where an amount has to be converted.
    pub types: BTreeMap<Box<str>, BTreeSet<Box<str>>>,
    /// What is read of the envelope.
    pub envelope: BTreeSet<Box<str>>,
    /// What is read of the customer, without `customer.`.
    pub customer: BTreeSet<Box<str>>,
    /// Whether a customer's first event of any type matters.
    pub any_event: bool,
}

impl Rule {
    /// What this rule reads.
    pub fn reads(&self) -> RuleReads {
        let mut reads = RuleReads::default();
        let on = match &self.pays {
            Pays::Events(events) => &events.on,
            Pays::Absence(absence) => {
                reads.any_event = absence.from_first_event;
                &absence.on
            }
        };
        reads.types = on.iter().cloned().collect();
        for name in self.expressions().flat_map(Expression::variables) {
            let set = match name.strip_prefix("customer.") {
                Some(of_customer) => {
                    reads.customer.insert(of_customer.into());
                    continue;
                }
                None if ENVELOPE.contains(&&**name) => &mut reads.envelope,
                None => &mut reads.facets,
            };
            set.insert((**name).into());
        }
        reads
    }

    /// Its expressions, in the order in which they are evaluated.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let (when, worth) = match &self.pays {
            Pays::Absence(absence) => (None, &absence.points),
            Pays::Events(events) => match &events.worth {
                Worth::Points(points) => (events.when.as_ref(), points),
                Worth::Tiers(tiers) => (events.when.as_ref(), &tiers.measure),
            },
        };
        when.into_iter().chain([worth])
    }
}

impl RuleSet {
    /// What each rule and the whole set reads, so that nothing else need be loaded.
    pub fn reads(&self, facets: &Facets) -> Reads {
        let mut reads = Reads::default();
        for rule in self.rules.iter().map(Rule::reads) {
            for event_type in &rule.types {
                let of_type = reads.types.entry(event_type.clone()).or_default();
                of_type.extend(rule.facets.iter().filter(|name| facets.get(event_type, name).is_some()).cloned());
                if self.money.is_some() && rule.facets.iter().any(|name| facets.is_money(event_type, name)) {
                    of_type.insert("currency".into());
                }
            }
            reads.envelope.extend(rule.envelope.iter().cloned());
            reads.customer.extend(rule.customer.iter().cloned());
            reads.any_event |= rule.any_event;
            reads.rules.push(rule);
        }
        reads
    }
}
