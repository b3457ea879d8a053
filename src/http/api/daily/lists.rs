//! `/v1/lists`: named lists that customers are on.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use kulta_events::{CustomerId, Instant, Json as Data};
use kulta_projections::pipeline::contact::Mark;
use serde::Serialize;
use utoipa::ToSchema;

use crate::commands::Wish;
use crate::http::api::customers::record_id;
use crate::http::api::pipelines::{customers, up_to_date};
use crate::http::command::Asked;
use crate::http::page::{Paged, write_cursor};
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

const LIST: &str = "list";

/// A list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustomerList)]
pub struct View {
    /// Its name.
    pub list: String,
}

/// A customer on a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListMember)]
pub struct Member {
    /// The customer.
    #[schema(value_type = String)]
    pub customer_id: CustomerId,
    /// Since when.
    #[schema(value_type = String)]
    pub since: Instant,
}

/// List the lists
#[utoipa::path(
    get,
    path = "/v1/lists",
    tag = "lists",
    params(
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page", body = inline(crate::http::openapi::ListOf<View>))),
)]
pub async fn all(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<Paged<View>>, Problem> {
    up_to_date(&services, &mut params).await?;
    let part = params.part("lists", &services.settings.limits)?;
    params.finish()?;
    let items = services.work.lists().into_iter().map(|list| View { list: list.into() });
    Ok(Json(part.of(items.collect(), |view| view.list.clone())))
}

/// List the customers on a list
///
/// By customer id. A customer is on it when the last word on any of its records says so.
#[utoipa::path(
    get,
    path = "/v1/lists/{list}",
    tag = "lists",
    params(
        ("list" = String, Path, description = "The list"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses((status = 200, description = "A page", body = inline(crate::http::openapi::ListOf<Member>))),
)]
pub async fn members(
    State(services): State<Arc<Services>>,
    Place(list): Place<String>,
    mut params: Params,
) -> Result<Json<Paged<Member>>, Problem> {
    let limit = params.limit(&services.settings.limits)?;
    let behind = params.cursor(LIST)?.map(|text| text.parse().map(CustomerId)).transpose();
    let behind = behind.map_err(|_| Problem::parameter("cursor", "is not from this list"))?;
    up_to_date(&services, &mut params).await?;
    params.finish()?;
    let marks = services.work.list(&list);
    let holders = customers(&services, marks.iter().map(|mark| mark.record)).await?;
    // They stand in the order of facts: the last word on a customer is left.
    let mut last: BTreeMap<CustomerId, &Mark> = BTreeMap::new();
    for mark in &marks {
        last.extend(holders.get(&mark.record).map(|customer| (*customer, mark)));
    }
    let members =
        last.into_iter().filter(|(customer, mark)| mark.holds && behind.is_none_or(|behind| *customer > behind));
    let member = |(customer_id, mark): (CustomerId, &Mark)| Member { customer_id, since: mark.order.time };
    let mut items: Vec<Member> = members.map(member).take(limit + 1).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| write_cursor(LIST, last.customer_id.0));
    Ok(Json(Paged { items, next }))
}

/// Put a customer on a list
#[utoipa::path(
    put,
    path = "/v1/lists/{list}/{id}",
    tag = "lists",
    params(
        ("list" = String, Path, description = "The list; it need not be there yet"),
        ("id" = String, Path, description = "The customer: any record id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({"reason": "asked for it"})),
    responses(
        (status = 201, description = "Done, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn enter(
    State(services): State<Arc<Services>>,
    Place(place): Place<(String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    say(&services, place, asked, "list.entered").await
}

/// Take a customer off a list
#[utoipa::path(
    delete,
    path = "/v1/lists/{list}/{id}",
    tag = "lists",
    params(
        ("list" = String, Path, description = "The list"),
        ("id" = String, Path, description = "The customer: any record id"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same command again gets the same answer"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({})),
    responses(
        (status = 201, description = "Done, and the position to wait for", body = serde_json::Value),
        (status = 404, description = "There is no such customer", body = crate::http::openapi::ProblemBody),
        (status = 409, description = "A rule forbids it: `rule` names it", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn leave(
    State(services): State<Arc<Services>>,
    Place(place): Place<(String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    say(&services, place, asked, "list.left").await
}

async fn say(
    services: &Services,
    (list, id): (String, String),
    asked: Asked,
    type_name: &'static str,
) -> Result<Response, Problem> {
    asked.only(&["reason"])?;
    let id = record_id(&id)?;
    let mut members = vec![("list".to_owned(), list.as_str().into())];
    members.extend(asked.body.members().iter().cloned());
    asked.run(services, &Wish::Say { id, type_name, data: Data::Object(members) }).await
}
