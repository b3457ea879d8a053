//! The golden record of a customer: per field the value that survives, where it comes from, and what lost.
//!
//! - The items of every record's value contend. The policy's criteria decide, in their order; then the order of facts,
//!   then the record id. So the outcome is total and depends on no order of arrival.
//! - A value is as old as the unbroken run in which its record says it; repeating it makes it no newer.
//! - A verification confirms equal values, whichever record said them, and no others.
//! - `null` takes back what the record held, and with it equal values that other records observed earlier.

use std::collections::{BTreeMap, BTreeSet};

use kulta_events::payload::SurvivorshipPolicy;
use kulta_events::{CustomerId, Instant, Json, RecordId};
use serde::{Deserialize, Serialize};

use crate::record::RecordState;
use candidates::{Candidate, survivors};

mod candidates;
pub mod history;
mod sections;
pub mod whatif;

/// A record of a customer, to be folded.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Its id.
    pub record: RecordId,
    /// The system that publishes it.
    pub source: &'a str,
    /// The customer's key there; `None` when it is erased.
    pub subject: Option<&'a str>,
    /// What it says.
    pub state: &'a RecordState,
}

/// Fields whose values do not contend: every value of every record is kept.
const UNIONS: [&str; 2] = ["aliases", "ids"];

impl Golden {
    /// The golden record of these records, in whatever order they come.
    pub fn of(members: &[Member<'_>], policy: &SurvivorshipPolicy) -> Self {
        let names: BTreeSet<&str> =
            members.iter().flat_map(|member| member.state.fields()).map(|(name, _)| name).collect();
        let declined = sections::declined(members);
        let mut fields = BTreeMap::new();
        for name in names.into_iter().filter(|name| !UNIONS.contains(name)) {
            let mut found = survivors(name, members, policy.of(name)).into_iter();
            if let Some(survivor) = found.next() {
                let others = found.map(Candidate::into_value).collect();
                let field = GoldenField::new(survivor, declined.get(name).copied(), others);
                fields.insert(name.to_owned(), field);
            }
        }
        let union = |name: &str| {
            survivors(name, members, policy.of(name)).into_iter().map(Candidate::into_value).collect::<Vec<_>>()
        };
        let mut golden = Self {
            kind: None,
            name: None,
            records: sections::records(members),
            aliases: union("aliases"),
            ids: union("ids"),
            classes: sections::classes(members),
            tags: sections::tags(members),
            preferences: sections::preferences(members),
            consents: sections::consents(members),
            declined,
            fields,
        };
        golden.kind = golden.text("kind").map(str::to_owned);
        golden.name = golden.full_name();
        golden
    }

    /// The text of a surviving value.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.value.as_str()
    }

    /// The name as a whole, else given and family name.
    fn full_name(&self) -> Option<String> {
        if let Some(name) = self.text("name") {
            return Some(name.trim().to_owned());
        }
        let parts: Vec<_> = ["given_name", "family_name"].iter().filter_map(|part| self.text(part)).collect();
        Some(parts.iter().map(|part| part.trim()).collect::<Vec<_>>().join(" ")).filter(|name| !name.is_empty())
    }

    /// The answer of `GET /v1/customers/{id}`: this with the customer's id and position in front.
    ///
    /// # Errors
    /// As serde_json has them; a golden record that was folded has none.
    pub fn to_wire(&self, customer: CustomerId, position: u64) -> serde_json::Result<String> {
        Ok(wire(customer, position, &serde_json::to_string(self)?))
    }
}

/// The same from the stored text of a golden record, without reading it.
pub fn wire(customer: CustomerId, position: u64, golden: &str) -> String {
    let members = golden.trim_start().strip_prefix('{').unwrap_or("}");
    let comma = if members.trim_start().starts_with('}') { "" } else { "," };
    format!("{{\"customer_id\":\"{customer}\",\"position\":{position}{comma}{members}")
}

