//! Automations and reports: what people have kulta do and count for them.

use super::{EventType, Home};
use crate::field::Kind::{Boolean, Document, Integer, Text};
use crate::field::Retention::Conversation;
use crate::field::{fact, personal};

/// The types of these families.
pub const TYPES: &[EventType] = &[
    EventType::of_record(
        "automation.defined",
        "From now on this is done when that happens, or does not happen.",
        &[
            fact("automation", Text(64)).required(),
            fact("name", Text(200)),
            fact("definition", Document).required(),
            fact("enabled", Boolean),
            personal("reason", Text(8_000), Conversation),
        ],
    )
    .home(Home::Command { category: "automation" }),
    EventType::of_record(
        "automation.fired",
        "An automation did what it is for: once per cause, for ever.",
        &[
            fact("automation", Text(64)).required(),
            fact("version", Integer),
            fact("cause", Text(200)).required(),
            fact("action", Text(64)),
            fact("offer", Text(200)),
            fact("lead", Text(200)),
            fact("task", Text(200)),
            fact("complaint", Text(200)),
        ],
    )
    .home(Home::Command { category: "automation" }),
    EventType::of_record(
        "report.saved",
        "This is what a report counts.",
        &[
            fact("report", Text(64)).required(),
            fact("name", Text(200)),
            fact("definition", Document).required(),
            fact("retired", Boolean),
            personal("reason", Text(8_000), Conversation),
        ],
    )
    .home(Home::Command { category: "report" }),
];
