//! `GET /v1/wins`: what was won and lost.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_projections::pipeline::definition::Passing;
use kulta_projections::pipeline::offer::Offer;
use kulta_projections::pipeline::wins::{By, Tally, wins};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::period;
use crate::http::api::pipelines::board::{SumView, sums_of};
use crate::http::api::pipelines::{filter, moment};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::services::Services;
use crate::work::Filter;

/// By what closed offers are counted apart.
const WORDS: [(&str, By); 10] = [
    ("owner", By::Owner),
    ("team", By::Team),
    ("product", By::Product),
    ("product_group", By::ProductGroup),
    ("origin", By::Origin),
    ("pipeline", By::Pipeline),
    ("reason_code", By::ReasonCode),
    ("month", By::Month),
    ("quarter", By::Quarter),
    ("year", By::Year),
];

/// What was won and lost, counted apart.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Wins)]
pub struct View {
    /// The rows, by their values in the order of `by`.
    pub items: Vec<Row>,
    /// All of them together.
    pub total: TallyView,
}

/// A row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WinsRow)]
pub struct Row {
    /// By name of `by` the value; null: nobody said.
    #[schema(value_type = Object)]
    pub by: Map<String, Value>,
    /// What was won and lost.
    #[serde(flatten)]
    pub tally: TallyView,
}

/// What was won and lost.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tally)]
pub struct TallyView {
    /// How many offers were won.
    pub won: u64,
    /// How many were lost.
    pub lost: u64,
    /// The share of those won among those decided.
    pub win_rate: Option<String>,
    /// The sums of those won, by currency.
    pub won_sums: Vec<SumView>,
    /// The sums of those lost, by currency.
    pub lost_sums: Vec<SumView>,
}

/// Get win rates
///
/// How many offers were won and lost, which share that is, and their sums, of those decided in a period: by owner, team, product,
/// product group, origin, pipeline, reason, month, quarter, year, or several of these. As of any past date, and as far as was known
/// then.
#[utoipa::path(
    get,
    path = "/v1/wins",
    tag = "reports",
    params(
        ("by" = Option<String>, Query, description = "Comma-separated: `owner`, `team`, `product`, `product_group`, `origin`, \
            `pipeline`, `reason_code`, `month`, `quarter`, `year`"),
        ("from" = Option<String>, Query, description = "Only what was decided on this day or later"),
        ("until" = Option<String>, Query, description = "Only what was decided before this day"),
        ("time_zone" = Option<String>, Query, description = "Whose days; default: that of the configuration"),
        ("pipeline" = Option<String>, Query, description = "In this pipeline"),
        ("owner" = Option<String>, Query, description = "Of this owner"),
        ("team" = Option<String>, Query, description = "Of this team"),
        ("origin" = Option<String>, Query, description = "From there"),
        ("customer" = Option<String>, Query, description = "To this customer: any record id"),
        ("as_of" = Option<String>, Query, description = "As it was before this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
    ),
    responses((status = 200, description = "What was won and lost", body = View)),
)]
pub async fn handler(State(services): State<Arc<Services>>, mut params: Params) -> Result<Json<View>, Problem> {
    let names: Vec<String> =
        params.text("by")?.map(|text| text.split(',').map(|name| name.trim().to_owned()).collect()).unwrap_or_default();
    let by: Option<Vec<By>> =
        names.iter().map(|name| WORDS.iter().find(|(word, _)| word == name).map(|(_, by)| *by)).collect();
    let by = by.ok_or_else(|| {
        let words: Vec<_> = WORDS.iter().map(|(word, _)| *word).collect();
        Problem::parameter("by", format!("expected some of: {}", words.join(", ")))
    })?;
    let period = period(&services, &mut params)?;
    let pipeline = params.text("pipeline")?;
    let moment = moment(&services, &mut params).await?;
    let filter = Filter { pipeline, ..filter(&services, &mut params, moment).await? };
    params.finish()?;
    let rows = tokio::task::block_in_place(|| {
        let mut cards = services.work.cards::<Offer>(&filter, moment);
        // What names no pipeline is in the default one.
        let pipelines = services.work.pipelines(moment);
        for card in cards.iter_mut().filter(|card| card.pipeline.is_none()) {
            card.pipeline = Some(pipelines.default_id(Passing::Offers).into());
        }
        wins(&cards, &by, &period)
    });
    let mut total = Tally::default();
    let mut items = Vec::new();
    for (values, tally) in rows {
        total.merge(&tally);
        let value = |value: Option<Box<str>>| value.map_or(Value::Null, |value| Value::String(value.into()));
        let by = names.iter().cloned().zip(values.into_iter().map(value)).collect();
        items.push(Row { by, tally: TallyView::of(&tally) });
    }
    Ok(Json(View { items, total: TallyView::of(&total) }))
}

impl TallyView {
    fn of(tally: &Tally) -> Self {
        Self {
            won: tally.won,
            lost: tally.lost,
            win_rate: tally.win_rate().map(|rate| rate.normalize().to_string()),
            won_sums: sums_of(&tally.won_sums),
            lost_sums: sums_of(&tally.lost_sums),
        }
    }
}
