//! What reports count straight from events: activities and purchases.

use std::borrow::Cow;

use kulta_events::{Instant, Json, Order, RecordId, Recorded};
use rust_decimal::Decimal;

use super::field::Over;
use super::item::Item;
use crate::pipeline::contact::{Contact, Direction, Row};
use crate::pipeline::terms::{known, word};

/// An activity. Of two with one key the one that [`Row::supersedes`] the other counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Who spoke to whom, and what came of it.
    pub contact: Contact,
    /// Over which channel.
    pub channel: Option<Box<str>>,
    /// How long it took.
    pub minutes: Option<i64>,
    /// Whose it was.
    pub team: Option<Box<str>>,
}

impl Activity {
    /// What `activity.logged` tells; `None` for other types, and for events about no record.
    pub fn of(event: &Recorded) -> Option<Self> {
        if event.type_name != "activity.logged" {
            return None;
        }
        let minutes = known(event, "minutes").and_then(Json::as_decimal);
        Some(Self {
            contact: Contact::of(event)?,
            channel: word(event, "channel"),
            minutes: minutes.and_then(|number| i64::try_from(number).ok()),
            team: word(event, "team"),
        })
    }
}

/// A word between a customer and us counts as an activity without minutes, team and channel.
impl From<Contact> for Activity {
    fn from(contact: Contact) -> Self {
        Self { contact, channel: None, minutes: None, team: None }
    }
}

impl Row for Activity {
    type Key = <Contact as Row>::Key;

    fn key(&self) -> Self::Key {
        self.contact.key()
    }

    fn order(&self) -> &Order {
        &self.contact.order
    }
}

impl Item for Activity {
    fn over(&self) -> Over {
        Over::Activities
    }

    fn record(&self) -> Option<RecordId> {
        Some(self.contact.record)
    }

    fn text(&self, field: &str) -> Option<Cow<'_, str>> {
        let contact = &self.contact;
        let found = match field {
            "channel" => self.channel.as_deref(),
            "complaint" => contact.about.complaint.as_deref(),
            "direction" => contact.direction.map(|direction| match direction {
                Direction::Incoming => "incoming",
                Direction::Outgoing => "outgoing",
                Direction::Internal => "internal",
            }),
            "kind" => contact.kind.as_deref(),
            "lead" => contact.about.lead.as_deref(),
            "offer" => contact.about.offer.as_deref(),
            "outcome" => contact.outcome.as_deref(),
            "owner" => contact.owner.as_deref(),
            "source" => Some(&*contact.order.source),
            "team" => self.team.as_deref(),
            "type" => Some(&*contact.type_name),
            _ => None,
        };
        found.map(Cow::Borrowed)
    }

    fn number(&self, field: &str) -> Option<Decimal> {
        self.minutes.filter(|_| field == "minutes").map(Decimal::from)
    }

    fn time(&self, field: &str) -> Option<Instant> {
        (field == "at").then_some(self.contact.order.time)
    }

    fn currency(&self) -> Option<&str> {
        None
    }
}

/// What was bought, given back or called off, as its event tells it. Sums lose what was given back and called off;
/// all other measures, and conditions, take amounts as they were said.
#[derive(Clone, Copy, Debug)]
pub struct Purchase<'e> {
    event: &'e Recorded,
    status: &'static str,
}

impl<'e> Purchase<'e> {
    /// What an event tells; `None` for other types.
    pub fn of(event: &'e Recorded) -> Option<Self> {
        let status = match event.type_name.as_str() {
            "purchase.made" => "made",
            "purchase.returned" => "returned",
            "purchase.cancelled" => "cancelled",
            _ => return None,
        };
        Some(Self { event, status })
    }

    /// A facet that its type knows.
    fn facet(&self, field: &str) -> Option<&'e Json> {
        match field.strip_prefix("attributes.") {
            Some(name) => known(self.event, "attributes")?.get(name),
            None => known(self.event, field),
        }
    }
}

impl Item for Purchase<'_> {
    fn over(&self) -> Over {
        Over::Purchases
    }

    fn record(&self) -> Option<RecordId> {
        self.event.record
    }

    fn text(&self, field: &str) -> Option<Cow<'_, str>> {
        match field {
            "status" => Some(self.status.into()),
            "source" => Some((&*self.event.order.source).into()),
            "unit" => self.event.unit.as_deref().map(Cow::Borrowed),
            _ => match self.facet(field)? {
                Json::String(text) => Some(&**text).filter(|text| !text.is_empty()).map(Cow::Borrowed),
                Json::Bool(value) => Some(if *value { "true" } else { "false" }.into()),
                number @ Json::Number(_) => number.as_decimal().map(|number| number.normalize().to_string().into()),
                _ => None,
            },
        }
    }

    fn number(&self, field: &str) -> Option<Decimal> {
        self.facet(field)?.as_decimal()
    }

    fn time(&self, field: &str) -> Option<Instant> {
        (field == "at").then_some(self.event.order.time)
    }

    fn currency(&self) -> Option<&str> {
        self.facet("currency").and_then(Json::as_str)
    }

    fn is_taken_back(&self) -> bool {
        self.status != "made"
    }
}
