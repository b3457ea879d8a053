//! Tasks, complaints, activities.

use super::Refusal;
use crate::pipeline::complaint::{self, Complaint};
use crate::pipeline::contact::{ActivityType, ActivityTypes};
use crate::pipeline::task::{self, Task};

/// Whether an event of this kind may be written about a task.
///
/// # Errors
/// The rule that it breaks.
pub fn task(task: Option<&Task>, what: task::What) -> Result<(), Refusal> {
    match (task.map(|task| task.status), what) {
        (None, task::What::Raised) => Ok(()),
        (None, _) => Err(Refusal::Missing),
        (Some(_), task::What::Raised) => Err(Refusal::Exists),
        (Some(task::Status::Open), _) => Ok(()),
        (Some(_), _) => Err(Refusal::Closed),
    }
}

/// Whether an event of this kind may be written about a complaint. One that is closed may be reopened; the customer may
/// react to anything at any time.
///
/// # Errors
/// The rule that it breaks.
pub fn complaint(complaint: Option<&Complaint>, what: complaint::What) -> Result<(), Refusal> {
    use complaint::{Status, What};
    match (complaint.map(|complaint| complaint.status), what) {
        (None, What::Opened) => Ok(()),
        (None, _) => Err(Refusal::Missing),
        (Some(_), What::Opened) => Err(Refusal::Exists),
        (Some(_), What::CustomerReacted) => Ok(()),
        (Some(Status::Closed), What::Reopened) => Ok(()),
        (Some(_), What::Reopened) => Err(Refusal::NotClosed),
        (Some(Status::Closed), What::Answered | What::Closed) => Err(Refusal::Closed),
        (Some(_), What::Answered | What::Closed) => Ok(()),
    }
}

/// Whether an activity of this kind with this outcome may be logged. While no kind is defined, anything may be.
///
/// # Errors
/// The rule that it breaks.
pub fn activity(types: &ActivityTypes, kind: &str, outcome: Option<&str>) -> Result<(), Refusal> {
    if types.is_empty() {
        return Ok(());
    }
    let defined = ActivityType::find(types, kind).filter(|known| !known.retired);
    let defined = defined.ok_or_else(|| Refusal::UnknownKind { kind: kind.to_owned() })?;
    match outcome {
        Some(outcome) if !defined.allows(outcome) => {
            Err(Refusal::UnknownOutcome { kind: kind.to_owned(), outcome: outcome.to_owned() })
        }
        _ => Ok(()),
    }
}
