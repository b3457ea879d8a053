//! What rules read of a customer.

use std::collections::BTreeMap;

use kulta_events::Json;

use crate::expr::{Scope, Value};
use crate::golden::Golden;

/// The members of a golden record that rules may read under their own names.
const FIELDS: [&str; 3] = ["kind", "language", "country"];

/// Facts of a golden record, and the classes that the customer is in by their schemes: `customer.kind`,
/// `customer.segment`. Nothing personal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfCustomer(BTreeMap<Box<str>, Box<str>>);

impl OfCustomer {
    /// What rules read of this golden record. A scheme that has the name of a field is not read.
    pub fn of(golden: &Golden) -> Self {
        let class = |(scheme, fact): (&String, &crate::golden::Fact)| {
            fact.value.as_str().map(|class| (scheme.as_str().into(), class.into()))
        };
        let mut values: BTreeMap<Box<str>, Box<str>> = golden.classes.iter().filter_map(class).collect();
        for field in FIELDS {
            values.remove(field);
            let value = golden.fields.get(field).map(|field| &field.value).and_then(Json::as_str);
            values.extend(value.map(|value| (field.into(), value.into())));
        }
        Self(values)
    }
}

impl Scope for OfCustomer {
    fn get(&self, path: &str) -> Option<Value<'_>> {
        let value = self.0.get(path.strip_prefix("customer.")?)?;
        Some(Value::from(&**value))
    }
}

#[cfg(test)]
mod tests {
    use kulta_events::payload::SurvivorshipPolicy;

    use super::*;
    use crate::as_of::{Named, golden_at};
    use crate::given::{day, event, record};

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
