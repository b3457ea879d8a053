//! Rule sets: drafted, published, in force from a time on, retired.

pub mod balance;
pub mod check;
pub mod draft;
pub mod get;
pub mod list;
pub mod lists;
pub mod publish;
pub mod retire;
pub mod scores;
pub mod versions;

use std::sync::Arc;

use kulta_events::{Instant, Json};
use kulta_projections::scores::history::{Draft, History, Version};
use kulta_projections::scores::rules::{RuleError, Warning};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::problem::{Problem, codes};
use crate::scores::Compiled;
use crate::services::Services;

/// Something in a rule file that cannot be, and where.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fault {
    /// Line of the file, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Which key; empty for the file as a whole.
    pub path: String,
    /// What may stand there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

/// What a rule file may say and perhaps does not mean.
#[derive(Debug, Serialize, ToSchema)]
pub struct Doubt {
    /// The rule.
    pub rule: String,
    /// What is worth a second look.
    pub what: String,
}

/// A version of a rule set.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleSetVersion)]
pub struct VersionView {
    /// From 1.
    pub version: u64,
    /// From when on it is in force, until the next version is.
    #[schema(value_type = String)]
    pub effective_from: Instant,
    /// Whether it is in force now.
    pub in_force: bool,
    /// When it was published.
    #[schema(value_type = String)]
    pub published_at: Instant,
    /// The place of the event in the log.
    pub position: u64,
    /// SHA-256 of what the rules say: equal for rules that differ only in notation. null: this kulta cannot read them.
    pub hash: Option<String>,
    /// Why it was published.
    pub note: Option<String>,
    /// The rule file; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
    /// The rules in words; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

/// Rules that are not published yet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RuleSetDraft)]
pub struct DraftView {
    /// When they were written down.
    #[schema(value_type = String)]
    pub drafted_at: Instant,
    /// The place of the event in the log.
    pub position: u64,
    /// As of versions.
    pub hash: Option<String>,
    /// Why.
    pub note: Option<String>,
    /// The rule file; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
    /// The rules in words; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}

impl VersionView {
    /// A version of a history; `whole`: with its text.
    pub fn of(services: &Services, history: &History, version: &Version, whole: bool) -> Self {
        let compiled = services.scores.compile(&version.rules).ok();
        let in_force = history.at(services.clock.now()).is_some_and(|now| now.version == version.version);
        Self {
            version: version.version,
            effective_from: version.effective_from,
            in_force,
            published_at: version.order.time,
            position: version.position,
            hash: compiled.as_ref().map(|compiled| compiled.hash.clone()),
            note: version.note.clone(),
            rules: whole.then(|| version.rules.clone()),
            words: compiled.filter(|_| whole).map(|compiled| compiled.rules.in_words()),
        }
    }
}

impl DraftView {
    /// A draft; `whole`: with its text.
    pub fn of(services: &Services, draft: &Draft, whole: bool) -> Self {
        let compiled = services.scores.compile(&draft.rules).ok();
        Self {
            drafted_at: draft.order.time,
            position: draft.position,
            hash: compiled.as_ref().map(|compiled| compiled.hash.clone()),
            note: draft.note.clone(),
            rules: whole.then(|| draft.rules.clone()),
            words: compiled.filter(|_| whole).map(|compiled| compiled.rules.in_words()),
        }
    }
}

impl From<RuleError> for Fault {
    fn from(RuleError { line, column, path, expected, found }: RuleError) -> Self {
        Self { line, column, path, expected, found }
    }
}

impl From<Warning> for Doubt {
    fn from(warning: Warning) -> Self {
        Self { rule: warning.rule.into(), what: warning.what }
    }
}

/// The text of the member `rules`; `None` when it is missing.
fn rules_of(body: &Json) -> Result<Option<String>, Problem> {
    crate::http::api::customers::optional_text(body, "rules")
}

/// Rules that compile, with what is worth a second look.
async fn compiled(services: &Services, rules: &str) -> Result<(Arc<Compiled>, Vec<Doubt>), Problem> {
    // They may name a type that was registered at another node.
    services.intake.refresh_event_types().await?;
    match services.scores.compile(rules) {
        Ok(compiled) => {
            let warnings = compiled.rules.warnings(&services.scores.facets());
            Ok((compiled, warnings.into_iter().map(Doubt::from).collect()))
        }
        Err(errors) => {
            let problem = Problem::new(codes::RULES, "the rules do not compile");
            Err(errors.iter().fold(problem, |problem, error| problem.at("/rules", error.to_string())))
        }
    }
}

/// The history of a rule set.
async fn history(services: &Services, name: &str) -> Result<History, Problem> {
    let missing = || Problem::not_found("there is no such rule set");
    services.scores.history(name, None).await?.ok_or_else(missing)
}

fn required(pointer: &str) -> Problem {
    Problem::new(codes::INVALID, "the request is not valid").at(pointer, "required")
}

impl From<crate::scores::Error> for Problem {
    fn from(error: crate::scores::Error) -> Self {
        use crate::scores;
        match &error {
            scores::Error::UnknownRuleSet(_) => Self::not_found(error.to_string()),
            scores::Error::WhichRuleSet(_) => Self::parameter("rule_set", error.to_string()),
            scores::Error::TooManySteps(_) => Self::parameter("every", error.to_string()),
            scores::Error::NoScore { position, .. } => {
                let problem = Self::new(codes::NO_SCORE, error.to_string());
                position.map(|position| problem.clone().member("position", position)).unwrap_or(problem)
            }
            scores::Error::NoList(_) => Self::new(codes::NOT_YET, error.to_string()),
            scores::Error::Unreadable { .. } => Self::new(codes::NO_SCORE, error.to_string()),
            scores::Error::Reads(_) | scores::Error::TooMany(_) => match error {
                scores::Error::Reads(error) => error.into(),
                error => Self::internal(&error),
            },
        }
    }
}
