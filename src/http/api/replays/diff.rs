//! `GET /v1/replays/{id}/diff`: who would move.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use kulta_projections::scores::diff::{Change, Scores};
use serde_json::{Value, json};

use super::{compared, finished, job, names, records};
use crate::http::page::write_cursor;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::replay::csv;
use crate::services::Services;

/// Who is listed: of those who move everyone, or one way only.
#[derive(Clone, Copy)]
enum Direction {
    Both,
    Gain,
    Lose,
}

impl Direction {
    /// Whose cursors they are: a place among all is another one among some.
    fn list(self) -> &'static str {
        match self {
            Direction::Both => "replay-diff",
            Direction::Gain => "replay-diff-gain",
            Direction::Lose => "replay-diff-lose",
        }
    }

    /// Those who move this way.
    fn of<'a>(self, before: &Scores, after: &Scores, changes: &'a [Change]) -> Vec<&'a Change> {
        let goes = |change: &&Change| {
            let customer = change.customer as usize;
            let (one, other) = (before.points[customer], after.points[customer]);
            match self {
                Direction::Both => true,
                Direction::Gain => other > one,
                Direction::Lose => other < one,
            }
        };
        changes.iter().filter(goes).collect()
    }
}

/// Who would move
///
/// The customers whose points or grade change, the largest change first: points, grade and rank before and after. With
/// `direction=gain` those who gain points, with `direction=lose` those who lose some. With `format=csv` all of them as one
/// file.
#[utoipa::path(
    get,
    path = "/v1/replays/{id}/diff",
    tag = "replays",
    params(
        ("id" = String, Path, description = "The replay's id"),
        ("direction" = Option<String>, Query, description = "gain, lose or both; default: both"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "Where the last page ended"),
        ("format" = Option<String>, Query, description = "json or csv"),
    ),
    responses(
        (status = 200, description = "Who moves, the largest change first", body = serde_json::Value),
        (status = 404, description = "There is no such replay any more", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "It has not ended, or was not compared", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    let limit = params.limit(&services.settings.limits)?;
    let directions = [("gain", Direction::Gain), ("lose", Direction::Lose), ("both", Direction::Both)];
    let direction = params.one_of("direction", &directions)?.unwrap_or(Direction::Both);
    let from = params.number_cursor(direction.list())?.unwrap_or(0);
    let as_csv = params.one_of("format", &[("json", false), ("csv", true)])?.unwrap_or(false);
    params.finish()?;
    let found = finished(&*job(&services, &id)?)?;
    let (before, changes, _) = compared(&found)?;
    let (after, people) = (&found.after, &found.people);
    let changes = direction.of(&before.scores, &after.scores, changes);
    if as_csv {
        let moved: Vec<usize> = changes.iter().map(|change| change.customer as usize).collect();
        let names = names(&services, people, &moved).await?;
        let mut text = Vec::new();
        csv::diff(&mut text, people, &names, (&before.scores, &after.scores), changes)
            .map_err(|error| Problem::internal(&error))?;
        let disposition = format!("attachment; filename=\"diff-{id}.csv\"");
        let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, &disposition)];
        return Ok((headers, text).into_response());
    }
    let from = usize::try_from(from).unwrap_or(usize::MAX).min(changes.len());
    let page = &changes[from..(from + limit).min(changes.len())];
    let to = from + page.len();
    let moved: Vec<usize> = page.iter().map(|change| change.customer as usize).collect();
    let names = names(&services, people, &moved).await?;
    let item = |change: &&Change| {
        let customer = change.customer as usize;
        let (one, other) = (before.scores.points[customer], after.scores.points[customer]);
        json!({
            "customer_id": people.ids[customer],
            "records": records(people, &names, customer),
            "points_before": one.to_string(),
            "points_after": other.to_string(),
            "change": (other - one).normalize().to_string(),
            "grade_before": before.scores.grade(customer),
            "grade_after": after.scores.grade(customer),
            "rank_before": change.rank_before,
            "rank_after": change.rank_after,
        })
    };
    let items: Vec<Value> = page.iter().map(item).collect();
    let next = (to < changes.len()).then(|| write_cursor(direction.list(), to));
    Ok(Json(json!({"items": items, "next": next, "total": changes.len(), "position": people.position})).into_response())
}
