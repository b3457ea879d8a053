//! Policies are events: answers can be recomputed under those of any day.

use super::{EventType, Home};
use crate::field::Kind::{Document, Text};
use crate::field::Retention::Conversation;
use crate::field::{Field, fact, personal};

/// The types of this family.
pub const TYPES: &[EventType] = &[
    EventType::of_record(
        "survivorship_policy.published",
        "From now on these rules say which source's value wins a field.",
        POLICY,
    )
    .home(HOME),
    EventType::of_record(
        "match_policy.published",
        "From now on these weights say which records are one customer.",
        POLICY,
    )
    .home(HOME),
];

const POLICY: &[Field] = &[fact("policy", Document).required(), personal("note", Text(8_000), Conversation)];
const HOME: Home = Home::Command { category: "policy" };
