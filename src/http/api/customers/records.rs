//! `GET /v1/customers/{id}/records` and `GET /v1/records/{source}/{subject}`: the crosswalk.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kulta_events::Instant;
use kulta_projections::rows::RecordRow;
use serde::Serialize;
use utoipa::ToSchema;

use super::one::{Elsewhere, OneCustomer};
use super::{after, at};
use crate::http::page::Paged;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

/// One customer as one source knows it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Record)]
pub struct View {
    /// The system that publishes it.
    pub source: String,
    /// The customer's key there; null when it is erased.
    pub subject: Option<String>,
    /// Its id, for ever.
    #[schema(value_type = String, format = "uuid")]
    pub record_id: String,
    /// The customer that holds it.
    #[schema(value_type = String, format = "uuid")]
    pub customer_id: String,
    /// The position of the first event that named it.
    pub first_position: u64,
    /// The highest position that shaped it.
    pub position: u64,
    /// When the source closed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Instant>,
}

impl From<RecordRow> for View {
    fn from(row: RecordRow) -> Self {
        Self {
            closed_at: row.state.closed(),
            source: row.source,
            subject: row.subject,
            record_id: row.record.to_string(),
            customer_id: row.customer.to_string(),
            first_position: row.first_position,
            position: row.shaped_at,
        }
    }
}

/// List a customer's records
///
/// By first position: the founding record, whose id is the customer's, comes first.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}/records",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("after" = Option<u64>, Query, description = "Wait until the projections have got to this position"),
    ),
    responses(
        (status = 200, description = "All of them", body = inline(crate::http::openapi::ListOf<View>)),
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
    let members = customer.here(services.reads.members_at(customer.id, at).await?)?;
    let customer = members.customer.to_string();
    let view = |row: RecordRow| View { customer_id: customer.clone(), ..View::from(row) };
    let items: Vec<_> = members.rows.into_iter().map(view).collect();
    Ok(Json(Paged { items, next: None }).into_response())
}

/// Get a record
///
/// By its source and its key there, both percent-encoded: which record id, and which customer it belongs to.
#[utoipa::path(
    get,
    path = "/v1/records/{source}/{subject}",
    tag = "customers",
    params(
        ("source" = String, Path, description = "The publishing system"),
        ("subject" = String, Path, description = "The customer's key there"),
        ("after" = Option<u64>, Query, description = "Wait until the projections have got to this position"),
    ),
    responses(
        (status = 200, description = "The record", body = View),
        (status = 404, description = "No event ever named it", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn by_name(
    State(services): State<Arc<Services>>,
    Place((source, subject)): Place<(String, String)>,
    mut params: Params,
) -> Result<Json<View>, Problem> {
    after(&services, &mut params).await?;
    params.finish()?;
    let row = services.reads.record(&source, &subject).await?;
    row.map(|row| Json(row.into())).ok_or_else(|| Problem::not_found("no event ever named this record"))
}
