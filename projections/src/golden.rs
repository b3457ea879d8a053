//! The golden record of a customer.

use std::collections::BTreeMap;

use kulta_events::{Instant, Json, RecordId};
use serde::{Deserialize, Serialize};

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
