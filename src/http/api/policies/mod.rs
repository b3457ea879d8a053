//! Policies: which source wins which field; which records are one customer.

pub mod matching;
pub mod previews;
pub mod survivorship;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kulta_events::Instant;
use serde::Serialize;
use serde_json::json;

use super::customers::{after, etag};
use crate::commands::Wish;
use crate::commands::policy::Command;
use crate::http::command::Asked;
use crate::http::params::Params;
use crate::http::problem::{Problem, codes};
use crate::services::Services;

/// Get the survivorship policy
///
/// The one in force, and since when.
#[utoipa::path(
    get,
    path = "/v1/survivorship-policy",
    tag = "policies",
    params(("after" = Option<u64>, Query, description = "Wait until the projections have got to this position")),
    responses((status = 200, description = "The policy in force", body = serde_json::Value)),
)]
pub async fn get(State(services): State<Arc<Services>>, mut params: Params) -> Result<Response, Problem> {
    after(&services, &mut params).await?;
    params.finish()?;
    let row = services.reads.policy().await?;
    Ok(in_force(&row.policy, row.position, row.order.time))
}

/// Publish a survivorship policy
///
/// Every golden record is made again under it, in one transaction. See what it changes first:
/// `POST /v1/survivorship-policy/preview`.
#[utoipa::path(
    put,
    path = "/v1/survivorship-policy",
    tag = "policies",
    params(
        ("If-Match" = Option<String>, Header, description = "Only if the policy in force is the one that was read"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "policy": {"default": {"by": ["recency", "verification", "source_rank", "completeness"]},
            "fields": {"email": {"by": ["source_rank", "recency"], "sources": ["crm", "erp"], "ask_after_days": 365, "ask_weight": 30}}},
        "note": "the CRM knows e-mail addresses best"})),
    responses(
        (status = 200, description = "Done, and the position to wait for", body = serde_json::Value),
        (status = 412, description = "Another policy is in force by now", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "The policy is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn put(State(services): State<Arc<Services>>, asked: Asked) -> Result<Response, Problem> {
    asked.only(&["policy", "note"])?;
    let policy = asked.body.get("policy").cloned().ok_or_else(missing)?;
    let note = asked.optional_text("note")?;
    let (command, if_match) = (Command::PublishSurvivorship { policy, note }, asked.if_match()?);
    asked.run(&services, &Wish::Policy { command, if_match }).await
}

/// The policy in force, since when, and its entity tag. The built-in one stands at no position.
fn in_force(policy: &impl Serialize, position: u64, since: Instant) -> Response {
    let published_at = (position > 0).then_some(since);
    let body = json!({"policy": policy, "position": position, "published_at": published_at});
    let mut response = Json(body).into_response();
    etag(&mut response, position);
    response
}

fn missing() -> Problem {
    Problem::new(codes::INVALID, "there is no policy in it").at("/policy", "required")
}
