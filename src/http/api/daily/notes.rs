//! `GET` and `POST /v1/notes`, and pinning: what somebody wrote about a customer.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use kulta_events::{Instant, Json as Data, RecordId};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Standing, page, said, words};
use crate::commands::Wish;
use crate::http::api::customers::{record_id, unknown};
use crate::http::api::pipelines::{customers, records_of, up_to_date};
use crate::http::api::things::of_customer;
use crate::http::command::Asked;
use crate::http::page::Paged;
use crate::http::params::{Params, Place};
use crate::http::problem::{Problem, codes};
use crate::services::Services;
use crate::work::{Moment, Noted};

const LIST: &str = "notes";

/// A note.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Note)]
pub struct View {
    /// Its own id.
    pub note: String,
    /// The system that says so.
    pub source: String,
    /// The record that it is about.
    #[schema(value_type = String)]
    pub record_id: RecordId,
    /// When the newest words were written.
    #[schema(value_type = String)]
    pub time: Instant,
    /// Whether it is to be seen first.
    pub pinned: bool,
    /// Who wrote it.
    pub owner: Option<String>,
    /// What it is called; null when it was not said, or is erased.
    pub title: Option<String>,
    /// What it says; null when it is erased.
    pub text: Option<String>,
    /// The own id of the offer that it is about.
    pub offer: Option<String>,
    /// The own id of the lead that it is about.
    pub lead: Option<String>,
    /// The own id of the complaint that it is about.
    pub complaint: Option<String>,
    /// The place in the log of its newest words.
    pub position: u64,
}

/// List the notes about a customer
///
/// Pinned ones first, then the newest.
#[utoipa::path(
    get,
    path = "/v1/notes",
    tag = "notes",
    params(
        ("customer" = String, Query, description = "The customer: any record id"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses((status = 200, description = "Notes", body = inline(crate::http::openapi::ListOf<View>))),
)]
pub async fn list(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<Paged<View>>, Problem> {
    let limit = params.limit(&services.settings.limits)?;
    let behind = Standing::behind(&mut params, LIST)?;
    up_to_date(&services, &mut params).await?;
    let records = records_of(&services, &mut params, Moment::default()).await?;
    let records = records.ok_or_else(|| Problem::parameter("customer", "required"))?;
    params.finish()?;
    let mut found = services.work.notes(&records);
    let standing = |noted: &Noted| Standing::of(noted.pinned, &noted.note.order, noted.note.position);
    let next = page(&mut found, standing, (LIST, behind, limit));
    let events = words(&services, found.iter().map(|noted| noted.note.position).collect()).await?;
    let view = |Noted { note, pinned }: &Noted| {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        let event = events.get(&note.position);
        View {
            note: note.note.to_string(),
            source: note.order.source.clone(),
            record_id: note.record,
            time: note.order.time,
            pinned: *pinned,
            owner: said(event, "owner"),
            title: said(event, "title"),
            text: said(event, "text"),
            offer: text(&note.about.offer),
            lead: text(&note.about.lead),
            complaint: text(&note.about.complaint),
            position: note.position,
        }
    };
    Ok(Json(Paged { items: found.iter().map(view).collect(), next }))
}

/// Write a note
///
/// About a customer. The same `note` once more replaces its words.
#[utoipa::path(
    post,
    path = "/v1/notes",
    tag = "notes",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer")),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "customer": "6fa459ea-ee8a-5ca4-894e-db77e160355e", "text": "Speaks Swedish at home", "owner": "maija"})),
    responses(
        (status = 201, description = "Its id, the customer's, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn write(State(services): State<Arc<Services>>, asked: Asked) -> Result<Response, Problem> {
    let (id, data) = of_customer(&asked)?;
    asked.run(&services, &Wish::Say { id, type_name: "note.written", data }).await
}

/// Pin a note, or let go of it
///
/// Also one that another system tells of. Where several customers have a note of this id, `customer` says whose is meant.
#[utoipa::path(
    post,
    path = "/v1/notes/{note}/{action}",
    tag = "notes",
    params(
        ("note" = String, Path, description = "The note's own id"),
        ("action" = String, Path, description = "`pin` or `unpin`"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({})),
    responses(
        (status = 201, description = "Done, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such note", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn pin(
    State(services): State<Arc<Services>>,
    Place((note, action)): Place<(String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.only(&["customer"])?;
    let pinned = match action.as_str() {
        "pin" => true,
        "unpin" => false,
        _ => return Err(Problem::not_found("there is no such address")),
    };
    let head = *services.log.head().borrow();
    services.work.after(head).await?;
    let mut records = services.work.notes_called(&note);
    let holders = customers(&services, records.iter().copied()).await?;
    if let Some(id) = asked.optional_text("customer")? {
        let named = services.reads.record_by_id(record_id(&id)?).await?.ok_or_else(unknown)?.customer;
        records.retain(|record| holders.get(record) == Some(&named));
    }
    let record = *records.first().ok_or_else(|| Problem::not_found("there is no such note"))?;
    if records.iter().any(|other| holders.get(other) != holders.get(&record)) {
        let detail = "several customers have a note of this id: name the customer";
        return Err(Problem::new(codes::REFUSED, detail).member("rule", "several-notes"));
    }
    let data = Data::object([("note", note.as_str().into()), ("pinned", Data::Bool(pinned))]);
    asked.run(&services, &Wish::Say { id: record, type_name: "note.pinned", data }).await
}
