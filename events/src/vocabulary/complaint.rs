//! The complaint family: each complaint is a thing with a life of its own.

use super::{EventType, Home, Importance};
use crate::field::Kind::{Amount, Currency, Integer, Text};
use crate::field::Retention::Conversation;
use crate::field::{Field, fact, personal};

const OPENED: &[Field] = &[
    fact("complaint", Text(200)).required(),
    fact("topic", Text(64)),
    fact("channel", Text(64)),
    personal("text", Text(65_536), Conversation),
];

const LATER: &[Field] = &[
    fact("complaint", Text(200)).required(),
    fact("outcome", Text(64)),
    fact("minutes", Integer),
    fact("cost", Amount),
    fact("currency", Currency),
    personal("text", Text(65_536), Conversation),
];

const HOME: Home = Home::Entity { category: "complaint", member: "complaint" };

/// The types of this family.
pub const TYPES: &[EventType] = &[
    EventType::of_record("complaint.opened", "The customer complained.", OPENED)
        .home(HOME)
        .importance(Importance::High),
    EventType::of_record("complaint.answered", "Somebody answered a complaint.", LATER).home(HOME),
    EventType::of_record("complaint.customer_reacted", "The customer reacted to an answer.", LATER)
        .home(HOME)
        .importance(Importance::High),
    EventType::of_record("complaint.reopened", "A closed complaint was taken up again.", LATER)
        .home(HOME)
        .importance(Importance::High),
    EventType::of_record("complaint.closed", "A complaint was settled.", LATER).home(HOME),
];
