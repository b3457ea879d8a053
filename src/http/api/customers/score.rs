//! `GET /v1/customers/{id}/score`: points, the grade, and why.

mod view;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kulta_projections::scores::history::Reading;

use super::one::{Elsewhere, OneCustomer};
use super::{after, at};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::reads::At;
use crate::scores::Asked;
use crate::services::Services;

pub use view::{Grade, NextGrade, OfRule, OfUnit, Part, PartEvent, Service, Standing, Version, View};

/// Get a customer's score
///
/// Computed from all events of all its records, under the rules that were in force as of the time (`newest`), or under
/// each version for the events of its own time (`in-force`). The parts of the explanation sum to the points exactly.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}/score",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("rule_set" = Option<String>, Query, description = "The rule set; may be left out when only one is published"),
        ("as_of" = Option<String>, Query, description = "Leave out what happened at or after this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time: events, members, rules"),
        ("reading" = Option<String>, Query, description = "`newest` (default) or `in-force`"),
        ("explain" = Option<String>, Query, description = "`true`: with every part"),
        ("rank" = Option<String>, Query, description = "`true`: with the place in the list of all customers"),
        ("after" = Option<u64>, Query, description = "Wait until the projections have got to this position"),
    ),
    responses(
        (status = 200, description = "The score", body = View),
        (status = 307, description = "The record belongs to another customer now"),
        (status = 404, description = "There is no such customer, or no such rule set",
            body = crate::http::openapi::ProblemBody),
        (status = 422, description = "A rule fails for this customer", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    customer: OneCustomer,
    mut params: Params,
) -> Result<Response, Elsewhere> {
    let at = at(&mut params)?;
    let asked = asked(&services, &mut params, at)?;
    let explain = params.one_of("explain", &[("true", true), ("false", false)])?.unwrap_or_default();
    let rank = params.one_of("rank", &[("true", true), ("false", false)])?.unwrap_or_default();
    after(&services, &mut params).await?;
    params.finish()?;
    let score = customer.here(services.scores.score(customer.id, asked).await?)?;
    let summary = score.summary(&services.scores)?;
    let listed = if rank { listed(&services, &score).await? } else { None };
    Ok(Json(View { listed, ..View::of(&score, &summary, explain) }).into_response())
}

/// Where the customer stands in the list of the rule set; `None`: there is no list, or the customer is not in it yet.
async fn listed(services: &Services, score: &crate::scores::Score) -> Result<Option<Standing>, Problem> {
    let Some(list) = services.scores.list_now(&score.history.name).await? else { return Ok(None) };
    Ok(list.customer(score.customer.id).await?.map(Standing::of))
}

/// Which score is asked for.
///
/// # Errors
/// `invalid-parameter`.
pub fn asked(services: &Services, params: &mut Params, at: At) -> Result<Asked, Problem> {
    let words = [Reading::Newest, Reading::InForce].map(|reading| (reading.name(), reading));
    Ok(Asked {
        rule_set: params.text("rule_set")?,
        reading: params.one_of("reading", &words)?.unwrap_or_default(),
        as_of: at.as_of.unwrap_or_else(|| services.clock.now()),
        known_at: at.known_at,
    })
}
