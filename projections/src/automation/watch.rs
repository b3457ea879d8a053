//! All of it for one thing, by its definition: what a projector asks when an event of the thing comes in, and when it
//! asked to be woken.

use kulta_events::{Instant, Recorded};
use uuid::Uuid;

use super::causes::Causes;
use super::customers::{CONTACTS, MAILS, Seen, counted, no_contact, not_opened, nothing};
use super::definition::{Definition, When};
use super::things::{end_of_lead, end_of_offer, stays, unanswered, with_facts};
use crate::pipeline::business::BusinessHours;
use crate::pipeline::complaint::{Complaint, ComplaintHistory};
use crate::pipeline::contact::ContactPolicy;
use crate::pipeline::definition::{Passing, Pipelines};
use crate::pipeline::funnel::Journey;
use crate::pipeline::lead::{Lead, LeadHistory};
use crate::pipeline::offer::{Offer, OfferHistory};
use crate::pipeline::standing::Passes;
use crate::pipeline::step::thing as thing_of;
use crate::scores::rules::AtLeast;

/// What an automation looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An offer, by the events of its stream.
    Offer,
    /// A lead, by the events of its stream.
    Lead,
    /// A complaint, by the events of its stream.
    Complaint,
    /// A customer, by the events of all of its records.
    Customer,
    /// A customer, by points and grade ([`super::crossing`]).
    Score,
}

impl When {
    /// What is looked at.
    pub fn subject(&self) -> Subject {
        match self {
            When::InStage { passing: Passing::Offers, .. } => Subject::Offer,
            When::InStage { passing: Passing::Leads, .. } => Subject::Lead,
            When::Unanswered { .. } => Subject::Complaint,
            When::NoContact { .. } | When::Nothing { .. } | When::NotOpened { .. } | When::Count { .. } => {
                Subject::Customer
            }
            When::Points { .. } | When::Grade { .. } => Subject::Score,
        }
    }

    /// Whether an event of this type may change the causes.
    pub fn reads(&self, type_name: &str) -> bool {
        match self {
            When::InStage { passing: Passing::Offers, .. } => type_name.starts_with("offer."),
            When::InStage { passing: Passing::Leads, .. } => type_name.starts_with("lead."),
            When::Unanswered { .. } => type_name.starts_with("complaint."),
            When::NoContact { .. } => CONTACTS.contains(&type_name),
            When::Nothing { on, .. } | When::Count { on, .. } => on.iter().any(|name| **name == *type_name),
            When::NotOpened { .. } => MAILS.contains(&type_name),
            When::Points { .. } | When::Grade { .. } => false,
        }
    }
}

/// What causes depend on beside facts: what is in force at the time of the look.
#[derive(Clone, Copy)]
pub struct Watch<'w> {
    /// The pipelines.
    pub pipelines: &'w Pipelines,
    /// When it is open, and within how much time complaints are to be answered.
    pub hours: &'w BusinessHours,
    /// What counts as contact.
    pub contact: &'w ContactPolicy,
}

impl Watch<'_> {
    /// The causes of a thing, by its events in whatever order; of customers the events of all records, and the thing is
    /// of no account. Events of other things, and of types that the condition does not read, may be among them. None
    /// for conditions on points and grades.
    pub fn of(&self, definition: &Definition, thing: Uuid, events: &[Recorded], as_of: Instant) -> Causes {
        let zone = &definition.zone;
        match &definition.when {
            When::InStage { passing, pipeline, stage, days } => {
                let category = if *passing == Passing::Offers { "offer" } else { "lead" };
                let seen = of_thing(events, category, thing, as_of);
                match self.journey(*passing, &seen) {
                    Some(journey) => {
                        let found = stays(thing, &journey, (pipeline, stage), *days, zone, (as_of, seen.later));
                        with_facts(found, &seen.events)
                    }
                    None => seen.causes(Vec::new()),
                }
            }
            When::Unanswered { hours_before_due } => {
                let seen = of_thing(events, "complaint", thing, as_of);
                match Complaint::at(&ComplaintHistory::of(seen.events.iter().copied()), None) {
                    Some(complaint) => {
                        let found = unanswered(thing, &complaint, self.hours, *hours_before_due, (as_of, seen.later));
                        with_facts(found, &seen.events)
                    }
                    None => seen.causes(Vec::new()),
                }
            }
            When::NoContact { days } => no_contact(events, self.contact, *days, zone, as_of),
            When::Nothing { on, days, only } => nothing(events, (on, only.as_ref()), *days, zone, as_of),
            When::NotOpened { days } => not_opened(events, *days, zone, as_of),
            When::Count { on, count, within_days, only } => {
                let at_least = AtLeast { count: *count, within_days: *within_days };
                counted(events, (on, only.as_ref()), at_least, zone, as_of)
            }
            When::Points { .. } | When::Grade { .. } => Causes::default(),
        }
    }
    fn journey(&self, passing: Passing, seen: &Seen<'_>) -> Option<Journey> {
        let events = || seen.events.iter().copied();
        match passing {
            Passing::Offers => {
                let offer = Offer::at(&OfferHistory::of(events()), None)?;
                Some(Journey::of(&offer.standing, self.pipelines, passing, end_of_offer))
            }
            Passing::Leads => {
                let lead = Lead::at(&LeadHistory::of(events()), None)?;
                Some(Journey::of(&lead.standing, self.pipelines, passing, end_of_lead))
            }
        }
    }
}

/// The events of a thing with a stream of its own.
fn of_thing<'e>(events: &'e [Recorded], category: &str, thing: Uuid, as_of: Instant) -> Seen<'e> {
    Seen::before(as_of, events.iter().filter(|event| thing_of(event, category) == Some(thing)))
}

#[cfg(test)]
mod tests;
