//! The answer to published events.

use kulta_events::Problem as Refusal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::problem::{FieldError, codes};
use crate::intake::{EventResult, Status};

/// What became of a batch: durable.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Published)]
pub struct Answer {
    /// The log's last position after the batch.
    pub position: u64,
    /// One per event, in order.
    pub results: Vec<Verdict>,
}

/// What became of one event.
#[derive(Debug, Serialize, ToSchema)]
pub struct Verdict {
    /// The event's source, as far as it could be read.
    pub source: Option<String>,
    /// The event's id, as far as it could be read.
    pub id: Option<String>,
    /// `accepted`, `duplicate`, `conflict` or `rejected`.
    #[schema(pattern = "^(accepted|duplicate|conflict|rejected)$")]
    pub status: &'static str,
    /// Where the event stands, or for a conflict the one that was stored first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<EventProblem>,
}

/// Why one event was rejected: a problem (RFC 9457) inside an answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventProblem {
    /// `/problems/CODE`
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is, in a few words.
    pub title: &'static str,
    /// The status that the event would have alone.
    pub status: u16,
    /// The first thing that is wrong.
    pub detail: String,
    /// The stable word for it.
    pub code: String,
    /// Everything that is wrong, with its place in the event.
    pub errors: Vec<FieldError>,
}

impl From<EventResult> for Verdict {
    fn from(result: EventResult) -> Self {
        let (status, position, problem) = match result.status {
            Status::Accepted(position) => ("accepted", Some(position), None),
            Status::Duplicate(position) => ("duplicate", Some(position), None),
            Status::Conflict(position) => ("conflict", Some(position), None),
            Status::Rejected(reasons) => ("rejected", None, Some(EventProblem::new(reasons))),
        };
        Self { source: result.source, id: result.id, status, position, problem }
    }
}

impl EventProblem {
    /// From what the validator found.
    pub fn new(reasons: Vec<Refusal>) -> Self {
        let first = reasons.first();
        let name = first.map_or(codes::INVALID.name, |reason| reason.code.as_str());
        let code = codes::find(name).unwrap_or(codes::INVALID);
        let detail = match first {
            Some(reason) if reason.pointer.is_empty() => reason.detail.clone(),
            Some(reason) => format!("{}: {}", reason.pointer, reason.detail),
            None => String::new(),
        };
        Self {
            kind: format!("/problems/{}", code.name),
            title: code.title,
            status: code.status,
            detail,
            code: code.name.to_owned(),
            errors: field_errors(reasons),
        }
    }
}

/// The validator's findings in the form of the interface.
pub fn field_errors(reasons: Vec<Refusal>) -> Vec<FieldError> {
    let error = |Refusal { code, pointer, detail }| FieldError { pointer, detail, code: Some(code) };
    reasons.into_iter().map(error).collect()
}
