//! The match policy: which records are one customer.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use kulta_projections::identity::policy::MatchPolicy;
use serde_json::{Value, json};

use super::in_force;
use super::previews::told;
use crate::commands::Wish;
use crate::commands::policy::{Command, refused};
use crate::http::api::customers::{after, only};
use crate::http::body::JsonBody;
use crate::http::command::Asked;
use crate::http::params::Params;
use crate::http::problem::{Problem, codes};
use crate::services::Services;

/// Get the match policy
///
/// The one in force, and since when.
#[utoipa::path(
    get,
    path = "/v1/match-policy",
    tag = "policies",
    params(("after" = Option<u64>, Query, description = "Wait until the projections have got to this position")),
    responses((status = 200, description = "The policy in force", body = serde_json::Value)),
)]
pub async fn get(State(services): State<Arc<Services>>, mut params: Params) -> Result<Response, Problem> {
    after(&services, &mut params).await?;
    params.finish()?;
    let row = services.reads.match_policy().await?;
    Ok(in_force(&*row.policy, row.position, row.order.time))
}

/// Publish a match policy
///
/// All customers are found anew under it, and those that change are swapped in one transaction. Stewards' decisions
/// hold. What the policy does not say stays as in the one in force. See what it changes first:
/// `POST /v1/match-policy/preview`.
#[utoipa::path(
    put,
    path = "/v1/match-policy",
    tag = "policies",
    params(
        ("If-Match" = Option<String>, Header, description = "Only if the policy in force is the one that was read"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"policy": {"link": 2.0, "ask": -3.0}, "note": "link less by itself"})),
    responses(
        (status = 200, description = "Done, and the position to wait for", body = serde_json::Value),
        (status = 412, description = "Another policy is in force by now", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "The policy is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn put(State(services): State<Arc<Services>>, asked: Asked) -> Result<Response, Problem> {
    asked.only(&["policy", "note"])?;
    let policy = to_json(&policy(&services, &asked.body).await?)?;
    let note = asked.optional_text("note")?;
    let (command, if_match) = (Command::PublishMatch { policy, note }, asked.if_match()?);
    asked.run(&services, &Wish::Policy { command, if_match }).await
}

/// Preview a match policy
///
/// What it would change, by all records as they are: how many customers would be joined, how many would fall apart, how
/// many keep their records, how many ids stay, end (lead on to another customer) and begin, with the largest changes as
/// examples. The whole diff can be read for five minutes: `GET /v1/match-policy/previews/{id}`. Nothing is stored. The
/// first preview compares all records, further ones of the next minutes use the agreements that were found, unless
/// frequencies of values, the block limit or the strong ids are other.
#[utoipa::path(
    post,
    path = "/v1/match-policy/preview",
    tag = "policies",
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"policy": {"link": 2.0, "ask": -3.0}})),
    responses(
        (status = 200, description = "Counts and examples", body = serde_json::Value),
        (status = 422, description = "The policy is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn preview(
    State(services): State<Arc<Services>>,
    params: Params,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, Problem> {
    params.finish()?;
    only(&body, &["policy"])?;
    let previewed = services.reads.preview(policy(&services, &body).await?).await?;
    Ok(Json(json!({"preview": told(&services, &previewed).await?})))
}

/// Train a match policy
///
/// Learns weights and frequencies of values from all records as they are, without labels, with the thresholds, the block
/// limit and the strong ids of today's policy. Answers the policy and what it would change; nothing is published.
#[utoipa::path(
    post,
    path = "/v1/match-policy/train",
    tag = "policies",
    responses((status = 200, description = "A policy, with what it would change", body = serde_json::Value))
)]
pub async fn train(State(services): State<Arc<Services>>, params: Params) -> Result<Json<Value>, Problem> {
    params.finish()?;
    let (policy, previewed) = services.reads.train().await?;
    Ok(Json(json!({"policy": policy, "preview": told(&services, &previewed).await?})))
}

/// The policy of a request: what it does not say is as in the policy in force.
async fn policy(services: &Services, body: &kulta_events::Json) -> Result<MatchPolicy, Problem> {
    let missing = || Problem::new(codes::INVALID, "there is no policy in it").at("/policy", "expected an object");
    let given = body.get("policy").filter(|policy| !policy.members().is_empty()).ok_or_else(missing)?;
    let today = services.reads.match_policy().await?;
    let mut members = to_json(&today.policy)?.members().to_vec();
    for (name, value) in given.members() {
        match members.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value.clone(),
            None => members.push((name.clone(), value.clone())),
        }
    }
    MatchPolicy::read(&kulta_events::Json::Object(members).to_string()).map_err(|error| refused(&error).into())
}

fn to_json(policy: &MatchPolicy) -> Result<kulta_events::Json, Problem> {
    let text = serde_json::to_string(policy).map_err(|error| Problem::internal(&error))?;
    kulta_events::Json::parse(text.as_bytes()).map_err(|error| Problem::internal(&error))
}
