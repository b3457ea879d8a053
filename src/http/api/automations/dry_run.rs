//! `POST /v1/automations/dry-run`: how often one would have fired.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kulta_events::{Instant, Json as Data};
use kulta_projections::automation::definition::Definition;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::command::Asked;
use crate::http::problem::{Problem, codes};
use crate::services::Services;

/// Things that are shown of a dry run.
const SHOWN: usize = 100;

/// How often an automation would have fired.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DryRun)]
pub struct View {
    /// In all.
    pub fired: u64,
    /// By month of the automation's time zone; months without any are left out.
    pub by_month: BTreeMap<String, u64>,
    /// What it was found for: `offer`, `lead`, `complaint` or `customer`.
    pub of: &'static str,
    /// For how many of them.
    pub things: usize,
    /// Those for which it would have fired most often, at most 100.
    pub most: Vec<Thing>,
}

/// A thing for which an automation would have fired.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DryRunThing)]
pub struct Thing {
    /// The customer's id, or that of the offer, the lead, the complaint.
    #[schema(value_type = String)]
    pub id: Uuid,
    /// When, in the order of time.
    #[schema(value_type = Vec<String>)]
    pub at: Vec<Instant>,
}

/// Try an automation on history
///
/// How often, when and for whom it would have fired between two times (`from`, `until`; default: the last 365 days), by all that is known now.
/// Nothing is done. Points and grades are read at the end of each day; consent and caps are not looked at.
#[utoipa::path(
    post,
    path = "/v1/automations/dry-run",
    tag = "automations",
    request_body(content = serde_json::Value, content_type = "application/json", example = json!({
        "from": "2026-01-01T00:00:00+02:00", "until": "2026-04-01T00:00:00+03:00", "definition": {
            "when": {"nothing": {"on": ["purchase.made"], "days": 180}}, "then": [{"enter_list": "gone quiet"}]}})),
    responses(
        (status = 200, description = "What it would have done", body = View),
        (status = 422, description = "It is not valid", body = crate::http::openapi::ProblemBody),
    )
)]
pub async fn handler(State(services): State<Arc<Services>>, asked: Asked) -> Result<Json<View>, Problem> {
    asked.only(&["definition", "from", "until"])?;
    let invalid = || Problem::new(codes::INVALID, "the request is not valid");
    services.intake.refresh_event_types().await?;
    let document = asked.body.get("definition").unwrap_or(&Data::Null);
    let definition = Definition::parse(document, &services.scores.facets()).map_err(|problems| {
        problems
            .into_iter()
            .fold(invalid(), |problem, found| problem.at(format!("/definition{}", found.pointer), found.detail))
    })?;
    let time = |name: &str| match asked.optional_text(name)? {
        None => Ok(None),
        Some(text) => {
            Instant::parse(&text).map(Some).map_err(|error| invalid().at(format!("/{name}"), error.to_string()))
        }
    };
    let now = services.clock.now();
    let until = time("until")?.unwrap_or(now).min(now);
    let from = time("from")?.unwrap_or_else(|| until.plus_days(-365));
    if from >= until {
        return Err(invalid().at("/from", "expected a time before `until` and before now"));
    }
    let dry = services.automator.dry_run(&definition, (from, until)).await?;
    let things = dry.run.by_thing.len();
    let mut most: Vec<Thing> = dry.run.by_thing.into_iter().map(|(id, at)| Thing { id, at }).collect();
    most.sort_by(|a, b| b.at.len().cmp(&a.at.len()).then(a.id.cmp(&b.id)));
    most.truncate(SHOWN);
    Ok(Json(View { fired: dry.run.fired, by_month: dry.run.by_month, of: dry.of, things, most }))
}

impl From<crate::automations::Error> for Problem {
    fn from(error: crate::automations::Error) -> Self {
        use crate::automations::Error;
        match error {
            Error::Store(error) => error.into(),
            Error::Reads(error) => error.into(),
            Error::Privacy(error) => error.into(),
            Error::Projector(error) => error.into(),
            Error::Scores(error) => error.into(),
            Error::Command(error) => error.into(),
            error @ Error::Hours(_) => Self::internal(&error),
        }
    }
}
