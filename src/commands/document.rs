//! What people define version after version: pipelines, goals, kinds of activities, reports, automations.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use kulta_events::{Json, Problem};
use kulta_projections::automation::definition::Definition;
use kulta_projections::pipeline::decide;
use kulta_projections::report;
use kulta_projections::scores::rules::Facets;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::customer::Customers;
use super::event::CommandEvent;
use super::person_record::checked;
use super::transaction::Transaction;
use super::{Error, Refusal};
use crate::work::Moment;

/// What is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `pipeline.defined`
    Pipeline,
    /// `goal.set`
    Goal,
    /// `activity_type.defined`
    ActivityType,
    /// `automation.defined`
    Automation,
    /// `report.saved`
    Report,
}

impl Kind {
    /// The category of its streams, which is also the member of the payload that names it.
    pub fn category(self) -> &'static str {
        match self {
            Kind::Pipeline => "pipeline",
            Kind::Goal => "goal",
            Kind::ActivityType => "activity_type",
            Kind::Automation => "automation",
            Kind::Report => "report",
        }
    }

    fn type_name(self) -> &'static str {
        match self {
            Kind::Pipeline => "pipeline.defined",
            Kind::Goal => "goal.set",
            Kind::ActivityType => "activity_type.defined",
            Kind::Automation => "automation.defined",
            Kind::Report => "report.saved",
        }
    }
}

/// The aggregate: how many versions there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    versions: u64,
}

/// A definition that was looked at.
#[derive(Clone, Debug)]
pub struct Define(CommandEvent);

impl Aggregate for Document {
    const TYPE: &'static str = "document";
    type Command = Define;
    type Event = CommandEvent;
    type Error = Refusal;
    type Services = ();

    async fn handle(&mut self, command: Define, _: &(), sink: &EventSink<Self>) -> Result<(), Refusal> {
        sink.write(command.0, self).await;
        Ok(())
    }

    fn apply(&mut self, _: CommandEvent) {
        self.versions += 1;
    }
}

/// The problems of a part of a document.
fn under(pointer: &str, problems: Vec<Problem>) -> Vec<Problem> {
    let deeper = |problem: Problem| Problem { pointer: format!("{pointer}{}", problem.pointer), ..problem };
    problems.into_iter().map(deeper).collect()
}

impl Customers {
    /// The payload names what is defined; it must make sense beside what was defined before.
    pub(super) async fn define(
        &self,
        transaction: &mut Transaction,
        kind: Kind,
        if_match: Option<u64>,
        data: &Json,
    ) -> Result<(i16, Value), Error> {
        let category = kind.category();
        let name = data.get(category).and_then(Json::as_str).unwrap_or_default();
        // The form first: rules are told of what is well-formed.
        let event = checked(kind.type_name(), data.clone())?;
        match kind {
            Kind::Pipeline => {
                self.work_known().await?;
                decide::pipeline(&self.work.definitions(), data).map_err(Refusal::from)?;
            }
            Kind::Goal => decide::goal(data).map_err(Refusal::from)?,
            Kind::ActivityType => {}
            Kind::Automation => {
                let facets = Facets::of(&self.reads.source.vocabulary.now());
                let document = data.get("definition").unwrap_or(&Json::Null);
                Definition::parse(document, &facets)
                    .map_err(|problems| Refusal::Invalid(under("/definition", problems)))?;
            }
            Kind::Report => {
                let document = data.get("definition").unwrap_or(&Json::Null);
                report::Definition::parse(document).map_err(|problems| {
                    let problem = |problem: report::Problem| Problem::new("invalid", problem.pointer, problem.reason);
                    Refusal::Invalid(under("/definition", problems.into_iter().map(problem).collect()))
                })?;
            }
        }
        transaction.execute::<Document>(&format!("{category}-{name}"), Define(event)).await?;
        // Behind the reading of the stream: what is defined from here on makes the append a conflict.
        if if_match.is_some() && kind == Kind::Automation {
            self.work_known().await?;
            let known = self.work.automations(Moment::default());
            Refusal::unless_read(if_match, known.get(name).map_or(0, |automation| automation.position))?;
        }
        let mut body = json!({});
        body[category] = json!(name);
        Ok((200, body))
    }
}
