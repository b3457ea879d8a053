//! `GET /v1/rule-sets/{name}/balance`: who is served more, or less, than the grade promises.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::CustomerId;
use kulta_projections::scores::rows::{ScoreRow, Service};
use kulta_projections::scores::rules::RuleSet;
use kulta_projections::scores::service::{Balance, Spent};
use serde::Serialize;
use utoipa::ToSchema;

use super::lists::{Head, list, place_of, removed, rules, text_of};
use super::scores::names;
use crate::http::page::write_cursor;
use crate::http::params::{Params, Place};
use crate::http::problem::Problem;
use crate::services::Services;
use crate::store::scores::BalancePlace;
use crate::store::views::NamedCustomer;

const LIST: &str = "balance";

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BalanceList)]
pub struct View {
    /// By what the list was made.
    #[serde(flatten)]
    pub list: Head,
    /// The customers.
    pub items: Vec<Item>,
    /// Where the next page starts; null: this is the last.
    pub next: Option<String>,
}

/// What serving a customer took in the 365 days before, against what its grade allows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ListedBalance)]
pub struct Item {
    /// Who.
    #[schema(value_type = String)]
    pub customer_id: CustomerId,
    /// `person` or `organisation`, if anybody said.
    pub kind: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// The points.
    pub points: Option<String>,
    /// The grade.
    pub grade: Option<String>,
    /// What the grade promises.
    pub promise: Option<String>,
    /// `over`, `under` or `within`.
    pub balance: &'static str,
    /// Minutes of work.
    pub minutes: String,
    /// Cost in the currency of the rules or, without one, as written.
    pub cost: String,
    /// The numbers, against what the grade allows.
    pub reason: String,
}

/// List customers by service balance
///
/// `over`: more was spent than the grade allows, whoever is furthest beyond it first. `under`: less than half of it, the
/// highest points first: who is worth most and gets little. `within`: neither, the highest points first. Grades that limit
/// neither `minutes_per_year` nor `cost_per_year` have no balance.
#[utoipa::path(
    get,
    path = "/v1/rule-sets/{name}/balance",
    tag = "rule sets",
    params(
        ("name" = String, Path, description = "The rule set"),
        ("side" = Option<String>, Query, description = "`over` (default), `under` or `within`"),
        ("limit" = Option<u64>, Query, description = "At most so many"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("after" = Option<u64>, Query, description = "Wait until the list has got to this position"),
    ),
    responses(
        (status = 200, description = "A page", body = View),
        (status = 404, description = "There is no such rule set", body = crate::http::openapi::ProblemBody),
        (status = 503, description = "The list is not made yet", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(
    State(services): State<Arc<Services>>,
    Place(name): Place<String>,
    mut params: Params,
) -> Result<Json<View>, Problem> {
    let limit = params.limit(&services.settings.limits)?;
    let sides = [Balance::Over, Balance::Under, Balance::Within].map(|side| (side.name(), side));
    let balance = params.one_of("side", &sides)?.unwrap_or(Balance::Over);
    let name_of_list = format!("{LIST}-{}", balance.name());
    let cursor = params.cursor(&name_of_list)?.map(|text| place_of(&text)).transpose()?;
    let after = params.number("after")?;
    params.finish()?;
    let list = list(&services, &name, cursor.as_ref(), after).await?;
    let place = BalancePlace { balance, behind: cursor.map(|place| (place.key, place.customer)) };
    let page = list.balance(&place, limit).await?.ok_or_else(removed)?;
    let compiled = rules(&services, &page.set).await?;
    let names = names(&list, &page.rows).await?;
    let next = page.rows.last().filter(|_| page.rows.len() == limit);
    let next = next.and_then(|row| Some(text_of(list.number(), &row.balance_key()?, row.customer)));
    let items = page.rows.iter().filter_map(|row| item(row, names.get(&row.customer), &compiled.rules)).collect();
    Ok(Json(View { list: Head::of(&page.set), items, next: next.map(|place| write_cursor(&name_of_list, place)) }))
}

fn item(row: &ScoreRow, named: Option<&NamedCustomer>, rules: &RuleSet) -> Option<Item> {
    let Service { minutes, cost, balance, .. } = row.service.as_ref()?;
    let grade = rules.grades.iter().find(|grade| Some(&*grade.name) == row.grade.as_deref());
    let spent = Spent { minutes: *minutes, cost: *cost, ..Spent::default() };
    let currency = rules.money.as_ref().map(|money| &*money.currency);
    Some(Item {
        customer_id: row.customer,
        kind: named.and_then(|named| named.kind.clone()),
        name: named.and_then(|named| named.name.clone()),
        points: row.points.map(|points| points.to_string()),
        grade: row.grade.as_deref().map(str::to_owned),
        promise: grade.and_then(|grade| grade.service.as_deref().map(str::to_owned)),
        balance: balance.name(),
        minutes: minutes.normalize().to_string(),
        cost: cost.normalize().to_string(),
        reason: grade.map(|grade| spent.reason(&grade.allows, currency)).unwrap_or_default(),
    })
}
