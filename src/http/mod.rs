//! The HTTP edge: server, layers, endpoints.
//!
//! | module | what |
//! |---|---|
//! | [`server`], [`connection`] | accepting, bounding, timing out, stopping |
//! | [`observe`] | outermost layer: request id, numbers, log line, writing of problems |
//! | [`auth`] | access tokens to actors and permissions |
//! | [`routes`], [`openapi`] | the table of endpoints and its document |
//! | [`body`], [`params`], [`command`], [`page`] | what comes in, what goes out in pages |
//! | [`problem`] | every answer that is not a success |
//! | [`api`] | the endpoints, one per file |

pub mod api;
pub mod auth;
pub mod body;
pub mod command;
pub mod connection;
pub mod edge;
pub mod observe;
pub mod openapi;
pub mod page;
pub mod params;
pub mod problem;
pub mod routes;
pub mod server;

use std::sync::Arc;

use axum::extract::Extension;
use axum::{Router, middleware};
use tower_http::catch_panic::CatchPanicLayer;

use crate::services::Services;

/// Everything that a node answers.
pub fn router(services: Arc<Services>) -> Router {
    let edge = Arc::new(edge::Edge::new(services));
    let (endpoints, paths) = api::register(routes::Routes::new(edge.clone())).into_parts();
    layered(endpoints.layer(Extension(Arc::new(openapi::document(paths)))), edge)
}

/// Endpoints with everything that stands in front of them.
fn layered(endpoints: Router<Arc<Services>>, edge: Arc<edge::Edge>) -> Router {
    let services = edge.services.clone();
    endpoints
        .fallback(observe::not_found)
        .method_not_allowed_fallback(observe::method_not_allowed)
        .layer(CatchPanicLayer::custom(observe::panicked))
        .layer(middleware::from_fn_with_state(edge, observe::observe))
        .with_state(services)
}

#[cfg(test)]
mod tests;
