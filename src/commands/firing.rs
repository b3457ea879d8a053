//! What automations do: once per cause, for ever.
//!
//! A firing has a stream of its own, named by automation and cause, and what is done stands in the same append. Whoever
//! tries again, after a crash or on another node, finds the stream.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use kulta_events::{Instant, Json, RecordId};
use kulta_projections::automation::consent::{self, Moment};
use kulta_projections::automation::definition::{Action, Definition};
use kulta_projections::pipeline::cause::days_later;
use kulta_projections::pipeline::period::date_of;
use kulta_projections::pipeline::{lead, task};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::customer::{Customers, unreadable};
use super::erased::ERASED;
use super::event::CommandEvent;
use super::person_record::{Command, checked};
use super::transaction::Transaction;
use super::{Error, Refusal};
use crate::store::views::RecordName;
use crate::work::Deed;

/// The refusal of what was done already.
pub const DONE: &str = "done";

/// What an automation does for a cause.
#[derive(Clone, Debug)]
pub struct Firing {
    /// Which.
    pub automation: Box<str>,
    /// Which version of it.
    pub version: u64,
    /// What it does.
    pub definition: Definition,
    /// The name of the cause.
    pub cause: String,
    /// The places in the log of the events of which it is made.
    pub parts: Vec<u64>,
    /// The step at a bar, if it is one; one that only rearms does nothing else.
    pub step: Option<u64>,
    /// Of what it is a cause: a category and the UUID of a stream, or a customer by any record id.
    pub about: About,
}

/// What a cause is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A thing with a life of its own.
    Thing(&'static str, Uuid),
    /// A customer.
    Customer(RecordId),
}

/// The aggregate: whether it was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Once {
    done: bool,
}

/// An event that is written once.
#[derive(Clone, Debug)]
pub struct Do(CommandEvent);

impl Do {
    /// An event that is written if its stream is empty.
    pub(super) fn new(event: CommandEvent) -> Self {
        Self(event)
    }
}

impl Aggregate for Once {
    const TYPE: &'static str = "once";
    type Command = Do;
    type Event = CommandEvent;
    type Error = Refusal;
    type Services = ();

    async fn handle(&mut self, command: Do, _: &(), sink: &EventSink<Self>) -> Result<(), Refusal> {
        if self.done {
            return Err(Refusal::rule(DONE, "it was done already"));
        }
        sink.write(command.0, self).await;
        Ok(())
    }

    fn apply(&mut self, _: CommandEvent) {
        self.done = true;
    }
}

impl Customers {
    pub(super) async fn fire(&self, transaction: &mut Transaction, firing: &Firing) -> Result<(i16, Value), Error> {
        let (record, own) = match firing.about {
            About::Customer(record) => (record, None),
            About::Thing(category, id) => {
                let known = self.work.known(category, id).ok_or(Refusal::NotFound("there is no such thing"))?;
                let record = known.record.ok_or(Refusal::NotFound("nobody knows whose it is"))?;
                (record, known.name.map(|name| (category, name)))
            }
        };
        let founder = self.founder_to_change(record, None).await?;
        let id = self.commands.vault.hasher().entity("firing", &firing.automation, &firing.cause);
        let mut members = vec![
            ("automation", (&*firing.automation).into()),
            ("version", number(firing.version)),
            ("cause", firing.cause.as_str().into()),
            ("parts", Json::Array(firing.parts.iter().map(|part| number(*part)).collect())),
        ];
        members.extend(firing.step.map(|step| ("step", number(step))));
        members.extend(own.as_ref().map(|(category, name)| (*category, (&**name).into())));
        let mut done = Vec::new();
        for action in &firing.definition.then {
            done.push(self.execute(transaction, &founder, firing, own.as_ref(), action).await?);
        }
        members.push(("action", done.join(",").chars().take(64).collect::<String>().as_str().into()));
        self.once(transaction, &founder, format!("firing-{id}"), "automation.fired", members).await?;
        Ok((201, json!({"firing_id": id, "customer_id": founder.customer})))
    }

