//! `GET /v1/rule-sets`: all rule sets.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::Instant;
use kulta_projections::scores::history::{Draft, History};
use serde::Serialize;
use utoipa::ToSchema;

use super::{DraftView, VersionView};
use crate::http::page::{Paged, write_cursor};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

const LIST: &str = "rule-sets";

/// A rule set.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleSetSummary)]
pub struct Summary {
    /// Its name.
    pub name: String,
    /// The version in force now; null: none is.
    pub version: Option<u64>,
    /// What it says: SHA-256 of the rules.
    pub hash: Option<String>,
    /// Since when it is in force.
    #[schema(value_type = Option<String>)]
    pub effective_from: Option<Instant>,
    /// How many versions were published.
    pub versions: usize,
    /// What was drafted last and is not what was published last.
    pub draft: Option<DraftView>,
    /// Since when it is no longer used.
    #[schema(value_type = Option<String>)]
    pub retired_at: Option<Instant>,
}

impl Summary {
    /// A rule set as it is listed.
    pub fn of(services: &Services, history: &History) -> Self {
        let version =
            history.at(services.clock.now()).map(|version| VersionView::of(services, history, version, false));
        Self {
            name: history.name.clone(),
            version: version.as_ref().map(|version| version.version),
            effective_from: version.as_ref().map(|version| version.effective_from),
            hash: version.and_then(|version| version.hash),
            versions: history.versions.len(),
            draft: open_draft(history).map(|draft| DraftView::of(services, draft, false)),
            retired_at: history.retired,
        }
    }
}

/// What was drafted last, unless just this text was published since, or is that of the last version.
pub fn open_draft(history: &History) -> Option<&Draft> {
    let draft = history.draft.as_ref()?;
    let mut same = history.versions.iter().filter(|version| version.rules == draft.rules);
    let last = history.versions.last().map_or(0, |version| version.version);
    let published = same.any(|version| version.position > draft.position || version.version == last);
    (!published).then_some(draft)
}

/// List rule sets
///
/// By name, with the version that is in force now and what is drafted.
#[utoipa::path(
    get,
    path = "/v1/rule-sets",
    tag = "rule sets",
    params(
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page", body = crate::http::openapi::ListOf<Summary>))
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    mut params: Params,
) -> Result<Json<Paged<Summary>>, Problem> {
    let limit = params.limit(&services.settings.limits)?;
    let behind = params.cursor(LIST)?;
    params.finish()?;
    let mut histories = services.scores.histories(None).await?;
    histories.sort_by(|one, other| one.name.cmp(&other.name));
    histories.retain(|history| behind.as_ref().is_none_or(|behind| history.name > *behind));
    let more = histories.len() > limit;
    histories.truncate(limit);
    let next = histories.last().filter(|_| more).map(|last| write_cursor(LIST, &last.name));
    let items = histories.iter().map(|history| Summary::of(&services, history)).collect();
    Ok(Json(Paged { items, next }))
}
