//! `PUT /v1/reports/{name}` and `GET /v1/reports`: reports as people save them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use kulta_projections::report::Saved;
use kulta_projections::report::definition::Column;
use serde::Serialize;
use utoipa::ToSchema;

use crate::commands::Wish;
use crate::commands::document::Kind;
use crate::http::api::pipelines::up_to_date;
use crate::http::command::Asked;
use crate::http::page::Paged;
use crate::http::params::{Params, Place};
use crate::http::problem::{FieldError, Problem};
use crate::services::Services;

/// A saved report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SavedReport)]
pub struct View {
    /// Its id.
    pub report: String,
    /// What people call it.
    pub name: String,
    /// What it counts, as it was saved.
    pub definition: serde_json::Value,
    /// The columns that it has.
    #[schema(value_type = Vec<super::run::ColumnView>)]
    pub columns: Vec<Column>,
    /// Why this version of kulta cannot read it; mostly nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<FieldError>,
}

impl View {
    fn of(saved: &Saved) -> Self {
        let (columns, problems) = match saved.read() {
            Ok(definition) => (definition.columns(), Vec::new()),
            Err(problems) => (Vec::new(), problems),
        };
        let problem = |problem: kulta_projections::report::Problem| FieldError {
            pointer: format!("/definition{}", problem.pointer),
            detail: problem.reason,
            code: None,
        };
        Self {
            report: saved.report.to_string(),
            name: saved.name.to_string(),
            definition: serde_json::to_value(&saved.definition).unwrap_or_default(),
            columns,
            problems: problems.into_iter().map(problem).collect(),
        }
    }
}

/// List the saved reports
///
/// By id, without those that are retired.
#[utoipa::path(
    get,
    path = "/v1/reports",
    tag = "reports",
    params(
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page", body = inline(crate::http::openapi::ListOf<View>))),
)]
pub async fn list(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<Paged<View>>, Problem> {
    // Whoever asks for the list sees what was saved a moment ago.
    up_to_date(&services, &mut params).await?;
    let part = params.part("reports", &services.settings.limits)?;
    params.finish()?;
    Ok(Json(part.of(services.work.reports().iter().map(View::of).collect(), |view| view.report.clone())))
}

/// Save a report
///
/// What it goes over (offers, leads, activities, complaints, purchases), what it measures, by what it counts apart, what
/// holds of all that it counts, and of which days. The later word holds; `retired` ends it.
#[utoipa::path(
    put,
    path = "/v1/reports/{name}",
    tag = "reports",
    params(
        ("name" = String, Path, description = "Its id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "name": "Won by team", "definition": {"over": "offers", "measures": ["count", {"sum": "amount"}],
            "by": ["team", {"quarter": "closed_at"}], "where": [{"field": "status", "is": "won"}]}})),
    responses(
        (status = 200, description = "Done, and its position", body = serde_json::Value),
        (status = 422, description = "It is not valid: `errors` says where", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn save(
    State(services): State<Arc<Services>>,
    Place(name): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.only(&["name", "definition", "retired", "reason"])?;
    asked.run(&services, &Wish::define(Kind::Report, &name, &asked.body, None)).await
}
