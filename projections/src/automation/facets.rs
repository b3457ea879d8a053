//! Conditions on single events: expressions over facets, as the rules of scores have them.
//!
//! An event of which a facet that the condition comes to read is missing is none that counts. Nor is one over which
//! it fails: an automation that stopped at the first odd event would wait for a person who knows nothing of it. What a
//! condition may read is checked when it is defined: facts of the event, never personal members, so that causes do not
//! change when somebody is erased; and nothing of the customer, since what a customer is changes after the event.
//! Amounts are taken as written; `currency` says in what.

use kulta_events::field::Kind as FieldKind;
use kulta_events::vocabulary::class_of;
use kulta_events::{Json, Recorded};

use crate::expr::{Expression, Kind, Scope, Value};
use crate::scores::rules::{Facets, kind_of};

/// A checked condition.
#[derive(Clone, Debug)]
pub struct Condition {
    expression: Expression,
}

impl Condition {
    /// Reads a condition on events of these types.
    ///
    /// # Errors
    /// What is wrong with it, with line and column in the text.
    pub fn parse(text: &str, on: &[Box<str>], facets: &Facets) -> Result<Self, String> {
        let expression = Expression::parse(text).map_err(|error| error.to_string())?;
        for name in expression.variables() {
            let personal = facets.personal_in(name, on);
            if name.starts_with("customer.") {
                return Err(format!("`{name}` is of the customer: conditions read the event"));
            }
            if !personal.is_empty() {
                return Err(format!("`{name}` is personal in {}: conditions read facts only", personal.join(", ")));
            }
        }
        match expression.check(&facets.names(on)).map_err(|error| error.to_string())? {
            Kind::Bool | Kind::Any => Ok(Self { expression }),
            other => Err(format!("expected a condition, found {}", other.name())),
        }
    }

    /// Whether it holds for an event.
    pub fn holds(&self, event: &Recorded) -> bool {
        self.expression.evaluate_bool(&Facts(event)).unwrap_or(false)
    }
}

/// Whether an event is of one of these types, and one of those that count.
pub(super) fn counts(event: &Recorded, on: &[Box<str>], only: Option<&Condition>) -> bool {
    on.iter().any(|name| **name == *event.type_name) && only.is_none_or(|only| only.holds(event))
}

/// The facts of one event.
struct Facts<'e>(&'e Recorded);

impl Scope for Facts<'_> {
    fn get(&self, path: &str) -> Option<Value<'_>> {
        let event = self.0;
        match path {
            "type" => return Some(Value::from(event.type_name.as_str())),
            "source" => return Some(Value::from(event.order.source.as_str())),
            "unit" => return event.unit.as_deref().map(Value::from),
            "time" => return Some(Value::Time(event.order.time.micros())),
            _ => {}
        }
        let (name, member) = path.split_once('.').map_or((path, None), |(name, member)| (name, Some(member)));
        let organisation = event.payload.data.get("kind").and_then(Json::as_str) == Some("organisation");
        let field = event.event_type?.field(name).filter(|field| class_of(field, organisation).is_none())?;
        let value = event.payload.data.get(name)?;
        match (field.kind, member) {
            (FieldKind::Scalars, Some(member)) => scalar(value.get(member)?),
            (kind, None) => of_kind(value, kind_of(&kind)?),
            _ => None,
        }
    }
}

fn of_kind(value: &Json, kind: Kind) -> Option<Value<'_>> {
    match (kind, value) {
        (Kind::Number, value) => value.as_decimal().map(Value::Number),
        (Kind::Text, Json::String(text)) => Some(Value::from(text.as_str())),
        (Kind::Bool, Json::Bool(value)) => Some(Value::Bool(*value)),
        _ => None,
    }
}

fn scalar(value: &Json) -> Option<Value<'_>> {
    match value {
        Json::Bool(value) => Some(Value::Bool(*value)),
        Json::Number(_) => value.as_decimal().map(Value::Number),
        Json::String(text) => Some(Value::from(text.as_str())),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
