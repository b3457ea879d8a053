//! What people know of a customer: a record of the source `kulta`, one per founding record.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use kulta_events::envelope::{Problem, check_members};
use kulta_events::{Json, Vocabulary};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Refusal;
use super::event::CommandEvent;

/// The aggregate: whether the record exists; its values are the projections' business.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRecord {
    registered: bool,
    closed: bool,
}

/// What a person can do to a record of `kulta`.
#[derive(Clone, Debug)]
pub enum Command {
    /// Makes a new customer.
    Register {
        /// All that is known.
        attributes: Json,
    },
    /// Changes what is given; `null` clears.
    Edit {
        /// Only what changed.
        attributes: Json,
    },
    /// Somebody made sure that a field holds this value.
    Verify {
        /// Which field.
        field: String,
        /// Which value.
        value: Json,
        /// How.
        method: Option<String>,
    },
    /// The customer does not want to tell.
    Decline {
        /// Which field.
        field: String,
        /// Why.
        reason: Option<String>,
    },
}

impl Aggregate for PersonRecord {
    const TYPE: &'static str = "record";
    type Command = Command;
    type Event = CommandEvent;
    type Error = Refusal;
    type Services = ();

    async fn handle(&mut self, command: Command, _: &(), sink: &EventSink<Self>) -> Result<(), Refusal> {
        if self.closed {
            return Err(Refusal::rule("closed", "this record is closed"));
        }
        let event = match command {
            Command::Register { .. } if self.registered => {
                return Err(Refusal::rule("exists", "this customer is registered already"));
            }
            Command::Register { attributes } => checked("customer.registered", attributes)?,
            Command::Edit { attributes } => checked("customer.contact_edited", attributes)?,
            Command::Verify { field, value, method } => {
                let mut data = json!({"field": field, "value": to_value(&value)});
                if let Some(method) = method {
                    data["method"] = json!(method);
                }
                checked("customer.contact_verified", from_value(&data))?
            }
            Command::Decline { field, reason } => {
                let mut data = json!({"field": field});
                if let Some(reason) = reason {
                    data["reason"] = json!(reason);
                }
                checked("customer.contact_declined", from_value(&data))?
            }
        };
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: CommandEvent) {
        match event.type_name.as_str() {
            "customer.closed" => self.closed = true,
            _ => self.registered = true,
        }
    }
}

/// Checks a payload against its type, strictly: a person who misspells a member is told.
///
/// # Errors
/// [`Refusal::Invalid`] with every problem, pointers into the payload.
pub fn checked(type_name: &'static str, mut data: Json) -> Result<CommandEvent, Refusal> {
    let vocabulary = Vocabulary::standard();
    let Some(event_type) = vocabulary.get(type_name) else {
        return Err(Refusal::rule("unknown-type", "no such event type"));
    };
    let mut problems = Vec::new();
    check_members(event_type, &mut data, &mut problems);
    if data.members().is_empty() {
        problems.push(Problem::new("empty", "", "nothing is given"));
    }
    for (name, _) in data.members() {
        if event_type.field(name).is_none() {
            problems.push(Problem::new("unknown-member", format!("/data/{name}"), "no such attribute"));
        }
    }
    if problems.is_empty() {
        return Ok(CommandEvent::new(type_name, to_value(&data)));
    }
    for problem in &mut problems {
        if let Some(rest) = problem.pointer.strip_prefix("/data") {
            problem.pointer = rest.to_owned();
        }
    }
    Err(Refusal::Invalid(problems))
}

/// Into `serde_json`, exactly: numbers keep their text.
pub fn to_value(json: &Json) -> Value {
    serde_json::from_str(&json.to_string()).unwrap_or_default()
}

/// From `serde_json`, exactly.
pub fn from_value(value: &Value) -> Json {
    Json::parse(value.to_string().as_bytes()).unwrap_or(Json::Null)
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;

    fn json(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    fn registered() -> CommandEvent {
        CommandEvent::new("customer.registered", json!({"name": "A"}))
    }

    #[test]
    fn a_customer_is_registered_once() {
        let command = Command::Register { attributes: json(r#"{"name":"A"}"#) };
        let framework = TestFramework::<PersonRecord>::with(());
        framework.given_no_previous_events().when(command.clone()).then_expect_events(vec![registered()]);
        let framework = TestFramework::<PersonRecord>::with(());
        framework
            .given(vec![registered()])
            .when(command)
            .then_expect_error(Refusal::rule("exists", "this customer is registered already"));
    }

    #[test]
    fn an_edit_may_be_the_first_thing_that_is_known() {
        let command = Command::Edit { attributes: json(r#"{"email":null,"phone":"+358 40 1"}"#) };
        let edited = CommandEvent::new("customer.contact_edited", json!({"email": null, "phone": "+358 40 1"}));
        TestFramework::<PersonRecord>::with(())
            .given_no_previous_events()
            .when(command)
            .then_expect_events(vec![edited]);
    }

    #[test]
    fn bad_attributes_are_named() {
        let command = Command::Edit { attributes: json(r#"{"kind":"dog","shoe":1,"email":7}"#) };
        let problems = vec![
            Problem::new("invalid", "/kind", "expected one of: person, organisation"),
            Problem::new("invalid", "/email", "expected text"),
            Problem::new("unknown-member", "/shoe", "no such attribute"),
        ];
        TestFramework::<PersonRecord>::with(())
            .given_no_previous_events()
            .when(command)
            .then_expect_error(Refusal::Invalid(problems));
    }

    #[test]
    fn numbers_cross_to_serde_json_and_back_exactly() {
        let text = r#"{"a":12345678901234567890.123456789}"#;
        assert_eq!(from_value(&to_value(&json(text))).to_string(), text);
    }
}
