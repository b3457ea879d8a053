//! The identity family: what stewards decided. Automatic links are never events.
//!
//! At rest the two lists hold record ids instead of (source, subject), since subjects may be personal.

use super::{EventType, Home, Importance};
use crate::field::Kind::{List, RecordRef, Text};
use crate::field::Retention::Conversation;
use crate::field::{Field, fact, personal};

const LISTS: &[Field] = &[
    fact("records", List(&RecordRef)).required(),
    fact("from", List(&RecordRef)).required(),
    personal("reason", Text(8_000), Conversation),
];

const HOME: Home = Home::Command { category: "decision" };

/// The types of this family.
pub const TYPES: &[EventType] = &[
    EventType::of_record("identity.linked", "All records of one list are one customer with all of the other.", LISTS)
        .home(HOME)
        .importance(Importance::Normal),
    EventType::of_record("identity.separated", "All records of one list are apart from all of the other.", LISTS)
        .home(HOME)
        .importance(Importance::Normal),
    EventType::of_record(
        "identity.postponed",
        "Whether the records of the two lists are one customer is to be decided later.",
        LISTS,
    )
    .home(HOME),
    EventType::of_record(
        "identity.decision_withdrawn",
        "An earlier decision no longer holds.",
        &[fact("decision", Text(64)).required(), personal("reason", Text(8_000), Conversation)],
    )
    .home(HOME)
    .importance(Importance::Normal),
];
