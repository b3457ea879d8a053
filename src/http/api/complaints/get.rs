//! `GET /v1/complaints/{id}`: a complaint, and how it was answered.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::{RoundView, View, hours};
use crate::http::api::customers::etag;
use crate::http::api::pipelines::{customers, moment};
use crate::http::api::things::thing_id;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

/// A complaint with the times of waiting.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ComplaintDetail)]
pub struct Detail {
    /// How it stands.
    #[serde(flatten)]
    pub complaint: View,
    /// The times of waiting, the last one last.
    pub rounds: Vec<RoundView>,
}

/// Get a complaint
///
/// How it stands, and each time for which the customer waited, against the clock. As of any past date, and as far as was
/// known then.
#[utoipa::path(
    get,
    path = "/v1/complaints/{id}",
    tag = "complaints",
    params(
        ("id" = String, Path, description = "The complaint"),
        ("as_of" = Option<String>, Query, description = "As it was before this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses(
        (status = 200, description = "The complaint; ETag is its position", body = Detail),
        (status = 404, description = "There is no such complaint", body = crate::http::openapi::ProblemBody),
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
    let found = services.work.complaint(id, moment);
    let complaint = found.ok_or_else(|| Problem::not_found("there is no such complaint"))?;
    let (hours, now) = (hours(&services)?, moment.as_of.unwrap_or_else(|| services.clock.now()));
    let holders = customers(&services, complaint.record).await?;
    let customer = complaint.record.and_then(|record| holders.get(&record).copied());
    let rounds = complaint.rounds.iter().map(|round| RoundView::of(round, &hours, now)).collect();
    let view = View::of(id, &complaint, customer, &hours, now);
    let mut response = Json(Detail { complaint: view, rounds }).into_response();
    etag(&mut response, complaint.position);
    Ok(response)
}
