//! `GET /v1/events`: read the log.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tokio::time::{Instant, timeout_at};
use utoipa::ToSchema;

use super::{Event, Writer};
use crate::http::page::write_cursor;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;
use crate::store::{Page, Select, StoredEvent};

const LIST: &str = "events";
/// How many events one request looks at, at most, in search of those that it wants.
const LOOKED_AT: usize = 10_000;

/// A page of the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventPage {
    /// The events, in the order of the log.
    pub items: Vec<Event>,
    /// Where the next page starts; null when the end of the log was reached.
    pub next: Option<String>,
    /// Everything up to here was looked at: a follower goes on with `?after=` this.
    pub position: u64,
}

/// Read the log
///
/// Events in the order of the log, forwards. Filters may be combined; `subject` needs `source`. Reads a bounded part of
/// the log: a page may hold less than `limit` and still have a `next`. With `wait`, an empty answer at the end of the
/// log is held back until something new comes.
#[utoipa::path(
    get,
    path = "/v1/events",
    params(
        ("after" = Option<u64>, Query, description = "Only positions above this"),
        ("type" = Option<String>, Query, description = "Only this type"),
        ("source" = Option<String>, Query, description = "Only this source"),
        ("subject" = Option<String>, Query, description = "Only this subject of the source"),
        ("limit" = Option<u64>, Query, description = "At most so many events"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("wait" = Option<u64>, Query, description = "Seconds to wait for something new, at most `timeouts.wait`"),
    ),
    responses(
        (status = 200, description = "A page", body = EventPage),
        (status = 400, description = "A parameter is wrong", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(State(services): State<Arc<Services>>, params: Params) -> Result<Json<EventPage>, Problem> {
    let asked = Asked::read(params, &services)?;
    let deadline = Instant::now() + asked.wait;
    let mut after = asked.after;
    loop {
        let mut head = services.log.head();
        let seen = *head.borrow_and_update();
        let found = asked.look(&services, after, seen).await?;
        let waits = found.events.is_empty() && found.at_end && asked.wait > Duration::ZERO;
        if waits && something_new(&services, &mut head, deadline).await {
            after = found.position;
            continue;
        }
        let next = (!found.at_end).then(|| write_cursor(LIST, found.position));
        let items = Writer::new(&services).events(found.events).await?;
        return Ok(Json(EventPage { items, next, position: found.position }));
    }
}

/// Whether the log has grown before the deadline; false when the node stops.
async fn something_new(services: &Services, head: &mut tokio::sync::watch::Receiver<u64>, deadline: Instant) -> bool {
    let mut stopping = services.stopping();
    tokio::select! {
        changed = timeout_at(deadline, head.changed()) => matches!(changed, Ok(Ok(()))),
        _ = async { stopping.wait_for(|stop| *stop).await.map(drop) } => false,
    }
}

/// What a reader wants.
struct Asked {
    after: u64,
    select: Select,
    type_name: Option<String>,
    source: Option<String>,
    limit: usize,
    wait: Duration,
}

/// What a look at the log gave.
struct Found {
    events: Vec<StoredEvent>,
    position: u64,
    at_end: bool,
}

impl Asked {
    fn read(mut params: Params, services: &Services) -> Result<Self, Problem> {
        let after = params.number("after")?;
        let cursor = params.number_cursor(LIST)?;
        let limit = params.limit(&services.settings.limits)?;
        let (type_name, source) = (params.text("type")?, params.text("source")?);
        let subject = params.text("subject")?;
        let most = services.settings.timeouts.wait;
        let wait = params.number("wait")?.map_or(Duration::ZERO, Duration::from_secs).min(most);
        params.finish()?;
        let select = match (&source, subject, &type_name) {
            (Some(source), Some(subject), type_name) => {
                let ids = vec![services.vault.hasher().record(source, &subject)];
                Select::Records { ids, type_prefix: type_name.clone() }
            }
            (None, Some(_), _) => return Err(Problem::parameter("subject", "needs source")),
            (_, None, Some(type_name)) => Select::Type(type_name.clone()),
            _ => Select::All,
        };
        Ok(Self { after: cursor.or(after).unwrap_or(0), select, type_name, source, limit, wait })
    }

    fn wants(&self, event: &StoredEvent) -> bool {
        self.type_name.as_ref().is_none_or(|wanted| event.type_name == *wanted)
            && self.source.as_ref().is_none_or(|wanted| event.source == *wanted)
    }

    /// Looks from `after` on; `seen` is a position that the log had reached before.
    async fn look(&self, services: &Services, after: u64, seen: u64) -> Result<Found, Problem> {
        let mut found = Found { events: Vec::new(), position: after, at_end: false };
        let mut looked_at = 0;
        while found.events.len() < self.limit && looked_at < LOOKED_AT {
            let page = Page::forwards(self.select.clone(), found.position, self.limit);
            let stored = services.log.read(&page).await?;
            looked_at += stored.len();
            found.at_end = stored.len() < self.limit;
            for event in stored {
                if found.events.len() == self.limit {
                    found.at_end = false;
                    break;
                }
                found.position = event.position;
                if self.wants(&event) {
                    found.events.push(event);
                }
            }
            if found.at_end {
                // What was there is read, so nothing up to what was seen before can still come.
                found.position = found.position.max(seen);
                break;
            }
        }
        Ok(found)
    }
}
