//! `GET /v1/customers/{id}/why`: why records are one customer, and why others are not.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{decision, explanation, record};
use crate::http::api::customers::one::{Elsewhere, OneCustomer};
use crate::http::api::customers::{after, record_id};
use crate::http::params::Params;
use crate::reads::why::{Pair, Why};
use crate::services::Services;

/// Explain a customer
///
/// For each record but one the pair that speaks most for its being the customer's, comparison by comparison in bits that
/// add up to the total, and the stewards' decisions that name its records. With `with`, why the customer of that record
/// is the same or another: the pair of their records that speaks most for one customer, what forbids it, and the
/// decisions between the two. Two records of one customer are explained as they are.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}/why",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("with" = Option<String>, Query, description = "Any other record id"),
        ("after" = Option<u64>, Query, description = "Wait until the projections have got to this position"),
    ),
    responses(
        (status = 200, description = "Pairs with their comparisons, and decisions", body = serde_json::Value),
        (status = 307, description = "The record belongs to another customer now"),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    customer: OneCustomer,
    mut params: Params,
) -> Result<Response, Elsewhere> {
    let with = params.text("with")?;
    after(&services, &mut params).await?;
    params.finish()?;
    let found = match with {
        Some(with) => services.reads.why_not(customer.id, record_id(&with)?).await?,
        None => services.reads.why(customer.id).await?,
    };
    let why = customer.here(found)?;
    Ok(Json(answer(&why)).into_response())
}

fn answer(why: &Why) -> Value {
    let pairs: Vec<Value> = why.pairs.iter().map(pair).collect();
    let decisions: Vec<Value> = why.decisions.iter().map(decision).collect();
    json!({"customer_id": why.customer, "pairs": pairs, "decisions": decisions})
}

fn pair(pair: &Pair) -> Value {
    json!({
        "one": record(&pair.one),
        "other": record(&pair.other),
        "same_customer": pair.one.customer == pair.other.customer,
        "why": explanation(&pair.explanation),
    })
}
