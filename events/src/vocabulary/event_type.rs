//! Event types that people register at run time. How one is read: [`crate::registered`].

use super::{EventType, Home};
use crate::field::Kind::{Document, Integer, OneOf, Text};
use crate::field::fact;

/// The types of this family.
pub const TYPES: &[EventType] = &[EventType::of_record(
    "event_type.registered",
    "From now on there are events of this type, with these members.",
    &[
        fact("type", Text(64)).required(),
        fact("schema", Document).required(),
        fact("title", Text(1_000)),
        fact("importance", OneOf(&["low", "normal", "high"])),
        fact("version", Integer).required(),
    ],
)
.home(Home::Command { category: "event_type" })];
