//! What people do with a customer and write down: the families activity, note, message and list.
//!
//! All of them are facts about a record. Of two events with one own id of one source the later corrects the earlier.

use super::{EventType, Home, Importance};
use crate::field::Kind::{Boolean, Integer, List, OneOf, RecordRef, Text};
use crate::field::Retention::Conversation;
use crate::field::{Field, fact, personal};

const TITLE: Field = personal("title", Text(500), Conversation);
const TEXT: Field = personal("text", Text(65_536), Conversation);
/// Who spoke to whom; `internal`: nobody to the customer.
const DIRECTION: Field = fact("direction", OneOf(&["incoming", "outgoing", "internal"]));
const OFFER: Field = fact("offer", Text(200));
const LEAD: Field = fact("lead", Text(200));
const COMPLAINT: Field = fact("complaint", Text(200));

const LOGGED: &[Field] = &[
    fact("activity", Text(200)).required(),
    fact("kind", Text(64)).required(),
    fact("outcome", Text(64)),
    DIRECTION,
    fact("channel", Text(64)),
    fact("minutes", Integer),
    fact("owner", Text(200)),
    fact("team", Text(200)),
    OFFER,
    LEAD,
    COMPLAINT,
    fact("contact", RecordRef),
    TITLE,
    TEXT,
];

const KIND: &[Field] = &[
    fact("activity_type", Text(64)).required(),
    fact("name", Text(200)),
    fact("outcomes", List(&Text(64))),
    fact("is_contact", Boolean),
    fact("retired", Boolean),
];

const MESSAGE: &[Field] = &[
    fact("message", Text(200)).required(),
    fact("channel", Text(64)),
    DIRECTION,
    fact("campaign", Text(200)),
    fact("owner", Text(200)),
    OFFER,
    LEAD,
    COMPLAINT,
    TITLE,
    TEXT,
];

const WRITTEN: &[Field] =
    &[fact("note", Text(200)).required(), fact("owner", Text(200)), OFFER, LEAD, COMPLAINT, TITLE, TEXT.required()];
const PINNED: &[Field] = &[fact("note", Text(200)).required(), fact("pinned", Boolean)];
const LIST: &[Field] =
    &[fact("list", Text(200)).required(), fact("cause", Text(200)), personal("reason", Text(8_000), Conversation)];

/// The types of these families.
pub const TYPES: &[EventType] = &[
    EventType::of_record("activity.logged", "Somebody did something with the customer: a call, a visit.", LOGGED),
    EventType::of_record("activity_type.defined", "There is this kind of activity, with these outcomes.", KIND)
        .home(Home::Command { category: "activity_type" }),
    EventType::of_record("message.logged", "A message went to the customer or came from it.", MESSAGE),
    EventType::of_record("note.written", "Somebody wrote a note about the customer.", WRITTEN),
    EventType::of_record("note.pinned", "A note is to be seen first, or no longer.", PINNED)
        .importance(Importance::High),
    EventType::of_record("list.entered", "The customer came onto a list.", LIST).importance(Importance::Low),
    EventType::of_record("list.left", "The customer is no longer on a list.", LIST).importance(Importance::Low),
];
