//! `GET /v1/replays/{id}/scores`: the scores of a replay.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::{finished, job, names, records};
use crate::http::page::write_cursor;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

const LIST: &str = "replay-scores";

/// List the scores of a replay
///
/// All customers, the highest points first, with rank and grade.
#[utoipa::path(
    get,
    path = "/v1/replays/{id}/scores",
    tag = "replays",
    params(
        ("id" = String, Path, description = "The replay's id"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "Where the last page ended"),
    ),
    responses(
        (status = 200, description = "Scores, the highest first", body = serde_json::Value),
        (status = 404, description = "There is no such replay any more", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "It has not ended", body = crate::http::openapi::ProblemBody),
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
    let found = finished(&*job(&services, &id)?)?;
    let (side, people) = (&found.after, &found.people);
    let from = usize::try_from(from).unwrap_or(usize::MAX).min(side.order.len());
    let to = (from + limit).min(side.order.len());
    let page: Vec<usize> = side.order[from..to].iter().map(|customer| *customer as usize).collect();
    let names = names(&services, people, &page).await?;
    let item = |customer: &usize| {
        json!({
            "customer_id": people.ids[*customer],
            "records": records(people, &names, *customer),
            "points": side.scores.points[*customer].to_string(),
            "grade": side.scores.grade(*customer),
            "rank": side.ranks[*customer],
        })
    };
    let items: Vec<Value> = page.iter().map(item).collect();
    let next = (to < side.order.len()).then(|| write_cursor(LIST, to));
    Ok(Json(json!({"items": items, "next": next, "total": side.order.len(), "position": people.position})))
}
