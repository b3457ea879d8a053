//! `GET /v1/tasks/{id}`: a task.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::View;
use crate::http::api::customers::etag;
use crate::http::api::pipelines::{customers, moment};
use crate::http::api::things::thing_id;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

/// Get a task
///
/// As of any past date, and as far as was known then.
#[utoipa::path(
    get,
    path = "/v1/tasks/{id}",
    tag = "tasks",
    params(
        ("id" = String, Path, description = "The task"),
        ("as_of" = Option<String>, Query, description = "As it was before this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses(
        (status = 200, description = "The task; ETag is its position", body = View),
        (status = 404, description = "There is no such task", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    let id = thing_id(&id)?;
    let moment = moment(&services, &mut params).await?;
    params.finish()?;
    let task = services.work.task(id, moment).ok_or_else(|| Problem::not_found("there is no such task"))?;
    let holders = customers(&services, task.record).await?;
    let customer = task.record.and_then(|record| holders.get(&record).copied());
    let mut response = Json(View::of(id, &task, customer)).into_response();
    etag(&mut response, task.position);
    Ok(response)
}
