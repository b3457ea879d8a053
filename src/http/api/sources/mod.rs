//! Publishing systems: who answers for them, and which of their free attributes are facts.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use kulta_events::Recorded;
use serde_json::{Value, json};

use crate::commands::Wish;
use crate::http::command::Asked;
use crate::http::page::Paged;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

/// List the sources
///
/// Those that somebody registered. A source need not be registered to publish.
#[utoipa::path(
    get,
    path = "/v1/sources",
    tag = "sources",
    responses((status = 200, description = "All of them", body = serde_json::Value)),
)]
pub async fn list(State(services): State<Arc<Services>>, params: Params) -> Result<Json<Paged<Value>>, Problem> {
    params.finish()?;
    let view = |event: Recorded| {
        let mut item = json!(event.payload.data);
        if let Some(members) = item.as_object_mut() {
            members.insert("registered_at".to_owned(), json!(event.order.time));
            members.insert("position".to_owned(), json!(event.position));
        }
        item
    };
    Ok(Json(Paged { items: services.sources().await?.into_values().map(view).collect(), next: None }))
}

/// Register a source
///
/// Or change what is registered of it. `fact_attributes` names those of its free attributes that are facts: rules and
/// reports may read them. This holds for later events only; what was sealed stays sealed.
#[utoipa::path(
    put,
    path = "/v1/sources",
    tag = "sources",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer")),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "source": "crm", "description": "the CRM", "owner_team": "sales IT", "fact_attributes": ["segment"]})),
    responses(
        (status = 200, description = "Done, and its position", body = serde_json::Value),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn put(State(services): State<Arc<Services>>, asked: Asked) -> Result<Response, Problem> {
    let answer = asked.run(&services, &Wish::Source { data: asked.body.clone() }).await?;
    services.refresh_sources().await?;
    Ok(answer)
}
