//! `GET /v1/replays/{id}/totals`: a diff in numbers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::{compared, finished, job};
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::replay::csv;
use crate::services::Services;

/// A diff in numbers
///
/// What `diff` holds in the replay itself: customers by grade, and the points of all customers by rule and by business
/// unit, before and after. With `format=csv` as a file of lines `total,name,before,after,change`.
#[utoipa::path(
    get,
    path = "/v1/replays/{id}/totals",
    tag = "replays",
    params(
        ("id" = String, Path, description = "The replay's id"),
        ("format" = Option<String>, Query, description = "json or csv"),
    ),
    responses(
        (status = 200, description = "Totals before and after", body = serde_json::Value),
        (status = 404, description = "There is no such replay any more", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "It has not ended, or was not compared", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    let as_csv = params.one_of("format", &[("json", false), ("csv", true)])?.unwrap_or(false);
    params.finish()?;
    let found = finished(&*job(&services, &id)?)?;
    let (_, _, numbers) = compared(&found)?;
    if !as_csv {
        return Ok(Json(numbers).into_response());
    }
    let mut text = Vec::new();
    csv::totals(&mut text, numbers).map_err(|error| Problem::internal(&error))?;
    let disposition = format!("attachment; filename=\"totals-{id}.csv\"");
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, &disposition)];
    Ok((headers, text).into_response())
}
