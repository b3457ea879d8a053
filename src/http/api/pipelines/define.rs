//! `PUT /v1/pipelines/{id}`: a pipeline is defined, or defined anew.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::commands::Wish;
use crate::commands::document::Kind;
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::Problem;
use crate::services::Services;

/// Define a pipeline
///
/// Its stages in their order, each with an id, a name, the probability in percent that what stands there is won, and after
/// how many days it is stale. A later definition holds from then on; boards as of earlier dates keep the earlier one. What
/// stands in a stage that is no longer defined stays visible there.
#[utoipa::path(
    put,
    path = "/v1/pipelines/{id}",
    tag = "pipelines",
    params(
        ("id" = String, Path, description = "The pipeline"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "name": "Projects", "for": "offers", "default": true, "stages": [
            {"stage": "prospecting", "name": "Prospecting", "probability": 10, "stale_after_days": 30},
            {"stage": "engaging", "name": "Engaging", "probability": 40, "stale_after_days": 60}]})),
    responses(
        (status = 200, description = "Done, and its position", body = serde_json::Value),
        (status = 409, description = "A rule forbids it", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.only(&["name", "for", "stages", "default", "retired", "reason"])?;
    asked.run(&services, &Wish::define(Kind::Pipeline, &id, &asked.body, None)).await
}
