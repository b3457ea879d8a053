//! `GET /v1/rule-sets/{name}`: the rules in force, and the draft.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::open_draft;
use super::{DraftView, VersionView, history};
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

/// A rule set, with its rules.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleSet)]
pub struct View {
    /// Its name.
    pub name: String,
    /// The version that is in force now.
    pub in_force: Option<VersionView>,
    /// What was drafted last and is not what was published last.
    pub draft: Option<DraftView>,
    /// How many versions were published.
    pub versions: usize,
    /// Since when it is no longer used.
    #[schema(value_type = Option<String>)]
    pub retired_at: Option<Instant>,
}

/// Get a rule set
///
/// The version that is in force now and the draft, each as text and in words.
#[utoipa::path(
    get,
    path = "/v1/rule-sets/{name}",
    tag = "rule sets",
    params(("name" = String, Path, description = "The rule set")),
    responses(
        (status = 200, description = "The rule set", body = View),
        (status = 404, description = "There is no such rule set", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(name): Place<String>,
    params: Params,
) -> Result<Json<View>, Problem> {
    params.finish()?;
    let history = history(&services, &name).await?;
    let in_force = history.at(services.clock.now());
    Ok(Json(View {
        in_force: in_force.map(|version| VersionView::of(&services, &history, version, true)),
        draft: open_draft(&history).map(|draft| DraftView::of(&services, draft, true)),
        versions: history.versions.len(),
        retired_at: history.retired,
        name: history.name,
    }))
}
