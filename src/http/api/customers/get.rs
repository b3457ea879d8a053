//! `GET /v1/customers/{id}`: the golden record.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::one::{Elsewhere, OneCustomer};
use super::{after, at, etag};
use crate::http::params::Params;
use crate::services::Services;

/// Get a customer
///
/// The golden record: per field the surviving value, where it comes from, when it was observed and verified, and the
/// values that lost. Any record id of the customer leads to it, by a redirect if it is not the customer's own.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("as_of" = Option<String>, Query, description = "Leave out what happened at or after this time"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("after" = Option<u64>, Query, description = "Wait until the projections have got to this position"),
    ),
    responses(
        (status = 200, description = "The golden record, with its ETag", body = serde_json::Value),
        (status = 304, description = "It has not changed since `If-None-Match`"),
        (status = 307, description = "The record belongs to another customer now"),
        (status = 404, description = "No event ever named such a record", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    customer: OneCustomer,
    mut params: Params,
    headers: HeaderMap,
) -> Result<Response, Elsewhere> {
    let at = at(&mut params)?;
    after(&services, &mut params).await?;
    params.finish()?;
    let view = customer.here(services.reads.customer(customer.id, at).await?)?;
    let same =
        headers.get(IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == format!("\"{}\"", view.position).as_bytes());
    let mut response = if same && at.is_now() {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, "application/json")], view.json).into_response()
    };
    if at.is_now() {
        etag(&mut response, view.position);
    }
    Ok(response)
}
