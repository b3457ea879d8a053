//! Automations, and what they ask to be sent.

pub mod define;
pub mod dry_run;
pub mod get;
pub mod list;
pub mod outbox;

use kulta_events::Instant;
use kulta_projections::automation::versions::Automation;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::commands::person_record::to_value;
use crate::services::Services;

/// An automation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Automation)]
pub struct View {
    /// Its id.
    pub automation: String,
    /// What people call it.
    pub name: String,
    /// Which version it is, from 1.
    pub version: u64,
    /// Whether it does anything.
    pub enabled: bool,
    /// Since when it does.
    #[schema(value_type = Option<String>)]
    pub enabled_since: Option<Instant>,
    /// What it waits for, and does.
    #[schema(value_type = Object)]
    pub definition: Value,
    /// Why it does nothing though it is enabled: this program cannot read its definition.
    pub unreadable: Option<String>,
    /// How often it fired.
    pub fired: u64,
    /// The place in the log of the last time.
    pub last_fired: Option<u64>,
}

impl View {
    fn of(services: &Services, automation: &Automation) -> Self {
        let version = &automation.version;
        let (fired, last_fired) = services.work.fired(&version.automation);
        let wrong = automation.definition(&services.scores.facets()).err();
        let unreadable = wrong.and_then(|problems| problems.into_iter().next());
        Self {
            automation: version.automation.to_string(),
            name: version.name.to_string(),
            version: automation.number,
            enabled: version.enabled,
            enabled_since: automation.enabled_since,
            definition: to_value(&version.definition),
            unreadable: unreadable.map(|problem| format!("{}: {}", problem.pointer, problem.detail)),
            fired,
            last_fired,
        }
    }
}
