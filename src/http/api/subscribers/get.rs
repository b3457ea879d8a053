//! `GET /v1/subscribers/{name}`: one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::{View, after, unknown};
use crate::http::api::customers::etag;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

/// Get a subscriber
#[utoipa::path(
    get,
    path = "/v1/subscribers/{name}",
    tag = "subscribers",
    params(
        ("name" = String, Path, description = "The subscriber"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses(
        (status = 200, description = "The subscriber; `ETag` for `If-Match`", body = View),
        (status = 404, description = "There is no such subscriber", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(name): Place<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    after(&services, &mut params).await?;
    params.finish()?;
    let now = services.clock.now();
    let found = tokio::task::block_in_place(|| {
        services.propagation.look(|index, ledger| {
            let subscriber = ledger.subscribers().get(&*name)?;
            Some((View::of(subscriber, index, ledger, now), subscriber.position))
        })
    });
    let (view, position) = found.ok_or_else(unknown)?;
    let mut response = Json(view).into_response();
    etag(&mut response, position);
    Ok(response)
}
