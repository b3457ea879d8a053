//! Pipelines and goals: what people define, versioned by events.

use super::{EventType, Home};
use crate::field::Kind::{Amount, Boolean, Currency, Date, Integer, List, Object, OneOf, Text};
use crate::field::Retention::Conversation;
use crate::field::{Kind, fact, personal};

/// The most characters of a pipeline's or a stage's id, here and in the facts that name them.
pub const MAX_STAGE: usize = 64;

/// A stage of a pipeline. `probability` is in percent, from 0 to 100.
const STAGE: Kind = Object(&[
    fact("stage", Text(MAX_STAGE)).required(),
    fact("name", Text(200)),
    fact("probability", Amount).counting(),
    fact("stale_after_days", Integer),
]);

/// The types of these families.
pub const TYPES: &[EventType] = &[
    EventType::of_record(
        "pipeline.defined",
        "From now on offers, or leads, pass through these stages, in this order.",
        &[
            fact("pipeline", Text(MAX_STAGE)).required(),
            fact("name", Text(200)),
            fact("for", OneOf(&["offers", "leads"])).required(),
            fact("stages", List(&STAGE)).required(),
            fact("default", Boolean),
            fact("retired", Boolean),
            personal("reason", Text(8_000), Conversation),
        ],
    )
    .home(Home::Command { category: "pipeline" }),
    EventType::of_record(
        "goal.set",
        "So much is to be won in a period, by a seller, a team or everybody.",
        &[
            fact("goal", Text(64)).required(),
            fact("measure", OneOf(&["count", "money"])).required(),
            fact("target", Amount).required(),
            fact("currency", Currency),
            fact("from", Date).required(),
            fact("until", Date).required(),
            fact("pipeline", Text(MAX_STAGE)),
            fact("owner", Text(200)),
            fact("team", Text(200)),
            fact("product", Text(200)),
            fact("retired", Boolean),
            personal("title", Text(500), Conversation),
            personal("reason", Text(8_000), Conversation),
        ],
    )
    .home(Home::Command { category: "goal" }),
];
