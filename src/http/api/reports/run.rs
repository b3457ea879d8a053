//! `GET /v1/reports/{name}` and `POST /v1/reports/run`: what a report counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use kulta_events::Instant;
use kulta_projections::report::csv::csv;
use kulta_projections::report::{self, Definition};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::api::customers::only;
use crate::http::api::pipelines::moment;
use crate::http::body::JsonBody;
use crate::http::params::{Params, Place};
use crate::http::problem::{Problem, codes};
use crate::reports::{Counter, Error, Then};
use crate::services::Services;

/// What a report that nobody saved is called in files and messages.
const UNSAVED: &str = "run";

/// A report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Report)]
pub struct View {
    /// Its id; null: it is not saved.
    pub report: Option<String>,
    /// What people call it.
    pub name: Option<String>,
    /// As of when.
    #[schema(value_type = String)]
    pub as_of: Instant,
    /// The position of the log up to which it was counted.
    pub position: u64,
    /// The columns: groupings, then measures.
    #[schema(value_type = Vec<ColumnView>)]
    pub columns: Vec<report::Column>,
    /// A row per group, a cell per column: counts are numbers, decimals texts, what nobody said null.
    #[schema(value_type = Vec<Vec<serde_json::Value>>)]
    pub rows: Vec<Vec<report::Cell>>,
    /// How many rows there were before they were limited.
    pub groups: usize,
    /// All groups together: a row, or one per currency where money is measured.
    #[schema(value_type = Vec<Vec<serde_json::Value>>)]
    pub totals: Vec<Vec<report::Cell>>,
    /// By field how many things could not be counted by it, since nobody said it.
    #[schema(value_type = std::collections::BTreeMap<String, u64>)]
    pub left_out: BTreeMap<Box<str>, u64>,
}

/// A column of a report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReportColumn)]
pub struct ColumnView {
    /// Its name, such as `owner`, `closed_at_month`, `sum_amount`.
    pub name: String,
    /// `text`, `days`, `count`, `number` or `money`.
    pub kind: String,
}

/// Get a report
///
/// Counts anew what a saved report asks for, in its form of today: as of any date, and as far as was known then. With
/// `format=csv` as a file that is safe to open in a spreadsheet.
#[utoipa::path(
    get,
    path = "/v1/reports/{name}",
    tag = "reports",
    params(
        ("name" = String, Path, description = "The report"),
        ("as_of" = Option<String>, Query, description = "As it was before this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
        ("format" = Option<String>, Query, description = "json or csv"),
    ),
    responses(
        (status = 200, description = "The report", body = View),
        (status = 404, description = "There is no such report", body = crate::http::openapi::ProblemBody),
        (status = 422, description = "A number has more than 28 digits", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn saved(
    State(services): State<Arc<Services>>,
    Place(name): Place<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    let asked = Asked::read(&services, as_csv(&mut params)?, params).await?;
    let saved = services.work.reports().into_iter().find(|saved| *saved.report == *name);
    let saved = saved.ok_or_else(|| Problem::not_found("there is no such report"))?;
    let definition = saved.read().map_err(|problems| refused("this version cannot read the report", problems))?;
    asked.answer(&services, &definition, Some((&saved.report, &saved.name))).await
}

/// Count something once
///
/// As a saved report does, without saving it.
#[utoipa::path(
    post,
    path = "/v1/reports/run",
    tag = "reports",
    params(
        ("as_of" = Option<String>, Query, description = "As it was before this time; default now"),
        ("known_at" = Option<String>, Query, description = "As far as was recorded by this time"),
        ("after" = Option<u64>, Query, description = "Wait until everything up to this position is known"),
        ("format" = Option<String>, Query, description = "json or csv"),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "definition": {"over": "purchases", "measure": {"sum": "amount"}, "by": ["customer_name"],
            "period": {"of": "at", "whole": {"months": 1}}, "sort": {"by": "sum_amount", "order": "descending"},
            "limit": 20}})),
    responses(
        (status = 200, description = "The report", body = View),
        (status = 422, description = "It is not valid: `errors` says where", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn once(
    State(services): State<Arc<Services>>,
    mut params: Params,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    only(&body, &["definition"])?;
    let document = body.get("definition").unwrap_or(&kulta_events::Json::Null);
    let definition = Definition::parse(document).map_err(|problems| refused("the report is not valid", problems))?;
    let asked = Asked::read(&services, as_csv(&mut params)?, params).await?;
    asked.answer(&services, &definition, None).await
}

fn as_csv(params: &mut Params) -> Result<bool, Problem> {
    Ok(params.one_of("format", &[("json", false), ("csv", true)])?.unwrap_or(false))
}

fn refused(what: &'static str, problems: Vec<report::Problem>) -> Problem {
    let at = |refused: Problem, problem: report::Problem| {
        refused.at(format!("/definition{}", problem.pointer), problem.reason)
    };
    problems.into_iter().fold(Problem::new(codes::INVALID, what), at)
}

/// As of when, and in which form.
struct Asked {
    then: Then,
    as_csv: bool,
}

impl Asked {
    async fn read(services: &Services, as_csv: bool, mut params: Params) -> Result<Self, Problem> {
        let moment = moment(services, &mut params).await?;
        params.finish()?;
        let as_of = moment.as_of.unwrap_or_else(|| services.clock.now());
        let position = moment.until.unwrap_or_else(|| services.work.position());
        Ok(Self { then: Then { moment, as_of, position }, as_csv })
    }

    async fn answer(
        self,
        services: &Services,
        definition: &Definition,
        saved: Option<(&str, &str)>,
    ) -> Result<Response, Problem> {
        let Services { reads, work, scores, settings, .. } = services;
        let counter = Counter { reads, work, scores, business: &settings.business };
        let id = saved.map_or(UNSAVED, |(id, _)| id);
        let found = counter.count(id, definition, self.then).await.map_err(problem)?;
        if self.as_csv {
            let is_plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            let name: String = id.chars().map(|c| Some(c).filter(is_plain).unwrap_or('_')).collect();
            let disposition = format!("attachment; filename=\"report-{name}.csv\"");
            let headers =
                [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, &disposition)];
            return Ok((headers, csv(&found)).into_response());
        }
        let view = View {
            report: saved.map(|(id, _)| id.to_owned()),
            name: saved.map(|(_, name)| name.to_owned()),
            as_of: self.then.as_of,
            position: self.then.position,
            columns: found.columns,
            rows: found.rows,
            groups: found.groups,
            totals: found.totals,
            left_out: found.left_out,
        };
        Ok(axum::Json(view).into_response())
    }
}

fn problem(error: Error) -> Problem {
    match error {
        Error::Store(error) => error.into(),
        Error::Reads(error) => error.into(),
        Error::Projector(error) => error.into(),
        Error::Privacy(error) => error.into(),
        Error::Hours(error) => Problem::internal(&error),
        Error::Overflow(overflow) => {
            let detail = format!("a number in the column {} has more than 28 digits", overflow.column);
            Problem::new(codes::INVALID, detail).member("column", overflow.column)
        }
    }
}
