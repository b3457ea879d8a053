//! `GET /v1/dead-letters`: what waits for a person.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::Summary;
use crate::http::page::{Paged, write_cursor};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;
use crate::store::DeadLetter;

const LIST: &str = "dead-letters";
/// How many letters one request looks at, at most, in search of those that it wants.
const LOOKED_AT: usize = 2_000;

/// List the dead letters
///
/// Oldest first, without what came (see a single one for that). A page may hold less than `limit` and still have a
/// `next`.
#[utoipa::path(
    get,
    path = "/v1/dead-letters",
    params(
        ("state" = Option<String>, Query, description = "`open` (default), `resubmitted`, `dismissed` or `all`"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, description = "A page", body = crate::http::openapi::ListOf<Summary>),
        (status = 400, description = "A parameter is wrong", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    mut params: Params,
) -> Result<Json<Paged<Summary>>, Problem> {
    let states = ["open", "resubmitted", "dismissed", "all"].map(|state| (state, state));
    let state = params.one_of("state", &states)?.unwrap_or("open");
    let limit = params.limit(&services.settings.limits)?;
    let after = params.number_cursor(LIST)?.unwrap_or(0);
    params.finish()?;
    let mut after = i64::try_from(after).unwrap_or(i64::MAX);
    let (mut items, mut looked_at) = (Vec::new(), 0);
    while items.len() < limit && looked_at < LOOKED_AT {
        let wanted = limit - items.len();
        let letters = services.log.dead_letters(after, wanted, state == "open").await?;
        let at_end = letters.len() < wanted;
        looked_at += letters.len();
        after = letters.last().map_or(after, |letter| letter.id);
        let fits = |letter: &DeadLetter| state == "all" || letter.state == state;
        items.extend(letters.into_iter().filter(fits).map(Summary::from));
        if at_end {
            return Ok(Json(Paged { items, next: None }));
        }
    }
    Ok(Json(Paged { items, next: Some(write_cursor(LIST, after)) }))
}
