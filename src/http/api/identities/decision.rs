//! `GET /v1/decisions/{id}`: what a steward decided.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_projections::batch::Needs;
use serde_json::Value;
use uuid::Uuid;

use super::decision;
use crate::http::api::customers::after;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

/// Get a decision
///
/// What was decided about which records, when, and whether it still stands.
#[utoipa::path(
    get,
    path = "/v1/decisions/{id}",
    tag = "identities",
    params(
        ("id" = String, Path, description = "The decision's id"),
        ("after" = Option<u64>, Query, description = "Wait until the projections have got to this position"),
    ),
    responses(
        (status = 200, description = "The decision", body = serde_json::Value),
        (status = 404, description = "There is no such decision", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    mut params: Params,
) -> Result<Json<Value>, Problem> {
    let missing = || Problem::not_found("there is no such decision");
    let id: Uuid = id.parse().map_err(|_| missing())?;
    after(&services, &mut params).await?;
    params.finish()?;
    let needs = Needs { decisions: BTreeSet::from([id]), ..Needs::default() };
    let found = services.reads.decisions(&needs).await?;
    found.first().map(|found| Json(decision(found))).ok_or_else(missing)
}