    pub(super) async fn rearm(&self, transaction: &mut Transaction, firing: &Firing) -> Result<(i16, Value), Error> {
        let About::Customer(record) = firing.about else { return Err(Refusal::NotFound("no such customer").into()) };
        let founder = self.founder_to_change(record, None).await?;
        let id = self.commands.vault.hasher().entity("firing", &firing.automation, &firing.cause);
        let members = vec![
            ("automation", (&*firing.automation).into()),
            ("cause", firing.cause.as_str().into()),
            ("step", number(firing.step.unwrap_or_default())),
        ];
        self.once(transaction, &founder, format!("firing-{id}"), "automation.rearmed", members).await?;
        Ok((201, json!({"firing_id": id})))
    }

    /// Writes an event about a customer into a stream that nobody wrote into yet.
    async fn once(
        &self,
        transaction: &mut Transaction,
        founder: &RecordName,
        stream: String,
        type_name: &'static str,
        members: Vec<(&str, Json)>,
    ) -> Result<(), Error> {
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
        let event = checked(type_name, Json::Object(members.collect()))?;
        let (subject, record) = self.person_record(founder);
        transaction.subject(stream.clone(), subject);
        transaction.execute::<Once>(&stream, Do(event)).await?;
        self.link(transaction, founder, record).await
    }

    /// Does one thing, and says in a word what.
    async fn execute(
        &self,
        transaction: &mut Transaction,
        founder: &RecordName,
        firing: &Firing,
        own: Option<&(&'static str, Box<str>)>,
        action: &Action,
    ) -> Result<&'static str, Error> {
        match action {
            Action::Task(task) => {
                let data = self.task_of(firing, own, task);
                self.create(transaction, founder, Deed::Task(task::What::Raised), &data).await?;
                Ok("task")
            }
            Action::Lead(lead) => {
                let members = [
                    ("pipeline", &lead.pipeline),
                    ("stage", &lead.stage),
                    ("title", &lead.title),
                    ("owner", &lead.owner),
                    ("team", &lead.team),
                    ("origin", &lead.origin),
                ];
                self.create(transaction, founder, Deed::Lead(lead::What::Created), &texts(members)).await?;
                Ok("lead")
            }
            Action::Tag(tag) => self.word(transaction, founder, "customer.tagged", ("tag", tag), firing).await,
            Action::Untag(tag) => self.word(transaction, founder, "customer.untagged", ("tag", tag), firing).await,
            Action::EnterList(list) => self.word(transaction, founder, "list.entered", ("list", list), firing).await,
            Action::LeaveList(list) => self.word(transaction, founder, "list.left", ("list", list), firing).await,
            Action::Message(message) => {
                let zone = firing.definition.zone.iana_name().unwrap_or("UTC");
                let cap = firing.definition.cap;
                let members = vec![
                    ("channel", (&*message.channel).into()),
                    ("purpose", (&*message.purpose).into()),
                    ("template", (&*message.template).into()),
                    ("cap_count", number(u64::from(cap.count))),
                    ("cap_days", number(u64::from(cap.per_days))),
                    ("time_zone", zone.into()),
                ];
                self.request(transaction, founder, firing, members).await?;
                Ok("message")
            }
            Action::Webhook { subscriber } => {
                let members = vec![("channel", "webhook".into()), ("subscriber", (&**subscriber).into())];
                self.request(transaction, founder, firing, members).await?;
                Ok("webhook")
            }
        }
    }

    /// Something is to go out.
    async fn request(
        &self,
        transaction: &mut Transaction,
        founder: &RecordName,
        firing: &Firing,
        mut members: Vec<(&str, Json)>,
    ) -> Result<(), Error> {
        let id = transaction.id(&self.commands.vault);
        let message = id.to_string();
        members.insert(0, ("message", message.as_str().into()));
        members.push(("automation", (&*firing.automation).into()));
        members.push(("cause", firing.cause.as_str().into()));
        self.once(transaction, founder, format!("outbox-{id}"), "outbox.requested", members).await
    }

