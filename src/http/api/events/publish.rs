//! `POST /v1/events`: publish events.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Extension, Request, State};
use bytes::Bytes;

use super::answer::{Answer, Verdict};
use super::forms::{self, Form};
use super::{Names, binary};
use crate::http::auth::Caller;
use crate::http::body::{self, Held};
use crate::http::edge::Edge;
use crate::http::observe::{Panicked, RequestId};
use crate::http::problem::{Problem, codes};
use crate::intake::{Along, Arrival, Published};
use crate::services::Services;

/// The door's name in dead letters and numbers.
pub const DOOR: &str = "http";
/// Bodies from this size on are parsed and sealed apart from the threads that serve connections: about 200 events.
const LARGE: usize = 64 * 1024;

/// Publish events
///
/// Each event is answered by itself, in order: `accepted` (durable at `position`), `duplicate` (was stored before, at
/// `position`), `conflict` (another content is stored under this source and id, at `position`; this one lies among the
/// dead letters) or `rejected` (with the problem). Sending the same again is harmless. `position` is the log's last
/// position after this batch: readers that wait for it see all of the batch.
///
/// Taken are a JSON array (`application/cloudevents-batch+json`), one event (`application/cloudevents+json`), one event
/// per line (`application/x-ndjson`), and binary mode: attributes in `ce-*` headers, JSON data in the body. Bodies may
/// be compressed (`Content-Encoding: gzip`).
#[utoipa::path(
    post,
    path = "/v1/events",
    request_body(content(
        (Vec<Object> = "application/cloudevents-batch+json"),
        (Object = "application/cloudevents+json", example = json!({
            "specversion": "1.0", "id": "inv-20931", "source": "erp", "type": "purchase.made", "subject": "100234",
            "time": "2026-03-02T10:15:00+02:00", "unit": "helsinki", "data": {"amount": "1249.90", "currency": "EUR"},
        })),
        (String = "application/x-ndjson"),
        (Object = "application/json"),
    )),
    responses(
        (status = 200, description = "One answer per event, in order; what is answered is durable", body = Answer),
        (status = 400, description = "The body cannot be read at all", body = crate::http::openapi::ProblemBody),
        (status = 413, description = "Too large, or too many events", body = crate::http::openapi::ProblemBody),
        (status = 415, description = "Not one of the forms", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Extension(edge): Extension<Arc<Edge>>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    caller: Caller,
    request: Request,
) -> Result<Json<Answer>, Problem> {
    let (parts, body) = request.into_parts();
    let form = Form::of(&body::media_type(&parts.headers), binary::is_binary(&parts.headers))
        .ok_or_else(|| Problem::new(codes::UNSUPPORTED_MEDIA_TYPE, forms::TAKEN))?;
    let held = body::read(&edge, &parts.headers, body, services.settings.limits.body_bytes).await?;
    let batch = Batch { services, caller, form, headers: parts.headers, request_id };
    let (published, names) = if held.gzip || held.bytes.len() >= LARGE {
        on_another_thread(batch, held).await?
    } else {
        batch.publish(held).await?
    };
    Ok(Json(Answer::new(published, names)))
}

/// A request, all of it here.
struct Batch {
    services: Arc<Services>,
    caller: Caller,
    form: Form,
    headers: axum::http::HeaderMap,
    request_id: Arc<str>,
}

impl Batch {
    async fn publish(self, mut held: Held) -> Result<(Published, Names), Problem> {
        let limits = &self.services.settings.limits;
        let body = held.plain(limits.body_bytes)?;
        let (arrivals, names) = self.split(&body, limits.batch_events)?;
        let along = Along { sources: self.caller.sources.clone(), ..Along::default() };
        let published = self.services.intake.publish(arrivals, DOOR, self.caller.actor, along).await?;
        self.services.metrics.published(DOOR, &published);
        Ok((published, names))
    }

    fn split(&self, body: &Bytes, most: usize) -> Result<(Vec<Arrival>, Names), Problem> {
        let origin = &*self.request_id;
        let arrivals = match self.form {
            Form::Structured => forms::structured(body, origin)?,
            Form::Batch => forms::batch(body, most, origin)?,
            Form::Lines => forms::lines(body, most, origin)?,
            Form::Binary => {
                let (arrival, source, id) = binary::event(&self.headers, body, origin);
                return Ok((vec![arrival], Some((source, id))));
            }
        };
        Ok((arrivals, None))
    }
}

/// Parsing and sealing thousands of events takes long; the connections that this thread serves would wait for it.
async fn on_another_thread(batch: Batch, held: Held) -> Result<(Published, Names), Problem> {
    let runtime = tokio::runtime::Handle::current();
    let work = tokio::task::spawn_blocking(move || runtime.block_on(batch.publish(held)));
    work.await.map_err(|_| Problem::internal(&Panicked))?
}

impl Answer {
    fn new(published: Published, names: Names) -> Self {
        let mut results: Vec<_> = published.results.into_iter().map(Verdict::from).collect();
        // In binary mode the headers name the event even when its data cannot be read.
        if let (Some((source, id)), [only]) = (names, &mut results[..]) {
            only.source = only.source.take().or(source);
            only.id = only.id.take().or(id);
        }
        Self { position: published.position, results }
    }
}
