//! The invoice family: what was billed, and whether it was paid in time.

use super::{EventType, Importance};
use crate::field::Kind::{Amount, Currency, Date, Integer, Text};
use crate::field::{Field, fact};

const ISSUED: &[Field] = &[
    fact("invoice", Text(200)).required(),
    fact("amount", Amount).required(),
    fact("currency", Currency).required(),
    fact("due_date", Date),
    fact("order", Text(200)),
];

const PAID: &[Field] = &[
    fact("invoice", Text(200)).required(),
    fact("amount", Amount),
    fact("currency", Currency),
    fact("paid_date", Date),
    fact("due_date", Date),
    fact("days_late", Integer),
];

const OTHER: &[Field] = &[fact("invoice", Text(200)).required(), fact("amount", Amount), fact("currency", Currency)];

/// The types of this family.
pub const TYPES: &[EventType] = &[
    EventType::of_record("invoice.issued", "An invoice was sent to the customer.", ISSUED),
    EventType::of_record("invoice.credited", "An invoice was credited, in part or whole.", OTHER),
    EventType::of_record("invoice.paid", "The customer paid.", PAID),
    EventType::of_record("invoice.reminded", "The customer was reminded of an unpaid invoice.", OTHER)
        .importance(Importance::High),
    EventType::of_record("invoice.written_off", "An unpaid invoice was given up.", OTHER).importance(Importance::High),
];
