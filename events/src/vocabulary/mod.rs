//! Every event type that kulta knows, one file per family.

pub mod activity;
pub mod automation;
pub mod complaint;
pub mod currency;
pub mod customer;
pub mod email;
pub mod event_type;
pub mod identity;
pub mod invoice;
pub mod lead;
pub mod offer;
pub mod pipeline;
pub mod policy;
pub mod purchase;
pub mod rule_set;
pub mod service;
pub mod source;
pub mod subscriber;
pub mod task;
pub mod web;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use crate::field::{Class, Field, Kind, Retention, schema_of};
use crate::json::Json;

/// Lifts a payload by one version. It gets the object with all members that are readable (facts alone when personal
/// parts are erased) and must be total over that.
pub type Upcast = fn(Json) -> Json;

/// Where events of a type are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// `record-<record id>`: a fact about a record.
    Record,
    /// `<category>-<uuid of (source, member)>`: a thing with a life of its own, named by the member.
    Entity {
        /// The stream's category.
        category: &'static str,
        /// The payload member that names the thing.
        member: &'static str,
    },
    /// A stream that the command chooses; such types come from people in kulta only, by no other door.
    Command {
        /// The stream's category.
        category: &'static str,
    },
}

/// How much an event matters to somebody who reads a customer's timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Importance {
    /// Machine noise: deliveries, opens, page views.
    Low,
    /// Daily life: purchases, edits.
    Normal,
    /// Worth reading before calling the customer: complaints, unpaid invoices, withdrawn consent.
    High,
}

/// An event type: its name, newest version, members, home and how old versions are lifted.
#[derive(Clone, Copy, Debug)]
pub struct EventType {
    /// `family.past_tense`
    pub name: &'static str,
    /// One sentence for the schema's reader.
    pub title: &'static str,
    /// The newest version; `dataversion` of an event is at most this.
    pub version: u16,
    /// `upcasts[n]` lifts version n+1 to n+2; there are `version - 1` of them.
    pub upcasts: &'static [Upcast],
    /// The members of the newest version.
    pub fields: &'static [Field],
    /// Where it is kept.
    pub home: Home,
    /// How it ranks in a timeline.
    pub importance: Importance,
    /// Under which retention class members that the schema does not know are sealed.
    pub unknown: Retention,
    /// Whether it was registered at run time (see [`crate::registered`]).
    pub registered: bool,
}

impl EventType {
    /// A type of version 1 about a record, of normal importance.
    pub const fn of_record(name: &'static str, title: &'static str, fields: &'static [Field]) -> Self {
        Self {
            name,
            title,
            version: 1,
            upcasts: &[],
            fields,
            home: Home::Record,
            importance: Importance::Normal,
            unknown: Retention::Conversation,
            registered: false,
        }
    }

    /// The same type with another importance.
    #[must_use]
    pub const fn importance(mut self, importance: Importance) -> Self {
        self.importance = importance;
        self
    }

    /// The same type with another home.
    #[must_use]
    pub const fn home(mut self, home: Home) -> Self {
        self.home = home;
        self
    }

    /// The same type, whose unknown members are contact data.
    #[must_use]
    pub const fn unknown(mut self, retention: Retention) -> Self {
        self.unknown = retention;
        self
    }

    /// The member with this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Lifts a payload from `version` to the newest one, decimals in the form at rest.
    pub fn upcast(&self, version: u16, data: Json) -> Json {
        let from = usize::from(version.max(1)) - 1;
        if from >= self.upcasts.len() {
            return data;
        }
        let mut data = self.upcasts.iter().skip(from).fold(data, |data, lift| lift(data));
        if let Json::Object(members) = &mut data {
            for (name, value) in members {
                if let Some(field) = self.field(name) {
                    // What a lift made wrong stays as it is: the validator, or the reader, meets it.
                    let _ = field.kind.check(value);
                }
            }
        }
        data
    }

    /// Whether only people in kulta make such events.
    pub fn is_command_only(&self) -> bool {
        matches!(self.home, Home::Command { .. })
    }

