//! `POST /v1/customers`: a person registers a customer.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::commands::Wish;
use crate::http::command::Asked;
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
pub async fn handler(State(services): State<Arc<Services>>, asked: Asked) -> Result<Response, Problem> {
    asked.run(&services, &Wish::Register { attributes: asked.body.clone() }).await
}
