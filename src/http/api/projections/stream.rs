//! `GET /v1/changes` as a stream of server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream::unfold;
use kulta_projections::golden::wire;
use uuid::Uuid;

use crate::http::problem::Problem;
use crate::services::Services;
use crate::store::Error;

/// Customers read at a time: so many are in memory for a follower that is slow.
const PAGE: usize = 100;
/// A comment is sent after so long a silence, so that a dead connection is noticed.
const ALIVE: Duration = Duration::from_secs(15);
/// A look without news.
const LOOK: Duration = Duration::from_secs(5);

/// Whether a stream is asked for.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let accepts = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepts.flat_map(|value| value.split(',')).any(|part| part.trim().starts_with("text/event-stream"))
}

/// Where a stream goes on, by the id of the last event that its reader has seen.
///
/// # Errors
/// `malformed`, when it is none of kulta's.
pub fn last_seen(headers: &HeaderMap) -> Result<Option<(u64, Uuid)>, Problem> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let parts = value.to_str().ok().and_then(|text| text.split_once('-'));
    let read = parts.and_then(|(position, id)| Some((position.parse().ok()?, id.parse().ok()?)));
    let malformed =
        || Problem::new(crate::http::problem::codes::MALFORMED, "Last-Event-ID: expected an id of this stream");
    read.map(Some).ok_or_else(malformed)
}

/// A follower, and what waits to be sent to it.
struct Follower {
    services: Arc<Services>,
    behind: (u64, Uuid),
    waiting: VecDeque<Event>,
    /// The position of which it was told that nothing is missing up to it.
    told: Option<u64>,
}

/// All customers that were shaped after a place, and then whoever is, as it happens.
pub fn follow(services: Arc<Services>, behind: (u64, Uuid)) -> Response {
    let stopping = services.stopping();
    let follower = Follower { services, behind, waiting: VecDeque::new(), told: None };
    let events = unfold(follower, move |mut follower| {
        let mut stopping = stopping.clone();
        async move {
            let event = tokio::select! {
                _ = stopping.wait_for(|stop| *stop) => None,
                event = follower.next() => event,
            };
            Some((Ok::<_, Infallible>(event?), follower))
        }
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)).into_response()
}

impl Follower {
    /// The next event; `None` when the store fails: the reader comes again, with the last id that it has seen.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            let projections = self.services.projector.projections().clone();
            // In this order: another generation that takes the place of this one meanwhile is not behind the position.
            let position = projections.position();
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "a follower of changes could not be served");
                return None;
            }
            if !self.waiting.is_empty() {
                continue;
            }
            if self.told != Some(position) {
                self.told = Some(position);
                return Some(Event::default().event("position").data(format!("{{\"position\":{position}}}")));
            }
            drop(tokio::time::timeout(LOOK, projections.moved_from(position)).await);
        }
    }

    /// Reads who was shaped since.
    async fn look(&mut self) -> Result<(), Error> {
        let live = self.services.projector.projections().live();
        for found in live.customers_since(self.behind, PAGE).await? {
            self.behind = (found.position, found.customer.0);
            let (id, data) =
                (format!("{}-{}", found.position, found.customer), wire(found.customer, found.position, &found.golden));
            self.waiting.push_back(Event::default().event("customer").id(id).data(data));
        }
        Ok(())
    }
}
