//! `GET /v1/rule-sets/{name}/versions`, and one of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{VersionView, history};
use crate::http::page::{Paged, write_cursor};
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

const LIST: &str = "rule-set-versions";

/// List the versions of a rule set
///
/// In the order in which they were published.
#[utoipa::path(
    get,
    path = "/v1/rule-sets/{name}/versions",
    tag = "rule sets",
    params(
        ("name" = String, Path, description = "The rule set"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = crate::http::openapi::ListOf<VersionView>),
        (status = 404, description = "There is no such rule set", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn list(
    State(services): State<Arc<Services>>,
    Place(name): Place<String>,
    mut params: Params,
) -> Result<Json<Paged<VersionView>>, Problem> {
    let limit = params.limit(&services.settings.limits)?;
    let behind = params.number_cursor(LIST)?.unwrap_or(0);
    params.finish()?;
    let history = history(&services, &name).await?;
    let mut versions = history.versions.iter().filter(|version| version.version > behind);
    let items: Vec<_> =
        versions.by_ref().take(limit).map(|version| VersionView::of(&services, &history, version, false)).collect();
    let more = versions.next().is_some();
    let next = items.last().filter(|_| more).map(|last| write_cursor(LIST, last.version));
    Ok(Json(Paged { items, next }))
}

/// Get a version of a rule set
///
/// With its rules, as text and in words.
#[utoipa::path(
    get,
    path = "/v1/rule-sets/{name}/versions/{version}",
    tag = "rule sets",
    params(
        ("name" = String, Path, description = "The rule set"),
        ("version" = u64, Path, description = "The version's number"),
    ),
    responses(
        (status = 200, description = "The version", body = VersionView),
        (status = 404, description = "There is no such version", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn get(
    State(services): State<Arc<Services>>,
    Place((name, number)): Place<(String, String)>,
    params: Params,
) -> Result<Json<VersionView>, Problem> {
    params.finish()?;
    let history = history(&services, &name).await?;
    let found = history.versions.iter().find(|version| version.version.to_string() == number);
    let version = found.ok_or_else(|| Problem::not_found("there is no such version"))?;
    Ok(Json(VersionView::of(&services, &history, version, true)))
}
