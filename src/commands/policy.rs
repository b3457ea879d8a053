//! Policies and sources: documents that people publish, version after version.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use kulta_events::Json;
use kulta_events::payload::SurvivorshipPolicy;
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
                let read = SurvivorshipPolicy::read(&policy)
                    .map_err(|detail| Refusal::Invalid(vec![Problem::new("invalid", "/policy", detail)]))?;
                let mut data = json!({"policy": read});
                if let Some(note) = note {
                    data["note"] = json!(note);
                }
                CommandEvent::new("survivorship_policy.published", data)
            }
            Command::PublishBuiltIn if self.versions > 0 => return Ok(()),
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
