//! The customer that somebody asks about, and where to ask when the id was merged away.

use axum::extract::FromRequestParts;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use kulta_events::RecordId;

use super::{record_id, unknown};
use crate::http::params::Place;
use crate::http::problem::Problem;
use crate::reads::Found;

/// A customer by any record id in the path.
#[derive(Debug)]
pub struct OneCustomer {
    /// The id.
    pub id: RecordId,
    uri: Uri,
}

impl<S: Send + Sync> FromRequestParts<S> for OneCustomer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Place(id) = Place::<String>::from_request_parts(parts, state).await?;
        Ok(Self { id: record_id(&id)?, uri: parts.uri.clone() })
    }
}

impl OneCustomer {
    /// What was found under the id.
    ///
    /// # Errors
    /// The address under which the customer is now, or that there is none.
    pub fn here<T>(&self, found: Found<T>) -> Result<T, Elsewhere> {
        match found {
            Found::Here(found) => Ok(found),
            Found::Moved(to) => Err(Elsewhere::Moved(HeaderValue::try_from(self.address(&to.to_string())).ok())),
            Found::Unknown => Err(unknown().into()),
        }
    }

    /// The address that was asked, with another customer in it: ids may be written in several ways, so it goes by the
    /// place behind `/customers/`.
    fn address(&self, to: &str) -> String {
        let mut segments: Vec<&str> = self.uri.path().split('/').collect();
        let place = segments.iter().position(|segment| *segment == "customers").map(|before| before + 1);
        if let Some(segment) = place.and_then(|place| segments.get_mut(place)) {
            *segment = to;
        }
        let query = self.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        segments.join("/") + &query
    }
}

/// Why nothing is told of a customer here.
#[derive(Debug)]
pub enum Elsewhere {
    /// The id was merged away.
    Moved(Option<HeaderValue>),
    /// The request is wrong, or has failed.
    Problem(Problem),
}

impl<E: Into<Problem>> From<E> for Elsewhere {
    fn from(error: E) -> Self {
        Self::Problem(error.into())
    }
}

impl IntoResponse for Elsewhere {
    fn into_response(self) -> Response {
        match self {
            Self::Moved(location) => {
                let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
                response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                response.headers_mut().extend(location.map(|location| (LOCATION, location)));
                response
            }
            Self::Problem(problem) => problem.into_response(),
        }
    }
}
