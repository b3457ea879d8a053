//! The offer family: each offer is a thing with a life of its own, in a pipeline until it is won or lost.
//!
//! `probability` is in percent, from 0 to 100. Where the business came from is `origin`, since `source` is the system
//! that publishes the event. `contacts` are those with whom one talks about it; `contact` is the same of one.

use super::pipeline::MAX_STAGE;
use super::{EventType, Home, Importance};
use crate::field::Kind::{Amount, Currency, Date, Integer, List, RecordRef, Text};
use crate::field::Retention::Conversation;
use crate::field::{Field, fact, personal};

const OFFER: Field = fact("offer", Text(200)).required();
const PIPELINE: Field = fact("pipeline", Text(MAX_STAGE));
const STAGE: Field = fact("stage", Text(MAX_STAGE));
const TITLE: Field = personal("title", Text(500), Conversation);
const REASON: Field = personal("reason", Text(8_000), Conversation);
const TEXT: Field = personal("text", Text(65_536), Conversation);
/// What systems count by; the words behind it are the reason.
const REASON_CODE: Field = fact("reason_code", Text(64));

const CREATED: &[Field] = &[
    OFFER,
    PIPELINE,
    STAGE,
    fact("amount", Amount),
    fact("currency", Currency),
    fact("probability", Amount).counting(),
    fact("owner", Text(200)),
    fact("team", Text(200)),
    fact("product", Text(200)),
    fact("product_group", Text(200)),
    fact("expected_close", Date),
    fact("origin", Text(200)),
    fact("tags", List(&Text(64))),
    fact("import_batch", Text(200)),
    fact("lead", Text(200)),
    fact("contact", RecordRef),
    fact("contacts", List(&RecordRef)),
    TITLE,
    TEXT,
];

const AMENDED: &[Field] = &[
    OFFER,
    fact("amount", Amount).nullable(),
    fact("currency", Currency).nullable(),
    fact("probability", Amount).counting().nullable(),
    fact("owner", Text(200)).nullable(),
    fact("team", Text(200)).nullable(),
    fact("product", Text(200)).nullable(),
    fact("product_group", Text(200)).nullable(),
    fact("expected_close", Date).nullable(),
    fact("origin", Text(200)).nullable(),
    fact("tags", List(&Text(64))).nullable(),
    fact("contact", RecordRef).nullable(),
    fact("contacts", List(&RecordRef)).nullable(),
    TITLE.nullable(),
    REASON,
];

const MOVED: &[Field] =
    &[OFFER, PIPELINE, STAGE.required(), fact("probability", Amount).counting(), REASON_CODE, REASON];
const WON: &[Field] = &[OFFER, fact("amount", Amount), fact("currency", Currency), REASON_CODE, REASON];
const LOST: &[Field] = &[OFFER, REASON_CODE, REASON];
const REOPENED: &[Field] = &[OFFER, PIPELINE, STAGE, REASON_CODE, REASON];
const COMMENTED: &[Field] = &[OFFER, TEXT.required()];

/// The document itself lies elsewhere; its name may tell of a person.
const DOCUMENT: &[Field] = &[
    OFFER,
    personal("reference", Text(2_000), Conversation).required(),
    fact("hash", Text(200)),
    fact("media_type", Text(128)),
    fact("bytes", Integer),
    TITLE,
];

const fn of(name: &'static str, title: &'static str, fields: &'static [Field]) -> EventType {
    EventType::of_record(name, title, fields).home(Home::Entity { category: "offer", member: "offer" })
}

/// The types of this family.
pub const TYPES: &[EventType] = &[
    of("offer.created", "The customer was made an offer, or is to be made one.", CREATED),
    of("offer.amended", "An offer was changed: only what is named; null clears.", AMENDED),
    of("offer.stage_changed", "An offer came to another stage.", MOVED),
    of("offer.won", "The customer took an offer.", WON).importance(Importance::High),
    of("offer.lost", "An offer came to nothing.", LOST).importance(Importance::High),
    of("offer.reopened", "An offer that was won or lost is open again.", REOPENED),
    of("offer.commented", "Somebody commented on an offer.", COMMENTED),
    of("offer.document_attached", "A document belongs to an offer.", DOCUMENT),
];
