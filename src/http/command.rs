//! A command as it comes over HTTP: who asks, under which idempotency key and condition, and what.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use kulta_events::Json;

use super::api::customers::{context, done, if_match, only, optional_text};
use super::auth::Caller;
use super::body::JsonBody;
use super::params::Params;
use super::problem::{Problem, codes};
use crate::commands::thing::Act;
use crate::commands::{Context, Wish};
use crate::services::Services;

/// A command with a JSON body and no parameters.
#[derive(Debug)]
pub struct Asked {
    /// What is asked.
    pub body: Json,
    caller: Caller,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    /// Whether the condition of `If-Match` was taken.
    conditional: AtomicBool,
}

impl<S: Send + Sync> FromRequest<S> for Asked {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, state).await?;
        Params::from_request_parts(&mut parts, state).await?.finish()?;
        let (method, uri, headers) = (parts.method.clone(), parts.uri.clone(), parts.headers.clone());
        let JsonBody(body) = JsonBody::from_request(Request::from_parts(parts, body), state).await?;
        Ok(Self { body, caller, method, uri, headers, conditional: AtomicBool::new(false) })
    }
}

impl Asked {
    /// Refuses members that nobody reads.
    ///
    /// # Errors
    /// `invalid`, with the members that there are.
    pub fn only(&self, known: &[&str]) -> Result<(), Problem> {
        only(&self.body, known)
    }

    /// A text that may be missing.
    ///
    /// # Errors
    /// `invalid`, when it is something else.
    pub fn optional_text(&self, name: &str) -> Result<Option<String>, Problem> {
        optional_text(&self.body, name)
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// `invalid`, when it is not.
    pub fn text(&self, name: &str) -> Result<String, Problem> {
        let missing = || Problem::new(codes::INVALID, "the request is not valid").at(format!("/{name}"), "required");
        self.optional_text(name)?.ok_or_else(missing)
    }

    /// The position of `If-Match`, if there is one.
    ///
    /// # Errors
    /// `malformed`, when it is no entity tag of kulta's.
    pub fn if_match(&self) -> Result<Option<u64>, Problem> {
        self.conditional.store(true, Ordering::Relaxed);
        if_match(&self.headers)
    }

    /// Does what is wished, and answers it.
    ///
    /// # Errors
    /// Why it was refused, or could not be done. `changed`, when there is a condition that nobody looked at: what is
    /// changed here has no entity tag.
    pub async fn run(&self, services: &Services, wish: &Wish) -> Result<Response, Problem> {
        if !self.conditional.load(Ordering::Relaxed) && if_match(&self.headers)?.is_some() {
            return Err(Problem::new(codes::CHANGED, "If-Match: what is changed here has no entity tag"));
        }
        Ok(done(services.customers.run(&self.context()?, wish).await?))
    }

    /// Acts on a thing.
    ///
    /// # Errors
    /// As [`Asked::run`].
    pub async fn act(&self, services: &Services, act: Act) -> Result<Response, Problem> {
        self.run(services, &Wish::Act(act)).await
    }

    /// Who commands, and how a repetition is recognised: by method, path and body.
    ///
    /// # Errors
    /// `malformed`, when the idempotency key is none.
    pub fn context(&self) -> Result<Context, Problem> {
        context(&self.caller, &self.headers, &self.uri, &format!("{} {}", self.method, self.body.canonical()))
    }
}
