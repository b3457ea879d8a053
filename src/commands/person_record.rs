//! What people know of a customer: a record of the source `kulta`, one per founding record.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use kulta_events::envelope::{Problem, check_members};
use kulta_events::{Json, RecordId, Vocabulary};
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
    /// The customer stands in a relation to another.
    Relate {
        /// The other's record.
        to: RecordId,
        /// Which relation, and what is said of it.
        data: Json,
    },
    /// It no longer does.
    Unrelate {
        /// The other's records, each of which some record names.
        to: Vec<RecordId>,
        /// Which relation, and when it ended.
        data: Json,
    },
    /// Something that nothing forbids: a note, an activity, a tag, a list.
    Say {
        /// The type of the event.
        type_name: &'static str,
        /// Its payload.
        data: Json,
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
            Command::Relate { to, data } => relation("customer.related", to, &data)?,
            Command::Unrelate { to, data } => {
                for to in to {
                    sink.write(relation("customer.unrelated", to, &data)?, self).await;
                }
                return Ok(());
            }
            Command::Register { .. } if self.registered => {
                return Err(Refusal::rule("exists", "this customer is registered already"));
            }
            Command::Register { attributes } => checked("customer.registered", attributes)?,
            Command::Say { type_name, data } => checked(type_name, data)?,
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

/// What is said of a relation to a record, which stands in the payload by its id, as it does at rest.
fn relation(type_name: &'static str, to: RecordId, data: &Json) -> Result<CommandEvent, Refusal> {
    let as_outsiders_name_it = Json::object([("source", "-".into()), ("subject", "-".into())]);
    let named = data.members().iter().cloned().chain([("to".to_owned(), as_outsiders_name_it)]);
    let mut event = checked(type_name, Json::Object(named.collect()))?;
    let day = |name: &str| data.get(name).and_then(Json::as_str);
    if let (Some(from), Some(until)) = (day("valid_from"), day("valid_until"))
        && from >= until
    {
        let problem = Problem::new("invalid", "/valid_until", "must lie after valid_from");
        return Err(Refusal::Invalid(vec![problem]));
    }
    event.data["to"] = json!(to);
    Ok(event)
}

/// Checks a payload against its type, strictly: a person who misspells a member is told.
///
/// # Errors
/// [`Refusal::Invalid`] with every problem, pointers into the payload.
pub fn checked(type_name: &'static str, mut data: Json) -> Result<CommandEvent, Refusal> {
    let Some(event_type) = Vocabulary::standard().get(type_name) else {
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

    fn relate(text: &str) -> Command {
        Command::Relate { to: RecordId(uuid::Uuid::from_u128(7)), data: json(text) }
    }

    #[test]
    fn a_relation_names_the_other_record_by_its_id() {
        let to = uuid::Uuid::from_u128(7);
        let data = json!({"relation": "contact_of", "role": "buyer", "to": to});
        TestFramework::<PersonRecord>::with(())
            .given_no_previous_events()
            .when(relate(r#"{"relation":"contact_of","role":"buyer"}"#))
            .then_expect_events(vec![CommandEvent::new("customer.related", data)]);
        let ended = |to: u128| {
            let data = json!({"relation": "owned_by", "to": uuid::Uuid::from_u128(to)});
            CommandEvent::new("customer.unrelated", data)
        };
        let to = [1, 2].map(|to| RecordId(uuid::Uuid::from_u128(to))).to_vec();
        TestFramework::<PersonRecord>::with(())
            .given(vec![registered()])
            .when(Command::Unrelate { to, data: json(r#"{"relation":"owned_by"}"#) })
            .then_expect_events(vec![ended(1), ended(2)]);
    }

    #[test]
    fn bad_relations_are_named() {
        for (text, problem) in [
            (r#"{"relation":"friend_of"}"#, ("invalid", "/relation")),
            ("{}", ("missing", "/relation")),
            (r#"{"relation":"owned_by","since":"2020"}"#, ("unknown-member", "/since")),
            (r#"{"relation":"owned_by","valid_from":"2020-02-30"}"#, ("invalid", "/valid_from")),
            (
                r#"{"relation":"owned_by","valid_from":"2021-01-01","valid_until":"2021-01-01"}"#,
                ("invalid", "/valid_until"),
            ),
        ] {
            let Command::Relate { to, data } = relate(text) else { continue };
            let Err(Refusal::Invalid(problems)) = relation("customer.related", to, &data) else { panic!("{text}") };
            let found: Vec<_> =
                problems.iter().map(|problem| (problem.code.as_str(), problem.pointer.as_str())).collect();
            assert_eq!(found, [problem], "{text}");
        }
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
