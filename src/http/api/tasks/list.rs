//! `GET /v1/tasks`: what is to be done, the first to do first.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::{CustomerId, RecordId};
use kulta_projections::pipeline::task::{Ranked, Status, Task, Urgency, rank};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::View;
use crate::http::api::pipelines::{customers, moment, records_of};
use crate::http::api::reports::zone;
use crate::http::page::{Paged, write_cursor};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::scores::List;
use crate::services::Services;
use crate::work::Moment;

const LIST: &str = "tasks";

/// A task on a list, with the reasons for its place.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RankedTask)]
pub struct Item {
    /// The task.
    #[serde(flatten)]
    pub task: View,
    /// How pressing it is, while it is open: `overdue`, `today`, `soon` (seven days), `later`, `someday`. Counts first, then the
    /// priority, the customer's points, the due time, the age.
    #[schema(value_type = Option<String>)]
    pub urgency: Option<Urgency>,
    /// The customer's points by the rule set.
    pub points: Option<String>,
    /// The rule set.
    pub rule_set: Option<String>,
}

/// List tasks
///
/// Open tasks as somebody works from them: by urgency, priority, the customer's points by a published rule set, due time and age;
/// each says why it stands there. What rests is left out until it no longer does. Done and cancelled ones by age.
#[utoipa::path(
    get,
    path = "/v1/tasks",
    tag = "tasks",
    params(
        ("status" = Option<String>, Query, description = "`open` (default), `done` or `cancelled`"),
        ("snoozed" = Option<String>, Query, description = "`true`: also open tasks that rest, at the end"),
        ("owner" = Option<String>, Query, description = "Of this owner"),
        ("team" = Option<String>, Query, description = "Of this team"),
        ("kind" = Option<String>, Query, description = "Of this kind"),
        ("offer" = Option<String>, Query, description = "About the offer that a system calls so (`name`)"),
        ("lead" = Option<String>, Query, description = "About the lead that a system calls so"),
        ("complaint" = Option<String>, Query, description = "About the complaint that a system calls so"),
        ("customer" = Option<String>, Query, description = "About this customer: any record id"),
        ("rule_set" = Option<String>, Query,
            description = "Whose points count; may be left out when only one is published"),
        ("time_zone" = Option<String>, Query, description = "Whose days; default: that of the configuration"),
        ("as_of" = Option<String>, Query, description = "As they were before this time; default now. Points are those of now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses((status = 200, description = "A page", body = inline(crate::http::openapi::ListOf<Item>))),
)]
pub async fn handler(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<Paged<Item>>, Problem> {
    let limit = params.limit(&services.settings.limits)?;
    // Places may shift between pages, as work goes on.
    let first = usize::try_from(params.number_cursor(LIST)?.unwrap_or(0)).unwrap_or(usize::MAX);
    let words = [("open", Status::Open), ("done", Status::Done), ("cancelled", Status::Cancelled)];
    let status = params.one_of("status", &words)?.unwrap_or(Status::Open);
    let snoozed = params.one_of("snoozed", &[("true", true), ("false", false)])?.unwrap_or(false);
    let moment = moment(&services, &mut params).await?;
    let meant = Meant::read(&services, &mut params, status, moment).await?;
    let list = list(&services, params.text("rule_set")?).await?;
    let zone = zone(&services, &mut params)?;
    params.finish()?;
    let now = moment.as_of.unwrap_or_else(|| services.clock.now());
    let found = tokio::task::block_in_place(|| services.work.tasks(moment, |task| meant.holds(task)));
    let holders = customers(&services, found.iter().filter_map(|(_, task)| task.record)).await?;
    let holder = |task: &Task| task.record.and_then(|record| holders.get(&record).copied());
    let points = match &list {
        Some(list) if status == Status::Open => points(list, found.iter().filter_map(|(_, task)| holder(task))).await?,
        _ => HashMap::new(),
    };
    let of = |task: &Task| holder(task).and_then(|customer| points.get(&customer).copied());
    let ranked: Vec<Ranked<'_>> = rank(found.iter().map(|(id, task)| (*id, task, of(task))), now, &zone);
    let urgencies: HashMap<Uuid, Urgency> = ranked.iter().map(|ranked| (ranked.id, ranked.urgency)).collect();
    let mut order: Vec<(Uuid, &Task)> = ranked.iter().map(|ranked| (ranked.id, ranked.task)).collect();
    if status != Status::Open || snoozed {
        let mut rest: Vec<_> = found.iter().filter(|(id, _)| !urgencies.contains_key(id)).collect();
        rest.sort_by_key(|(id, task)| (task.raised_at, *id));
        order.extend(rest.into_iter().map(|(id, task)| (*id, task)));
    }
    let rule_set = list.map(|list| list.set().made_by.rule_set.clone());
    let item = |(id, task): &(Uuid, &Task)| Item {
        task: View::of(*id, task, holder(task)),
        urgency: urgencies.get(id).copied(),
        points: of(task).map(|points| points.normalize().to_string()),
        rule_set: of(task).and(rule_set.clone()),
    };
    let shown = order.iter().skip(first).take(limit);
    let next = (order.len() > first.saturating_add(limit)).then(|| write_cursor(LIST, first + limit));
    Ok(Json(Paged { items: shown.map(item).collect(), next }))
}

/// Which tasks are meant.
struct Meant {
    status: Status,
    owner: Option<String>,
    team: Option<String>,
    kind: Option<String>,
    offer: Option<String>,
    lead: Option<String>,
    complaint: Option<String>,
    records: Option<Vec<RecordId>>,
}

impl Meant {
    async fn read(services: &Services, params: &mut Params, status: Status, moment: Moment) -> Result<Self, Problem> {
        let (owner, team, kind) = (params.text("owner")?, params.text("team")?, params.text("kind")?);
        let (offer, lead, complaint) = (params.text("offer")?, params.text("lead")?, params.text("complaint")?);
        let records = records_of(services, params, moment).await?;
        Ok(Self { status, owner, team, kind, offer, lead, complaint, records })
    }

    fn holds(&self, task: &Task) -> bool {
        let is =
            |wanted: &Option<String>, has: Option<&str>| wanted.as_deref().is_none_or(|wanted| has == Some(wanted));
        task.status == self.status
            && is(&self.owner, task.owner.value().map(|owner| &**owner))
            && is(&self.team, task.team.value().map(|team| &**team))
            && is(&self.kind, task.kind.as_deref())
            && is(&self.offer, task.about.offer.as_deref())
            && is(&self.lead, task.about.lead.as_deref())
            && is(&self.complaint, task.about.complaint.as_deref())
            && self.records.as_ref().is_none_or(|records| task.record.is_some_and(|record| records.contains(&record)))
    }
}

/// The list whose points count; without a name the only one that there is.
async fn list(services: &Services, name: Option<String>) -> Result<Option<List>, Problem> {
    match name {
        Some(name) => Ok(Some(services.scores.list(&name, None).await?)),
        None => Ok(services.scores.only_list().await?),
    }
}

async fn points(
    list: &List,
    customers: impl Iterator<Item = CustomerId>,
) -> Result<HashMap<CustomerId, Decimal>, Problem> {
    let mut ids: Vec<CustomerId> = customers.collect();
    ids.sort_unstable();
    ids.dedup();
    let found = list.points(&ids).await?;
    Ok(found.into_iter().filter_map(|(customer, points, _)| Some((customer, points?))).collect())
}
