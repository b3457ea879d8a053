//! `POST` and `DELETE /v1/customers/{id}/relations`: a person says how a customer stands to another.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use kulta_events::vocabulary::customer::RELATIONS;
use kulta_events::{Json, RecordId};

use super::{context, done, if_match, record_id};
use crate::commands::{Relating, Wish};
use crate::http::auth::Caller;
use crate::http::command::Asked;
use crate::http::params::{Params, Place};
use crate::http::problem::{Problem, codes};
use crate::services::Services;

/// Relate a customer to another
///
/// The customer is the contact, the subsidiary; `to` is its company, its parent: any record id of it, or `{source,
/// subject}`. The relation stays with the very record that was given, whatever is merged or split later. Said of a
/// relation that there is, it changes what is given; `null` clears. `valid_until` is the first day on which the relation
/// no longer holds.
#[utoipa::path(
    post,
    path = "/v1/customers/{id}/relations",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id of the contact, the subsidiary"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read: refused when it changed since"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"relation": "contact_of", "to": "6fa459ea-ee8a-5ca4-894e-db77e160355e", "role": "buyer",
            "valid_from": "2026-01-01"})),
    responses(
        (status = 200, description = "The ids of both, and the position to wait for", body = serde_json::Value),
        (status = 412, description = "It changed since it was read", body = crate::http::openapi::ProblemBody),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "Both are one customer", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "The command is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.only(&["relation", "to", "role", "valid_from", "valid_until"])?;
    let (id, if_match) = (record_id(&id)?, asked.if_match()?);
    let to = other(&services, asked.body.get("to"))?;
    let rest = asked.body.members().iter().filter(|(name, _)| name != "to").cloned();
    let relating = Relating { id, if_match, to, data: Json::Object(rest.collect()) };
    asked.run(&services, &Wish::Relate(relating)).await
}

/// End a relation
///
/// What any record of the customer says of it ends: on the day that is given, or else today. It is not forgotten: it
/// held until then. A system that goes on saying what it said before does not revive it.
#[utoipa::path(
    delete,
    path = "/v1/customers/{id}/relations",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id of the contact, the subsidiary"),
        ("relation" = String, Query, description = "Which, such as `contact_of`"),
        ("to" = String, Query, description = "Any record id of the other customer"),
        ("valid_until" = Option<String>, Query, description = "The first day on which it no longer holds; default today"),
        ("If-Match" = Option<String>, Header, description = "The ETag that was read: refused when it changed since"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    responses(
        (status = 200, description = "The ids of both, and the position to wait for", body = serde_json::Value),
        (status = 412, description = "It changed since it was read", body = crate::http::openapi::ProblemBody),
        (status = 404, description = "There is no such customer or relation", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "The command is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn end(
    State(services): State<Arc<Services>>,
    caller: Caller,
    Place(id): Place<String>,
    mut params: Params,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let words: Vec<_> = RELATIONS.iter().map(|word| (*word, *word)).collect();
    let required = |name: &str| Problem::parameter(name, "required");
    let relation = params.one_of("relation", &words)?.ok_or_else(|| required("relation"))?;
    let to = params.text("to")?.ok_or_else(|| required("to"))?;
    let valid_until = params.text("valid_until")?;
    params.finish()?;
    let (id, if_match) = (record_id(&id)?, if_match(&headers)?);
    let to = record_id(&to).map_err(|_| Problem::parameter("to", "expected a record id"))?;
    let mut data = vec![("relation".to_owned(), relation.into())];
    data.extend(valid_until.map(|day| ("valid_until".to_owned(), Json::String(day))));
    let data = Json::Object(data);
    let context = context(&caller, &headers, &uri, &format!("DELETE {to} {}", data.canonical()))?;
    let relating = Relating { id, if_match, to, data };
    Ok(done(services.customers.run(&context, &Wish::Unrelate(relating)).await?))
}

/// The other customer's record, as it is named in a command.
fn other(services: &Services, to: Option<&Json>) -> Result<RecordId, Problem> {
    let name = |name: &str| to?.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty());
    let named = match (to, name("source"), name("subject")) {
        (Some(Json::String(id)), ..) => record_id(id).ok(),
        (_, Some(source), Some(subject)) => Some(services.vault.hasher().record(source, subject)),
        _ => None,
    };
    named.ok_or_else(|| {
        let expected = "expected a record id, or source and subject";
        Problem::new(codes::INVALID, "the other customer is missing").at("/to", expected)
    })
}
