//! `GET /v1/subscribers/{name}/behind`: the customers that it holds as they were.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::CustomerId;
use uuid::Uuid;

use super::{Item, after, unknown};
use crate::http::page::{Paged, write_cursor};
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;

const LIST: &str = "behind";

/// List the customers that a subscriber holds as they were
///
/// By the position that shaped each last: whoever changed since the subscriber acknowledged it, in a field that the subscriber holds, or
/// by a merge or a split.
#[utoipa::path(
    get,
    path = "/v1/subscribers/{name}/behind",
    tag = "subscribers",
    params(
        ("name" = String, Path, description = "The subscriber"),
        ("late" = Option<String>, Query, description = "`true`: only those for longer than the subscriber may take"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses(
        (status = 200, description = "A page", body = inline(crate::http::openapi::ListOf<Item>)),
        (status = 404, description = "There is no such subscriber", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(name): Place<String>,
    mut params: Params,
) -> Result<Json<Paged<Item>>, Problem> {
    let limit = params.limit(&services.settings.limits)?;
    let place = params.cursor(LIST)?.map(|text| place(&text)).transpose()?.unwrap_or((0, CustomerId(Uuid::nil())));
    let late = params.one_of("late", &[("true", true), ("false", false)])?.unwrap_or(false);
    after(&services, &mut params).await?;
    params.finish()?;
    let now = services.clock.now();
    let found = tokio::task::block_in_place(|| {
        services.propagation.look(|index, ledger| {
            let subscriber = ledger.subscribers().get(&*name)?;
            let items = index.behind(ledger, subscriber, place).map(|one| Item::of(&one, subscriber, ledger, now));
            Some(items.filter(|item| item.late || !late).take(limit + 1).collect::<Vec<_>>())
        })
    });
    let mut items = found.ok_or_else(unknown)?;
    let more = items.len() > limit;
    items.truncate(limit);
    let last = items.last().filter(|_| more);
    let next = last.map(|last| write_cursor(LIST, format!("{} {}", last.position, last.customer_id)));
    Ok(Json(Paged { items, next }))
}

fn place(text: &str) -> Result<(u64, CustomerId), Problem> {
    let parts = text.split_once(' ').and_then(|(position, id)| Some((position.parse().ok()?, id.parse().ok()?)));
    parts
        .map(|(position, id)| (position, CustomerId(id)))
        .ok_or_else(|| Problem::parameter("cursor", "is not from this list"))
}
