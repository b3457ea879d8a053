//! `GET /v1/dead-letters/{id}`: one dead letter, with what came.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Summary;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

/// A dead letter with what came.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenedDeadLetter)]
pub struct Opened {
    /// What is known of it.
    #[serde(flatten)]
    pub summary: Summary,
    /// What came, as it came; null when it can no longer be opened.
    pub body: Option<String>,
}

/// Get a dead letter
///
/// With what came, which may hold personal data.
#[utoipa::path(
    get,
    path = "/v1/dead-letters/{id}",
    params(("id" = i64, Path, description = "Its number")),
    responses(
        (status = 200, description = "The dead letter", body = Opened),
        (status = 404, description = "There is none of this number", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<i64>,
    params: Params,
) -> Result<Json<Opened>, Problem> {
    params.finish()?;
    let letter = services.intake.letter_by_id(id).await?;
    let letter = letter.ok_or_else(|| Problem::not_found("there is no dead letter of this number"))?;
    Ok(Json(Opened { summary: letter.stored.into(), body: letter.body }))
}
