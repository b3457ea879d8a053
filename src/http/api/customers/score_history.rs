//! `GET /v1/customers/{id}/score/history`: the score in the course of time.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use kulta_events::{CustomerId, Instant};
use kulta_projections::scores::rules::Window;
use serde::Serialize;
use utoipa::ToSchema;

use super::one::{Elsewhere, OneCustomer};
use super::score::asked;
use super::{after, at};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::reads::At;
use crate::scores::Asked;
use crate::services::Services;

/// How far back it goes when nobody says.
const DEFAULT_DAYS: i64 = 365;

/// A score in the course of time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreHistory)]
pub struct View {
    /// Whose.
    #[schema(value_type = String)]
    pub customer_id: CustomerId,
    /// The rule set.
    pub rule_set: String,
    /// `newest` or `in-force`.
    pub reading: &'static str,
    /// The length of a step.
    pub every: &'static str,
    /// The log position up to which it was read.
    pub position: u64,
    /// At the end of each step, the earliest first.
    pub points: Vec<Point>,
}

/// A score at a time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ScoreAt)]
pub struct Point {
    /// What happened at or after this time is left out.
    #[schema(value_type = String)]
    pub as_of: Instant,
    /// The version from which the grade comes.
    pub version: Option<u64>,
    /// The points.
    pub points: String,
    /// The grade; null: below the lowest.
    pub grade: Option<String>,
}

/// Get the course of a customer's score
///
/// At the end of each day, week or month in the time zone of the rules, and at `to`, where the last one is cut off.
/// Every point is what `/score` answers with that `as_of`.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}/score/history",
    tag = "customers",
    params(
        ("id" = String, Path, description = "Any record id"),
        ("rule_set" = Option<String>, Query, description = "The rule set; may be left out when only one is published"),
        ("from" = Option<String>, Query, description = "Steps that end later than this time; default: 365 days before `to`"),
        ("to" = Option<String>, Query, description = "Until this time; default now"),
        ("every" = Option<String>, Query, description = "`day`, `week` (ISO) or `month` (default); at most 400 steps"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time: events, members, rules"),
        ("reading" = Option<String>, Query, description = "`newest` (default) or `in-force`"),
        ("after" = Option<u64>, Query, description = "Wait until the projections have got to this position"),
    ),
    responses(
        (status = 200, description = "The scores", body = View),
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
    let (asked, from, every) = course(&services, &mut params)?;
    after(&services, &mut params).await?;
    params.finish()?;
    let reading = asked.reading.name();
    let course = customer.here(services.scores.course(customer.id, asked, from, every).await?)?;
    let point = |point: crate::scores::score::Point| Point {
        as_of: point.as_of,
        version: point.version,
        points: point.points,
        grade: point.grade,
    };
    Ok(Json(View {
        customer_id: course.customer,
        rule_set: course.rule_set,
        reading,
        every: every.name(),
        position: course.position,
        points: course.points.into_iter().map(point).collect(),
    })
    .into_response())
}

fn course(services: &Services, params: &mut Params) -> Result<(Asked, Instant, Window), Problem> {
    let At { as_of, known_at } = at(params)?;
    if as_of.is_some() {
        return Err(Problem::parameter("as_of", "expected `from` and `to`"));
    }
    let to = params.instant("to")?;
    let asked = asked(services, params, At { as_of: to, known_at })?;
    let from = params.instant("from")?.unwrap_or_else(|| asked.as_of.plus_days(-DEFAULT_DAYS));
    if from >= asked.as_of {
        return Err(Problem::parameter("from", "expected a time before `to`"));
    }
    let words = [Window::Day, Window::Week, Window::Month].map(|window| (window.name(), window));
    Ok((asked, from, params.one_of("every", &words)?.unwrap_or(Window::Month)))
}
