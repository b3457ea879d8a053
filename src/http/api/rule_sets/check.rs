//! `POST /v1/rule-sets/check`: do these rules compile, and what do they say?

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_projections::scores::rules::{Facets, RuleError};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Doubt, Fault, required, rules_of};
use crate::http::api::customers::only;
use crate::http::body::JsonBody;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::scores::Compiled;
use crate::services::Services;

/// What is to be said of a rule file.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = CheckedRules)]
pub struct View {
    /// The name of the rule set.
    pub name: Option<String>,
    /// SHA-256 of what the rules say.
    pub hash: Option<String>,
    /// Everything that is wrong with it, in the order of the file; none: it compiles.
    pub errors: Vec<Fault>,
    /// What is worth a second look.
    pub warnings: Vec<Doubt>,
    /// The rules in words.
    pub words: Option<String>,
}

impl View {
    /// Rules that compile.
    pub fn fine(compiled: &Compiled, facets: &Facets) -> Self {
        Self {
            name: Some(compiled.rules.name.to_string()),
            hash: Some(compiled.hash.clone()),
            errors: Vec::new(),
            warnings: compiled.rules.warnings(facets).into_iter().map(Doubt::from).collect(),
            words: Some(compiled.rules.in_words()),
        }
    }

    /// Rules that do not.
    pub fn wrong(errors: Vec<RuleError>) -> Self {
        Self { errors: errors.into_iter().map(Fault::from).collect(), ..Self::default() }
    }
}

/// Check rules
///
/// Everything that is wrong with a rule file, with line and column; or what it says, in words. Nothing is stored.
#[utoipa::path(
    post,
    path = "/v1/rule-sets/check",
    tag = "rule sets",
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "rules": "name = \"value\"\n[[rule]]\nid = \"buying\"\non = \"purchase.made\"\npoints = \"floor(amount)\"\n"})),
    responses((status = 200, description = "Errors, or words and warnings", body = View))
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    params: Params,
    JsonBody(body): JsonBody,
) -> Result<Json<View>, Problem> {
    params.finish()?;
    only(&body, &["rules"])?;
    let rules = rules_of(&body)?.ok_or_else(|| required("/rules"))?;
    services.intake.refresh_event_types().await?;
    Ok(Json(match services.scores.compile(&rules) {
        Ok(compiled) => View::fine(&compiled, &services.scores.facets()),
        Err(errors) => View::wrong(errors),
    }))
}
