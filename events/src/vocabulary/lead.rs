//! The lead family: somebody who may buy. A lead is a role of a record, never a copy of it.
//!
//! Where a lead came from is `origin`, since `source` is the system that publishes the event.

use super::pipeline::MAX_STAGE;
use super::{EventType, Home};
use crate::field::Kind::{Amount, Currency, List, RecordRef, Text};
use crate::field::Retention::Conversation;
use crate::field::{Field, fact, personal};

const LEAD: Field = fact("lead", Text(200)).required();
const PIPELINE: Field = fact("pipeline", Text(MAX_STAGE));
const STAGE: Field = fact("stage", Text(MAX_STAGE));
const OWNER: Field = fact("owner", Text(200));
const TEAM: Field = fact("team", Text(200));
const REASON: Field = personal("reason", Text(8_000), Conversation);
/// What systems count by; the words behind it are the reason.
const REASON_CODE: Field = fact("reason_code", Text(64));

const CREATED: &[Field] = &[
    LEAD,
    PIPELINE,
    STAGE,
    fact("amount", Amount),
    fact("currency", Currency),
    fact("probability", Amount).counting(),
    OWNER,
    TEAM,
    fact("product", Text(200)),
    fact("campaign", Text(200)),
    fact("origin", Text(200)),
    fact("tags", List(&Text(64))),
    fact("import_batch", Text(200)),
    fact("contact", RecordRef),
    fact("contacts", List(&RecordRef)),
    personal("title", Text(500), Conversation),
    personal("text", Text(65_536), Conversation),
];

const MOVED: &[Field] = &[
    LEAD,
    PIPELINE,
    STAGE.required(),
    fact("amount", Amount),
    fact("currency", Currency),
    fact("probability", Amount).counting(),
    OWNER,
    TEAM,
    REASON_CODE,
    REASON,
];

/// `offer` is the own id of the offer that was made from the lead, in the same source.
const QUALIFIED: &[Field] = &[LEAD, fact("offer", Text(200)), REASON_CODE, REASON];
const DISQUALIFIED: &[Field] = &[LEAD, REASON_CODE, REASON];
const HANDED_OVER: &[Field] = &[LEAD, OWNER, TEAM, REASON_CODE, REASON];

const fn of(name: &'static str, title: &'static str, fields: &'static [Field]) -> EventType {
    EventType::of_record(name, title, fields).home(Home::Entity { category: "lead", member: "lead" })
}

/// The types of this family.
pub const TYPES: &[EventType] = &[
    of("lead.created", "The customer may buy something.", CREATED),
    of("lead.stage_changed", "A lead came to another stage.", MOVED),
    of("lead.qualified", "A lead is worth an offer.", QUALIFIED),
    of("lead.disqualified", "A lead came to nothing.", DISQUALIFIED),
    of("lead.handed_over", "A lead was handed to those who sell.", HANDED_OVER),
    of("lead.handover_accepted", "Those who sell took a lead.", HANDED_OVER),
    of("lead.handover_rejected", "Those who sell gave a lead back.", HANDED_OVER),
];
