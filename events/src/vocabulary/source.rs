//! Publishing systems, as somebody answers for them.

use super::{EventType, Home};
use crate::field::Kind::{List, Text};
use crate::field::fact;

/// The types of this family.
pub const TYPES: &[EventType] = &[EventType::of_record(
    "source.registered",
    "A publishing system, who answers for it, and which of its free attributes are facts.",
    &[
        fact("source", Text(256)).required(),
        fact("description", Text(1_000)),
        fact("owner_team", Text(200)),
        fact("fact_attributes", List(&Text(64))),
    ],
)
.home(Home::Command { category: "source" })];
