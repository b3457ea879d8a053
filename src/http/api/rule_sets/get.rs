//! `GET /v1/rule-sets/{name}`: the rules in force, and the draft.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::Instant;
use kulta_projections::scores::history::History;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::open_draft;
use super::lists::Head;
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
    /// The list of all customers by it, which is at `/v1/rule-sets/{name}/scores`; null: none is made.
    pub list: Option<ListView>,
    /// Since when it is no longer used.
    #[schema(value_type = Option<String>)]
    pub retired_at: Option<Instant>,
}

/// A list of all customers, in numbers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreListSummary)]
pub struct ListView {
    /// By what it was made.
    #[serde(flatten)]
    pub head: Head,
    /// How many customers are of each grade, the highest first; null: below the lowest, or a rule fails.
    pub grades: Vec<GradeCount>,
}

/// How many customers are of a grade.
#[derive(Debug, Serialize, ToSchema)]
pub struct GradeCount {
    /// The grade.
    pub grade: Option<String>,
    /// How many.
    pub customers: u64,
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
    let list = list(&services, &history).await?;
    Ok(Json(View {
        in_force: in_force.map(|version| VersionView::of(&services, &history, version, true)),
        draft: open_draft(&history).map(|draft| DraftView::of(&services, draft, true)),
        versions: history.versions.len(),
        list,
        retired_at: history.retired,
        name: history.name,
    }))
}

async fn list(services: &Services, history: &History) -> Result<Option<ListView>, Problem> {
    let Some(list) = services.scores.list_now(&history.name).await? else { return Ok(None) };
    let (set, mut grades) = (list.set(), list.grades().await?);
    let version = history.versions.iter().find(|version| version.version == set.made_by.version);
    let compiled = version.and_then(|version| services.scores.compile(&version.rules).ok());
    let order: Vec<String> = compiled
        .map(|compiled| compiled.rules.grades.iter().map(|grade| grade.name.to_string()).collect())
        .unwrap_or_default();
    let place = |grade: &Option<String>| order.iter().position(|name| Some(name) == grade.as_ref());
    grades.sort_by_key(|(grade, _)| place(grade).unwrap_or(order.len()));
    let grades = grades.into_iter().map(|(grade, customers)| GradeCount { grade, customers }).collect();
    Ok(Some(ListView { head: Head::of(set), grades }))
}
