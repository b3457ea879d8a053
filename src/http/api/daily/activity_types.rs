//! `GET /v1/activity-types` and `PUT /v1/activity-types/{kind}`: which kinds of activities there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::commands::Wish;
use crate::commands::document::Kind;
use crate::http::api::pipelines::moment;
use crate::http::command::Asked;
use crate::http::page::Paged;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

/// A kind of activity.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ActivityType)]
pub struct View {
    /// Its id.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// The outcomes that it may have; none: any.
    pub outcomes: Vec<String>,
    /// Whether such an activity is contact with the customer.
    pub is_contact: bool,
    /// Whether none are logged any more.
    pub retired: bool,
}

/// List the kinds of activities
///
/// While there are none, anything may be logged.
#[utoipa::path(
    get,
    path = "/v1/activity-types",
    tag = "activities",
    params(
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page", body = inline(crate::http::openapi::ListOf<View>))),
)]
pub async fn list(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<Paged<View>>, Problem> {
    let moment = moment(&services, &mut params).await?;
    let part = params.part("activity-types", &services.settings.limits)?;
    params.finish()?;
    let types = services.work.activity_types(moment);
    let mut found = BTreeMap::new();
    for told in types.before(moment.as_of) {
        let kind = &told.fact;
        let view = View {
            kind: kind.kind.to_string(),
            name: kind.name.to_string(),
            outcomes: kind.outcomes.iter().map(ToString::to_string).collect(),
            is_contact: kind.is_contact,
            retired: kind.retired,
        };
        found.insert(view.kind.clone(), view);
    }
    Ok(Json(part.of(found.into_values().collect(), |view| view.kind.clone())))
}

/// Define a kind of activity
///
/// Its name, the outcomes that it may have, and whether it is contact with the customer. The later definition holds.
#[utoipa::path(
    put,
    path = "/v1/activity-types/{kind}",
    tag = "activities",
    params(
        ("kind" = String, Path, description = "Its id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json",
        example = json!({"name": "Call", "outcomes": ["reached", "not reached", "call back"], "is_contact": true})),
    responses(
        (status = 200, description = "Done, and its position", body = serde_json::Value),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn define(
    State(services): State<Arc<Services>>,
    Place(kind): Place<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.only(&["name", "outcomes", "is_contact", "retired"])?;
    asked.run(&services, &Wish::define(Kind::ActivityType, &kind, &asked.body, None)).await
}
