//! The endpoints, one per file. How to add one: `docs/adding-an-endpoint.md`.

pub mod dead_letters;
pub mod event_types;
pub mod events;
pub mod streams;
pub mod system;

use super::auth::Access::{Known, Needs, Open};
use super::routes::Routes;
use crate::config::Permission::{Edit, Publish, Read};

/// Every endpoint, with what it needs.
pub fn register(routes: Routes) -> Routes {
    routes
        .add::<events::publish::__path_handler, _, _>(Needs(Publish), events::publish::handler)
        .add::<events::list::__path_handler, _, _>(Needs(Read), events::list::handler)
        .add::<streams::read::__path_handler, _, _>(Needs(Read), streams::read::handler)
        .add::<event_types::list::__path_handler, _, _>(Known, event_types::list::handler)
        .add::<event_types::get::__path_handler, _, _>(Known, event_types::get::handler)
        .add::<dead_letters::list::__path_handler, _, _>(Needs(Read), dead_letters::list::handler)
        .add::<dead_letters::get::__path_handler, _, _>(Needs(Read), dead_letters::get::handler)
        .add::<dead_letters::settle::__path_handler, _, _>(Needs(Edit), dead_letters::settle::handler)
        .add::<system::health::__path_handler, _, _>(Open, system::health::handler)
        .add::<system::ready::__path_handler, _, _>(Open, system::ready::handler)
        .add::<system::metrics::__path_handler, _, _>(Needs(Read), system::metrics::handler)
        .add::<system::problems::__path_handler, _, _>(Open, system::problems::handler)
        .add::<system::openapi::__path_handler, _, _>(Open, system::openapi::handler)
        .add::<system::docs::page::__path_handler, _, _>(Open, system::docs::page::handler)
        .add::<system::docs::style::__path_handler, _, _>(Open, system::docs::style::handler)
}
