//! `DELETE /v1/decisions/{id}`: a steward takes a decision back.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use uuid::Uuid;

use super::{context, done};
use crate::commands::Wish;
use crate::http::auth::Caller;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

/// Withdraw a decision
///
/// Undoes a merge or a split. The decision stays in the log, and so does its withdrawal.
#[utoipa::path(
    delete,
    path = "/v1/decisions/{id}",
    tag = "identities",
    params(
        ("id" = String, Path, description = "The decision's id"),
        ("reason" = Option<String>, Query, description = "Why"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    responses(
        (status = 200, description = "Done, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such decision", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "It was withdrawn already", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    caller: Caller,
    Place(id): Place<String>,
    mut params: Params,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let reason = params.text("reason")?;
    params.finish()?;
    let decision: Uuid = id.parse().map_err(|_| Problem::not_found("there is no such decision"))?;
    let context = context(&caller, &headers, &uri, reason.as_deref().unwrap_or_default())?;
    Ok(done(services.customers.run(&context, &Wish::Withdraw { decision, reason }).await?))
}
