//! Pipelines: documents that people define, version after version.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use kulta_events::Json;
use kulta_projections::pipeline::decide;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::customer::{Customers, unreadable};
use super::event::CommandEvent;
use super::person_record::checked;
use super::transaction::Transaction;
use super::{Error, Refusal};

/// The aggregate: how many versions there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipeline {
    versions: u64,
}

/// A `pipeline.defined` that was looked at.
#[derive(Clone, Debug)]
pub struct Define(CommandEvent);

impl Aggregate for Pipeline {
    const TYPE: &'static str = "pipeline";
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

impl Customers {
    /// What passes through a pipeline stays the same in all versions, and its stages must make sense.
    pub(super) async fn define_pipeline(
        &self,
        transaction: &mut Transaction,
        data: &Json,
    ) -> Result<(i16, Value), Error> {
        let name = data.get("pipeline").and_then(Json::as_str).unwrap_or_default();
        // The form first: rules are told of what is well-formed.
        let event = checked("pipeline.defined", data.clone())?;
        self.commands.log.ping().await?;
        let head = *self.commands.log.head().borrow();
        self.sales.after(head).await.map_err(unreadable)?;
        decide::pipeline(&self.sales.definitions(), data).map_err(Refusal::from)?;
        transaction.execute::<Pipeline>(&format!("pipeline-{name}"), Define(event)).await?;
        Ok((200, json!({"pipeline": name})))
    }
}
