//! `PUT` and `DELETE /v1/customers/{id}/tags/{tag}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use kulta_events::Json;

use crate::commands::Wish;
use crate::http::api::customers::record_id;
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::Problem;
use crate::services::Services;

/// Tag a customer
#[utoipa::path(
    put,
    path = "/v1/customers/{id}/tags/{tag}",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("tag" = String, Path, description = "The tag"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({})),
    responses(
        (status = 201, description = "Done, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn put(
    State(services): State<Arc<Services>>,
    Place(place): Place<(String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    say(&services, place, asked, "customer.tagged").await
}

/// Take a tag off a customer
#[utoipa::path(
    delete,
    path = "/v1/customers/{id}/tags/{tag}",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("tag" = String, Path, description = "The tag"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({})),
    responses(
        (status = 201, description = "Done, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn delete(
    State(services): State<Arc<Services>>,
    Place(place): Place<(String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    say(&services, place, asked, "customer.untagged").await
}

async fn say(
    services: &Services,
    (id, tag): (String, String),
    asked: Asked,
    type_name: &'static str,
) -> Result<Response, Problem> {
    asked.only(&[])?;
    let (id, data) = (record_id(&id)?, Json::object([("tag", tag.as_str().into())]));
    asked.run(services, &Wish::Say { id, type_name, data }).await
}