    /// The JSON Schema (2020-12) of the newest version's `data`.
    pub fn schema(&self) -> Value {
        let mut schema = schema_of(self.fields);
        schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        schema["$id"] = json!(format!("/v1/event-types/{}", self.name));
        schema["title"] = json!(self.name);
        schema["description"] = json!(self.title);
        schema["x-dataversion"] = json!(self.version);
        if self.registered {
            schema["x-registered"] = json!(true);
        }
        schema
    }

    /// Brings stored data into wire form: decimals as strings, so that no reader turns them into floats.
    pub fn to_wire(&self, data: &mut Json) {
        if let Json::Object(members) = data {
            for (name, value) in members {
                if let Some(field) = self.field(name) {
                    decimals_as_strings(&field.kind, value);
                }
            }
        }
    }
}

fn decimals_as_strings(kind: &Kind, value: &mut Json) {
    if let (Kind::Amount | Kind::SignedAmount, Json::Number(text)) = (kind, &*value) {
        *value = Json::String(text.to_string());
    }
}

/// The class of a member of this type, given whether the payload is about an organisation.
pub fn class_of(field: &Field, organisation: bool) -> Option<Retention> {
    match field.class {
        Class::Fact => None,
        Class::FactOfOrganisation if organisation => None,
        Class::FactOfOrganisation => Some(Retention::Contact),
        Class::Personal(retention) => Some(retention),
    }
}

/// What this binary was built with.
const FAMILIES: [&[EventType]; 19] = [
    customer::TYPES,
    purchase::TYPES,
    invoice::TYPES,
    complaint::TYPES,
    email::TYPES,
    web::TYPES,
    service::TYPES,
    identity::TYPES,
    policy::TYPES,
    rule_set::TYPES,
    source::TYPES,
    event_type::TYPES,
    pipeline::TYPES,
    offer::TYPES,
    lead::TYPES,
    task::TYPES,
    activity::TYPES,
    automation::TYPES,
    subscriber::TYPES,
];

/// The event types that one log knows. A clone shares them.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    types: Arc<BTreeMap<&'static str, &'static EventType>>,
}

static STANDARD: LazyLock<Vocabulary> = LazyLock::new(|| {
    let types = FAMILIES.into_iter().flatten().map(|event_type| (event_type.name, event_type)).collect();
    Vocabulary { types: Arc::new(types) }
});

impl Vocabulary {
    /// The types that this binary was built with.
    pub fn standard() -> Self {
        STANDARD.clone()
    }

    /// The same vocabulary with one more type, in the place of an older one of its name.
    #[must_use]
    pub fn with(mut self, event_type: &'static EventType) -> Self {
        Arc::make_mut(&mut self.types).insert(event_type.name, event_type);
        self
    }

    /// The type with this name.
    pub fn get(&self, name: &str) -> Option<&'static EventType> {
        self.types.get(name).copied()
    }

    /// Every type, by name.
    pub fn types(&self) -> impl Iterator<Item = &'static EventType> + '_ {
        self.types.values().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_named_once_and_lifted_all_the_way() {
        let mut count = 0;
        for event_type in Vocabulary::standard().types() {
            count += 1;
            assert_eq!(event_type.upcasts.len() + 1, usize::from(event_type.version), "{}", event_type.name);
            assert!(event_type.name.contains('.'));
            let mut names: Vec<_> = event_type.fields.iter().map(|field| field.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), event_type.fields.len(), "{}", event_type.name);
            if let Home::Entity { member, .. } = event_type.home {
                assert!(event_type.field(member).is_some_and(|field| field.required));
            }
        }
        let declared: usize = [
            customer::TYPES.len(),
            purchase::TYPES.len(),
            invoice::TYPES.len(),
            complaint::TYPES.len(),
            email::TYPES.len(),
            web::TYPES.len(),
            service::TYPES.len(),
            identity::TYPES.len(),
            policy::TYPES.len(),
            rule_set::TYPES.len(),
            source::TYPES.len(),
            event_type::TYPES.len(),
            pipeline::TYPES.len(),
            offer::TYPES.len(),
            lead::TYPES.len(),
            task::TYPES.len(),
            activity::TYPES.len(),
            automation::TYPES.len(),
            subscriber::TYPES.len(),
        ]
        .iter()
        .sum();
        assert_eq!(count, declared, "two types share a name");
    }
}
