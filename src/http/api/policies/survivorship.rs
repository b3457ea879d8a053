//! `POST /v1/survivorship-policy/preview`: what a survivorship policy would change.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::CustomerId;
use kulta_projections::golden::Value;
use kulta_projections::golden::whatif::Difference;
use serde::Serialize;
use utoipa::ToSchema;

use super::missing;
use crate::commands::policy::survivorship;
use crate::http::api::customers::{after, only, optional_text};
use crate::http::body::JsonBody;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

/// What a survivorship policy would change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SurvivorshipPreview)]
pub struct View {
    /// How far the projections were.
    pub position: u64,
    /// How many customers were looked at: all.
    pub customers: u64,
    /// How many of them would have another value in some field, or the same value of another record.
    pub changed: u64,
    /// How many of them in which field.
    pub fields: BTreeMap<String, u64>,
    /// Up to five customers of each field (of the first 40), by field and customer id.
    pub examples: Vec<Example>,
}

/// One field of one customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SurvivorshipExample)]
pub struct Example {
    /// The customer.
    #[schema(value_type = String, format = "uuid")]
    pub customer_id: CustomerId,
    /// The field.
    pub field: String,
    /// What the golden record holds, with the record that says it.
    #[schema(value_type = Object)]
    pub before: Value,
    /// What it would hold, with the record that says it.
    #[schema(value_type = Object)]
    pub after: Value,
}

/// Preview a survivorship policy
///
/// What publishing it would change, by all records as they are: how many customers, in which fields, with examples. The
/// body is that of `PUT`. Nothing is stored. Every customer is looked at while the request waits; whoever has more of them
/// than can be looked at within `timeouts.wait` is told so.
#[utoipa::path(
    post,
    path = "/v1/survivorship-policy/preview",
    tag = "policies",
    params(("after" = Option<u64>, Query, description = "Wait until the projections have got to this position")),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "policy": {"default": {"by": ["recency", "verification", "source_rank", "completeness"]},
            "fields": {"email": {"by": ["source_rank", "recency"], "sources": ["crm", "erp"]}}}})),
    responses(
        (status = 200, description = "Counts and examples", body = View),
        (status = 422, description = "The policy is not valid", body = crate::http::openapi::ProblemBody),
        (status = 503, description = "It took too long", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn preview(
    State(services): State<Arc<Services>>,
    mut params: Params,
    JsonBody(body): JsonBody,
) -> Result<Json<View>, Problem> {
    after(&services, &mut params).await?;
    params.finish()?;
    only(&body, &["policy", "note"])?;
    optional_text(&body, "note")?;
    let policy = survivorship(body.get("policy").ok_or_else(missing)?)?;
    let preview = services.reads.preview_survivorship(policy, services.settings.timeouts.wait).await?;
    let found = preview.found;
    let examples = found.examples().cloned().map(example).collect();
    let (customers, changed, fields) = (found.customers, found.changed, found.fields);
    Ok(Json(View { position: preview.position, customers, changed, fields, examples }))
}

fn example((customer_id, Difference { field, before, after }): (CustomerId, Difference)) -> Example {
    Example { customer_id, field, before, after }
}
