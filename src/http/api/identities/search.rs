//! `GET /v1/customers?q=TEXT`: customers by what somebody types.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::{brief, line};
use crate::http::api::customers::after;
use crate::http::page::Paged;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::reads::search::{Hit, Reason};
use crate::services::Services;

/// Hits that one search gives at most.
const MOST: usize = 100;

/// Search customers
///
/// By name, e-mail address, telephone number in any notation, business or VAT id, key in a source (`100234` or
/// `erp:100234`) or record id; each hit says why it is one. Names are found however they are spelt, as matching compares
/// them. The best come first; there are no further pages, since whoever does not find types more.
#[utoipa::path(
    get,
    path = "/v1/customers",
    tag = "customers",
    params(
        ("q" = String, Query, description = "What is searched for"),
        ("limit" = Option<u64>, Query, description = "At most so many, up to 100"),
        ("after" = Option<u64>, Query, description = "Wait until the projections have got to this position"),
    ),
    responses(
        (status = 200, description = "Customers with reasons, the best first", body = serde_json::Value),
        (status = 400, description = "There is no text", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<Paged<Value>>, Problem> {
    let text = params.text("q")?.ok_or_else(|| Problem::parameter("q", "say what to search for"))?;
    let limit = params.limit(&services.settings.limits)?.min(MOST);
    after(&services, &mut params).await?;
    params.finish()?;
    let hits = services.reads.search(&text, limit).await?;
    Ok(Json(Paged { items: hits.iter().map(hit).collect(), next: None }))
}

fn hit(hit: &Hit) -> Value {
    let mut item = brief(&hit.brief);
    item["found"] = json!({"record_id": hit.record, "reasons": reasons(&hit.reason)});
    item
}

/// What of the text is found in the record: comparisons that speak for it.
fn reasons(reason: &Reason) -> Vec<Value> {
    match reason {
        Reason::RecordId => vec![json!({"comparison": "record_id", "level": "equal"})],
        Reason::SourceKey => vec![json!({"comparison": "source_key", "level": "equal"})],
        Reason::Agrees(why) => why.lines.iter().filter(|line| line.bits > 0.0).map(line).collect(),
    }
}
