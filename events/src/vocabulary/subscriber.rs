//! Systems that hold copies of customers, and what they hold.

use super::{EventType, Home, Importance};
use crate::field::Kind::{Boolean, DateOrTime, Integer, List, Object, OneOf, Text};
use crate::field::Retention::Conversation;
use crate::field::{Kind, fact, personal};

const SUBSCRIBER: crate::field::Field = fact("subscriber", Text(64)).required();

/// That a subscriber holds a customer, named by any record id, as it stood at a position.
const HELD: Kind = Object(&[fact("customer", Text(36)).required(), fact("position", Integer).required()]);

/// The types of this family.
pub const TYPES: &[EventType] = &[
    EventType::of_record(
        "subscriber.registered",
        "From now on this system holds copies of customers, or no longer does.",
        &[
            SUBSCRIBER,
            fact("name", Text(200)),
            fact("kind", OneOf(&["kafka", "webhook", "pull"])).required(),
            // An address may hold a password of the receiver's.
            personal("url", Text(2_000), Conversation),
            fact("source", Text(256)),
            fact("fields", List(&Text(64))),
            fact("within_hours", Integer),
            // Up to where it held everything when it was registered.
            fact("holds", Integer),
            fact("enabled", Boolean),
            // Which secret its messages are signed with: the secret itself is never written down.
            fact("secret", Integer),
            fact("reason_code", Text(64)),
            personal("reason", Text(8_000), Conversation),
        ],
    )
    .home(Home::Command { category: "subscriber" }),
    EventType::of_record(
        "subscriber.acknowledged",
        "The subscriber holds these customers as they stood then, and all customers up to a position.",
        &[SUBSCRIBER, fact("position", Integer), fact("customers", List(&HELD))],
    )
    .home(Home::Command { category: "acknowledgement" })
    .importance(Importance::Low),
    EventType::of_record(
        "subscriber.missed",
        "A message did not get to the subscriber.",
        &[
            SUBSCRIBER,
            // What the message is about: a customer, as it stood at the position, or a request of the outbox.
            fact("customer", Text(36)),
            fact("message", Text(200)),
            fact("position", Integer),
            fact("attempt", Integer).required(),
            // When it is tried again; absent: never.
            fact("retry_at", DateOrTime),
            fact("reason_code", Text(64)).required(),
        ],
    )
    .home(Home::Command { category: "miss" })
    .importance(Importance::Low),
];
