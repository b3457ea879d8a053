//! Rule sets are events: any score can be told by the rules of any day.

use super::{EventType, Home};
use crate::field::Kind::{Integer, Text};
use crate::field::Retention::Conversation;
use crate::field::{Field, fact, personal};

/// The most characters of a rule file.
pub const MAX_RULES: usize = 262_144;

const NAME: Field = fact("rule_set", Text(64)).required();
const NOTE: Field = personal("note", Text(8_000), Conversation);
const HOME: Home = Home::Command { category: "ruleset" };

/// The types of this family.
pub const TYPES: &[EventType] = &[
    EventType::of_record(
        "rule_set.drafted",
        "Somebody wrote rules down, which are in force only when they are published.",
        &[NAME, fact("rules", Text(MAX_RULES)).required(), NOTE],
    )
    .home(HOME),
    EventType::of_record(
        "rule_set.published",
        "These rules are in force from a time on.",
        &[
            NAME,
            fact("version", Integer).required(),
            fact("rules", Text(MAX_RULES)).required(),
            fact("effective_from", Text(40)).required(),
            NOTE,
        ],
    )
    .home(HOME),
    EventType::of_record("rule_set.retired", "A rule set is no longer used.", &[NAME, NOTE]).home(HOME),
];
