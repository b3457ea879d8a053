//! `GET /v1/streams/{name}`: read one stream.

use std::cmp::Ordering;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::api::events::{Event, Writer};
use crate::http::page::write_cursor;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;
use crate::store::{Direction, Log, Page, Select};

const LIST: &str = "stream";

/// A page of a stream.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamPage {
    /// The events, in the direction that was asked for.
    pub items: Vec<Event>,
    /// Where the next page starts; null: this is the last.
    pub next: Option<String>,
    /// The stream's last revision.
    pub revision: u64,
}

/// Read a stream
///
/// The facts about a record stand in `record-RECORD_ID`; things with a life of their own, such as complaints, have
/// streams of their own. Revisions count from 0.
#[utoipa::path(
    get,
    path = "/v1/streams/{name}",
    params(
        ("name" = String, Path, description = "The stream's name"),
        ("direction" = Option<String>, Query, description = "`forwards` (default) or `backwards`"),
        ("from" = Option<u64>, Query, description = "The first revision to read; default: the first, backwards the last"),
        ("limit" = Option<u64>, Query, description = "At most so many events"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = StreamPage),
        (status = 400, description = "A parameter is wrong", body = crate::http::openapi::ProblemBody),
        (status = 404, description = "There is no such stream", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(name): Place<String>,
    mut params: Params,
) -> Result<Json<StreamPage>, Problem> {
    let words = [("forwards", Direction::Forwards), ("backwards", Direction::Backwards)];
    let direction = params.one_of("direction", &words)?.unwrap_or(Direction::Forwards);
    let from = params.number("from")?;
    let cursor = params.number_cursor(LIST)?;
    let limit = params.limit(&services.settings.limits)?;
    params.finish()?;
    let log = &*services.log;
    let last = log.read(&one(&name, Direction::Backwards, None)).await?;
    let last = last.first().ok_or_else(|| Problem::not_found("there is no such stream"))?;
    let after = match (cursor, from, direction) {
        (Some(position), ..) => Some(position),
        (None, None, _) => None,
        (None, Some(from), Direction::Forwards) if from > last.revision => Some(last.position),
        (None, Some(from), Direction::Forwards) => Some(position_of(log, &name, from, last.position).await? - 1),
        (None, Some(from), Direction::Backwards) if from >= last.revision => None,
        (None, Some(from), Direction::Backwards) => Some(position_of(log, &name, from, last.position).await? + 1),
    };
    let select = Select::Stream(name);
    // One more than asked for tells whether there is a next page.
    let page = Page { select, direction, after, until: None, limit: limit + 1, parts: true };
    let mut stored = log.read(&page).await?;
    let more = stored.len() > limit;
    stored.truncate(limit);
    let next = stored.last().filter(|_| more).map(|last| write_cursor(LIST, last.position));
    let items = Writer::new(&services).events(stored).await?;
    Ok(Json(StreamPage { items, next, revision: last.revision }))
}

fn one(stream: &str, direction: Direction, after: Option<u64>) -> Page {
    Page { select: Select::Stream(stream.to_owned()), direction, after, until: None, limit: 1, parts: false }
}

/// Where the event of a stream with this revision stands, at most at `last`. The log finds events by position, so this
/// is searched by halving; each step reads one row by an index.
async fn position_of(log: &dyn Log, stream: &str, revision: u64, last: u64) -> Result<u64, Problem> {
    let (mut low, mut high) = (0, last);
    while low < high {
        let middle = low + (high - low) / 2;
        let next = log.read(&one(stream, Direction::Forwards, Some(middle))).await?;
        match next.first().map(|event| (event.revision.cmp(&revision), event.position)) {
            Some((Ordering::Equal, position)) => return Ok(position),
            Some((Ordering::Less, position)) => low = position,
            Some((Ordering::Greater, _)) | None => high = middle,
        }
    }
    let next = log.read(&one(stream, Direction::Forwards, Some(low))).await?;
    Ok(next.first().map_or(last, |event| event.position))
}
