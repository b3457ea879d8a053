//! The customer family: what a source knows of a customer, and what the customer said about being known.

use super::{EventType, Importance};
use crate::field::Kind::{Any, Boolean, Country, Date, List, Object, OneOf, OneOrMany, RecordRef, Scalars, Text};
use crate::field::Retention::{Contact, Conversation};
use crate::field::{Field, fact, personal};

/// The members of an address.
pub const ADDRESS: &[Field] = &[
    personal("street", Text(500), Contact),
    personal("postal_code", Text(40), Contact),
    personal("city", Text(200), Contact),
    personal("region", Text(200), Contact),
    personal("country", Text(100), Contact),
];

const ID: &[Field] = &[
    personal("type", Text(64), Contact).required(),
    personal("value", Text(200), Contact).required(),
    personal("country", Text(100), Contact),
];

/// The attributes of a customer, INTERFACES section 1.
pub const ATTRIBUTES: &[Field] = &[
    fact("kind", OneOf(&["person", "organisation"])).nullable(),
    personal("given_name", Text(500), Contact).nullable(),
    personal("family_name", Text(500), Contact).nullable(),
    personal("name", Text(1_000), Contact).nullable(),
    personal("aliases", List(&Text(1_000)), Contact).nullable(),
    personal("email", OneOrMany(&Text(320)), Contact).nullable(),
    personal("phone", OneOrMany(&Text(100)), Contact).nullable(),
    personal("address", OneOrMany(&Object(ADDRESS)), Contact).nullable(),
    personal("birth_date", Date, Contact).nullable(),
    personal("gender", Text(40), Contact).nullable(),
    personal("business_id", Text(100), Contact).nullable().of_organisation(),
    personal("vat_id", Text(100), Contact).nullable().of_organisation(),
    personal("website", Text(500), Contact).nullable().of_organisation(),
    personal("ids", List(&Object(ID)), Contact).nullable(),
    fact("language", Text(35)).nullable(),
    fact("country", Country).nullable(),
    personal("attributes", Scalars, Contact).nullable(),
];

const CONTACT_FIELD: &[&str] = &[
    "given_name",
    "family_name",
    "name",
    "email",
    "phone",
    "address",
    "birth_date",
    "gender",
    "business_id",
    "vat_id",
    "website",
    "language",
    "country",
];

/// How a customer may stand to another; each is read from the record that says so to the other one.
pub const RELATIONS: &[&str] = &[
    "contact_of",    // a person to the company for which they speak
    "subsidiary_of", // a company to its parent
    "owned_by",      // a company to whom it belongs, a person or an organisation
    "member_of",     // to a chain, an association, a buying group
    "household_of",  // a person to the person who stands for the household
];

const REASON: Field = personal("reason", Text(8_000), Conversation);

/// The types of this family.
pub const TYPES: &[EventType] = &[
    EventType::of_record("customer.registered", "All that a source knows of a customer.", ATTRIBUTES).unknown(Contact),
    EventType::of_record("customer.contact_edited", "Only what changed; null clears, a list replaces.", ATTRIBUTES)
        .unknown(Contact),
    EventType::of_record(
        "customer.contact_verified",
        "Somebody made sure that a field holds this value; without one, what the record says by then.",
        &[fact("field", OneOf(CONTACT_FIELD)).required(), personal("value", Any, Contact), fact("method", Text(64))],
    )
    .unknown(Contact),
    EventType::of_record(
        "customer.contact_declined",
        "The customer does not want to tell this.",
        &[fact("field", OneOf(CONTACT_FIELD)).required(), fact("method", Text(64)), REASON],
    )
    .unknown(Contact),
    EventType::of_record(
        "customer.classified",
        "The customer was put into a class of a scheme, such as a segment or an industry.",
        &[fact("scheme", Text(64)).required(), fact("class", Text(64)).nullable().required()],
    ),
    EventType::of_record("customer.tagged", "A tag was put on.", &[fact("tag", Text(64)).required()]),
    EventType::of_record("customer.untagged", "A tag was taken off.", &[fact("tag", Text(64)).required()]),
    EventType::of_record(
        "customer.related",
        "The customer stands in a relation to another: what is given changes, null clears.",
        &[
            fact("relation", OneOf(RELATIONS)).required(),
            fact("to", RecordRef).required(),
            personal("role", Text(500), Contact).nullable(),
            fact("valid_from", Date).nullable(),
            fact("valid_until", Date).nullable(),
        ],
    )
    .unknown(Contact),
    EventType::of_record(
        "customer.unrelated",
        "A relation ended: on that day, or else on the day of the event, it no longer holds.",
        &[fact("relation", OneOf(RELATIONS)).required(), fact("to", RecordRef).required(), fact("valid_until", Date)],
    )
    .unknown(Contact),
    EventType::of_record(
        "customer.preference_stated",
        "How the customer wants to be served.",
        &[
            fact("preference", Text(64)).required(),
            fact("value", Text(64)).nullable(),
            personal("text", Text(65_536), Conversation),
        ],
    ),
    EventType::of_record(
        "customer.wish_recorded",
        "What the customer wishes for.",
        &[fact("topic", Text(64)), fact("product", Text(200)), personal("text", Text(65_536), Conversation)],
    ),
    EventType::of_record(
        "customer.consent_given",
        "The customer agrees to a use of their data.",
        &[
            fact("purpose", Text(64)).required(),
            fact("channel", Text(64)),
            fact("method", Text(64)),
            fact("double_opt_in", Boolean),
        ],
    ),
    EventType::of_record(
        "customer.consent_withdrawn",
        "The customer no longer agrees.",
        &[fact("purpose", Text(64)).required(), fact("channel", Text(64)), fact("method", Text(64)), REASON],
    )
    .importance(Importance::High),
    EventType::of_record(
        "customer.closed",
        "The source no longer keeps this customer.",
        &[fact("outcome", Text(64)), REASON],
    )
    .importance(Importance::High),
];
