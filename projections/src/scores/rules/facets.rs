//! Which facts of an event a rule may read.

use std::collections::{BTreeMap, BTreeSet};

use kulta_events::Vocabulary;
use kulta_events::field::{Class, Field, Kind as FieldKind};
use kulta_events::vocabulary::EventType;

use crate::expr::{Kind, Names};
use crate::identity::similar::edits;

/// The object whose members a source may name as it likes.
const ATTRIBUTES: &str = "attributes";
/// The type whose members a golden record has.
const OF_A_CUSTOMER: &str = "customer.registered";
/// What an expression reads of the customer, after `customer.`, and is always there to be asked for.
const CUSTOMER: [&str; 3] = ["kind", "language", "country"];
/// How far apart two names of event types may be to be taken for a slip of the pen.
const NEAR: usize = 3;
/// The most names that are suggested.
const MOST_SUGGESTED: usize = 5;

/// A fact of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facet {
    /// What it holds.
    pub kind: Kind,
    /// Whether it is an amount in the event's currency.
    pub money: bool,
}

/// The event types that rules may name, and the facets of each.
#[derive(Clone, Debug, Default)]
pub struct Facets {
    types: BTreeMap<Box<str>, OfType>,
    /// Types that are about no record or thing, told apart from those that nobody knows.
    not_for_rules: BTreeSet<Box<str>>,
    /// Personal members of a golden record.
    personal_of_customer: BTreeSet<Box<str>>,
}

#[derive(Clone, Debug, Default)]
struct OfType {
    facets: BTreeMap<Box<str>, Facet>,
    /// Whether `attributes.x` may be read, whatever x is.
    has_attributes: bool,
    personal: BTreeSet<Box<str>>,
}

impl Facets {
    /// The facets of the types of a vocabulary that are about records or things.
    pub fn of(vocabulary: &Vocabulary) -> Self {
        let mut facets = Self::default();
        for event_type in vocabulary.types() {
            if event_type.is_command_only() {
                facets.not_for_rules.insert(event_type.name.into());
            } else {
                facets.types.insert(event_type.name.into(), OfType::of(event_type));
            }
            if event_type.name == OF_A_CUSTOMER {
                let personal = event_type.fields.iter().filter(|field| is_personal(field) && field.name != ATTRIBUTES);
                facets.personal_of_customer = personal.map(|field| field.name.into()).collect();
            }
        }
        facets
    }

    /// Adds a type that was registered at run time, as yet without facets.
    pub fn add_type(&mut self, event_type: &str) {
        self.not_for_rules.remove(event_type);
        self.types.entry(event_type.into()).or_default();
    }

    /// Adds a facet, such as `weight` or `attributes.segment`, to a type, which is added if it is new.
    pub fn add(&mut self, event_type: &str, name: &str, facet: Facet) {
        self.add_type(event_type);
        if let Some(of_type) = self.types.get_mut(event_type) {
            of_type.facets.insert(name.into(), facet);
        }
    }

    /// Notes that a member of a type is personal, so that whoever reads it is told why it cannot be.
    pub fn add_personal(&mut self, event_type: &str, name: &str) {
        self.add_type(event_type);
        if let Some(of_type) = self.types.get_mut(event_type) {
            of_type.personal.insert(name.into());
        }
    }

    /// Lets every `attributes.x` of a type be read, which is added if it is new.
    pub fn open_attributes(&mut self, event_type: &str) {
        self.add_type(event_type);
        if let Some(of_type) = self.types.get_mut(event_type) {
            of_type.has_attributes = true;
        }
    }

    /// Whether rules may name this event type.
    pub fn has_type(&self, event_type: &str) -> bool {
        self.types.contains_key(event_type)
    }

