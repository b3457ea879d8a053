//! `GET /v1/customers/{id}/freshness`: how old each field is, and what to ask at the next encounter.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kulta_projections::freshness::{age_days, ask};
use kulta_projections::golden::Golden;
use serde_json::{Value, json};

use super::one::{Elsewhere, OneCustomer};
use super::{after, at};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

/// Get the freshness of a customer's fields
///
/// Per field the days since its value was observed or verified, and the few fields worth asking for.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}/freshness",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("as_of" = Option<String>, Query, description = "As of this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("after" = Option<u64>, Query, description = "Wait until the projections have got to this position"),
    ),
    responses(
        (status = 200, description = "Ages and questions", body = serde_json::Value),
        (status = 307, description = "The record belongs to another customer now"),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    customer: OneCustomer,
    mut params: Params,
) -> Result<Response, Elsewhere> {
    let at = at(&mut params)?;
    after(&services, &mut params).await?;
    params.finish()?;
    let view = customer.here(services.reads.customer(customer.id, at).await?)?;
    let golden: Golden = serde_json::from_str(&view.json).map_err(|error| Problem::internal(&error))?;
    let policy = services.reads.policy_known(at).await?.policy;
    let as_of = at.as_of.unwrap_or_else(|| services.clock.now());
    let age = |(name, field)| (name, json!({"age_days": age_days(field, as_of), "verified_at": field.verified_at}));
    let fields: serde_json::Map<String, Value> =
        golden.fields.iter().map(|(name, field)| (name.clone(), field)).map(age).collect();
    let ask: Vec<_> = ask(&golden, &policy, as_of);
    Ok(Json(json!({"customer_id": view.customer, "as_of": as_of, "fields": fields, "ask": ask})).into_response())
}
