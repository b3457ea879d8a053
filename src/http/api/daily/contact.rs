//! `GET /v1/customers/{id}/contact`: when somebody last spoke with a customer.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kulta_events::{CustomerId, Instant};
use kulta_projections::pipeline::contact::{ActivityType, Contact, Direction};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::api::customers::one::{Elsewhere, OneCustomer};
use crate::http::api::customers::{after, at};
use crate::http::params::Params;
use crate::services::Services;
use crate::work::Moment;

/// The last contact with a customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LastContact)]
pub struct View {
    /// The customer.
    #[schema(value_type = String)]
    pub customer_id: CustomerId,
    /// The last word that counts; null: there is none.
    pub last: Option<Word>,
    /// Whole days of 24 hours since then.
    pub days: Option<i64>,
}

/// A word between a customer and the company.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactWord)]
pub struct Word {
    /// When it was said.
    #[schema(value_type = String)]
    pub time: Instant,
    /// The type of the event.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The kind of an activity, or the channel.
    pub kind: Option<String>,
    /// Who spoke to whom.
    #[schema(value_type = Option<String>)]
    pub direction: Option<Direction>,
    /// Who of the company.
    pub owner: Option<String>,
    /// The place of the event in the log.
    pub position: u64,
}

/// Get the last contact with a customer
///
/// Which words count is configured (`contact.directions`, `contact.except_types`, `contact.except_kinds`); kinds of activities that
/// are no contact never do.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}/contact",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("as_of" = Option<String>, Query, description = "Leave out what happened at or after this time"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("after" = Option<u64>, Query, description = "Wait until the projections have got to this position"),
    ),
    responses(
        (status = 200, description = "It, or that there is none", body = View),
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
    params.finish()?;
    let (customer_id, events) = customer.here(services.reads.events_of(customer.id, at).await?)?;
    let types = services.work.activity_types(Moment::default());
    let is_contact = |contact: &&Contact| {
        let kind = contact.kind.as_deref().filter(|_| &*contact.type_name == "activity.logged");
        kind.and_then(|kind| ActivityType::find(&types, kind)).is_none_or(|kind| kind.is_contact)
    };
    let contacts: Vec<Contact> = events.iter().filter_map(Contact::of).collect();
    let last = services.settings.business.contact.last(contacts.iter().filter(is_contact));
    let now = at.as_of.unwrap_or_else(|| services.clock.now());
    let word = |contact: &Contact| Word {
        time: contact.order.time,
        type_name: contact.type_name.to_string(),
        kind: contact.kind.as_deref().map(str::to_owned),
        direction: contact.direction,
        owner: contact.owner.as_deref().map(str::to_owned),
        position: contact.position,
    };
    let days = last.map(|last| (now.micros() - last.order.time.micros()).div_euclid(86_400 * Instant::SECOND));
    Ok(Json(View { customer_id, last: last.map(word), days }).into_response())
}
