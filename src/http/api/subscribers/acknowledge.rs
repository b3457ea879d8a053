//! `POST /v1/subscribers/{name}/acknowledgements`: what it holds.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kulta_events::{Json as Data, RecordId};
use serde_json::{Value, json};
use uuid::Uuid;

use super::unknown;
use crate::commands::Wish;
use crate::commands::subscriber::{Command, MOST_ACKNOWLEDGED};
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::{Problem, codes};
use crate::services::Services;

/// Acknowledge customers
///
/// The subscriber holds these customers as they stood at these positions (as `/v1/changes` and each message tell them), at most 1,000 at a
/// time. `position`: it holds every customer as of there; who reads changes in their order needs no more than that. What is older
/// than what was acknowledged does no harm. Customers that nobody knows are told apart in the answer; the others count.
#[utoipa::path(
    post,
    path = "/v1/subscribers/{name}/acknowledgements",
    tag = "subscribers",
    params(
        ("name" = String, Path, description = "The subscriber"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "position": 4711,
        "customers": [{"customer_id": "6ba7b810-9dad-51d1-80b4-00c04fd430c8", "position": 4713}]})),
    responses(
        (status = 200, description = "What became of each", body = serde_json::Value),
        (status = 404, description = "There is no such subscriber", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(name): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.only(&["position", "customers"])?;
    // Another node may have registered it a moment ago, and told of the position.
    services.log.ping().await?;
    let head = *services.log.head().borrow();
    services.work.after(head).await?;
    if !services.work.ledger(|ledger| ledger.subscribers().contains_key(&*name)) {
        return Err(unknown());
    }
    let (everything, items) = said(&asked, head)?;
    let read: Vec<_> = items.iter().map(|item| one(item, head)).collect();
    let named: Vec<RecordId> = read.iter().flatten().map(|(record, _)| *record).collect();
    let rows = services.reads.projections.live().records(&named).await?;
    let known: HashSet<RecordId> = rows.into_iter().map(|row| row.record).collect();
    let mut results: Vec<Value> = Vec::with_capacity(items.len());
    let mut customers = Vec::new();
    for found in read {
        results.push(match found {
            Ok((record, position)) if known.contains(&record) => {
                customers.push((record, position));
                json!({"customer_id": record, "status": "acknowledged"})
            }
            Ok((record, _)) => refused("not-found", "there is no such customer", Some(record)),
            Err((record, detail)) => refused("invalid", &detail, record),
        });
    }
    if everything.is_none() && customers.is_empty() {
        return Ok(Json(json!({"results": results, "position": head})).into_response());
    }
    let wish = Wish::Subscriber(Command::Acknowledge { name, everything, customers });
    let done = services.customers.run(&asked.context()?, &wish).await?;
    Ok(Json(json!({"results": results, "position": done.position})).into_response())
}

/// The position up to which everything is held, and the customers, as they were said.
fn said(asked: &Asked, head: u64) -> Result<(Option<u64>, &[Data]), Problem> {
    let invalid = |at: &str, detail: String| Problem::new(codes::INVALID, "the request is not valid").at(at, detail);
    let everything = match asked.body.get("position") {
        None | Some(Data::Null) => None,
        Some(said) => Some(position(said, head).map_err(|detail| invalid("/position", detail))?),
    };
    let items = match asked.body.get("customers") {
        None | Some(Data::Null) => &[],
        Some(Data::Array(items)) if items.len() <= MOST_ACKNOWLEDGED => items.as_slice(),
        Some(_) => return Err(invalid("/customers", format!("expected at most {MOST_ACKNOWLEDGED} customers"))),
    };
    if everything.is_none() && items.is_empty() {
        return Err(invalid("/customers", "expected customers, or a position".to_owned()));
    }
    Ok((everything, items))
}

fn refused(code: &str, detail: &str, record: Option<RecordId>) -> Value {
    json!({"customer_id": record, "status": "rejected", "problem": {"type": format!("/problems/{code}"), "code": code, "detail": detail}})
}

/// A position that the log has.
fn position(said: &Data, head: u64) -> Result<u64, String> {
    let position = said.as_decimal().and_then(|number| u64::try_from(number).ok());
    position.filter(|position| *position <= head).ok_or_else(|| format!("expected a position of the log, up to {head}"))
}

/// A customer and a position; or what is wrong, and with which customer as far as it can be read.
fn one(item: &Data, head: u64) -> Result<(RecordId, u64), (Option<RecordId>, String)> {
    let id = item.get("customer_id").and_then(Data::as_str).and_then(|text| text.parse::<Uuid>().ok());
    let id = RecordId(id.ok_or_else(|| (None, "customer_id: expected any record id".to_owned()))?);
    let position = position(item.get("position").unwrap_or(&Data::Null), head);
    Ok((id, position.map_err(|detail| (Some(id), format!("position: {detail}")))?))
}
