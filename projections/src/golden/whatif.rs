//! What another survivorship policy would change, customer by customer.

use std::collections::{BTreeMap, BTreeSet};

use kulta_events::CustomerId;
use kulta_events::payload::{FieldPolicy, SurvivorshipPolicy};

use super::candidates::{Candidate, survivors};
use super::{Member, UNIONS, Value};

/// So many examples are kept of each field, those of the lowest customer ids.
pub const EXAMPLES_PER_FIELD: usize = 5;
/// And of so many fields at most, those that come first by name.
pub const EXAMPLE_FIELDS: usize = 40;

/// A field of which another value would survive, or the same value of another record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its name.
    pub field: String,
    /// What survives as it is.
    pub before: Value,
    /// What would survive.
    pub after: Value,
}

/// What a policy would change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WhatIf {
    /// How many customers were looked at.
    pub customers: u64,
    /// How many would change.
    pub changed: u64,
    /// How many would change in a field.
    pub fields: BTreeMap<String, u64>,
    /// Examples, by field.
    examples: BTreeMap<String, Vec<(CustomerId, Difference)>>,
}

impl WhatIf {
    /// Counts a customer. Customers come by id, so that the same ones are always the examples.
    pub fn count(&mut self, customer: CustomerId, found: Vec<Difference>) {
        self.customers += 1;
        self.changed += u64::from(!found.is_empty());
        for difference in found {
            *self.fields.entry(difference.field.clone()).or_default() += 1;
            let of_field = self.examples.entry(difference.field.clone()).or_default();
            if of_field.len() < EXAMPLES_PER_FIELD {
                of_field.push((customer, difference));
            }
        }
        while self.examples.len() > EXAMPLE_FIELDS {
            self.examples.pop_last();
        }
    }

    /// The examples, by field and customer.
    pub fn examples(&self) -> impl Iterator<Item = &(CustomerId, Difference)> {
        self.examples.values().flatten()
    }
}

/// The fields of one customer whose survivor would be another one, by name. What does not contend stays under any policy.
pub fn differences(members: &[Member<'_>], before: &SurvivorshipPolicy, after: &SurvivorshipPolicy) -> Vec<Difference> {
    let names: BTreeSet<&str> = members.iter().flat_map(|member| member.state.fields()).map(|(name, _)| name).collect();
    let contended = names.into_iter().filter(|name| !UNIONS.contains(name));
    contended
        .filter(|name| decides_otherwise(before.of(name), after.of(name)))
        .filter_map(|name| {
            let survivor = |policy: &SurvivorshipPolicy| {
                survivors(name, members, policy.of(name)).into_iter().next().map(Candidate::into_value)
            };
            let (before, after) = (survivor(before)?, survivor(after)?);
            let same = before.value == after.value && before.record == after.record;
            (!same).then(|| Difference { field: name.to_owned(), before, after })
        })
        .collect()
}

/// Whether two policies of a field may choose otherwise; what they say of asking chooses nothing.
fn decides_otherwise(one: &FieldPolicy, other: &FieldPolicy) -> bool {
    one.by != other.by || one.sources != other.sources
}

#[cfg(test)]
mod tests {
    use kulta_events::payload::Criterion;
    use uuid::Uuid;

    use super::*;
    use crate::given::{event, record};
    use crate::golden::Golden;
    use crate::record::RecordState;

    fn state(source: &str, on: i64, data: &str) -> RecordState {
        RecordState::fold(&[event(source, "1", on, "customer.registered", data)])
    }

    fn member<'a>(source: &'a str, state: &'a RecordState) -> Member<'a> {
        Member { record: record(source, "1"), source, subject: Some("1"), state }
    }

    /// The built-in policy, but for one field, of which a source knows best.
    fn ranked(field: &str, source: &str) -> SurvivorshipPolicy {
        let mut policy = SurvivorshipPolicy::built_in();
        let by = vec![Criterion::SourceRank];
        let of_field = FieldPolicy { by, sources: vec![source.to_owned()], ask_after_days: None, ask_weight: 0 };
        policy.fields.insert(field.to_owned(), of_field);
        policy
    }

    #[test]
    fn the_survivors_before_and_after_are_those_of_the_golden_records() {
        let crm = state("crm", 1, r#"{"email":"crm@x.fi","phone":"1","aliases":["A"]}"#);
        let erp = state("erp", 2, r#"{"email":"erp@x.fi","phone":"2","aliases":["B"]}"#);
        let members = [member("crm", &crm), member("erp", &erp)];
        let (before, after) = (SurvivorshipPolicy::built_in(), ranked("email", "crm"));
        let found = differences(&members, &before, &after);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].field, "email");
        for (value, policy) in [(&found[0].before, &before), (&found[0].after, &after)] {
            let golden = Golden::of(&members, policy);
            let email = &golden.fields["email"];
            assert_eq!((&value.value, &value.source), (&email.value, &email.source));
        }
        assert_eq!(found[0].after.source, "crm");
        assert_eq!(differences(&members, &after, &after), []);
        assert_eq!(differences(&members, &before, &ranked("email", "erp")), [], "the newer one, as it is");
    }

    #[test]
    fn what_is_asked_for_changes_nobody_and_where_a_value_comes_from_does() {
        let crm = state("crm", 1, r#"{"email":"a@x.fi"}"#);
        let erp = state("erp", 2, r#"{"email":"a@x.fi"}"#);
        let members = [member("crm", &crm), member("erp", &erp)];
        let before = SurvivorshipPolicy::built_in();
        let mut asked = before.clone();
        asked.fields.values_mut().for_each(|field| field.ask_weight = 99);
        assert_eq!(differences(&members, &before, &asked), []);
        let found = differences(&members, &before, &ranked("email", "crm"));
        assert_eq!((found[0].before.source.as_str(), found[0].after.source.as_str()), ("erp", "crm"));
    }

    #[test]
    fn a_few_examples_are_kept_of_each_field() {
        let (crm, erp) =
            (state("crm", 1, r#"{"email":"c@x.fi","phone":"1"}"#), state("erp", 2, r#"{"email":"e@x.fi"}"#));
        let members = [member("crm", &crm), member("erp", &erp)];
        let found = differences(&members, &SurvivorshipPolicy::built_in(), &ranked("email", "crm"));
        let mut whatif = WhatIf::default();
        for number in 0..9 {
            whatif.count(CustomerId(Uuid::from_u128(number)), if number < 8 { found.clone() } else { Vec::new() });
        }
        assert_eq!((whatif.customers, whatif.changed, whatif.fields["email"]), (9, 8, 8));
        let examples: Vec<u128> = whatif.examples().map(|(customer, _)| customer.0.as_u128()).collect();
        assert_eq!(examples, [0, 1, 2, 3, 4]);
    }
}
