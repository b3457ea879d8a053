//! The endpoints, one per file. How to add one: `docs/adding-an-endpoint.md`.

pub mod automations;
pub mod complaints;
pub mod customers;
pub mod daily;
pub mod dead_letters;
pub mod event_types;
pub mod events;
pub mod identities;
pub mod pipelines;
pub mod policies;
pub mod projections;
pub mod replays;
pub mod reports;
pub mod rule_sets;
pub mod sources;
pub mod streams;
pub mod subscribers;
pub mod system;
pub mod tasks;
pub mod things;

use super::auth::Access::{Known, Needs, Open};
use super::routes::Routes;
use crate::config::Permission::{Admin, Edit, Govern, Publish, Read};

/// Every endpoint, with what it needs.
pub fn register(routes: Routes) -> Routes {
    subscribers(work(scores(domain(routes))))
        .add::<events::publish::__path_handler, _, _>(Needs(Publish), events::publish::handler)
        .add::<events::list::__path_handler, _, _>(Needs(Read), events::list::handler)
        .add::<streams::read::__path_handler, _, _>(Needs(Read), streams::read::handler)
        .add::<event_types::list::__path_handler, _, _>(Known, event_types::list::handler)
        .add::<event_types::get::__path_handler, _, _>(Known, event_types::get::handler)
        .add::<event_types::register::__path_handler, _, _>(Needs(Govern), event_types::register::handler)
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

/// Customers, identities, policies, projections.
fn domain(routes: Routes) -> Routes {
    routes
        .add::<customers::register::__path_handler, _, _>(Needs(Edit), customers::register::handler)
        .add::<customers::get::__path_handler, _, _>(Needs(Read), customers::get::handler)
        .add::<customers::edit::__path_handler, _, _>(Needs(Edit), customers::edit::handler)
        .add::<customers::records::__path_handler, _, _>(Needs(Read), customers::records::handler)
        .add::<customers::records::__path_by_name, _, _>(Needs(Read), customers::records::by_name)
        .add::<customers::timeline::__path_handler, _, _>(Needs(Read), customers::timeline::handler)
        .add::<customers::history::__path_handler, _, _>(Needs(Read), customers::history::handler)
        .add::<customers::freshness::__path_handler, _, _>(Needs(Read), customers::freshness::handler)
        .add::<customers::verify::__path_handler, _, _>(Needs(Edit), customers::verify::handler)
        .add::<customers::verify::__path_decline, _, _>(Needs(Edit), customers::verify::decline)
        .add::<customers::relations::__path_handler, _, _>(Needs(Read), customers::relations::handler)
        .add::<customers::relate::__path_handler, _, _>(Needs(Edit), customers::relate::handler)
        .add::<customers::relate::__path_end, _, _>(Needs(Edit), customers::relate::end)
        .add::<customers::merge::__path_handler, _, _>(Needs(Govern), customers::merge::handler)
        .add::<customers::split::__path_handler, _, _>(Needs(Govern), customers::split::handler)
        .add::<customers::withdraw::__path_handler, _, _>(Needs(Govern), customers::withdraw::handler)
        .add::<identities::search::__path_handler, _, _>(Needs(Read), identities::search::handler)
        .add::<identities::candidates::__path_handler, _, _>(Needs(Read), identities::candidates::handler)
        .add::<identities::why::__path_handler, _, _>(Needs(Read), identities::why::handler)
        .add::<identities::reviews::__path_handler, _, _>(Needs(Read), identities::reviews::handler)
        .add::<identities::decide::__path_handler, _, _>(Needs(Govern), identities::decide::handler)
        .add::<identities::decision::__path_handler, _, _>(Needs(Read), identities::decision::handler)
        .add::<sources::__path_list, _, _>(Needs(Read), sources::list)
        .add::<sources::__path_put, _, _>(Needs(Govern), sources::put)
        .add::<policies::__path_get, _, _>(Needs(Read), policies::get)
        .add::<policies::__path_put, _, _>(Needs(Govern), policies::put)
        .add::<policies::survivorship::__path_preview, _, _>(Needs(Read), policies::survivorship::preview)
        .add::<policies::matching::__path_get, _, _>(Needs(Read), policies::matching::get)
        .add::<policies::matching::__path_put, _, _>(Needs(Govern), policies::matching::put)
        .add::<policies::matching::__path_preview, _, _>(Needs(Read), policies::matching::preview)
        .add::<policies::previews::__path_handler, _, _>(Needs(Read), policies::previews::handler)
        .add::<policies::matching::__path_train, _, _>(Needs(Govern), policies::matching::train)
        .add::<projections::__path_list, _, _>(Needs(Read), projections::list)
        .add::<projections::__path_changes, _, _>(Needs(Read), projections::changes)
        .add::<projections::__path_rebuild, _, _>(Needs(Admin), projections::rebuild)
        .add::<projections::__path_verify, _, _>(Needs(Admin), projections::verify)
}

/// Systems that hold copies of customers.
fn subscribers(routes: Routes) -> Routes {
    routes
        .add::<subscribers::list::__path_handler, _, _>(Needs(Read), subscribers::list::handler)
        .add::<subscribers::get::__path_handler, _, _>(Needs(Read), subscribers::get::handler)
        .add::<subscribers::register::__path_handler, _, _>(Needs(Govern), subscribers::register::handler)
        .add::<subscribers::register::__path_secret, _, _>(Needs(Govern), subscribers::register::secret)
        .add::<subscribers::switch::__path_disable, _, _>(Needs(Govern), subscribers::switch::disable)
        .add::<subscribers::switch::__path_enable, _, _>(Needs(Govern), subscribers::switch::enable)
        .add::<subscribers::acknowledge::__path_handler, _, _>(Needs(Publish), subscribers::acknowledge::handler)
        .add::<subscribers::behind::__path_handler, _, _>(Needs(Read), subscribers::behind::handler)
        .add::<subscribers::customer::__path_handler, _, _>(Needs(Read), subscribers::customer::handler)
}

/// Rule sets, and scores by them.
fn scores(routes: Routes) -> Routes {
    routes
        .add::<rule_sets::list::__path_handler, _, _>(Needs(Read), rule_sets::list::handler)
        .add::<rule_sets::draft::__path_handler, _, _>(Needs(Govern), rule_sets::draft::handler)
        .add::<rule_sets::check::__path_handler, _, _>(Needs(Read), rule_sets::check::handler)
        .add::<rule_sets::get::__path_handler, _, _>(Needs(Read), rule_sets::get::handler)
        .add::<rule_sets::versions::__path_list, _, _>(Needs(Read), rule_sets::versions::list)
        .add::<rule_sets::versions::__path_get, _, _>(Needs(Read), rule_sets::versions::get)
        .add::<rule_sets::publish::__path_handler, _, _>(Needs(Govern), rule_sets::publish::handler)
        .add::<rule_sets::retire::__path_handler, _, _>(Needs(Govern), rule_sets::retire::handler)
        .add::<rule_sets::scores::__path_handler, _, _>(Needs(Read), rule_sets::scores::handler)
        .add::<rule_sets::balance::__path_handler, _, _>(Needs(Read), rule_sets::balance::handler)
        .add::<replays::begin::__path_handler, _, _>(Needs(Read), replays::begin::handler)
        .add::<replays::list::__path_handler, _, _>(Needs(Read), replays::list::handler)
        .add::<replays::get::__path_handler, _, _>(Needs(Read), replays::get::handler)
        .add::<replays::cancel::__path_handler, _, _>(Needs(Read), replays::cancel::handler)
        .add::<replays::scores::__path_handler, _, _>(Needs(Read), replays::scores::handler)
        .add::<replays::diff::__path_handler, _, _>(Needs(Read), replays::diff::handler)
        .add::<replays::totals::__path_handler, _, _>(Needs(Read), replays::totals::handler)
        .add::<customers::score::__path_handler, _, _>(Needs(Read), customers::score::handler)
        .add::<customers::score_history::__path_handler, _, _>(Needs(Read), customers::score_history::handler)
}

/// Pipelines and daily work.
fn work(routes: Routes) -> Routes {
    routes
        .add::<pipelines::list::__path_handler, _, _>(Needs(Read), pipelines::list::handler)
        .add::<pipelines::define::__path_handler, _, _>(Needs(Govern), pipelines::define::handler)
        .add::<pipelines::board::__path_handler, _, _>(Needs(Read), pipelines::board::handler)
        .add::<pipelines::offers::__path_handler, _, _>(Needs(Read), pipelines::offers::handler)
        .add::<pipelines::offer::__path_handler, _, _>(Needs(Read), pipelines::offer::handler)
        .add::<pipelines::funnel::__path_handler, _, _>(Needs(Read), pipelines::funnel::handler)
        .add::<pipelines::act::__path_offer, _, _>(Needs(Edit), pipelines::act::offer)
        .add::<pipelines::act::__path_amend, _, _>(Needs(Edit), pipelines::act::amend)
        .add::<pipelines::act::__path_to_offer, _, _>(Needs(Edit), pipelines::act::to_offer)
        .add::<pipelines::offers::__path_leads, _, _>(Needs(Read), pipelines::offers::leads)
        .add::<pipelines::lead::__path_handler, _, _>(Needs(Read), pipelines::lead::handler)
        .add::<pipelines::act::__path_lead, _, _>(Needs(Edit), pipelines::act::lead)
        .add::<pipelines::act::__path_to_lead, _, _>(Needs(Edit), pipelines::act::to_lead)
        .add::<complaints::list::__path_handler, _, _>(Needs(Read), complaints::list::handler)
        .add::<complaints::get::__path_handler, _, _>(Needs(Read), complaints::get::handler)
        .add::<complaints::notices::__path_handler, _, _>(Needs(Read), complaints::notices::handler)
        .add::<complaints::act::__path_open, _, _>(Needs(Edit), complaints::act::open)
        .add::<complaints::act::__path_act, _, _>(Needs(Edit), complaints::act::act)
        .add::<tasks::list::__path_handler, _, _>(Needs(Read), tasks::list::handler)
        .add::<tasks::get::__path_handler, _, _>(Needs(Read), tasks::get::handler)
        .add::<tasks::act::__path_raise, _, _>(Needs(Edit), tasks::act::raise)
        .add::<tasks::act::__path_act, _, _>(Needs(Edit), tasks::act::act)
        .add::<daily::activities::__path_list, _, _>(Needs(Read), daily::activities::list)
        .add::<daily::activities::__path_log, _, _>(Needs(Edit), daily::activities::log)
        .add::<daily::activity_types::__path_list, _, _>(Needs(Read), daily::activity_types::list)
        .add::<daily::activity_types::__path_define, _, _>(Needs(Govern), daily::activity_types::define)
        .add::<daily::notes::__path_list, _, _>(Needs(Read), daily::notes::list)
        .add::<daily::notes::__path_write, _, _>(Needs(Edit), daily::notes::write)
        .add::<daily::notes::__path_pin, _, _>(Needs(Edit), daily::notes::pin)
        .add::<daily::lists::__path_all, _, _>(Needs(Read), daily::lists::all)
        .add::<daily::lists::__path_members, _, _>(Needs(Read), daily::lists::members)
        .add::<daily::lists::__path_enter, _, _>(Needs(Edit), daily::lists::enter)
        .add::<daily::lists::__path_leave, _, _>(Needs(Edit), daily::lists::leave)
        .add::<daily::tags::__path_put, _, _>(Needs(Edit), daily::tags::put)
        .add::<daily::tags::__path_delete, _, _>(Needs(Edit), daily::tags::delete)
        .add::<daily::contact::__path_handler, _, _>(Needs(Read), daily::contact::handler)
        .add::<reports::wins::__path_handler, _, _>(Needs(Read), reports::wins::handler)
        .add::<reports::goals::__path_list, _, _>(Needs(Read), reports::goals::list)
        .add::<reports::goals::__path_set, _, _>(Needs(Edit), reports::goals::set)
        .add::<automations::list::__path_handler, _, _>(Needs(Read), automations::list::handler)
        .add::<automations::get::__path_handler, _, _>(Needs(Read), automations::get::handler)
        .add::<automations::define::__path_handler, _, _>(Needs(Govern), automations::define::handler)
        .add::<automations::dry_run::__path_handler, _, _>(Needs(Read), automations::dry_run::handler)
        .add::<automations::outbox::__path_list, _, _>(Needs(Read), automations::outbox::list)
        .add::<automations::outbox::__path_send, _, _>(Needs(Edit), automations::outbox::send)
        .add::<reports::saved::__path_list, _, _>(Needs(Read), reports::saved::list)
        .add::<reports::saved::__path_save, _, _>(Needs(Govern), reports::saved::save)
        .add::<reports::run::__path_saved, _, _>(Needs(Read), reports::run::saved)
        .add::<reports::run::__path_once, _, _>(Needs(Read), reports::run::once)
}
