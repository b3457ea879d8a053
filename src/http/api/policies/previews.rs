//! `GET /v1/match-policy/previews/{id}`: all that a match policy would change.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::CustomerId;
use kulta_projections::identity::live::{Change, Customer};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::api::identities::record;
use crate::http::page::write_cursor;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::reads::matching::{Named, Preview, SHOWN};
use crate::services::Services;

const LIST: &str = "preview";
/// How many changes are told with the counts.
const EXAMPLES: usize = 20;

/// Read what a previewed match policy would change
///
/// Every change, those of most records first. A change is the smallest set of customers whose records stay among
/// themselves: as they are (`before`) and as they would be (`after`), each with its id. An id stays (`stays`), or it ends:
/// then it leads on to the customer that holds its record. Of each side at most 100 customers, and of each customer at most
/// 100 records, are listed; the counts are of all. A preview can be read for five minutes.
#[utoipa::path(
    get,
    path = "/v1/match-policy/previews/{id}",
    tag = "policies",
    params(
        ("id" = String, Path, description = "The preview's id"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "Where the last page ended"),
    ),
    responses(
        (status = 200, description = "Changes, the largest first", body = serde_json::Value),
        (status = 404, description = "There is no such preview any more", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    mut params: Params,
) -> Result<Json<Value>, Problem> {
    let limit = params.limit(&services.settings.limits)?;
    let from = params.number_cursor(LIST)?.unwrap_or(0);
    params.finish()?;
    let missing = || Problem::not_found("there is no such preview, or not any more: preview the policy again");
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let previewed = services.reads.preview_by_id(id).ok_or_else(missing)?;
    let from = usize::try_from(from).unwrap_or(usize::MAX);
    let (changes, named) = services.reads.changes(&previewed, from, limit).await?;
    let to = from.saturating_add(changes.len());
    let next = (to < previewed.found.len()).then(|| write_cursor(LIST, to));
    let items: Vec<Value> = changes.iter().map(|change| item(change, &named)).collect();
    Ok(Json(json!({"items": items, "next": next, "total": previewed.found.len(), "position": previewed.position})))
}

/// A preview in numbers, with its largest changes.
pub(super) async fn told(services: &Services, preview: &Preview) -> Result<Value, Problem> {
    let (changes, named) = services.reads.changes(&preview.previewed, 0, EXAMPLES).await?;
    let found = &preview.previewed.found;
    let counts = &found.preview;
    Ok(json!({
        "id": preview.id,
        "position": preview.previewed.position,
        "customers_before": counts.before,
        "customers_after": counts.after,
        "unchanged": counts.unchanged,
        "joined": counts.joined,
        "split": counts.split,
        "ids": {"stay": found.ids_stay, "end": found.ids_end, "begin": found.ids_begin},
        "changes": found.len(),
        "examples": changes.iter().map(|change| item(change, &named)).collect::<Vec<_>>(),
    }))
}

fn item(change: &Change, named: &Named) -> Value {
    let side = |customers: &[Customer], others: &[Customer]| -> Vec<Value> {
        let others: BTreeSet<CustomerId> = others.iter().map(|other| other.id).collect();
        let one = |customer: &Customer| {
            let records = customer.records.iter().take(SHOWN).filter_map(|id| named.get(id));
            json!({
                "customer_id": customer.id,
                "stays": others.contains(&customer.id),
                "record_count": customer.records.len(),
                "records": records.map(record).collect::<Vec<_>>(),
            })
        };
        customers.iter().take(SHOWN).map(one).collect()
    };
    let (before, after) = (&change.before, &change.after);
    json!({
        "before": side(before, after),
        "before_count": before.len(),
        "after": side(after, before),
        "after_count": after.len(),
    })
}