    /// Every event type that rules may name, in the order of their names.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        self.types.keys().map(|name| &**name)
    }

    /// The facet of a type with this name, such as `amount` or `attributes.size`.
    pub fn get(&self, event_type: &str, name: &str) -> Option<Facet> {
        let of_type = self.types.get(event_type)?;
        let attribute =
            || (of_type.has_attributes && is_attribute(name)).then_some(Facet { kind: Kind::Any, money: false });
        of_type.facets.get(name).copied().or_else(attribute)
    }

    /// Whether this is an amount in the event's currency.
    pub fn is_money(&self, event_type: &str, name: &str) -> bool {
        self.get(event_type, name).is_some_and(|facet| facet.money)
    }

    /// The facets of a type, by name; of open attributes only those that were added.
    pub fn of_type(&self, event_type: &str) -> impl Iterator<Item = (&str, Facet)> {
        let facets = self.types.get(event_type).into_iter().flat_map(|of_type| &of_type.facets);
        facets.map(|(name, facet)| (&**name, *facet))
    }

    /// The names that a rule for events of these types may read: the facets that at least one of them has, those of its
    /// envelope, and the customer's.
    pub(crate) fn names(&self, on: &[Box<str>]) -> Names {
        let mut kinds: BTreeMap<&str, Kind> = BTreeMap::new();
        for (name, facet) in on.iter().flat_map(|event_type| self.of_type(event_type)) {
            let kind = kinds.entry(name).or_insert(facet.kind);
            if *kind != facet.kind {
                *kind = Kind::Any;
            }
        }
        let mut names = Self::customer_names();
        for (name, kind) in kinds {
            names = names.with(name, kind);
        }
        if on.iter().filter_map(|event_type| self.types.get(event_type)).any(|of_type| of_type.has_attributes) {
            names = names.with_members_of(ATTRIBUTES, Kind::Any);
        }
        // Last, so that no registered facet takes their place.
        names.with("type", Kind::Text).with("source", Kind::Text).with("unit", Kind::Text).with("time", Kind::Time)
    }

    /// The names that a rule for what did not happen may read.
    pub(super) fn customer_names() -> Names {
        let names = Names::new().with_members_of("customer", Kind::Any);
        CUSTOMER.into_iter().fold(names, |names, name| names.with(format!("customer.{name}"), Kind::Text))
    }

    /// Where a name that was read is personal: in which of these types, or in a golden record.
    pub(crate) fn personal_in<'f>(&'f self, name: &str, on: &'f [Box<str>]) -> Vec<&'f str> {
        let member = first_part(name);
        if let Some(of_customer) = name.strip_prefix("customer.") {
            let personal = self.personal_of_customer.contains(first_part(of_customer));
            return if personal { vec!["the customer's golden record"] } else { Vec::new() };
        }
        let is_personal =
            |event_type: &&str| self.types.get(*event_type).is_some_and(|of_type| of_type.personal.contains(member));
        on.iter().map(|event_type| &**event_type).filter(is_personal).collect()
    }

    /// Other types that have a facet of this name.
    pub(super) fn types_with(&self, name: &str) -> Vec<&str> {
        self.types().filter(|event_type| self.get(event_type, name).is_some()).take(MOST_SUGGESTED).collect()
    }

    /// Whether it is known as an event type that is about no customer.
    pub(super) fn is_not_for_rules(&self, event_type: &str) -> bool {
        self.not_for_rules.contains(event_type)
    }

    /// Event types that may have been meant: those that are a few letters away, or else those of the same family.
    pub(crate) fn near(&self, name: &str) -> Vec<&str> {
        let away = |other: &str| edits(name.as_bytes(), other.as_bytes(), NEAR);
        let mut near: Vec<_> =
            self.types().map(|other| (away(other), other)).filter(|(away, _)| *away <= NEAR).collect();
        near.sort_unstable();
        if near.is_empty() {
            let family = first_part(name);
            near.extend(self.types().filter(|other| first_part(other) == family).map(|other| (0, other)));
        }
        near.into_iter().map(|(_, other)| other).take(MOST_SUGGESTED).collect()
    }
}

impl OfType {
    fn of(event_type: &EventType) -> Self {
        let mut of_type = Self::default();
        for field in event_type.fields {
            if is_personal(field) {
                of_type.personal.insert(field.name.into());
            } else if field.kind == FieldKind::Scalars {
                of_type.has_attributes |= field.name == ATTRIBUTES;
            } else if let Some(kind) = kind_of(&field.kind) {
                let money = field.is_money(event_type.fields);
                of_type.facets.insert(field.name.into(), Facet { kind, money });
            }
        }
        of_type
    }
}

/// A member that is a fact of organisations is a facet: where it is none, it stands among the sealed parts and is missing.
fn is_personal(field: &Field) -> bool {
    matches!(field.class, Class::Personal(_))
}

/// What an expression takes a member for; none for what it cannot compute with.
pub(crate) fn kind_of(kind: &FieldKind) -> Option<Kind> {
    match kind {
        FieldKind::Amount | FieldKind::SignedAmount | FieldKind::Integer => Some(Kind::Number),
        FieldKind::Text(_)
        | FieldKind::OneOf(_)
        | FieldKind::Currency
        | FieldKind::Country
        | FieldKind::Date
        | FieldKind::DateOrTime => Some(Kind::Text),
        FieldKind::Boolean => Some(Kind::Bool),
        FieldKind::Object(_)
        | FieldKind::List(_)
        | FieldKind::OneOrMany(_)
        | FieldKind::Scalars
        | FieldKind::RecordRef
        | FieldKind::Document
        | FieldKind::Any => None,
    }
}

fn is_attribute(name: &str) -> bool {
    name.strip_prefix(ATTRIBUTES).and_then(|rest| rest.strip_prefix('.')).is_some_and(|attribute| !attribute.is_empty())
}

fn first_part(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}
