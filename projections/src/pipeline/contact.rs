//! What was said with a customer, when last; notes; lists. Rows of which the later word holds.
//!
//! Each row is made of one event ([`Contact::of`] and its like). Of two rows with one key the one with the higher order
//! (time, source, id) is kept ([`Row::supersedes`]), so the table is the same in whatever order events arrive. As of a
//! time: the same over the events before it. Keys may hold event ids: fold again when a record is erased.

use std::collections::BTreeSet;

use kulta_events::recorded::EventName;
use kulta_events::{Json, Order, RecordId, Recorded};
use serde::{Deserialize, Serialize};

use super::history::{Fact, History};
use super::task::About;
use super::terms::{known, text, word};

/// A row that a later word of the same key replaces.
pub trait Row {
    /// What the row is about; unique in its table.
    type Key: Ord;
    /// Its key.
    fn key(&self) -> Self::Key;
    /// Where its word stands in the order of facts.
    fn order(&self) -> &Order;
    /// Whether it takes the place of another row of the same key.
    fn supersedes(&self, known: &Self) -> bool {
        self.order() > known.order()
    }
}

/// Who spoke to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The customer to us.
    Incoming,
    /// We to the customer.
    Outgoing,
    /// Nobody to the customer.
    Internal,
}

impl Direction {
    fn read(value: &Json) -> Option<Self> {
        match value.as_str()? {
            "incoming" => Some(Direction::Incoming),
            "outgoing" => Some(Direction::Outgoing),
            "internal" => Some(Direction::Internal),
            _ => None,
        }
    }
}

/// An activity, a message or another word between a customer and us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Whose.
    pub record: RecordId,
    /// The type of the event.
    pub type_name: Box<str>,
    /// Its own id; `None` for types that have none: then each event stands for itself.
    pub own_id: Option<Box<str>>,
    /// Where the word stands in the order of facts.
    pub order: Order,
    /// Its place in the log.
    pub position: u64,
    /// The kind of an activity, else the channel, if it was said.
    pub kind: Option<Box<str>>,
    /// What came of it.
    pub outcome: Option<Box<str>>,
    /// Who spoke to whom, if it was said or follows from the type.
    pub direction: Option<Direction>,
    /// Who did it.
    pub owner: Option<Box<str>>,
    /// Own ids of what it is about.
    pub about: About,
}

impl Contact {
    /// What an event tells; `None` for types by which nobody speaks, and for events about no record.
    pub fn of(event: &Recorded) -> Option<Self> {
        let (member, by_type) = match event.type_name.as_str() {
            "activity.logged" => (Some("activity"), None),
            "message.logged" => (Some("message"), None),
            "complaint.opened"
            | "complaint.customer_reacted"
            | "email.replied"
            | "enquiry.received"
            | "feedback.given"
            | "form.submitted" => (None, Some(Direction::Incoming)),
            "complaint.answered" | "email.sent" => (None, Some(Direction::Outgoing)),
            _ => return None,
        };
        let of = |name| word(event, name);
        Some(Self {
            record: event.record?,
            type_name: event.type_name.as_str().into(),
            own_id: member.and_then(of),
            order: event.order.clone(),
            position: event.position,
            kind: of("kind").or_else(|| of("channel")),
            outcome: of("outcome"),
            direction: by_type.or_else(|| known(event, "direction").and_then(Direction::read)),
            owner: of("owner"),
            about: About::read(event),
        })
    }
}

impl Row for Contact {
    /// The record, the type, the source, and the own id or else that of the event.
    type Key = (RecordId, Box<str>, String, Result<Box<str>, EventName>);

    fn key(&self) -> Self::Key {
        let id = self.own_id.clone().ok_or_else(|| self.order.id.clone());
        (self.record, self.type_name.clone(), self.order.source.clone(), id)
    }

    fn order(&self) -> &Order {
        &self.order
    }
}

/// What counts as contact: a setting.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ContactPolicy {
    /// These directions.
    pub directions: BTreeSet<Direction>,
    /// Whether what says no direction counts.
    pub unsaid: bool,
    /// Types that do not count, such as mails to many.
    pub except_types: BTreeSet<Box<str>>,
    /// Kinds of activities that do not count.
    pub except_kinds: BTreeSet<Box<str>>,
}

impl Default for ContactPolicy {
    /// Whoever spoke to whom; mails that were sent, mostly to many, do not count.
    fn default() -> Self {
        Self {
            directions: [Direction::Incoming, Direction::Outgoing].into(),
            unsaid: true,
            except_types: ["email.sent".into()].into(),
            except_kinds: BTreeSet::new(),
        }
    }
}

