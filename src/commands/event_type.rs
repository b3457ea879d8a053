//! Event types: registered, and registered anew as they grow.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use kulta_events::registered::Described;
use kulta_events::{Json, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Refusal;
use super::event::CommandEvent;
use super::person_record::{checked, from_value};
use crate::event_types::{MOST_CHANGES, REGISTERED};

/// The aggregate: what was registered last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EventType {
    latest: Option<Value>,
    count: u64,
}

/// What can be done.
#[derive(Clone, Debug)]
pub enum Command {
    /// Registers a type, or the next version of it.
    Register {
        /// `type`, `schema`, `title`, `importance`.
        data: Json,
    },
}

/// The stream of an event type.
pub fn stream(name: &str) -> String {
    format!("event_type-{name}")
}

impl EventType {
    /// The version that a description becomes; `None`: it says what was said before.
    fn next(&self, described: &Described) -> Result<Option<u64>, Refusal> {
        let Some(latest) = &self.latest else { return Ok(Some(1)) };
        let version = latest["version"].as_u64().unwrap_or(1);
        let before = Described::read(&from_value(latest)).map_err(|_| {
            Refusal::rule("newer-kulta", "a newer kulta registered this type: this one cannot compare with it")
        })?;
        if *described == before {
            return Ok(None);
        }
        described.may_follow(&before).map_err(Refusal::Invalid)?;
        // Each registration is kept in memory by every node.
        if self.count >= MOST_CHANGES {
            return Err(Refusal::rule("too-many-changes", "the type has changed too often: register another"));
        }
        Ok(Some(version + u64::from(!described.has_members_of(&before))))
    }
}

impl Aggregate for EventType {
    const TYPE: &'static str = "event_type";
    type Command = Command;
    type Event = CommandEvent;
    type Error = Refusal;
    type Services = ();

    async fn handle(&mut self, command: Command, _: &(), sink: &EventSink<Self>) -> Result<(), Refusal> {
        let Command::Register { data } = command;
        let described = Described::read(&data).map_err(Refusal::Invalid)?;
        let Some(version) = self.next(&described)? else { return Ok(()) };
        let Json::Object(mut members) = data else {
            return Err(Refusal::Invalid(vec![Problem::new("wrong-type", "", "expected an object")]));
        };
        members.retain(|(name, given)| name != "version" && !given.is_null());
        members.push(("version".to_owned(), Json::Number(version.to_string().into())));
        sink.write(checked(REGISTERED, Json::Object(members))?, self).await;
        Ok(())
    }

    fn apply(&mut self, event: CommandEvent) {
        self.latest = Some(event.data);
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;
    use serde_json::json;

    use super::*;

    fn registered(schema: &Value, more: &Value) -> Value {
        let mut data = json!({"type": "loyalty.joined", "schema": schema});
        data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        data
    }

    fn command(data: &Value) -> Command {
        Command::Register { data: from_value(data) }
    }

    fn event(data: Value) -> CommandEvent {
        CommandEvent::new(REGISTERED, data)
    }

    fn schema(properties: Value) -> Value {
        json!({"type": "object", "properties": properties})
    }

    #[test]
    fn a_changed_schema_is_the_next_version_and_the_same_one_is_nothing() {
        let framework = || TestFramework::<EventType>::with(());
        let (small, large) = (schema(json!({"a": {}})), schema(json!({"a": {}, "b": {"type": "integer"}})));
        let first = registered(&small, &json!({"version": 1}));
        let again = registered(&small, &json!({}));
        framework().given_no_previous_events().when(command(&again)).then_expect_events(vec![event(first.clone())]);
        framework().given(vec![event(first.clone())]).when(command(&again)).then_expect_events(Vec::new());
        let second = registered(&large, &json!({"version": 2}));
        let larger = registered(&large, &json!({}));
        framework().given(vec![event(first.clone())]).when(command(&larger)).then_expect_events(vec![event(second)]);
        // Another title is no other version.
        let titled = registered(&small, &json!({"title": "Joined", "version": 1}));
        let title = registered(&small, &json!({"title": "Joined"}));
        framework().given(vec![event(first)]).when(command(&title)).then_expect_events(vec![event(titled)]);
    }

    #[test]
    fn what_would_break_events_is_refused() {
        let first = registered(&schema(json!({"a": {"type": "integer"}})), &json!({"version": 1}));
        let other = registered(&schema(json!({"a": {"type": "boolean"}})), &json!({}));
        let found = TestFramework::<EventType>::with(()).given(vec![event(first)]).when(command(&other));
        let Err(Refusal::Invalid(problems)) = found.inspect_result() else { panic!() };
        assert_eq!(problems[0].pointer, "/schema/properties/a");
    }
}
