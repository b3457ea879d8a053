//! `POST /v1/customers/match`: search before a new customer is created.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{brief, explanation};
use crate::commands::person_record::checked;
use crate::http::api::customers::after;
use crate::http::body::JsonBody;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::reads::search::{Hit, Reason};
use crate::services::Services;

/// Candidates that are told at most.
const MOST: usize = 100;

/// Find the customers that attributes may be about
///
/// Before a new customer is registered: the attributes of `customer.registered` in, the customers that may be meant out,
/// each with the probability that it is and the reasons, field by field. `verdict` is what matching would do if the
/// attributes were a record: `same` it would be this customer's by itself, `unclear` a steward would be asked,
/// `contradiction` something forbids it although much speaks for it. Nothing is stored.
#[utoipa::path(
    post,
    path = "/v1/customers/match",
    tag = "customers",
    params(
        ("limit" = Option<u64>, Query, description = "At most so many, up to 100"),
        ("after" = Option<u64>, Query, description = "Wait until the projections have got to this position"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"kind": "person", "given_name": "Anna", "family_name": "Virtanen", "email": "anna@example.fi"})),
    responses(
        (status = 200, description = "Candidates, the most likely first", body = serde_json::Value),
        (status = 422, description = "The attributes are not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    mut params: Params,
    JsonBody(attributes): JsonBody,
) -> Result<Response, Problem> {
    let limit = params.limit(&services.settings.limits)?.min(MOST);
    after(&services, &mut params).await?;
    params.finish()?;
    checked("customer.registered", attributes.clone())?;
    let hits = services.reads.candidates(&attributes, limit).await?;
    let candidates: Vec<Value> = hits.iter().map(candidate).collect();
    Ok(axum::Json(json!({"candidates": candidates})).into_response())
}

fn candidate(hit: &Hit) -> Value {
    let mut item = brief(&hit.brief);
    if let Reason::Agrees(why) = &hit.reason {
        item["verdict"] = json!(match () {
            () if !why.vetoes.is_empty() => "contradiction",
            () if why.total >= why.link => "same",
            () => "unclear",
        });
        item["record_id"] = json!(hit.record);
        item["why"] = explanation(why);
    }
    item
}
