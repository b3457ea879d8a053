//! Systems that hold copies of customers: registered, given another secret, disabled; and what they acknowledge.
//!
//! Each acknowledgement and each message that did not get there has a stream of its own, since there may be many: nobody
//! has to read the ones before to write the next.

use kulta_events::{Instant, Json, Problem, RecordId};
use kulta_projections::propagation::held::About;
use kulta_projections::propagation::subscriber::{Kind, Subscriber, Version, check};
use serde_json::{Value, json};

use super::customer::Customers;
use super::firing::{Do, Once};
use super::person_record::checked;
use super::thing::{Tell, Thing};
use super::transaction::Transaction;
use super::{Error, Refusal};

/// The most customers of one acknowledgement.
pub const MOST_ACKNOWLEDGED: usize = 1_000;

/// What is wished about a subscriber.
#[derive(Clone, Debug)]
pub enum Command {
    /// It is one from now on, or is told anew what it is.
    Register {
        /// Its id.
        name: String,
        /// The position that the caller read: refused when it changed since.
        if_match: Option<u64>,
        /// What is said of it.
        data: Json,
    },
    /// Its messages are signed with another secret; for a day with the former one as well.
    Rotate {
        /// Its id.
        name: String,
    },
    /// It is one no longer, or is one again.
    Switch {
        /// Its id.
        name: String,
        /// Which of the two.
        enabled: bool,
        /// Why, in a word.
        reason_code: Option<String>,
        /// Why.
        reason: Option<String>,
    },
    /// It holds these customers as they stood then, and all up to a position.
    Acknowledge {
        /// Its id.
        name: String,
        /// It holds every customer as it stood there.
        everything: Option<u64>,
        /// Customers by any record id.
        customers: Vec<(RecordId, u64)>,
    },
    /// A message did not get there.
    Miss {
        /// Its id.
        name: String,
        /// What the message is about.
        about: About,
        /// The position of the customer.
        position: Option<u64>,
        /// How often it was tried.
        attempt: u64,
        /// When it is tried again.
        retry_at: Option<Instant>,
        /// Why, in a word.
        reason_code: String,
    },
}

impl Customers {
    pub(super) async fn subscriber(
        &self,
        transaction: &mut Transaction,
        command: &Command,
    ) -> Result<(i16, Value), Error> {
        match command {
            Command::Register { name, if_match, data } => {
                self.register_subscriber(transaction, name, *if_match, data).await
            }
            Command::Rotate { name } => {
                let known = self.known_subscriber(name).await?;
                if known.version.kind != Kind::Webhook {
                    return Err(Refusal::rule("no-webhook", "only messages to webhooks are signed").into());
                }
                let secret = known.version.secret + 1;
                self.tell_subscriber(transaction, &known, Version { secret, ..known.version.clone() }, None).await?;
                Ok((
                    200,
                    json!({"subscriber": name, "secret": self.commands.vault.hasher().webhook_secret(name, secret)}),
                ))
            }
            Command::Switch { name, enabled, reason_code, reason } => {
                let known = self.known_subscriber(name).await?;
                let reason_code = reason_code.as_deref().map(Into::into);
                let version = Version { enabled: *enabled, reason_code, ..known.version.clone() };
                self.tell_subscriber(transaction, &known, version, reason.as_deref()).await?;
                Ok((200, json!({"subscriber": name, "enabled": enabled})))
            }
            Command::Acknowledge { name, everything, customers } => {
                self.known_subscriber(name).await?;
                let item = |(record, position): &(RecordId, u64)| {
                    Json::object([("customer", record.to_string().as_str().into()), ("position", number(*position))])
                };
                let mut members = vec![("subscriber".to_owned(), name.as_str().into())];
                members.extend(everything.map(|position| ("position".to_owned(), number(position))));
                if !customers.is_empty() {
                    members.push(("customers".to_owned(), Json::Array(customers.iter().map(item).collect())));
                }
                self.note(transaction, "acknowledgement", "subscriber.acknowledged", members).await
            }
            Command::Miss { name, about, position, attempt, retry_at, reason_code } => {
                let about = match about {
                    About::Customer(record) => ("customer".to_owned(), record.to_string()),
                    About::Message(message) => ("message".to_owned(), message.to_string()),
                };
                let mut members =
                    vec![("subscriber".to_owned(), name.as_str().into()), (about.0, about.1.as_str().into())];
                members.extend(position.map(|position| ("position".to_owned(), number(position))));
                members.push(("attempt".to_owned(), number(*attempt)));
                members.extend(retry_at.map(|at| ("retry_at".to_owned(), at.to_string().as_str().into())));
                members.push(("reason_code".to_owned(), reason_code.as_str().into()));
                self.note(transaction, "miss", "subscriber.missed", members).await
            }
        }
    }

