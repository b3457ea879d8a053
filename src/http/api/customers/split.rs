//! `POST /v1/customers/{id}/split`: a steward says that some records are somebody else's.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use kulta_events::{Json, RecordId};

use super::merge::say;
use super::record_id;
use crate::commands::{Say, Wish};
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::{Problem, codes};
use crate::services::Services;

/// Split a customer
///
/// The named records, each as `{source, subject}` or as a record id, become a customer apart from the rest. Edits made in
/// kulta stay with the founding record that they were made on.
#[utoipa::path(
    post,
    path = "/v1/customers/{id}/split",
    tag = "identities",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the customer that was read"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"records": [{"source": "crm", "subject": "7"}], "reason": "father and son"})),
    responses(
        (status = 200, description = "Both customers' ids, the decision's id, the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule or an older decision forbids it", body = crate::http::openapi::ProblemBody),
        (status = 412, description = "The customer changed since", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "The command is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let id = record_id(&id)?;
    asked.only(&["records", "reason", "override"])?;
    let away = records(&services, &asked.body)?;
    asked.run(&services, &Wish::Split { id, away, say: Say { if_match: asked.if_match()?, ..say(&asked)? } }).await
}

fn records(services: &Services, body: &Json) -> Result<Vec<RecordId>, Problem> {
    let Some(Json::Array(items)) = body.get("records") else {
        return Err(Problem::new(codes::INVALID, "no records are named").at("/records", "expected a list"));
    };
    let text = |item: &Json, name| item.get(name).and_then(Json::as_str).map(str::to_owned);
    let read = |(index, item): (usize, &Json)| {
        let by_name = text(item, "source").zip(text(item, "subject"));
        let by_name = by_name.map(|(source, subject)| services.vault.hasher().record(&source, &subject));
        by_name.or_else(|| record_id(item.as_str()?).ok()).ok_or_else(|| {
            let detail = "expected {source, subject} or a record id";
            Problem::new(codes::INVALID, "a record is wrong").at(format!("/records/{index}"), detail)
        })
    };
    items.iter().enumerate().map(read).collect()
}
