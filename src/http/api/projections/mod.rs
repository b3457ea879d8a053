//! How far the projections are, what changed, and how to make them anew.

pub mod standing;
mod stream;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::page::{Paged, write_cursor};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;
use standing::Standing;

/// List the projections
///
/// How far each is behind the log, and whether it follows. Each has a state of its own: what reads records may fail while
/// lists of scores, daily work and automations go on, and the other way round.
#[utoipa::path(
    get,
    path = "/v1/projections",
    tag = "projections",
    responses((status = 200, description = "All of them", body = inline(crate::http::openapi::ListOf<Standing>))),
)]
pub async fn list(State(services): State<Arc<Services>>, params: Params) -> Result<Json<Paged<Standing>>, Problem> {
    params.finish()?;
    let items = standing::all(&services).await?;
    Ok(Json(Paged { items, next: None }))
}

/// Rebuild the projections
///
/// A new generation from the whole log, beside the live one, which goes on; swapped in at one position. Nodes that stand by
/// take part. Answers when it is done.
#[utoipa::path(
    post,
    path = "/v1/projections/rebuild",
    tag = "projections",
    responses(
        (status = 200, description = "The new generation", body = serde_json::Value),
        (status = 409, description = "Another node projects", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn rebuild(State(services): State<Arc<Services>>, params: Params) -> Result<Json<Value>, Problem> {
    params.finish()?;
    let projector = services.projector.clone();
    // A caller that goes away does not stop it half-way.
    let rebuilt = tokio::spawn(async move { projector.rebuild(&|_| ()).await }).await;
    let rebuilt = rebuilt.map_err(|error| Problem::internal(&error))??;
    Ok(Json(json!(rebuilt)))
}

/// Verify the projections
///
/// Computes them from the log beside the live tables and names every difference.
#[utoipa::path(
    post,
    path = "/v1/projections/verify",
    tag = "projections",
    responses(
        (status = 200, description = "What was compared, and what differs", body = serde_json::Value),
        (status = 409, description = "Another node projects", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn verify(State(services): State<Arc<Services>>, params: Params) -> Result<Json<Value>, Problem> {
    params.finish()?;
    let verified = tokio::spawn(async move { services.verify(&|_| ()).await }).await;
    let verified = verified.map_err(|error| Problem::internal(&error))??;
    Ok(Json(json!(verified)))
}

impl From<crate::scorer::Error> for Problem {
    fn from(error: crate::scorer::Error) -> Self {
        use crate::scorer::Error;
        match error {
            Error::Store(error) => error.into(),
            Error::Privacy(error) => error.into(),
            Error::Scores(error) => error.into(),
            Error::Projector(error) => error.into(),
            Error::Replay(_) | Error::TooMany(_) => Self::internal(&error),
        }
    }
}

const CHANGES: &str = "changes";

/// List what changed
///
/// Customers that were shaped after a position, by position: each with its golden record and all its records, so that a
/// follower can drop ids that were merged into it. A customer that changed again comes again, later.
///
/// With `Accept: text/event-stream` as server-sent events that go on as customers change: `customer` with the golden record, `position`
/// when nothing is missing up to there. `Last-Event-ID` goes on behind the last `customer` that was seen.
#[utoipa::path(
    get,
    path = "/v1/changes",
    tag = "customers",
    params(
        ("after" = Option<u64>, Query, description = "Only what was shaped after this position; default 0"),
        ("Last-Event-ID" = Option<String>, Header, description = "Of a stream: the id of the last event that was seen"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page", body = serde_json::Value)),
)]
pub async fn changes(
    State(services): State<Arc<Services>>,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, Problem> {
    let start = params.number("after")?.unwrap_or(0);
    if stream::is_wanted(&headers) {
        params.finish()?;
        let behind = stream::last_seen(&headers)?.unwrap_or((start, Uuid::max()));
        return Ok(stream::follow(services, behind));
    }
    let cursor = params.cursor(CHANGES)?.map(|text| read(&text)).transpose()?;
    let limit = params.limit(&services.settings.limits)?;
    params.finish()?;
    // In this order: another generation that takes the place of this one meanwhile is not behind the position.
    let position = services.projector.projections().position();
    let live = services.projector.projections().live();
    let behind = cursor.unwrap_or((start, Uuid::max()));
    let customers = live.customers_since(behind, limit).await?;
    let more = customers.len() == limit;
    let last = customers.last().map(|last| write_cursor(CHANGES, format!("{} {}", last.position, last.customer)));
    let items: Vec<_> = customers
        .iter()
        .map(|found| kulta_projections::golden::wire(found.customer, found.position, &found.golden))
        .collect();
    let next = json!(last.filter(|_| more));
    // The golden records are JSON already: they are put together, not read and written again.
    let body = format!("{{\"position\":{position},\"items\":[{}],\"next\":{next}}}", items.join(","));
    Ok(([(axum::http::header::CONTENT_TYPE, "application/json")], body).into_response())
}

fn read(text: &str) -> Result<(u64, Uuid), Problem> {
    let parts = text.split_once(' ').and_then(|(position, id)| Some((position.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| Problem::parameter("cursor", "is not from this list"))
}