    async fn register_subscriber(
        &self,
        transaction: &mut Transaction,
        name: &str,
        if_match: Option<u64>,
        data: &Json,
    ) -> Result<(i16, Value), Error> {
        let own = ["subscriber", "secret", "reason_code"];
        let said = data.members().iter().filter(|(member, _)| !own.contains(&member.as_str())).cloned();
        let named = std::iter::once(("subscriber".to_owned(), name.into()));
        let mut data = Json::Object(named.chain(said).collect());
        // The form first: rules are told of what is well-formed.
        checked("subscriber.registered", data.clone())?;
        check(&data).map_err(Refusal::Invalid)?;
        let known = self.subscriber_now(name).await?;
        let head = *self.commands.log.head().borrow();
        let holds = data.get("holds").and_then(Json::as_decimal);
        if holds.is_some_and(|holds| holds > head.into()) {
            let problem = Problem::new("invalid", "/holds", format!("expected a position of the log, up to {head}"));
            return Err(Refusal::Invalid(vec![problem]).into());
        }
        Refusal::unless_read(if_match, known.as_ref().map_or(0, |known| known.position))?;
        let is_webhook = data.get("kind").and_then(Json::as_str) == Some("webhook");
        let before = known.as_ref().map_or(0, |known| known.version.secret);
        let secret = if is_webhook { before.max(1) } else { before };
        if let (Json::Object(members), true) = (&mut data, secret > 0) {
            members.push(("secret".to_owned(), number(secret)));
        }
        let event = checked("subscriber.registered", data)?;
        let told = known.as_ref().map_or(0, |known| known.number);
        self.write_subscriber(transaction, name, told, event).await?;
        let mut body = json!({"subscriber": name});
        if is_webhook && before == 0 {
            // It is shown once, to whoever registers.
            body["secret"] = json!(self.commands.vault.hasher().webhook_secret(name, secret));
        }
        Ok((if known.is_some() { 200 } else { 201 }, body))
    }

    /// A subscriber as it is when everything that any node stored is known.
    async fn subscriber_now(&self, name: &str) -> Result<Option<Subscriber>, Error> {
        self.work_known().await?;
        Ok(self.work.ledger(|ledger| ledger.subscribers().get(name).cloned()))
    }

    async fn known_subscriber(&self, name: &str) -> Result<Subscriber, Error> {
        Ok(self.subscriber_now(name).await?.ok_or(Refusal::NotFound("there is no such subscriber"))?)
    }

    async fn tell_subscriber(
        &self,
        transaction: &mut Transaction,
        known: &Subscriber,
        version: Version,
        reason: Option<&str>,
    ) -> Result<(), Error> {
        let event = checked("subscriber.registered", payload(&version, reason))?;
        self.write_subscriber(transaction, &version.subscriber, known.number, event).await
    }

    async fn write_subscriber(
        &self,
        transaction: &mut Transaction,
        name: &str,
        told: u64,
        event: super::event::CommandEvent,
    ) -> Result<(), Error> {
        let told = usize::try_from(told).unwrap_or(usize::MAX);
        transaction.execute::<Thing>(&format!("subscriber-{name}"), Tell::new(told, event)).await
    }

    /// Writes an event into a stream of its own.
    async fn note(
        &self,
        transaction: &mut Transaction,
        category: &str,
        type_name: &'static str,
        members: Vec<(String, Json)>,
    ) -> Result<(i16, Value), Error> {
        let event = checked(type_name, Json::Object(members))?;
        let id = transaction.id(&self.commands.vault);
        transaction.execute::<Once>(&format!("{category}-{id}"), Do::new(event)).await?;
        Ok((200, json!({})))
    }
}

fn number(number: u64) -> Json {
    Json::Number(number.to_string().into())
}

/// A version as it is written down.
fn payload(version: &Version, reason: Option<&str>) -> Json {
    let kind = match version.kind {
        Kind::Kafka => "kafka",
        Kind::Webhook => "webhook",
        Kind::Pull => "pull",
    };
    let mut members: Vec<(&str, Json)> =
        vec![("subscriber", (&*version.subscriber).into()), ("name", (&*version.name).into()), ("kind", kind.into())];
    let texts = [
        ("url", version.url.as_deref()),
        ("source", version.source.as_deref()),
        ("reason_code", version.reason_code.as_deref()),
        ("reason", reason),
    ];
    members.extend(texts.into_iter().filter_map(|(name, text)| Some((name, text?.into()))));
    members.push(("fields", Json::Array(version.fields.names().map(Json::from).collect())));
    members.extend(version.within_hours.map(|hours| ("within_hours", number(u64::from(hours)))));
    members.extend(version.holds.map(|holds| ("holds", number(holds))));
    members.push(("enabled", Json::Bool(version.enabled)));
    if version.secret > 0 {
        members.push(("secret", number(version.secret)));
    }
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_anew_says_the_same() {
        let text = br#"{"subscriber":"billing","name":"Billing","kind":"webhook","url":"https://b.example/","source":"billing",
            "fields":["email"],"within_hours":24,"holds":7,"enabled":false,"secret":2,"reason_code":"gone"}"#;
        let version = Version::of(&Json::parse(text).unwrap()).unwrap();
        assert_eq!(Version::of(&payload(&version, Some("moved"))), Some(version));
    }
}
