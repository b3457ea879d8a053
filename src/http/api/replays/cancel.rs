//! `DELETE /v1/replays/{id}`: a replay is ended.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{job, view};
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

/// Cancel a replay
///
/// It ends within moments; one that has ended stays as it is.
#[utoipa::path(
    delete,
    path = "/v1/replays/{id}",
    tag = "replays",
    params(("id" = String, Path, description = "The replay's id")),
    responses(
        (status = 202, description = "It will end", body = serde_json::Value),
        (status = 404, description = "There is no such replay any more", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    params: Params,
) -> Result<Response, Problem> {
    params.finish()?;
    let job = job(&services, &id)?;
    job.cancel();
    Ok((StatusCode::ACCEPTED, Json(view(&job))).into_response())
}
