//! `GET /v1/customers/{id}/propagation`: who holds a customer as of when.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kulta_events::{CustomerId, Instant, RecordId};
use kulta_projections::propagation::index::is_late;
use serde::Serialize;
use utoipa::ToSchema;

use super::{after, names};
use crate::http::api::customers::one::{Elsewhere, OneCustomer};
use crate::http::params::Params;
use crate::services::Services;

/// Who holds a customer as of when.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Propagation)]
pub struct View {
    /// The customer.
    #[schema(value_type = String)]
    pub customer_id: CustomerId,
    /// The highest position that shaped it.
    pub position: u64,
    /// Every subscriber that is enabled, by id.
    pub subscribers: Vec<Holder>,
}

/// As of when one subscriber holds a customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Holder)]
pub struct Holder {
    /// The subscriber.
    pub subscriber: String,
    /// As of which position it holds the customer.
    pub held: u64,
    /// Whether that is as the customer is now, in the fields that the subscriber holds.
    pub current: bool,
    /// When kulta learned of the oldest change that it does not hold.
    #[schema(value_type = Option<String>)]
    pub behind_since: Option<Instant>,
    /// Its fields that may have changed since.
    pub changed: Vec<&'static str>,
    /// Whether that is longer than it may take.
    pub late: bool,
}

/// Get who holds a customer as of when
///
/// Each subscriber with the position that it acknowledged, and since when it holds old data.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}/propagation",
    tag = "subscribers",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses(
        (status = 200, description = "By subscriber", body = View),
        (status = 307, description = "The record belongs to another customer now"),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    customer: OneCustomer,
    mut params: Params,
) -> Result<Response, Elsewhere> {
    after(&services, &mut params).await?;
    params.finish()?;
    let members = customer.here(services.reads.holder(customer.id).await?)?;
    let policy = services.reads.policy().await?.position;
    let customer_id = CustomerId::from(customer.id);
    let position = members.iter().map(|row| row.shaped_at).fold(policy, u64::max);
    let records: Vec<RecordId> = members.iter().map(|row| row.record).collect();
    let now = services.clock.now();
    let subscribers = services.propagation.look(|index, ledger| {
        let enabled = ledger.subscribers().values().filter(|subscriber| subscriber.version.enabled);
        let holder = enabled.map(|subscriber| {
            let behind = index.one_behind(ledger, subscriber, customer_id);
            let since = behind.as_ref().map(|behind| behind.since);
            Holder {
                subscriber: subscriber.version.subscriber.to_string(),
                held: ledger.held(subscriber, &records),
                current: behind.is_none(),
                behind_since: since,
                changed: behind.map(|behind| names(behind.fields)).unwrap_or_default(),
                late: since.is_some_and(|since| is_late(subscriber, since, now)),
            }
        });
        holder.collect()
    });
    Ok(Json(View { customer_id, position, subscribers }).into_response())
}
