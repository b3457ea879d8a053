//! A steward's decision: made once, withdrawn at most once.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use kulta_events::payload::{Pairing, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Refusal;
use super::event::CommandEvent;
use super::person_record::to_value;

/// The aggregate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decision {
    /// Nothing was decided.
    #[default]
    None,
    /// It holds.
    Made,
    /// It was taken back.
    Withdrawn,
}

/// What a steward can do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Decides about two sets of records.
    Decide {
        /// One customer, or two.
        verdict: Verdict,
        /// The records, as they stand.
        pairing: Pairing,
        /// Why.
        reason: Option<String>,
    },
    /// Takes the decision back.
    Withdraw {
        /// The decision's own id, for the event.
        decision: uuid::Uuid,
        /// Why.
        reason: Option<String>,
    },
}

impl Aggregate for Decision {
    const TYPE: &'static str = "decision";
    type Command = Command;
    type Event = CommandEvent;
    type Error = Refusal;
    type Services = ();

    async fn handle(&mut self, command: Command, _: &(), sink: &EventSink<Self>) -> Result<(), Refusal> {
        let (type_name, mut data, reason) = match (command, *self) {
            (Command::Decide { .. }, Decision::Made | Decision::Withdrawn) => {
                return Err(Refusal::rule("decided", "this decision was made already"));
            }
            (Command::Decide { verdict, pairing, reason }, Decision::None) => {
                check(&pairing)?;
                let type_name = match verdict {
                    Verdict::Link => "identity.linked",
                    Verdict::Separate => "identity.separated",
                    Verdict::Later => "identity.postponed",
                };
                (type_name, to_value(&pairing.to_json()), reason)
            }
            (Command::Withdraw { decision, reason }, Decision::Made) => {
                ("identity.decision_withdrawn", json!({"decision": decision}), reason)
            }
            (Command::Withdraw { .. }, Decision::None) => {
                return Err(Refusal::NotFound("no such decision"));
            }
            (Command::Withdraw { .. }, Decision::Withdrawn) => {
                return Err(Refusal::rule("withdrawn", "this decision was withdrawn already"));
            }
        };
        if let Some(reason) = reason {
            data["reason"] = json!(reason);
        }
        sink.write(CommandEvent::new(type_name, data), self).await;
        Ok(())
    }

    fn apply(&mut self, event: CommandEvent) {
        *self = match event.type_name.as_str() {
            "identity.decision_withdrawn" => Decision::Withdrawn,
            _ => Decision::Made,
        };
    }
}

fn check(pairing: &Pairing) -> Result<(), Refusal> {
    if pairing.records.is_empty() || pairing.from.is_empty() {
        return Err(Refusal::rule("nothing-to-decide", "each side needs at least one record"));
    }
    if pairing.records.iter().any(|record| pairing.from.contains(record)) {
        return Err(Refusal::rule("same-record", "a record cannot stand on both sides"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;
    use kulta_events::RecordId;
    use uuid::Uuid;

    use super::*;

    fn pairing(one: u128, other: u128) -> Pairing {
        Pairing { records: vec![RecordId(Uuid::from_u128(one))], from: vec![RecordId(Uuid::from_u128(other))] }
    }

    fn decide(pairing: Pairing) -> Command {
        Command::Decide { verdict: Verdict::Link, pairing, reason: None }
    }

    fn linked() -> CommandEvent {
        CommandEvent::new("identity.linked", to_value(&pairing(1, 2).to_json()))
    }

    #[test]
    fn a_decision_is_made_once_and_withdrawn_once() {
        let withdraw = Command::Withdraw { decision: Uuid::nil(), reason: Some("twins".to_owned()) };
        let withdrawn =
            CommandEvent::new("identity.decision_withdrawn", json!({"decision": Uuid::nil(), "reason": "twins"}));
        let framework = || TestFramework::<Decision>::with(());
        framework().given_no_previous_events().when(decide(pairing(1, 2))).then_expect_events(vec![linked()]);
        framework().given(vec![linked()]).when(withdraw.clone()).then_expect_events(vec![withdrawn.clone()]);
        framework()
            .given(vec![linked(), withdrawn])
            .when(withdraw.clone())
            .then_expect_error(Refusal::rule("withdrawn", "this decision was withdrawn already"));
        framework().given_no_previous_events().when(withdraw).then_expect_error(Refusal::NotFound("no such decision"));
    }

    #[test]
    fn a_record_is_never_apart_from_itself() {
        TestFramework::<Decision>::with(())
            .given_no_previous_events()
            .when(decide(pairing(1, 1)))
            .then_expect_error(Refusal::rule("same-record", "a record cannot stand on both sides"));
    }
}
