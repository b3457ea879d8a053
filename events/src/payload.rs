//! The payloads that folds read, typed.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::RecordId;
use crate::json::Json;

/// What a steward decided about two sets of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// One customer.
    Link,
    /// Two customers.
    Separate,
    /// Not now: the question goes to the end of the queue. It binds nobody.
    Later,
}

/// What a steward said of two lists of records, at rest: all of `records` with, or apart from, all of `from`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pairing {
    /// One side.
    pub records: Vec<RecordId>,
    /// The other side.
    pub from: Vec<RecordId>,
}

impl Pairing {
    /// Reads the form at rest; what is no record id is left out.
    pub fn read(data: &Json) -> Self {
        let side = |name| match data.get(name) {
            Some(Json::Array(items)) => {
                items.iter().filter_map(Json::as_str).filter_map(|text| text.parse().ok().map(RecordId)).collect()
            }
            _ => Vec::new(),
        };
        Self { records: side("records"), from: side("from") }
    }

    /// The form at rest.
    pub fn to_json(&self) -> Json {
        let side =
            |ids: &[RecordId]| Json::Array(ids.iter().map(|id| Json::String(id.to_string())).collect::<Vec<_>>());
        Json::object([("records", side(&self.records)), ("from", side(&self.from))])
    }
}

/// The decision that `identity.decision_withdrawn` takes back.
pub fn withdrawn_decision(data: &Json) -> Option<Uuid> {
    data.get("decision")?.as_str()?.parse().ok()
}

/// What decides between two values of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// The value that was confirmed or first observed later.
    Recency,
    /// A verified value before one that nobody verified.
    Verification,
    /// The value of the source that stands earlier in `sources`; sources not named come last, as equals.
    SourceRank,
    /// The value with more parts (address) or characters (text).
    Completeness,
}

/// How one field's survivor is found: criteria in order, the first that tells two values apart decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldPolicy {
    /// The criteria, strongest first.
    pub by: Vec<Criterion>,
    /// Sources, most trusted first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// Days after which a value is worth asking about again; `None`: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask_after_days: Option<u32>,
    /// How much it matters that this field is known and fresh: the larger, the sooner it is asked. 0: never.
    #[serde(default)]
    pub ask_weight: u32,
}

/// Which source wins which field, and by what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurvivorshipPolicy {
    /// For fields that are not named.
    pub default: FieldPolicy,
    /// For single fields, by name.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub fields: std::collections::BTreeMap<String, FieldPolicy>,
}

impl SurvivorshipPolicy {
    /// The policy that a new log starts with: what was confirmed last wins, whoever said it.
    pub fn built_in() -> Self {
        use Criterion::{Completeness, Recency, SourceRank, Verification};
        let by = vec![Recency, Verification, SourceRank, Completeness];
        let asked = |weight, days| FieldPolicy {
            by: by.clone(),
            sources: Vec::new(),
            ask_after_days: Some(days),
            ask_weight: weight,
        };
        let fields = [("email", asked(30, 365)), ("phone", asked(20, 365)), ("address", asked(10, 730))];
        Self {
            default: FieldPolicy { by: by.clone(), sources: Vec::new(), ask_after_days: None, ask_weight: 0 },
            fields: fields.into_iter().map(|(name, policy)| (name.to_owned(), policy)).collect(),
        }
    }

    /// The policy of one field.
    pub fn of(&self, field: &str) -> &FieldPolicy {
        self.fields.get(field).unwrap_or(&self.default)
    }

    /// Reads the `policy` member of `survivorship_policy.published`.
    ///
    /// # Errors
    /// What is wrong with it, by serde's words (a policy holds nothing personal).
    pub fn read(policy: &Json) -> Result<Self, String> {
        serde_json::from_str(&policy.to_string()).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_policy_survives_its_own_text() {
        let policy = SurvivorshipPolicy::built_in();
        let json = Json::parse(serde_json::to_string(&policy).unwrap().as_bytes()).unwrap();
        assert_eq!(SurvivorshipPolicy::read(&json), Ok(policy));
        let unknown = Json::parse(br#"{"default":{"by":["age"]}}"#).unwrap();
        assert!(SurvivorshipPolicy::read(&unknown).unwrap_err().contains("age"));
    }

    #[test]
    fn pairings_survive_their_form_at_rest() {
        let id = |n| RecordId(Uuid::from_u128(n));
        let pairing = Pairing { records: vec![id(1), id(2)], from: vec![id(3)] };
        assert_eq!(Pairing::read(&pairing.to_json()), pairing);
    }
}
