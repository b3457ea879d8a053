//! `GET /v1/outbox` and `POST /v1/outbox/{id}/send`: what is to go out into the world.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use kulta_events::{CustomerId, Instant, Json as Data};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::commands::Wish;
use crate::http::api::pipelines::{customers, up_to_date};
use crate::http::api::things::thing_id;
use crate::http::command::Asked;
use crate::http::page::{Paged, write_cursor};
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;
use crate::work::Outgoing;

const LIST: &str = "outbox";

/// Something that is to go out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Outgoing)]
pub struct View {
    /// Its id, which is also that of the message.
    #[schema(value_type = String)]
    pub message: Uuid,
    /// `email`, `sms` …; `webhook`: a subscriber is to be told.
    pub channel: String,
    /// What for.
    pub purpose: Option<String>,
    /// With which words.
    pub template: Option<String>,
    /// Who is to be told.
    pub subscriber: Option<String>,
    /// The customer that holds the record now.
    #[schema(value_type = Option<String>)]
    pub customer_id: Option<CustomerId>,
    /// Which automation asks for it.
    pub automation: Option<String>,
    /// For which cause.
    pub cause: Option<String>,
    /// When it was asked for.
    #[schema(value_type = String)]
    pub requested_at: Instant,
    /// The place in the log.
    pub position: u64,
}

/// List what is to go out
///
/// What was asked for and neither sent nor withheld, the oldest first. Whoever sends it takes it by `send`.
#[utoipa::path(
    get,
    path = "/v1/outbox",
    tag = "automations",
    params(
        ("channel" = Option<String>, Query, description = "Only over this channel"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses((status = 200, description = "A page", body = inline(crate::http::openapi::ListOf<View>))),
)]
pub async fn list(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<Paged<View>>, Problem> {
    let limit = params.limit(&services.settings.limits)?;
    let behind = params.number_cursor(LIST)?.unwrap_or(0);
    let channel = params.text("channel")?;
    up_to_date(&services, &mut params).await?;
    params.finish()?;
    let is_meant = |outgoing: &Outgoing| {
        outgoing.event.position > behind
            && channel.as_deref().is_none_or(|channel| text(outgoing, "channel") == Some(channel))
    };
    let mut page = services.work.outbox(|id, outgoing| is_meant(outgoing).then_some((id, outgoing.event.position)));
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|(_, position)| write_cursor(LIST, *position));
    // What was sent or withheld in this moment waits no more.
    let waiting = |(id, _)| Some((id, services.work.outgoing(id)?));
    let found: Vec<(Uuid, Outgoing)> = page.into_iter().filter_map(waiting).collect();
    let holders = customers(&services, found.iter().filter_map(|(_, outgoing)| outgoing.record)).await?;
    let view = |(id, outgoing): &(Uuid, Outgoing)| {
        let owned = |name: &str| text(outgoing, name).map(str::to_owned);
        View {
            message: *id,
            channel: owned("channel").unwrap_or_default(),
            purpose: owned("purpose"),
            template: owned("template"),
            subscriber: owned("subscriber"),
            customer_id: outgoing.record.and_then(|record| holders.get(&record).copied()),
            automation: owned("automation"),
            cause: owned("cause"),
            requested_at: outgoing.event.order.time,
            position: outgoing.event.position,
        }
    };
    Ok(Json(Paged { items: found.iter().map(view).collect(), next }))
}

fn text<'o>(outgoing: &'o Outgoing, name: &str) -> Option<&'o str> {
    outgoing.event.payload.data.get(name).and_then(Data::as_str)
}

/// Take something that is to go out
///
/// Whoever sends asks first, and sends only when the answer is `"send": true`: consent, preferences and the frequency cap are looked at in
/// this moment. It is logged as sent, or withheld for good with the reason. Asked twice, it is sent once: the second time there is nothing to
/// go out.
#[utoipa::path(
    post,
    path = "/v1/outbox/{id}/send",
    tag = "automations",
    params(
        ("id" = String, Path, description = "The message"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({})),
    responses(
        (status = 200, description = "Whether to send it: `send`, or the `reason` why not", body = serde_json::Value),
        (status = 404, description = "Nothing of this id is to go out", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn send(
    State(services): State<Arc<Services>>,
    Place(id): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.only(&[])?;
    asked.run(&services, &Wish::Send(thing_id(&id)?)).await
}
