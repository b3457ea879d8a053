//! Replays: all customers scored by all of history under any rules, and who would move.

pub mod begin;
pub mod cancel;
pub mod diff;
pub mod get;
pub mod list;
pub mod scores;
pub mod totals;

use std::sync::Arc;

use kulta_events::RecordId;
use kulta_projections::scores::diff::Change;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::problem::{Problem, codes};
use crate::replay::csv::Names;
use crate::replay::data::{People, Step};
use crate::replay::jobs::{Finished, Job, Side, State};
use crate::replay::numbers::Numbers;
use crate::services::Services;

/// A replay that is kept.
fn job(services: &Services, id: &str) -> Result<Arc<Job>, Problem> {
    let missing = || Problem::not_found("there is no such replay, or not any more: a node keeps the last eight");
    let id: Uuid = id.parse().map_err(|_| missing())?;
    services.replays.get(id).ok_or_else(missing)
}

/// The result of a replay.
fn finished(job: &Job) -> Result<Arc<Finished>, Problem> {
    match job.state() {
        State::Done(finished) => Ok(finished),
        State::Waiting | State::Running(_) => Err(Problem::new(codes::NOT_DONE, "the replay has not ended yet")),
        State::Failed(_) => {
            Err(Problem::new(codes::NOT_DONE, "the replay has no result: read why at the replay itself"))
        }
    }
}

/// What a result was compared with.
fn compared(found: &Finished) -> Result<&(Side, Vec<Change>, Numbers), Problem> {
    let nothing =
        || Problem::new(codes::NOT_DONE, "the replay was not compared with anything: ask for it with against");
    found.against.as_ref().ok_or_else(nothing)
}

/// A replay without its scores.
fn view(job: &Job) -> Value {
    let asked = &job.asked;
    let mut view = json!({"id": job.id, "as_of": asked.as_of, "known_at": asked.known_at});
    if let Some(over) = job.over() {
        view["over"] = json!(if over.archive { "archive" } else { "log" });
        view["why_log"] = json!(over.why_log);
    }
    match job.state() {
        State::Waiting => view["state"] = json!("waiting"),
        State::Running(step) => {
            view["state"] = json!("running");
            view["progress"] = step.map_or(Value::Null, progress);
        }
        State::Failed(error) => {
            let cancelled = matches!(*error, crate::replay::Error::Cancelled);
            view["state"] = json!(if cancelled { "cancelled" } else { "failed" });
            view["error_code"] = json!(error.code());
            view["error"] = json!(told(&error));
        }
        State::Done(finished) => {
            view["state"] = json!("done");
            view["position"] = json!(finished.people.position);
            view["customers"] = json!(finished.people.ids.len());
            view["events"] = json!(finished.people.events);
            view["rules"] = side(&finished.after);
            if let Some((before, changes, numbers)) = &finished.against {
                view["against"] = side(before);
                view["diff"] = json!(numbers);
                view["changes"] = json!(changes.len());
            }
        }
    }
    view
}

/// Why a replay has no result; what happened inside is for the log.
fn told(error: &crate::replay::Error) -> String {
    use crate::replay::Error::{Cancelled, NoRules, Refused, TooLong, TooMany};
    match error {
        Cancelled | NoRules(_) | Refused { .. } | TooLong(_) | TooMany(_) => error.to_string(),
        other => {
            tracing::error!(error = %other, "a replay failed");
            "something failed inside: the log of the service says what".to_owned()
        }
    }
}

fn progress(step: Step) -> Value {
    let (step, done, of) = match step {
        Step::Identities(done, of) => ("identities", done, of),
        Step::Reading(done, of) => ("reading", done, of),
        Step::Customers(done, of) => ("customers", done, of),
        Step::Scoring(done, of) => ("scoring", done, of),
    };
    json!({"step": step, "done": done, "of": of})
}

fn side(side: &Side) -> Value {
    let scores = &side.scores;
    let mut grades: Vec<Value> = Vec::new();
    for (place, name) in scores.grades.iter().enumerate() {
        let count = scores.graded.iter().filter(|graded| graded.map(usize::from) == Some(place)).count();
        grades.push(json!({"grade": name, "customers": count}));
    }
    let none = scores.graded.iter().filter(|graded| graded.is_none()).count();
    grades.push(json!({"grade": null, "customers": none}));
    json!({
        "hash": side.hash,
        "versions": side.versions,
        "grades": grades,
        "left_out": side.left_out,
        "mixed_currencies": side.mixed,
    })
}

/// The names of the records of some customers.
async fn names(services: &Services, people: &People, customers: &[usize]) -> Result<Names, Problem> {
    let records: Vec<RecordId> = customers.iter().flat_map(|customer| people.records_of(*customer)).copied().collect();
    let mut names = Names::with_capacity(records.len());
    for some in records.chunks(10_000) {
        let found = services.vault.subjects(some).await?;
        names.extend(found.into_iter().map(|(record, named)| (record, (named.source, named.subject))));
    }
    Ok(names)
}

/// The records of a customer, as they are named.
fn records(people: &People, names: &Names, customer: usize) -> Vec<Value> {
    let named = people.records_of(customer).iter().filter_map(|record| names.get(record));
    named.map(|(source, subject)| json!({"source": source, "subject": subject})).collect()
}