impl ContactPolicy {
    /// Whether a word counts as contact.
    pub fn counts(&self, contact: &Contact) -> bool {
        let direction = contact.direction.map_or(self.unsaid, |direction| self.directions.contains(&direction));
        let kind = contact.kind.as_ref().is_some_and(|kind| self.except_kinds.contains(kind));
        direction && !kind && !self.except_types.contains(&contact.type_name)
    }

    /// The last word that counts, in the order of facts. Hand in the rows of all records of a customer.
    pub fn last<'c>(&self, contacts: impl IntoIterator<Item = &'c Contact>) -> Option<&'c Contact> {
        contacts.into_iter().filter(|contact| self.counts(contact)).max_by(|a, b| a.order.cmp(&b.order))
    }
}

/// A kind of activity, as people define it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityType {
    /// Its id.
    pub kind: Box<str>,
    /// What people call it.
    pub name: Box<str>,
    /// The outcomes that it may have; none: any.
    pub outcomes: Vec<Box<str>>,
    /// Whether such an activity is contact with the customer.
    pub is_contact: bool,
    /// Whether none are logged any more.
    pub retired: bool,
}

impl Fact for ActivityType {
    fn read(event: &Recorded) -> Option<Self> {
        if event.type_name != "activity_type.defined" {
            return None;
        }
        let data = &event.payload.data;
        let kind = text(data, "activity_type")?;
        let outcomes = match data.get("outcomes") {
            Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).map(Into::into).collect(),
            _ => Vec::new(),
        };
        Some(Self {
            name: text(data, "name").unwrap_or_else(|| kind.clone()),
            outcomes,
            is_contact: data.get("is_contact") != Some(&Json::Bool(false)),
            retired: data.get("retired") == Some(&Json::Bool(true)),
            kind,
        })
    }
}

/// All definitions of all kinds.
pub type ActivityTypes = History<ActivityType>;

impl ActivityType {
    /// Whether such an activity may end so.
    pub fn allows(&self, outcome: &str) -> bool {
        self.outcomes.is_empty() || self.outcomes.iter().any(|known| **known == *outcome)
    }

    /// The kind with this id as it is defined; `None`: nobody defined it.
    pub fn find<'t>(types: &'t ActivityTypes, kind: &str) -> Option<&'t Self> {
        types.told().iter().rev().map(|told| &told.fact).find(|known| &*known.kind == kind)
    }
}

/// A note about a customer. Its words stand in the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Whose.
    pub record: RecordId,
    /// Its own id.
    pub note: Box<str>,
    /// Where the newest words stand in the order of facts, and in the log.
    pub order: Order,
    /// The newest words' place in the log.
    pub position: u64,
    /// Own ids of what it is about.
    pub about: About,
}

impl Note {
    /// What `note.written` tells; `None` for other types.
    pub fn of(event: &Recorded) -> Option<Self> {
        if event.type_name != "note.written" {
            return None;
        }
        let (record, note) = (event.record?, word(event, "note")?);
        Some(Self { record, note, order: event.order.clone(), position: event.position, about: About::read(event) })
    }
}

impl Row for Note {
    /// The record and the own id: whoever knows the id speaks of the same note.
    type Key = (RecordId, Box<str>);

    fn key(&self) -> Self::Key {
        (self.record, self.note.clone())
    }

    fn order(&self) -> &Order {
        &self.order
    }
}

/// Whether something holds of a record: a note is pinned, the record is on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Of which record.
    pub record: RecordId,
    /// `note` or `list`.
    pub family: &'static str,
    /// The note's own id, or the list's name.
    pub name: Box<str>,
    /// Whether it holds.
    pub holds: bool,
    /// Where the word stands in the order of facts.
    pub order: Order,
    /// Its place in the log.
    pub position: u64,
}

impl Mark {
    /// What `note.pinned`, `list.entered` and `list.left` tell; `None` for other types.
    pub fn of(event: &Recorded) -> Option<Self> {
        let (family, holds) = match event.type_name.as_str() {
            "note.pinned" => ("note", known(event, "pinned") != Some(&Json::Bool(false))),
            "list.entered" => ("list", true),
            "list.left" => ("list", false),
            _ => return None,
        };
        let (record, name) = (event.record?, word(event, family)?);
        Some(Self { record, family, name, holds, order: event.order.clone(), position: event.position })
    }
}

impl Row for Mark {
    type Key = (RecordId, &'static str, Box<str>);

    fn key(&self) -> Self::Key {
        (self.record, self.family, self.name.clone())
    }

    fn order(&self) -> &Order {
        &self.order
    }
}

#[cfg(test)]
mod tests;
