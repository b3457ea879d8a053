//! `GET /v1/customers/{id}/timeline`: what happened, latest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kulta_events::Instant;
use kulta_events::vocabulary::Importance;
use kulta_projections::timeline::Entry;
use serde_json::{Value, json};

use super::one::{Elsewhere, OneCustomer};
use super::{after, at};
use crate::http::page::{Paged, write_cursor};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::reads::At;
use crate::reads::timeline::{Cursor, Timeline, Wanted};
use crate::services::Services;

const LIST: &str = "timeline";

/// Get a customer's timeline
///
/// Every event of all its records, latest first; equal times by source and id. A company's timeline holds its own
/// records' events and, with `contacts=true`, the conversations of its contacts from the days on which they were; such
/// entries name the `contact`. A contact's timeline holds only its own.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}/timeline",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("as_of" = Option<String>, Query, description = "Leave out what happened at or after this time"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("importance" = Option<String>, Query, description = "At least `low` (default), `normal` or `high`"),
        ("type" = Option<String>, Query, description = "Types or families, comma-separated: `complaint,purchase.made`"),
        ("contacts" = Option<String>, Query, description = "`true`: with its contacts' conversations; not with `known_at`"),
        ("after" = Option<u64>, Query, description = "Wait until the projections have got to this position"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = serde_json::Value),
        (status = 307, description = "The record belongs to another customer now"),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    customer: OneCustomer,
    mut params: Params,
) -> Result<Response, Elsewhere> {
    let at = at(&mut params)?;
    after(&services, &mut params).await?;
    let levels = [("low", Importance::Low), ("normal", Importance::Normal), ("high", Importance::High)];
    let wanted = Wanted {
        importance: params.one_of("importance", &levels)?,
        types: params
            .text("type")?
            .map(|text| text.split(',').map(|name| name.trim().to_owned()).collect())
            .unwrap_or_default(),
        contacts: contacts(&mut params, at)?,
        limit: params.limit(&services.settings.limits)?,
        behind: params.cursor(LIST)?.map(|text| read(&text)).transpose()?,
    };
    params.finish()?;
    let timeline = customer.here(services.reads.timeline(customer.id, at, &wanted).await?)?;
    let items: Vec<_> = timeline.entries.iter().map(|entry| item(entry, &timeline)).collect();
    let place = |cursor: Cursor| write_cursor(LIST, format!("{} {}", cursor.time.micros(), cursor.position));
    Ok(Json(Paged { items, next: timeline.next.map(place) }).into_response())
}

fn read(text: &str) -> Result<Cursor, Problem> {
    let parts = text.split_once(' ').and_then(|(time, position)| Some((time.parse().ok()?, position.parse().ok()?)));
    let (time, position) = parts.ok_or_else(|| Problem::parameter("cursor", "is not from this list"))?;
    Ok(Cursor { time: Instant::from_micros(time), position })
}

fn contacts(params: &mut Params, at: At) -> Result<bool, Problem> {
    let wanted = params.one_of("contacts", &[("true", true), ("false", false)])?.unwrap_or_default();
    if wanted && at.known_at.is_some() {
        return Err(Problem::parameter("contacts", "who was a contact is read as it is known now, without known_at"));
    }
    Ok(wanted)
}

fn item(entry: &Entry, timeline: &Timeline) -> Value {
    let mut item = serde_json::to_value(entry).unwrap_or_else(|_| json!({}));
    let subject =
        entry.record.and_then(|record| timeline.records.get(&record)).and_then(|(_, subject)| subject.clone());
    if let Some(members) = item.as_object_mut() {
        members.insert("subject".to_owned(), json!(subject));
        if let Some(contact) = entry.record.and_then(|record| timeline.contacts.get(&record)) {
            members.insert("contact".to_owned(), json!(contact));
        }
    }
    item
}
