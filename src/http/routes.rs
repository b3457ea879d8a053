//! The table of endpoints: route, permission and documentation of each are registered together, so that none can be
//! forgotten.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::middleware;
use axum::routing::{MethodFilter, on};
use utoipa::openapi::path::{HttpMethod, PathItem, PathsBuilder};
use utoipa::openapi::security::SecurityRequirement;

use super::auth::{self, Access};
use super::edge::Edge;
use crate::services::Services;

/// See the module.
pub struct Routes {
    edge: Arc<Edge>,
    router: Router<Arc<Services>>,
    paths: PathsBuilder,
}

impl Routes {
    /// No endpoints yet.
    pub fn new(edge: Arc<Edge>) -> Self {
        Self { edge, router: Router::new(), paths: PathsBuilder::new() }
    }

    /// Adds an endpoint. `P` is what `#[utoipa::path]` made of the handler: method, address and documentation.
    #[must_use]
    pub fn add<P: utoipa::Path, H, T>(mut self, access: Access, handler: H) -> Self
    where
        H: Handler<T, Arc<Services>>,
        T: 'static,
    {
        let mut operation = P::operation();
        let mut filter = None;
        for method in P::methods() {
            let one = method_filter(&method);
            filter = Some(filter.map_or(one, |filter: MethodFilter| filter.or(one)));
            operation.operation_id = Some(operation_id(&method, &P::path()));
            operation.tags = Some(vec![tag(&P::path())]);
            if access != Access::Open {
                let needed = SecurityRequirement::new::<_, _, String>("token", []);
                operation.security = Some(vec![needed]);
            }
            if let Access::Needs(permission) = access {
                let note = format!("\n\nNeeds a token that may `{}`.", permission.name());
                operation.description = Some(operation.description.unwrap_or_default() + &note);
            }
            self.paths = self.paths.path(P::path(), PathItem::new(method, operation.clone()));
        }
        let Some(filter) = filter else { return self };
        let mut route = on(filter, handler);
        if access != Access::Open {
            route = route.layer(middleware::from_fn_with_state((self.edge.clone(), access), auth::authorize));
        }
        self.router = self.router.route(&P::path(), route);
        self
    }

    /// The router and the documented paths.
    pub fn into_parts(self) -> (Router<Arc<Services>>, PathsBuilder) {
        (self.router, self.paths)
    }
}

fn method_filter(method: &HttpMethod) -> MethodFilter {
    match method {
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Trace => MethodFilter::TRACE,
        HttpMethod::Get => MethodFilter::GET,
    }
}

/// The chapter of the documentation: what stands after `/v1/`, else the node itself.
fn tag(path: &str) -> String {
    let resource = path.strip_prefix("/v1/").and_then(|rest| rest.split('/').next());
    resource.unwrap_or("node").replace('-', " ")
}

/// `post_v1_events`: stable names for generated clients.
fn operation_id(method: &HttpMethod, path: &str) -> String {
    let verb = match method {
        HttpMethod::Post => "post",
        HttpMethod::Put => "put",
        HttpMethod::Patch => "patch",
        HttpMethod::Delete => "delete",
        _ => "get",
    };
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(verb).chain(words).collect::<Vec<_>>().join("_")
}
