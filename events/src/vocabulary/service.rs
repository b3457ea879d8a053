//! What serving a customer takes and brings: the families enquiry, ticket, warranty, subscription and feedback.

use super::{EventType, Importance};
use crate::field::Kind::{Amount, Currency, Integer, SignedAmount, Text};
use crate::field::Retention::Conversation;
use crate::field::{Field, fact, personal};

const MEMBERS: &[Field] = &[
    fact("reference", Text(200)),
    fact("topic", Text(64)),
    fact("channel", Text(64)),
    fact("minutes", Integer),
    fact("cost", Amount),
    fact("currency", Currency),
    fact("rating", SignedAmount).counting(),
    personal("text", Text(65_536), Conversation),
];

const fn of(name: &'static str, title: &'static str) -> EventType {
    EventType::of_record(name, title, MEMBERS)
}

/// The types of these families.
pub const TYPES: &[EventType] = &[
    of("enquiry.received", "The customer asked for something."),
    of("ticket.opened", "A matter was taken up for the customer."),
    of("ticket.updated", "Somebody worked on a matter."),
    of("ticket.closed", "A matter was settled."),
    of("warranty.claimed", "The customer claimed under a warranty.").importance(Importance::High),
    of("warranty.settled", "A claim under a warranty was settled."),
    of("subscription.started", "A subscription began."),
    of("subscription.changed", "A subscription changed."),
    of("subscription.ended", "A subscription ended.").importance(Importance::High),
    of("feedback.given", "The customer said how it was."),
];
