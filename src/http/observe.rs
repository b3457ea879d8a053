//! The outermost layer: request id, numbers, the log line, and the writing of problems.

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::edge::Edge;
use super::problem::{MEDIA_TYPE, Problem, codes};
use crate::metrics::{RequestLabels, Route};

/// The header that carries a request's id, both ways.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the request in work, for dead letters and log lines.
#[derive(Clone, Debug)]
pub struct RequestId(pub Arc<str>);

/// Whether an answer may hold what projections said. Health and numbers are told however they are, then above all.
fn reads_projections(method: &Method, route: &str) -> bool {
    method == Method::GET && route.starts_with("/v1/")
}

/// The layer.
pub async fn observe(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let _in_work = edge.services.metrics.in_work();
    let id: Arc<str> = edge.request_id(request.headers().get(REQUEST_ID)).into();
    let method = known(request.method());
    let route: Arc<str> = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).into();
    request.extensions_mut().insert(RequestId(id.clone()));
    request.extensions_mut().insert(edge.clone());
    let (reads, setbacks) = (reads_projections(request.method(), &route), edge.setbacks());
    let mut response = next.run(request).await;
    if reads && edge.setbacks() != setbacks {
        let detail = "the database lost projections while this was read; they are made again, try again in a moment";
        response = Problem::new(codes::NOT_YET, detail).into_response();
    }
    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = &problem {
        *response.body_mut() = Body::from(problem.body(&id));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    }
    finish_headers(&mut response, &id);
    let took = start.elapsed();
    let status = response.status();
    log_line(&id, method, &route, status, took.as_micros(), problem.as_ref());
    let labels = RequestLabels { route: Route(route), method, status: status.as_u16() };
    edge.services.metrics.request(labels, took);
    response
}

fn finish_headers(response: &mut Response, id: &str) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Answers hold personal data and grow old with the next event.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

fn log_line(
    id: &str,
    method: &'static str,
    route: &str,
    status: StatusCode,
    duration_us: u128,
    problem: Option<&Problem>,
) {
    let duration_us = u64::try_from(duration_us).unwrap_or(u64::MAX);
    let (code, cause) = problem.map_or(("", None), |problem| (problem.code().name, problem.cause()));
    let http_status = status.as_u16();
    if let Some(cause) = cause {
        tracing::error!(
            request.id = id,
            http.method = method,
            http.route = route,
            http.status = http_status,
            duration_us,
            problem = code,
            error = cause,
            "request {id} failed: {cause}"
        );
    } else if status.is_server_error() {
        tracing::warn!(
            request.id = id,
            http.method = method,
            http.route = route,
            http.status = http_status,
            duration_us,
            problem = code,
            "request {id} was not done: {code}"
        );
    } else {
        tracing::debug!(
            request.id = id,
            http.method = method,
            http.route = route,
            http.status = http_status,
            duration_us,
            problem = code,
            "request {id} done"
        );
    }
}

/// What a panic in a handler becomes. Its text may hold what it formats, which may be personal: it is not repeated; the
/// panic hook has told its place.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::internal(&Panicked).into_response()
}

/// A panic, without its text.
#[derive(Debug, thiserror::Error)]
#[error("a handler panicked")]
pub struct Panicked;

/// No such address.
pub async fn not_found() -> Problem {
    Problem::not_found("there is no such address")
}

/// The address exists, but not for this method; the router has set `Allow`, which the answer keeps.
pub async fn method_not_allowed() -> Problem {
    Problem::new(codes::METHOD_NOT_ALLOWED, "this address does not take this method")
}

/// Methods as labels: a caller may invent others, and each would be a series of its own.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_health_are_told_while_projections_are_made_again() {
        let told = |method, route| !reads_projections(&method, route);
        assert!(told(Method::GET, "/metrics") && told(Method::GET, "/healthz") && told(Method::POST, "/v1/events"));
        assert!(!told(Method::GET, "/v1/customers/{id}") && !told(Method::GET, "/v1/projections"));
    }
}
