//! An event as the log gives it back.

use uuid::Uuid;

use crate::ids::RecordId;
use crate::instant::Instant;
use crate::json::Json;
use crate::vocabulary::EventType;

/// The order of facts: by time, equal times by (source, id). Everywhere.
///
/// When an event's id is erased it sorts by its keyed hash instead, after readable ids.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Order {
    /// When it happened.
    pub time: Instant,
    /// The source that says so.
    pub source: String,
    /// The event's id in that source.
    pub id: EventName,
}

/// An event's id, or what is left of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventName {
    /// The id that the source gave.
    Id(String),
    /// The key that opened the id is destroyed; this is the keyed hash of (source, id).
    Erased(Uuid),
}

/// A payload as far as it can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Facts and opened personal members in one object, lifted to the newest version.
    pub data: Json,
    /// Whether a personal part existed whose key is destroyed. Folds stay total: the members are absent.
    pub erased: bool,
}

/// An event as the log gives it back, opened as far as keys exist.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Place in the whole log, from 1, dense.
    pub position: u64,
    /// The stream that holds it.
    pub stream: String,
    /// Place in that stream, from 0.
    pub revision: u64,
    /// Keyed hash of (source, id).
    pub key: Uuid,
    /// Its type; `None` when this binary does not know it (it is kept and shown, never read).
    pub event_type: Option<&'static EventType>,
    /// The name of its type.
    pub type_name: String,
    /// The record that it is about, if any.
    pub record: Option<RecordId>,
    /// When it happened, by whom, under which id.
    pub order: Order,
    /// When the log learned of it.
    pub recorded_at: Instant,
    /// Number of the access token or person that brought it.
    pub actor: i64,
    /// The business unit, if the publisher named one.
    pub unit: Option<String>,
    /// The event that caused this one.
    pub causation: Option<String>,
    /// The conversation that this one belongs to.
    pub correlation: Option<String>,
    /// How many members the schema does not know; they are sealed, shown in the event's detail, counted per source.
    pub unknown: u16,
    /// What happened.
    pub payload: Payload,
}
