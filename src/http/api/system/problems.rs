//! `GET /problems/{code}`: what a problem means.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

use crate::http::params::Place;
use crate::http::problem::{Problem, codes};

/// What a problem means
///
/// The section of `docs/errors.md` about a code.
#[utoipa::path(
    get,
    path = "/problems/{code}",
    params(("code" = String, Path, description = "The problem's code")),
    responses(
        (status = 200, description = "Its meaning, Markdown", content_type = "text/plain", body = String),
        (status = 404, description = "There is no such code", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(Place(name): Place<String>) -> Result<impl IntoResponse, Problem> {
    let found = codes::find(&name).and_then(|code| Some((code, codes::explanation(code)?)));
    let (code, text) = found.ok_or_else(|| Problem::not_found("there is no such problem code"))?;
    let page = format!("# {}\n\n`{}`, status {}\n\n{text}\n", code.title, code.name, code.status);
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")];
    Ok((headers, page))
}
