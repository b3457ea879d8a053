//! The email family: what became of a message.

use super::{EventType, Importance};
use crate::field::Kind::{Integer, Text};
use crate::field::Retention::Conversation;
use crate::field::{Field, fact, personal};

const MEMBERS: &[Field] = &[
    fact("message", Text(200)),
    fact("campaign", Text(200)),
    fact("link", Text(2_000)),
    personal("link_query", Text(8_000), Conversation),
    fact("user_agent_class", Text(64)),
    fact("seconds_since_delivery", Integer),
];

const fn of(name: &'static str, title: &'static str) -> EventType {
    EventType::of_record(name, title, MEMBERS).importance(Importance::Low)
}

/// The types of this family. The query part of `link` is split off on the way in and sealed as `link_query`.
pub const TYPES: &[EventType] = &[
    of("email.sent", "A message was sent."),
    of("email.delivered", "A message arrived."),
    of("email.opened", "A message was opened, by a person or a machine."),
    of("email.link_clicked", "A link in a message was followed.").importance(Importance::Normal),
    of("email.replied", "The customer replied to a message.").importance(Importance::Normal),
    of("email.bounced", "A message could not be delivered.").importance(Importance::Normal),
    of("email.unsubscribed", "The customer no longer wants such messages.").importance(Importance::High),
];
