//! Policies and sources: documents that people publish, version after version.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use kulta_events::Json;
use kulta_events::payload::SurvivorshipPolicy;
use kulta_projections::identity::policy::{Error, MatchPolicy};
use kulta_projections::rows::MATCH_POLICY;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Refusal;
use super::event::CommandEvent;
use super::person_record::checked;
use kulta_events::envelope::Problem;

/// The aggregate: how many versions there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    versions: u64,
}

/// What can be done.
#[derive(Clone, Debug)]
pub enum Command {
    /// Publishes a survivorship policy.
    PublishSurvivorship {
        /// The policy.
        policy: Json,
        /// Why.
        note: Option<String>,
    },
    /// Publishes the built-in policy on a log that has none.
    PublishBuiltIn,
    /// Publishes a match policy.
    PublishMatch {
        /// The policy.
        policy: Json,
        /// Why.
        note: Option<String>,
    },
    /// Publishes the built-in match policy on a log that has none.
    PublishBuiltInMatch,
    /// Registers a source, or changes what is registered of it.
    RegisterSource {
        /// The payload of `source.registered`.
        data: Json,
    },
}

impl Aggregate for Policy {
    const TYPE: &'static str = "policy";
    type Command = Command;
    type Event = CommandEvent;
    type Error = Refusal;
    type Services = ();

    async fn handle(&mut self, command: Command, _: &(), sink: &EventSink<Self>) -> Result<(), Refusal> {
        let event = match command {
            Command::PublishSurvivorship { policy, note } => {
                let read = survivorship(&policy)?;
                CommandEvent::new("survivorship_policy.published", noted(json!({"policy": read}), note))
            }
            Command::PublishMatch { policy, note } => {
                let read = MatchPolicy::read(&policy.to_string()).map_err(|error| refused(&error))?;
                CommandEvent::new(MATCH_POLICY, noted(json!({"policy": read}), note))
            }
            Command::PublishBuiltIn | Command::PublishBuiltInMatch if self.versions > 0 => return Ok(()),
            Command::PublishBuiltInMatch => {
                CommandEvent::new(MATCH_POLICY, json!({"policy": MatchPolicy::built_in(), "note": "built in"}))
            }
            Command::PublishBuiltIn => CommandEvent::new(
                "survivorship_policy.published",
                json!({"policy": SurvivorshipPolicy::built_in(), "note": "built in"}),
            ),
            Command::RegisterSource { data } => checked("source.registered", data)?,
        };
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, _: CommandEvent) {
        self.versions += 1;
    }
}

fn noted(mut data: serde_json::Value, note: Option<String>) -> serde_json::Value {
    if let Some(note) = note {
        data["note"] = json!(note);
    }
    data
}

/// Reads a survivorship policy.
///
/// # Errors
/// Why it is not one.
pub fn survivorship(policy: &Json) -> Result<SurvivorshipPolicy, Refusal> {
    SurvivorshipPolicy::read(policy)
        .map_err(|detail| Refusal::Invalid(vec![Problem::new("invalid", "/policy", detail)]))
}

/// Why a match policy is not one.
pub fn refused(error: &Error) -> Refusal {
    let detail = match error {
        Error::Form(cause) => format!("not a match policy: {cause}"),
        other => other.to_string(),
    };
    Refusal::Invalid(vec![Problem::new("invalid", "/policy", detail)])
}
