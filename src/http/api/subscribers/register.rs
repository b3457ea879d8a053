//! `PUT /v1/subscribers/{name}`: one is registered, or told anew. `POST …/secret`: it gets another secret.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::commands::Wish;
use crate::commands::subscriber::Command;
use crate::http::command::Asked;
use crate::http::params::Place;
use crate::http::problem::{Problem, codes};
use crate::services::Services;
use crate::webhooks::address::Target;

/// Register a subscriber
///
/// A system that holds copies of customers: how it hears of changes (`kind`: `kafka`, `webhook` with a `url`, or `pull`), as which
/// `source` it publishes what it holds, which `fields` of a customer it holds (default: names, e-mail, phone, address), and
/// within how many hours it is to follow. `holds`, said at first only: the position up to which it holds every customer already;
/// default: all that there is. The answer to the first registration of a webhook has the secret that its messages are signed with.
#[utoipa::path(
    put,
    path = "/v1/subscribers/{name}",
    tag = "subscribers",
    params(
        ("name" = String, Path, description = "The subscriber: small letters, digits, `-`, `_`, `.`"),
        ("If-Match" = Option<String>, Header, description = "Only if it is as it was read"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "name": "Billing", "kind": "pull", "source": "billing", "fields": ["name", "email", "address"],
        "within_hours": 24})),
    responses(
        (status = 200, description = "Told anew", body = serde_json::Value),
        (status = 201, description = "Registered, with the secret of a webhook", body = serde_json::Value),
        (status = 412, description = "It changed since it was read", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(name): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.only(&["name", "kind", "url", "source", "fields", "within_hours", "holds", "enabled", "reason"])?;
    if let Some(url) = asked.optional_text("url")?
        && let Err(expected) = Target::parse(&url, services.settings.webhooks.allow_private)
    {
        return Err(Problem::new(codes::INVALID, "the request is not valid").at("/url", expected));
    }
    let (if_match, data) = (asked.if_match()?, asked.body.clone());
    asked.run(&services, &Wish::Subscriber(Command::Register { name, if_match, data })).await
}

/// Give a webhook another secret
///
/// The answer has it. For 24 hours messages are signed with the former one as well.
#[utoipa::path(
    post,
    path = "/v1/subscribers/{name}/secret",
    tag = "subscribers",
    params(
        ("name" = String, Path, description = "The subscriber"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({})),
    responses(
        (status = 200, description = "The new secret", body = serde_json::Value),
        (status = 404, description = "There is no such subscriber", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "It is no webhook", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn secret(
    State(services): State<Arc<Services>>,
    Place(name): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.only(&[])?;
    asked.run(&services, &Wish::Subscriber(Command::Rotate { name })).await
}
