//! Who asks, and may they.
//!
//! With access tokens configured, a token's name is the actor. Without, everybody on this machine is the actor `local`;
//! a page in somebody's browser is kept out by its `Host` (a name pointed at this machine) and by the media types that
//! addresses take (none that a page may send unasked).

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::edge::Edge;
use super::problem::{Problem, codes};
use crate::config::{Permission, token};

/// The actor of requests when no access tokens are configured.
pub const LOCAL: &str = "local";

/// What an address needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing: it tells nothing about anybody.
    Open,
    /// Any token.
    Known,
    /// A token that may do this.
    Needs(Permission),
}

/// Who asks, as the guard has found out.
#[derive(Clone, Debug)]
struct Known {
    name: Arc<str>,
    sources: Option<Arc<[String]>>,
}

/// Who asks, for handlers that write it into the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The actor's number in the log.
    pub actor: i64,
    /// The actor's name.
    pub name: Arc<str>,
    /// The sources that the caller may publish for; `None`: all.
    pub sources: Option<Arc<[String]>>,
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Only an address that was registered as open and still wants a caller could have none.
        let missing = || Problem::new(codes::UNAUTHORIZED, "this needs an access token");
        let Known { name, sources } = parts.extensions.get().cloned().ok_or_else(missing)?;
        let edge = parts.extensions.get::<Arc<Edge>>().cloned().ok_or_else(missing)?;
        Ok(Self { actor: edge.actor(&name).await?, name, sources })
    }
}

/// The layer in front of every address that is not open.
pub async fn authorize(
    State((edge, access)): State<(Arc<Edge>, Access)>,
    mut request: Request,
    next: Next,
) -> Response {
    match known(&edge, access, request.headers(), request.uri()) {
        Ok(known) => {
            request.extensions_mut().insert(known);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

fn known(edge: &Edge, access: Access, headers: &HeaderMap, uri: &Uri) -> Result<Known, Problem> {
    let tokens = &edge.services.settings.tokens;
    if tokens.is_empty() {
        own_host(headers, uri)?;
        return Ok(Known { name: LOCAL.into(), sources: None });
    }
    let secret = bearer(headers)
        .ok_or_else(|| Problem::new(codes::UNAUTHORIZED, "this needs an access token: Authorization: Bearer …"))?;
    let token = token::find(tokens, secret)
        .ok_or_else(|| Problem::new(codes::UNAUTHORIZED, "the access token is not known"))?;
    if let Access::Needs(needed) = access
        && !token.may.has(needed)
    {
        let detail = format!("the access token may not {}", needed.name());
        return Err(Problem::new(codes::FORBIDDEN, detail));
    }
    Ok(Known { name: token.name.clone(), sources: token.sources.clone() })
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, secret) = value.split_at_checked(7)?;
    let secret = secret.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !secret.is_empty()).then_some(secret)
}

/// Refuses requests under a name that somebody else may have pointed at this machine.
fn own_host(headers: &HeaderMap, uri: &Uri) -> Result<(), Problem> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).or(uri.authority().map(|name| name.as_str()));
    // A request without a host comes from no browser.
    let Some(host) = host else { return Ok(()) };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && host.parse::<IpAddr>().is_err() => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    if name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    let detail = "without access tokens, requests are taken under localhost or an IP address only";
    Err(Problem::new(codes::FORBIDDEN_HOST, detail))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_own_names_are_hosts() {
        let uri = Uri::from_static("/");
        for (host, own) in [
            ("localhost", true),
            ("LOCALHOST:7373", true),
            ("127.0.0.1:7373", true),
            ("[::1]:7373", true),
            ("::1", true),
            ("192.168.1.7", true),
            ("evil.example:7373", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]);
            assert_eq!(own_host(&headers, &uri).is_ok(), own, "{host}");
        }
        assert!(own_host(&HeaderMap::new(), &uri).is_ok());
    }

    #[test]
    fn the_scheme_of_a_token_is_bearer() {
        for (value, secret) in [
            ("Bearer abc", Some(&b"abc"[..])),
            ("bearer  abc ", Some(b"abc")),
            ("Basic abc", None),
            ("Bearer ", None),
            ("Bearerabc", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(value))]);
            assert_eq!(bearer(&headers), secret, "{value}");
        }
    }
}
