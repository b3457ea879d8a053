//! `GET /v1/customers/{id}/history`: what the golden record was over time.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kulta_events::Instant;
use kulta_projections::golden::Value;
use kulta_projections::golden::history::Change;
use serde::Serialize;
use utoipa::ToSchema;

use super::one::{Elsewhere, OneCustomer};
use super::{after, at};
use crate::http::page::{Paged, write_cursor};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::reads::history::{Cursor, History, Wanted};
use crate::services::Services;

const LIST: &str = "history";

/// One change of a golden record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GoldenChange)]
pub struct View {
    /// The field by its name in the golden record; beside fields `aliases`, `ids`, `classes.SCHEME`, `tags.TAG`,
    /// `preferences.NAME`, `consents.PURPOSE` and `consents.PURPOSE.CHANNEL`.
    pub field: String,
    /// The value that was held, with the record that said it; null: none.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// The value that was held from then on, with the record that said it; null: none.
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
    /// The place in the log of the event that changed it.
    pub position: u64,
    /// When that happened.
    #[schema(value_type = String, format = DateTime)]
    pub time: Instant,
    /// When the log learned of it.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Instant,
    /// The event's type; `survivorship_policy.published` where another policy chose another value.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The system that said so.
    pub source: String,
    /// The customer's key there; null when it is erased, and of a policy.
    pub subject: Option<String>,
    /// The record that the event is about; null of a policy.
    #[schema(value_type = Option<String>, format = "uuid")]
    pub record_id: Option<String>,
}

/// Get the history of a customer's golden record
///
/// Every change of a value, latest in the log first: what was held before and after, each with the record that said it,
/// and the event that changed it. A value that another record says from then on is a change as well; a value that is
/// repeated is none. A fact that arrived late stands where it was recorded, and changed what the golden record was from
/// then on. All records that are the customer's (by `known_at`: were) count from their first event on, also while they
/// were not yet known to be one customer. What was erased is not shown, as if it never had been there.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}/history",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("field" = Option<String>, Query, description = "Only this field, or this section: `email`, `attributes`, `tags.vip`"),
        ("as_of" = Option<String>, Query, description = "Leave out what happened at or after this time"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("after" = Option<u64>, Query, description = "Wait until the projections have got to this position"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = inline(crate::http::openapi::ListOf<View>)),
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
    let wanted = Wanted {
        field: params.text("field")?,
        limit: params.limit(&services.settings.limits)?,
        behind: params.cursor(LIST)?.map(|text| read(&text)).transpose()?,
    };
    params.finish()?;
    let History { subjects, changes, next, .. } =
        customer.here(services.reads.history(customer.id, at, &wanted).await?)?;
    let subject = |change: &Change| change.cause.record.and_then(|record| subjects.get(&record).cloned().flatten());
    let items: Vec<View> = changes.into_iter().map(|change| view(subject(&change), change)).collect();
    let place = |cursor: Cursor| write_cursor(LIST, format!("{} {}", cursor.position, cursor.number));
    Ok(Json(Paged { items, next: next.map(place) }).into_response())
}

fn read(text: &str) -> Result<Cursor, Problem> {
    let parts =
        text.split_once(' ').and_then(|(position, number)| Some((position.parse().ok()?, number.parse().ok()?)));
    let (position, number) = parts.ok_or_else(|| Problem::parameter("cursor", "is not from this list"))?;
    Ok(Cursor { position, number })
}

fn view(subject: Option<String>, Change { field, before, after, cause, .. }: Change) -> View {
    View {
        field,
        before,
        after,
        position: cause.position,
        time: cause.time,
        recorded_at: cause.recorded_at,
        type_name: cause.type_name,
        source: cause.source,
        subject,
        record_id: cause.record.map(|record| record.to_string()),
    }
}
