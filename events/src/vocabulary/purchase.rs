//! The purchase family: what was bought, given back, called off.

use super::{EventType, Importance};
use crate::field::Kind::{Amount, Currency, Scalars, SignedAmount, Text};
use crate::field::Retention::Conversation;
use crate::field::{Field, fact, personal};

const MADE: &[Field] = &[
    fact("amount", Amount).required(),
    fact("currency", Currency).required(),
    fact("order", Text(200)),
    fact("margin", SignedAmount),
    fact("discount", SignedAmount),
    fact("quantity", SignedAmount).counting(),
    fact("product", Text(200)),
    fact("product_group", Text(200)),
    fact("market", Text(64)),
    fact("channel", Text(64)),
    fact("attributes", Scalars),
];

const BACK: &[Field] = &[
    fact("amount", Amount).required(),
    fact("currency", Currency).required(),
    fact("order", Text(200)),
    fact("quantity", SignedAmount).counting(),
    fact("product", Text(200)),
    fact("product_group", Text(200)),
    personal("reason", Text(8_000), Conversation),
    fact("attributes", Scalars),
];

/// The types of this family.
pub const TYPES: &[EventType] = &[
    EventType::of_record("purchase.made", "The customer bought something.", MADE),
    EventType::of_record("purchase.returned", "The customer gave something back.", BACK),
    EventType::of_record("purchase.cancelled", "A purchase was called off.", BACK).importance(Importance::Normal),
];
