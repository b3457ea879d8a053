//! `GET /v1/automations/{id}`: one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::View;
use crate::http::api::customers::etag;
use crate::http::api::pipelines::moment;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

/// Get an automation
///
/// As it was defined before a time, or is now. What it did stands on the timelines of the customers, as `automation.fired`.
#[utoipa::path(
    get,
    path = "/v1/automations/{id}",
    tag = "automations",
    params(
        ("id" = String, Path, description = "The automation"),
        ("as_of" = Option<String>, Query, description = "As it was defined before this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses(
        (status = 200, description = "The automation", body = View),
        (status = 404, description = "There is no such automation", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    let moment = moment(&services, &mut params).await?;
    params.finish()?;
    let known = services.work.automations(moment);
    let automation = known.get(&id).ok_or_else(|| Problem::not_found("there is no such automation"))?;
    let mut response = Json(View::of(&services, automation)).into_response();
    etag(&mut response, automation.position);
    Ok(response)
}
