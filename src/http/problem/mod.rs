//! Problems (RFC 9457): the one form of every answer that is not a success.
//!
//! A handler returns a [`Problem`]; it travels in the response's extensions to the outermost layer
//! ([`crate::http::observe`]), which writes it with the request's id and logs it once. What stands in a 5xx tells
//! nothing of the inside; the cause, with its chain, is in the log line only.

pub mod codes;

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::header::{HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{intake, privacy, store};
pub use codes::Code;

/// The media type of problems.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Seconds after which a refused request is worth trying again.
const RETRY_AFTER_S: &str = "1";

/// Why a request was not done.
#[derive(Clone, Debug)]
pub struct Problem(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    code: &'static Code,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<String>,
}

/// What is wrong with one part of a request.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// JSON pointer into the body; `?name` for a parameter.
    pub pointer: String,
    /// What is wrong.
    pub detail: String,
    /// The code of this reason, where a request has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(code: &'static Code, detail: impl Into<Cow<'static, str>>) -> Self {
        let (errors, members) = (Vec::new(), Map::new());
        let headers = match code.status {
            503 => vec![(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S))],
            401 => vec![(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))],
            _ => Vec::new(),
        };
        Self(Arc::new(Inner { code, detail: detail.into(), errors, members, headers, cause: None }))
    }

    /// A parameter of the address is wrong.
    pub fn parameter(name: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::new(codes::INVALID_PARAMETER, format!("{name}: {detail}")).at(format!("?{name}"), detail)
    }

    /// There is no such thing.
    pub fn not_found(what: impl Into<Cow<'static, str>>) -> Self {
        Self::new(codes::NOT_FOUND, what)
    }

    /// A fault inside kulta; `cause` goes to the log, with everything that caused it.
    pub fn internal(cause: &dyn std::error::Error) -> Self {
        Self::new(codes::INTERNAL, "the request failed; the node's log says why, under this request id")
            .caused_by(cause)
    }

    /// The same problem, with the place of a fault.
    #[must_use]
    pub fn at(mut self, pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let error = FieldError { pointer: pointer.into(), detail: detail.into(), code: None };
        Arc::make_mut(&mut self.0).errors.push(error);
        self
    }

    /// The same problem with a further member.
    #[must_use]
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        Arc::make_mut(&mut self.0).members.insert(name.to_owned(), value.into());
        self
    }

    /// The same problem, with its cause for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: &dyn std::error::Error) -> Self {
        Arc::make_mut(&mut self.0).cause = Some(chain(cause));
        self
    }

    /// What kind of problem.
    pub fn code(&self) -> &'static Code {
        self.0.code
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.code.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The cause with its chain, for the log.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// What happened, for the caller.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The body, JSON.
    pub fn body(&self, request_id: &str) -> Vec<u8> {
        let Inner { code, detail, errors, members, .. } = &*self.0;
        let mut body = json!({
            "type": format!("/problems/{}", code.name),
            "title": code.title,
            "status": code.status,
            "detail": detail,
            "code": code.name,
            "request_id": request_id,
        });
        if let Value::Object(body) = &mut body {
            body.extend(members.clone());
            if !errors.is_empty() {
                body.insert("errors".to_owned(), json!(errors));
            }
        }
        body.to_string().into_bytes()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        for (name, value) in &self.0.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// An error and all that caused it, outermost first.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // A transparent error says what its source says.
        let said = error.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match &error {
            store::Error::Busy => Self::new(codes::OVERLOADED, "too many writes are waiting; try again in a moment"),
            error if error.is_full() => Self::new(
                codes::UNAVAILABLE,
                "the database has no room left; the same request may succeed when there is some",
            )
            .caused_by(error),
            error if error.is_transient() => {
                Self::new(codes::UNAVAILABLE, "the log cannot be reached; the same request may succeed later")
                    .caused_by(error)
            }
            error => Self::internal(error),
        }
    }
}

impl From<privacy::Error> for Problem {
    fn from(error: privacy::Error) -> Self {
        match error {
            privacy::Error::Store(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<crate::services::Error> for Problem {
    fn from(error: crate::services::Error) -> Self {
        match error {
            crate::services::Error::Store(error) => error.into(),
            crate::services::Error::Privacy(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<intake::Error> for Problem {
    fn from(error: intake::Error) -> Self {
        match error {
            intake::Error::Store(error) => error.into(),
            intake::Error::Privacy(error) => error.into(),
            error @ intake::Error::NoLetter(_) => Self::not_found(error.to_string()),
            error => Self::internal(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_members_of_rfc_9457() {
        let problem = Problem::parameter("limit", "expected a number").member("max", 5);
        let body: Value = serde_json::from_slice(&problem.body("r-1")).unwrap();
        assert_eq!(
            body,
            json!({
                "type": "/problems/invalid-parameter", "title": "A parameter is wrong", "status": 400,
                "detail": "limit: expected a number", "code": "invalid-parameter", "request_id": "r-1", "max": 5,
                "errors": [{"pointer": "?limit", "detail": "expected a number"}],
            })
        );
    }

    #[test]
    fn what_happened_inside_stays_inside() {
        let io = std::io::Error::other("disk of host db-7 is full");
        let problem = Problem::from(store::Error::Io { what: "appending".to_owned(), source: io });
        assert_eq!(problem.code().name, "internal");
        assert_eq!(problem.cause(), Some("appending: disk of host db-7 is full"));
        let shown = String::from_utf8(problem.body("r")).unwrap();
        assert!(!shown.contains("disk") && !shown.contains("appending"), "{shown}");
    }

    #[test]
    fn what_passes_asks_to_come_back() {
        for (error, code) in [(store::Error::Busy, "overloaded"), (store::Error::Closed, "unavailable")] {
            let problem = Problem::from(intake::Error::Store(error));
            assert_eq!((problem.code().name, problem.code().status), (code, 503));
            assert_eq!(problem.into_response().headers()[RETRY_AFTER], "1");
        }
    }
}
