//! Dead letters: what could not be accepted, kept for a person to see.

pub mod get;
pub mod list;
pub mod settle;

use kulta_events::{Instant, Problem as Refusal};
use serde::Serialize;
use utoipa::ToSchema;

use super::events::field_errors;
use crate::http::problem::FieldError;
use crate::store::DeadLetter;

/// A dead letter, without what came: that may be personal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub struct Summary {
    /// Its number, from 1.
    pub id: i64,
    /// `open`, `resubmitted` or `dismissed`.
    pub state: String,
    /// The door that it came through: `http`, `file`, `kafka`.
    pub door: String,
    /// Where exactly: request id, file and line, topic and partition and offset.
    pub origin: String,
    /// The code of the first problem.
    pub reason: String,
    /// Everything that is wrong with it.
    pub errors: Vec<FieldError>,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Instant,
    /// The record that it is about, when that much could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    pub record_id: Option<String>,
    /// The position at which it was settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_position: Option<u64>,
}

impl From<DeadLetter> for Summary {
    fn from(stored: DeadLetter) -> Self {
        let DeadLetter { id, letter, recorded_at, state, settled_position } = stored;
        let problems: Vec<Refusal> = serde_json::from_str(&letter.problems).unwrap_or_default();
        Self {
            id,
            state,
            door: letter.door,
            origin: letter.origin,
            reason: letter.reason,
            errors: field_errors(problems),
            recorded_at,
            record_id: letter.record.map(|record| record.to_string()),
            settled_position,
        }
    }
}
