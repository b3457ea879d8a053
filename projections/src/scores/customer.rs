//! What rules read of a customer.

use std::collections::BTreeMap;

use kulta_events::Json;
use rust_decimal::Decimal;

use super::facts::scalar;
use crate::expr::{Scope, Value};
use crate::golden::Golden;

/// The members of a golden record that rules may read under their own names.
const FIELDS: [&str; 3] = ["kind", "language", "country"];

/// The names of free attributes in a golden record begin with it.
const ATTRIBUTES: &str = "attributes.";

/// Facts of a golden record, and the classes that the customer is in by their schemes: `customer.kind`,
/// `customer.segment`, `customer.attributes.vip`. Nothing personal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfCustomer(BTreeMap<Box<str>, Held>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Held {
    Text(Box<str>),
    Number(Decimal),
    Bool(bool),
}

/// Whether rules that read these names, written without `customer.`, read free attributes.
pub fn reads_attributes<'a>(names: impl IntoIterator<Item = &'a Box<str>>) -> bool {
    names.into_iter().any(|name| name.starts_with(ATTRIBUTES))
}

impl OfCustomer {
    /// What rules read of this golden record. A scheme that has the name of a field is not read.
    pub fn of(golden: &Golden) -> Self {
        let class = |(scheme, fact): (&String, &crate::golden::Fact)| {
            fact.value.as_str().map(|class| (scheme.as_str().into(), Held::Text(class.into())))
        };
        let mut values: BTreeMap<Box<str>, Held> = golden.classes.iter().filter_map(class).collect();
        for field in FIELDS {
            values.remove(field);
            let value = golden.fields.get(field).map(|field| &field.value).and_then(Json::as_str);
            values.extend(value.map(|value| (field.into(), Held::Text(value.into()))));
        }
        Self(values)
    }

    /// With the free attributes that a source registered as facts: those that a golden record holds also when it is made of
    /// events without their personal parts (`facts`).
    #[must_use]
    pub fn with_attributes(mut self, golden: &Golden, facts: &Golden) -> Self {
        for (name, field) in golden.fields.iter().filter(|(name, _)| name.starts_with(ATTRIBUTES)) {
            let is_fact = facts.fields.get(name).is_some_and(|fact| fact.value == field.value);
            let held = match scalar(&field.value) {
                Some(Value::Text(text)) => Held::Text(text.into()),
                Some(Value::Number(number)) => Held::Number(number),
                Some(Value::Bool(value)) => Held::Bool(value),
                _ => continue,
            };
            if is_fact {
                self.0.insert(name.as_str().into(), held);
            }
        }
        self
    }
}

impl Scope for OfCustomer {
    fn get(&self, path: &str) -> Option<Value<'_>> {
        Some(match self.0.get(path.strip_prefix("customer.")?)? {
            Held::Text(text) => Value::from(&**text),
            Held::Number(number) => Value::Number(*number),
            Held::Bool(value) => Value::Bool(*value),
        })
    }
}

#[cfg(test)]
mod tests {
    use kulta_events::payload::SurvivorshipPolicy;

    use super::*;
    use crate::as_of::{Named, golden_at};
    use crate::given::{day, event, record};

    #[test]
    fn attributes_are_read_where_they_are_facts() {
        let said = |attributes: &str| {
            [event("crm", "1", 1, "customer.registered", &format!(r#"{{"attributes":{attributes}}}"#))]
        };
        let (record, source) = (record("crm", "1"), "crm".to_owned());
        let members = [Named { record, source, subject: None }];
        let golden = |events: &[_]| golden_at(&members, events, Some(day(9)), &SurvivorshipPolicy::built_in()).0;
        let whole = said(r#"{"vip":true,"size":43.50,"shop":"north","shoe":"red","old":"new"}"#);
        let facts = said(r#"{"vip":true,"size":43.50,"shop":"north","old":"old"}"#);
        let (whole, facts) = (golden(&whole), golden(&facts));
        let of = OfCustomer::of(&whole).with_attributes(&whole, &facts);
        assert_eq!(of.get("customer.attributes.vip"), Some(Value::Bool(true)));
        assert_eq!(of.get("customer.attributes.size"), Some(Value::Number("43.5".parse().unwrap())));
        assert_eq!(of.get("customer.attributes.shop"), Some(Value::from("north")));
        // Personal, and once a fact but now said by somebody for whom it is personal.
        assert_eq!((of.get("customer.attributes.shoe"), of.get("customer.attributes.old")), (None, None));
        assert!(reads_attributes(&[Box::from("kind"), Box::from("attributes.vip")]));
        assert!(!reads_attributes(&[Box::from("kind")]));
    }

    #[test]
    fn a_class_is_read_by_its_scheme_and_the_latest_of_any_record_counts() {
        let events = [
            event("crm", "1", 1, "customer.registered", r#"{"kind":"organisation","country":"FI","name":"Aino Oy"}"#),
            event("crm", "1", 2, "customer.classified", r#"{"scheme":"segment","class":"gold"}"#),
            event("erp", "1", 3, "customer.classified", r#"{"scheme":"segment","class":"silver"}"#),
            event("erp", "1", 3, "customer.classified", r#"{"scheme":"kind","class":"not this"}"#),
            event("crm", "1", 4, "customer.classified", r#"{"scheme":"segment","class":null}"#),
        ];
        let members = ["crm", "erp"].map(|source| Named {
            record: record(source, "1"),
            source: source.to_owned(),
            subject: None,
        });
        for (as_of, segment) in [(2, None), (3, Some("gold")), (4, Some("silver")), (5, None)] {
            let (golden, _) = golden_at(&members, &events, Some(day(as_of)), &SurvivorshipPolicy::built_in());
            let of = OfCustomer::of(&golden);
            assert_eq!(of.get("customer.segment"), segment.map(Value::from), "{as_of}");
            assert_eq!(of.get("customer.kind"), Some(Value::from("organisation")));
            assert_eq!((of.get("customer.name"), of.get("kind")), (None, None));
        }
    }
}
