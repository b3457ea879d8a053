//! `POST /v1/customers`: a person registers a customer.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;

use super::{context, done};
use crate::commands::Wish;
use crate::http::auth::Caller;
use crate::http::body::JsonBody;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

/// Register a customer
///
/// The body holds the attributes. The customer is a record of the source `kulta`.
#[utoipa::path(
    post,
    path = "/v1/customers",
    tag = "customers",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer")),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"kind": "person", "name": "Aino Example", "email": "aino@example.fi"})),
    responses(
        (status = 201, description = "Its id, and the position to wait for", body = serde_json::Value),
        (status = 422, description = "An attribute is wrong", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    caller: Caller,
    params: Params,
    headers: HeaderMap,
    uri: Uri,
    JsonBody(attributes): JsonBody,
) -> Result<Response, Problem> {
    params.finish()?;
    let context = context(&caller, &headers, &uri, &attributes.canonical())?;
    Ok(done(services.customers.run(&context, &Wish::Register { attributes }).await?))
}
