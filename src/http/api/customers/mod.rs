//! Customers: golden records, their records and timelines, and what people do to them.

pub mod edit;
pub mod freshness;
pub mod get;
pub mod history;
pub mod merge;
pub mod one;
pub mod records;
pub mod register;
pub mod relate;
pub mod relations;
pub mod score;
pub mod score_history;
pub mod split;
pub mod timeline;
pub mod verify;
pub mod withdraw;

use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use kulta_events::{Json, RecordId};
use uuid::Uuid;

use crate::commands::{self, Context, Done, Refusal};
use crate::http::auth::Caller;
use crate::http::params::Params;
use crate::http::problem::{Problem, codes};
use crate::reads::{self, At};
use crate::services::Services;

/// The header under which a command is the same command again.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest idempotency key, in bytes.
const MAX_KEY: usize = 255;

/// Reads `as_of` and `known_at`.
pub fn at(params: &mut Params) -> Result<At, Problem> {
    Ok(At { as_of: params.instant("as_of")?, known_at: params.instant("known_at")? })
}

/// Reads `after` and waits until the projections have got there.
pub async fn after(services: &Services, params: &mut Params) -> Result<(), Problem> {
    if let Some(position) = params.number("after")? {
        let head = *services.log.head().borrow();
        if position > head {
            // A position that another node gave may be new to this one; one that nobody gave is a mistake.
            let mut known = services.log.head();
            let seen = known.wait_for(|head| *head >= position);
            if !matches!(tokio::time::timeout(services.settings.timeouts.wait, seen).await, Ok(Ok(_))) {
                return Err(Problem::parameter("after", format!("the log ends at position {head}")));
            }
        }
        services.reads.after(position).await?;
    }
    Ok(())
}

/// An id of the path.
pub fn record_id(text: &str) -> Result<RecordId, Problem> {
    text.parse::<Uuid>().map(RecordId).map_err(|_| unknown())
}

/// No record has this id.
pub fn unknown() -> Problem {
    Problem::not_found("there is no such customer")
}

/// The entity tag of a position.
pub fn etag(response: &mut Response, position: u64) {
    if let Ok(tag) = HeaderValue::try_from(format!("\"{position}\"")) {
        response.headers_mut().insert(ETAG, tag);
    }
}

/// The position of `If-Match`; `*` and none at all match anything.
pub fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let position = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).and_then(|text| text.parse().ok());
    position.map(Some).ok_or_else(|| Problem::new(codes::MALFORMED, "If-Match: expected one entity tag of kulta's"))
}

/// Refuses members of a command that nobody reads: a misspelt reason is not to be lost.
pub fn only(body: &Json, known: &[&str]) -> Result<(), Problem> {
    match body.members().iter().find(|(name, _)| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, _)) => {
            let detail = format!("there is no such member here; there are: {}", known.join(", "));
            Err(Problem::new(codes::INVALID, "the request is not valid").at(format!("/{name}"), detail))
        }
    }
}

/// A text of a command that may be missing.
pub fn optional_text(body: &Json, name: &str) -> Result<Option<String>, Problem> {
    match body.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.clone())),
        Some(_) => {
            Err(Problem::new(codes::INVALID, "the request is not valid").at(format!("/{name}"), "expected text"))
        }
    }
}

/// Who commands, and how a repetition is recognised. `request` is what is asked, beside method and path.
pub fn context(caller: &Caller, headers: &HeaderMap, uri: &Uri, request: &str) -> Result<Context, Problem> {
    let idempotency_key = match headers.get(IDEMPOTENCY_KEY) {
        None => None,
        Some(value) => match value.to_str() {
            Ok(key) if !key.is_empty() && key.len() <= MAX_KEY => Some(key.to_owned()),
            _ => return Err(Problem::new(codes::MALFORMED, "Idempotency-Key: expected 1 to 255 printable characters")),
        },
    };
    Ok(Context { actor: caller.actor, idempotency_key, request: format!("{} {request}", uri.path()) })
}

/// Refuses an idempotency key where no answer is kept: in silence, a repetition would be taken for the first time.
pub fn no_key(headers: &HeaderMap, why: &str) -> Result<(), Problem> {
    match headers.get(IDEMPOTENCY_KEY) {
        None => Ok(()),
        Some(_) => Err(Problem::new(codes::MALFORMED, format!("Idempotency-Key is not taken here: {why}"))),
    }
}

/// The answer to a command: what it made, with the position to wait for.
pub fn done(done: Done) -> Response {
    let mut body = done.body;
    if let Some(members) = body.as_object_mut() {
        members.insert("position".to_owned(), done.position.into());
    }
    let status = u16::try_from(done.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    (status.unwrap_or(StatusCode::OK), axum::Json(body)).into_response()
}

impl From<commands::Error> for Problem {
    fn from(error: commands::Error) -> Self {
        match error {
            commands::Error::Refused(refusal) => refusal.into(),
            commands::Error::Contended => {
                Self::new(codes::OVERLOADED, "others are changing the same at the same time; try again in a moment")
            }
            commands::Error::Store(error) => error.into(),
            commands::Error::Privacy(error) => error.into(),
            error @ commands::Error::Unreadable(_) => Self::internal(&error),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Rule { code, detail } => Self::new(codes::REFUSED, detail).member("rule", code),
            Refusal::Broken { code, detail } => Self::new(codes::REFUSED, detail).member("rule", code),
            Refusal::Invalid(problems) => {
                let problem = Self::new(codes::INVALID, "the request is not valid");
                problems.into_iter().fold(problem, |problem, found| problem.at(found.pointer, found.detail))
            }
            Refusal::NotFound(what) => Self::not_found(what),
            Refusal::Contradicts(decisions) => {
                let ids: Vec<_> = decisions.iter().map(Uuid::to_string).collect();
                let detail = "older decisions say otherwise; with \"override\": true they are overruled";
                Self::new(codes::CONTRADICTION, detail).member("decisions", ids)
            }
            refusal @ Refusal::Changed { position } => {
                Self::new(codes::CHANGED, refusal.to_string()).member("position", position)
            }
            refusal @ Refusal::Stale => Self::new(codes::OVERLOADED, refusal.to_string()),
            refusal @ Refusal::KeyReused => Self::new(codes::KEY_REUSED, refusal.to_string()),
        }
    }
}

impl From<reads::Error> for Problem {
    fn from(error: reads::Error) -> Self {
        match error {
            reads::Error::NotYet { at, .. } => {
                let detail = "the projections have not got to this position yet; try again in a moment";
                Self::new(codes::NOT_YET, detail).member("position", at)
            }
            error @ reads::Error::TooLong { .. } => Self::new(codes::TOOK_TOO_LONG, error.to_string()),
            error @ reads::Error::NotLoaded => Self::new(codes::NOT_YET, error.to_string()),
            reads::Error::Store(error) => error.into(),
            reads::Error::Privacy(error) => error.into(),
            reads::Error::Projector(error) => error.into(),
        }
    }
}

impl From<crate::projector::Error> for Problem {
    fn from(error: crate::projector::Error) -> Self {
        match error {
            // It was this one when it began.
            error @ crate::projector::Error::Store(crate::store::Error::Fenced) => {
                Self::new(codes::OTHER_NODE, error.to_string())
            }
            crate::projector::Error::Store(error) => error.into(),
            crate::projector::Error::Privacy(error) => error.into(),
            error @ crate::projector::Error::OtherNode => Self::new(codes::OTHER_NODE, error.to_string()),
            error @ crate::projector::Error::NoProgress => Self::internal(&error),
        }
    }
}
