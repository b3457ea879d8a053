//! Automations, what they ask to be sent, and reports: what people have kulta do and count for them.

use super::{EventType, Home, Importance};
use crate::field::Kind::{Boolean, Document, Integer, List, Text};
use crate::field::Retention::Conversation;
use crate::field::{Field, fact, personal};

const MESSAGE: Field = fact("message", Text(200)).required();

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
            // Places in the log of the events that the cause is made of: nothing fires for any of them again.
            fact("parts", List(&Integer)),
            fact("step", Integer),
        ],
    )
    .home(Home::Command { category: "firing" }),
    EventType::of_record(
        "automation.rearmed",
        "The customer came back behind the bar: when it is crossed again, the automation fires again.",
        &[
            fact("automation", Text(64)).required(),
            fact("cause", Text(200)).required(),
            fact("step", Integer).required(),
        ],
    )
    .home(Home::Command { category: "firing" })
    .importance(Importance::Low),
    EventType::of_record(
        "outbox.requested",
        "Something is to go out to the customer, or to a subscriber: once.",
        &[
            MESSAGE,
            fact("channel", Text(64)).required(),
            fact("purpose", Text(64)),
            fact("template", Text(200)),
            fact("subscriber", Text(200)),
            fact("automation", Text(64)),
            fact("cause", Text(200)),
            fact("cap_count", Integer),
            fact("cap_days", Integer),
            fact("time_zone", Text(64)),
        ],
    )
    .home(Home::Command { category: "outbox" })
    .importance(Importance::Low),
    EventType::of_record("outbox.sent", "It went out.", &[MESSAGE, fact("channel", Text(64))])
        .home(Home::Command { category: "outbox" }),
    EventType::of_record(
        "outbox.withheld",
        "It did not go out, and will not: the customer may not be contacted.",
        &[MESSAGE, fact("reason_code", Text(64)).required()],
    )
    .home(Home::Command { category: "outbox" }),
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
