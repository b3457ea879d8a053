//! The task family: what is to be done, by whom, until when.

use super::{EventType, Home, Importance};
use crate::field::Kind::{DateOrTime, Integer, Text};
use crate::field::Retention::Conversation;
use crate::field::{Field, fact, personal};

const TASK: Field = fact("task", Text(200)).required();
const OWNER: Field = fact("owner", Text(200));
const TEAM: Field = fact("team", Text(200));
const REASON: Field = personal("reason", Text(8_000), Conversation);
const TEXT: Field = personal("text", Text(65_536), Conversation);

/// `priority`: the larger, the sooner. `cause` names what raised it, once per cause.
const RAISED: &[Field] = &[
    TASK,
    fact("due", DateOrTime),
    OWNER,
    TEAM,
    fact("kind", Text(64)),
    fact("priority", Integer),
    fact("cause", Text(200)),
    fact("offer", Text(200)),
    fact("lead", Text(200)),
    fact("complaint", Text(200)),
    personal("title", Text(500), Conversation),
    TEXT,
];
const ASSIGNED: &[Field] = &[TASK, OWNER.nullable(), TEAM.nullable(), REASON];
const SNOOZED: &[Field] = &[TASK, fact("until", DateOrTime).required(), REASON];
const DONE: &[Field] = &[TASK, fact("outcome", Text(64)), fact("minutes", Integer), TEXT];
const CANCELLED: &[Field] = &[TASK, fact("reason_code", Text(64)), REASON];

const fn of(name: &'static str, title: &'static str, fields: &'static [Field]) -> EventType {
    EventType::of_record(name, title, fields).home(Home::Entity { category: "task", member: "task" })
}

/// The types of this family.
pub const TYPES: &[EventType] = &[
    of("task.raised", "Something is to be done.", RAISED),
    of("task.assigned", "Somebody is to do it.", ASSIGNED).importance(Importance::Low),
    of("task.snoozed", "It rests until a later day.", SNOOZED).importance(Importance::Low),
    of("task.done", "It is done.", DONE),
    of("task.cancelled", "It need not be done any more.", CANCELLED).importance(Importance::Low),
];