impl GoldenField {
    fn new(survivor: Candidate<'_>, declined_at: Option<Instant>, others: Vec<Value>) -> Self {
        let last_seen_at = survivor.said.time;
        let Value { value, source, subject, record, observed_at, verified_at } = survivor.into_value();
        Self { value, source, subject, record, observed_at, last_seen_at, verified_at, declined_at, others }
    }

    /// When the value was observed first or confirmed last.
    pub fn confirmed_at(&self) -> Instant {
        self.verified_at.map_or(self.observed_at, |verified| verified.max(self.observed_at))
    }
}

/// The golden record: a function of the states of a customer's records and the survivorship policy.
///
/// Its serde form is what `GET /v1/customers/{id}` answers, but for `customer_id` and `position`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Golden {
    /// `person` or `organisation`, if anybody said.
    pub kind: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// The records, by (source, subject, record id).
    pub records: Vec<RecordRef>,
    /// The surviving values, by field name; a free attribute is `attributes.NAME`.
    pub fields: BTreeMap<String, GoldenField>,
    /// Every other name that some record knows, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Value>,
    /// Every id that some record knows, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<Value>,
    /// Scheme → class.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub classes: BTreeMap<String, Fact>,
    /// The tags that are on; the value is `true`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, Fact>,
    /// Preference → value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub preferences: BTreeMap<String, Fact>,
    /// What the customer agreed to, and no longer agrees to, by purpose and channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<Consent>,
    /// Fields that the customer does not want to tell, known or not, and when they last said so.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub declined: BTreeMap<String, Instant>,
}

/// One record of a customer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordRef {
    /// The system that publishes it.
    pub source: String,
    /// The customer's key there; `None` when it is erased.
    pub subject: Option<String>,
    /// Its id.
    #[serde(rename = "record_id")]
    pub record: RecordId,
    /// When the source closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Instant>,
}

/// A surviving value, where it comes from, and the values that lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoldenField {
    /// The value: text, number, boolean or object, never a list.
    pub value: Json,
    /// The system that says so.
    pub source: String,
    /// The customer's key there; `None` when it is erased.
    pub subject: Option<String>,
    /// The record that says so.
    #[serde(rename = "record_id")]
    pub record: RecordId,
    /// Since when that record says so without a break.
    pub observed_at: Instant,
    /// When that record said so last.
    pub last_seen_at: Instant,
    /// When somebody last made sure of this value.
    pub verified_at: Option<Instant>,
    /// When the customer last declined to tell this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined_at: Option<Instant>,
    /// The values that lost, each once, best first.
    pub others: Vec<Value>,
}

/// A value with its provenance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// The value.
    pub value: Json,
    /// The system that says so.
    pub source: String,
    /// The customer's key there; `None` when it is erased.
    pub subject: Option<String>,
    /// The record that says so.
    #[serde(rename = "record_id")]
    pub record: RecordId,
    /// Since when that record says so without a break.
    pub observed_at: Instant,
    /// When somebody last made sure of this value.
    pub verified_at: Option<Instant>,
}

/// What was said last under one name, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What was said.
    pub value: Json,
    /// The system that says so.
    pub source: String,
    /// The customer's key there; `None` when it is erased.
    pub subject: Option<String>,
    /// The record that says so.
    #[serde(rename = "record_id")]
    pub record: RecordId,
    /// When.
    pub at: Instant,
}

/// Whether the customer agrees to a use of their data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What for.
    pub purpose: String,
    /// By which channel; `None`: not said.
    pub channel: Option<String>,
    /// Given, or withdrawn.
    pub given: bool,
    /// How it was given or withdrawn.
    pub method: Option<String>,
    /// Whether it was confirmed a second time.
    pub double_opt_in: bool,
    /// The system that says so.
    pub source: String,
    /// The customer's key there; `None` when it is erased.
    pub subject: Option<String>,
    /// The record that says so.
    #[serde(rename = "record_id")]
    pub record: RecordId,
    /// When.
    pub at: Instant,
}

#[cfg(test)]
mod tests;
