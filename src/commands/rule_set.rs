//! Rule sets: written down, published, retired.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use kulta_events::{Instant, Problem};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Refusal;
use super::event::CommandEvent;

/// The aggregate: what was drafted last, and how many versions there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSet {
    draft: Option<String>,
    versions: u64,
    retired: bool,
}

/// What can be done. Rules were checked by whoever asks.
#[derive(Clone, Debug)]
pub enum Command {
    /// Writes rules down.
    Draft {
        /// The rule set.
        name: String,
        /// The rule file.
        rules: String,
        /// Why.
        note: Option<String>,
    },
    /// Brings rules into force.
    Publish {
        /// The rule set.
        name: String,
        /// The rule file; `None`: what was drafted last.
        rules: Option<String>,
        /// From when on.
        effective_from: Instant,
        /// Why.
        note: Option<String>,
    },
    /// The rule set is no longer used.
    Retire {
        /// The rule set.
        name: String,
        /// Why.
        note: Option<String>,
    },
}

impl Command {
    /// The rule set that it is about.
    pub fn name(&self) -> &str {
        match self {
            Command::Draft { name, .. } | Command::Publish { name, .. } | Command::Retire { name, .. } => name,
        }
    }

    /// The stream of that rule set.
    pub fn stream(&self) -> String {
        stream(self.name())
    }
}

/// The stream of a rule set.
pub fn stream(name: &str) -> String {
    format!("ruleset-{name}")
}

impl Aggregate for RuleSet {
    const TYPE: &'static str = "ruleset";
    type Command = Command;
    type Event = CommandEvent;
    type Error = Refusal;
    type Services = ();

    async fn handle(&mut self, command: Command, _: &(), sink: &EventSink<Self>) -> Result<(), Refusal> {
        let event = match command {
            Command::Draft { name, rules, note } => {
                event("rule_set.drafted", json!({"rule_set": name, "rules": rules}), note)
            }
            Command::Publish { name, rules, effective_from, note } => {
                let missing = || {
                    let detail = "there is no draft of this rule set: draft one, or give the rules";
                    Refusal::Invalid(vec![Problem::new("required", "/rules", detail)])
                };
                let rules = rules.or_else(|| self.draft.clone()).ok_or_else(missing)?;
                let version = self.versions + 1;
                let data =
                    json!({"rule_set": name, "version": version, "rules": rules, "effective_from": effective_from});
                event("rule_set.published", data, note)
            }
            Command::Retire { .. } if self.versions == 0 && self.draft.is_none() => {
                return Err(Refusal::NotFound("no such rule set"));
            }
            Command::Retire { .. } if self.retired => {
                return Err(Refusal::rule("retired", "the rule set is retired already"));
            }
            Command::Retire { name, note } => event("rule_set.retired", json!({"rule_set": name}), note),
        };
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: CommandEvent) {
        match event.type_name.as_str() {
            "rule_set.drafted" => self.draft = event.data["rules"].as_str().map(str::to_owned),
            "rule_set.published" => {
                self.versions += 1;
                self.retired = false;
            }
            "rule_set.retired" => self.retired = true,
            _ => {}
        }
    }
}

fn event(type_name: &str, mut data: Value, note: Option<String>) -> CommandEvent {
    if let Some(note) = note {
        data["note"] = json!(note);
    }
    CommandEvent::new(type_name, data)
}
