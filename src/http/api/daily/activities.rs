//! `GET` and `POST /v1/activities`: what somebody did with customers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use kulta_events::{CustomerId, Instant, RecordId};
use kulta_projections::pipeline::contact::{Contact, Direction};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Standing, page, said, words};
use crate::commands::Wish;
use crate::http::api::pipelines::{customers, records_of, up_to_date};
use crate::http::api::things::of_customer;
use crate::http::command::Asked;
use crate::http::page::Paged;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;
use crate::work::{Moment, Words};

const LIST: &str = "activities";

/// An activity.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Activity)]
pub struct View {
    /// Its own id, as its source calls it.
    pub activity: Option<String>,
    /// The system that says so.
    pub source: String,
    /// The customer that holds the record now.
    #[schema(value_type = Option<String>)]
    pub customer_id: Option<CustomerId>,
    /// The record that it is about.
    #[schema(value_type = String)]
    pub record_id: RecordId,
    /// When it happened.
    #[schema(value_type = String)]
    pub time: Instant,
    /// Of what kind it is.
    pub kind: Option<String>,
    /// What came of it.
    pub outcome: Option<String>,
    /// `incoming`, `outgoing` or `internal`.
    #[schema(value_type = Option<String>)]
    pub direction: Option<Direction>,
    /// Who did it.
    pub owner: Option<String>,
    /// The own id of the offer that it is about.
    pub offer: Option<String>,
    /// The own id of the lead that it is about.
    pub lead: Option<String>,
    /// The own id of the complaint that it is about.
    pub complaint: Option<String>,
    /// What it is called; null when it was not said, or is erased.
    pub title: Option<String>,
    /// What was written of it; null when nothing was, or it is erased.
    pub text: Option<String>,
    /// The place in the log of its newest words.
    pub position: u64,
}

/// List activities
///
/// The newest first; of corrected ones the newest words.
#[utoipa::path(
    get,
    path = "/v1/activities",
    tag = "activities",
    params(
        ("customer" = Option<String>, Query, description = "With this customer: any record id"),
        ("owner" = Option<String>, Query, description = "Of this owner"),
        ("kind" = Option<String>, Query, description = "Of this kind"),
        ("outcome" = Option<String>, Query, description = "That ended so"),
        ("from" = Option<String>, Query, description = "That happened at this time or later"),
        ("until" = Option<String>, Query, description = "That happened before this time"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses((status = 200, description = "A page", body = inline(crate::http::openapi::ListOf<View>))),
)]
pub async fn list(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<Paged<View>>, Problem> {
    let limit = params.limit(&services.settings.limits)?;
    let behind = Standing::behind(&mut params, LIST)?;
    up_to_date(&services, &mut params).await?;
    let records = records_of(&services, &mut params, Moment::default()).await?;
    let (owner, kind, outcome) = (params.text("owner")?, params.text("kind")?, params.text("outcome")?);
    let (from, until) = (params.instant("from")?, params.instant("until")?);
    params.finish()?;
    let wanted = Words { records, owner, kind, outcome, from, until };
    let mut found = tokio::task::block_in_place(|| services.work.activities(&wanted));
    let standing = |contact: &Contact| Standing::of(false, &contact.order, contact.position);
    let next = page(&mut found, standing, (LIST, behind, limit));
    let holders = customers(&services, found.iter().map(|contact| contact.record)).await?;
    let events = words(&services, found.iter().map(|contact| contact.position).collect()).await?;
    let view = |contact: &Contact| {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        let event = events.get(&contact.position);
        View {
            activity: text(&contact.own_id),
            source: contact.order.source.clone(),
            customer_id: holders.get(&contact.record).copied(),
            record_id: contact.record,
            time: contact.order.time,
            kind: text(&contact.kind),
            outcome: text(&contact.outcome),
            direction: contact.direction,
            owner: text(&contact.owner),
            offer: text(&contact.about.offer),
            lead: text(&contact.about.lead),
            complaint: text(&contact.about.complaint),
            title: said(event, "title"),
            text: said(event, "text"),
            position: contact.position,
        }
    };
    Ok(Json(Paged { items: found.iter().map(view).collect(), next }))
}

/// Log an activity
///
/// With a customer: a call, a visit. Where kinds are defined, it is one of them and its outcome one of theirs. The same `activity`
/// once more corrects it.
#[utoipa::path(
    post,
    path = "/v1/activities",
    tag = "activities",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer")),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "customer": "6fa459ea-ee8a-5ca4-894e-db77e160355e", "kind": "call", "outcome": "reached", "direction": "outgoing",
        "minutes": 12, "owner": "maija", "text": "Wants the offer by Friday"})),
    responses(
        (status = 201, description = "Its id, the customer's, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn log(State(services): State<Arc<Services>>, asked: Asked) -> Result<Response, Problem> {
    let (id, data) = of_customer(&asked)?;
    asked.run(&services, &Wish::Say { id, type_name: "activity.logged", data }).await
}