    /// A word about the customer, in the person's record.
    async fn word(
        &self,
        transaction: &mut Transaction,
        founder: &RecordName,
        type_name: &'static str,
        (member, value): (&'static str, &str),
        firing: &Firing,
    ) -> Result<&'static str, Error> {
        let mut members = vec![(member.to_owned(), value.into())];
        if member == "list" {
            members.push(("cause".to_owned(), named(firing).as_str().into()));
        }
        let data = Json::Object(members);
        self.edit(transaction, founder, Command::Say { type_name, data }).await?;
        Ok(member)
    }

    fn task_of(
        &self,
        firing: &Firing,
        own: Option<&(&'static str, Box<str>)>,
        task: &kulta_projections::automation::definition::Task,
    ) -> Json {
        let title = Some(task.title.clone());
        let members = [
            ("title", &title),
            ("text", &task.text),
            ("owner", &task.owner),
            ("team", &task.team),
            ("kind", &task.kind),
        ];
        let Json::Object(mut members) = texts(members) else { return Json::Null };
        let mut put = |name: &str, value: Json| members.push((name.to_owned(), value));
        if let Some(priority) = task.priority {
            put("priority", number(u64::from(priority)));
        }
        if let Some(due) = task.due_days.and_then(|days| due(self.commands.now(), days, firing)) {
            put("due", due.as_str().into());
        }
        put("cause", named(firing).as_str().into());
        if let Some((category, name)) = own {
            put(category, (&**name).into());
        }
        Json::Object(members)
    }

    /// Something goes out, or is withheld, as the customer wants it at this moment. Whoever sends asks first.
    pub(super) async fn send(&self, transaction: &mut Transaction, id: Uuid) -> Result<(i16, Value), Error> {
        let (outgoing, members) = self.outgoing(id).await?;
        let founder = first(&members)?;
        if !is_webhook(&outgoing.event) && self.all_erased(&members).await? {
            return self.hold_back(transaction, id, &founder, ERASED).await;
        }
        if let Err(withheld) = self.may_go_out(&outgoing.event, founder.record).await? {
            let reason = serde_json::to_value(withheld).unwrap_or_default();
            return self.hold_back(transaction, id, &founder, reason.as_str().unwrap_or_default()).await;
        }
        let text = |name: &str| outgoing.event.payload.data.get(name).and_then(Json::as_str).unwrap_or_default();
        let (stream, message) = (format!("outbox-{id}"), id.to_string());
        let (subject, own) = self.person_record(&founder);
        transaction.subject(stream.clone(), subject);
        let told = 1;
        let members = [("message", message.as_str().into()), ("channel", text("channel").into())];
        let event = checked("outbox.sent", Json::object(members))?;
        transaction.execute::<super::thing::Thing>(&stream, super::thing::Tell::new(told, event)).await?;
        if text("channel") != "webhook" {
            let members = [
                ("message", message.as_str().into()),
                ("channel", text("channel").into()),
                ("direction", "outgoing".into()),
                ("campaign", text("template").into()),
            ];
            let data = Json::object(members);
            self.edit(transaction, &founder, Command::Say { type_name: "message.logged", data }).await?;
        } else {
            self.link(transaction, &founder, own).await?;
        }
        Ok((200, json!({"send": true, "customer_id": founder.customer})))
    }

    /// Something that was to go out will not.
    pub(super) async fn withhold(
        &self,
        transaction: &mut Transaction,
        id: Uuid,
        reason_code: &str,
    ) -> Result<(i16, Value), Error> {
        let (_, members) = self.outgoing(id).await?;
        let founder = first(&members)?;
        self.hold_back(transaction, id, &founder, reason_code).await
    }

    /// What is to go out, and the records of whom it is about, as far as any node knows.
    async fn outgoing(&self, id: Uuid) -> Result<(crate::work::Outgoing, Vec<RecordName>), Error> {
        self.work_known().await?;
        let outgoing = self.work.outgoing(id).ok_or(Refusal::NotFound("nothing of this id is to go out"))?;
        let record = outgoing.record.ok_or(Refusal::NotFound("nobody knows to whom it goes"))?;
        Ok((outgoing, self.members_at_hand(record).await?))
    }

    async fn hold_back(
        &self,
        transaction: &mut Transaction,
        id: Uuid,
        founder: &RecordName,
        reason_code: &str,
    ) -> Result<(i16, Value), Error> {
        let (stream, message) = (format!("outbox-{id}"), id.to_string());
        let (subject, own) = self.person_record(founder);
        transaction.subject(stream.clone(), subject);
        let members = [("message", message.as_str().into()), ("reason_code", reason_code.into())];
        let event = checked("outbox.withheld", Json::object(members))?;
        transaction.execute::<super::thing::Thing>(&stream, super::thing::Tell::new(1, event)).await?;
        self.link(transaction, founder, own).await?;
        Ok((200, json!({"send": false, "reason": reason_code, "customer_id": founder.customer})))
    }

    /// Whether the customer may be contacted so at this moment; subscribers are no persons.
    async fn may_go_out(
        &self,
        request: &kulta_events::Recorded,
        founder: RecordId,
    ) -> Result<Result<(), consent::Withheld>, Error> {
        let data = &request.payload.data;
        let text = |name: &str| data.get(name).and_then(Json::as_str).unwrap_or_default();
        if is_webhook(request) {
            return Ok(Ok(()));
        }
        // What was learned a moment ago counts.
        self.reads.caught_up().await.map_err(unreadable)?;
        let events = match self.reads.events_of(founder, Default::default()).await.map_err(unreadable)? {
            crate::reads::Found::Here((_, events)) => events,
            _ => return Err(Error::Contended),
        };
        let whole = |name: &str| {
            data.get(name).and_then(Json::as_decimal).and_then(|number| u32::try_from(number).ok()).unwrap_or(1)
        };
        let cap =
            kulta_projections::automation::definition::Cap { count: whole("cap_count"), per_days: whole("cap_days") };
        let zone = jiff::tz::TimeZoneDatabase::bundled().get(text("time_zone")).unwrap_or(jiff::tz::TimeZone::UTC);
        let (channel, purpose) = (text("channel"), text("purpose"));
        let now = self.commands.now().plus_micros(1);
        // Everything that was said counts, whatever the clock says where it was said.
        let latest = events.iter().map(|event| event.order.time.plus_micros(1)).max();
        let moment = Moment { said_before: latest.map_or(now, |latest| now.max(latest)), now };
        Ok(consent::may_contact(&events, (channel, purpose), moment, cap, &zone))
    }
}

fn first(members: &[RecordName]) -> Result<RecordName, Refusal> {
    members.first().cloned().ok_or(Refusal::NotFound("nobody knows to whom it goes"))
}

/// Whether it goes to a subscriber, who is no person.
fn is_webhook(request: &kulta_events::Recorded) -> bool {
    request.payload.data.get("channel").and_then(Json::as_str) == Some("webhook")
}

/// Automation and cause in one word, for what it raises.
fn named(firing: &Firing) -> String {
    format!("{}/{}", firing.automation, firing.cause)
}

fn number(number: u64) -> Json {
    Json::Number(number.to_string().into())
}

/// The members that there are.
fn texts<const N: usize>(members: [(&str, &Option<Box<str>>); N]) -> Json {
    let said = members.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.as_deref()?.into())));
    Json::Object(said.collect())
}

/// The day that lies so many days ahead.
fn due(now: Instant, days: u32, firing: &Firing) -> Option<String> {
    let zone = &firing.definition.zone;
    date_of(days_later(now, days, zone)?, zone).map(|date| date.to_string())
}
