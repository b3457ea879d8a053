//! Publishing systems: who answers for them, and which of their free attributes are facts.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use crate::commands::Wish;
use crate::http::command::Asked;
use crate::http::page::Paged;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;

/// List the sources
///
/// By name. A source need not be registered to publish: of those that are not, the ones whose events had members that no
/// schema knows are here too, with `registered_at` null. `unknown_members` counts such members by event type: they are kept
/// sealed, and neither rules nor reports read them. Their names are not counted, since a name may be personal.
#[utoipa::path(
    get,
    path = "/v1/sources",
    tag = "sources",
    params(
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page", body = serde_json::Value)),
)]
pub async fn list(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<Paged<Value>>, Problem> {
    let part = params.part("sources", &services.settings.limits)?;
    params.finish()?;
    let mut unknown = unknown_members(&services).await?;
    let mut items: BTreeMap<String, Value> = BTreeMap::new();
    for (name, event) in services.sources().await? {
        let mut item = json!(event.payload.data);
        let unknown_members = unknown.remove(&name).unwrap_or_default();
        if let Some(members) = item.as_object_mut() {
            members.insert("registered_at".to_owned(), json!(event.order.time));
            members.insert("position".to_owned(), json!(event.position));
            members.insert("unknown_members".to_owned(), unknown_members.into());
        }
        items.insert(name, item);
    }
    for (name, unknown) in unknown {
        let item = json!({"source": name, "registered_at": null, "position": null, "unknown_members": unknown});
        items.insert(name, item);
    }
    let name = |item: &Value| item["source"].as_str().unwrap_or_default().to_owned();
    Ok(Json(part.of(items.into_values().collect(), name)))
}

/// Members that no schema knows, counted by source and type.
async fn unknown_members(services: &Services) -> Result<BTreeMap<String, Vec<Value>>, Problem> {
    let rows = services.reads.unknown_members().await?;
    let mut of_sources: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for row in rows {
        let of_source = of_sources.entry(row.source).or_default();
        of_source.push(json!({"type": row.type_name, "count": row.count}));
    }
    Ok(of_sources)
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
