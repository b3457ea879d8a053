//! The web and form families: what the customer looked at and sent in.

use super::{EventType, Importance};
use crate::field::Kind::{Scalars, Text};
use crate::field::{Field, fact};

const MEMBERS: &[Field] =
    &[fact("page", Text(2_000)), fact("form", Text(200)), fact("campaign", Text(200)), fact("attributes", Scalars)];

/// The types of these families.
pub const TYPES: &[EventType] = &[
    EventType::of_record("web.visited", "The customer looked at a page.", MEMBERS).importance(Importance::Low),
    EventType::of_record("form.submitted", "The customer sent in a form.", MEMBERS),
];
