//! What people do to things with a life of their own: offers, leads, complaints, tasks.
//!
//! A thing of another system is acted on in its own stream: whoever publishes and whoever decides here speak of one
//! thing. Whether something may be done is asked of the thing as all its facts tell it, in the order of facts; the
//! aggregate makes sure that nothing was told meanwhile.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use kulta_events::ids::KULTA;
use kulta_events::{Json, Problem, RecordId};
use kulta_projections::pipeline::lead::{self, Lead};
use kulta_projections::pipeline::offer::{self, Offer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::customer::Customers;
use super::event::CommandEvent;
use super::person_record::checked;
use super::transaction::Transaction;
use super::{Error, Refusal};
use crate::store::views::RecordName;
use crate::work::{Deed, Known};

/// What a person does.
#[derive(Clone, Debug)]
pub enum Act {
    /// Makes a thing about a customer.
    Create {
        /// Any record id of the customer.
        customer: RecordId,
        /// What is made.
        deed: Deed,
        /// What is said of it.
        data: Json,
    },
    /// Changes a thing, or what becomes of it.
    Change {
        /// The thing, by the UUID of its stream.
        id: Uuid,
        /// The position that the caller read: refused when the thing changed since.
        if_match: Option<u64>,
        /// What is done.
        deed: Deed,
        /// What is said of it.
        data: Json,
    },
    /// Takes back the last move of an offer or a lead: a move like any other.
    Undo {
        /// The thing.
        id: Uuid,
        /// As above.
        if_match: Option<u64>,
        /// Moving it.
        deed: Deed,
    },
    /// Finds that a lead is worth an offer, and makes that.
    Qualify {
        /// The lead.
        id: Uuid,
        /// As above.
        if_match: Option<u64>,
        /// What is said of the lead.
        data: Json,
        /// What is offered.
        offer: Json,
    },
}

/// The aggregate: how often a thing was spoken of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thing {
    told: usize,
}

/// An event of a thing, decided when it had been spoken of so often.
#[derive(Clone, Debug)]
pub struct Tell {
    told: usize,
    event: CommandEvent,
}

impl Tell {
    /// An event of a thing that was spoken of so often.
    pub(super) fn new(told: usize, event: CommandEvent) -> Self {
        Self { told, event }
    }
}

impl Aggregate for Thing {
    const TYPE: &'static str = "thing";
    type Command = Tell;
    type Event = CommandEvent;
    type Error = Refusal;
    type Services = ();

    async fn handle(&mut self, command: Tell, _: &(), sink: &EventSink<Self>) -> Result<(), Refusal> {
        if self.told != command.told {
            return Err(Refusal::Stale);
        }
        sink.write(command.event, self).await;
        Ok(())
    }

    fn apply(&mut self, _: CommandEvent) {
        self.told += 1;
    }
}

impl From<kulta_projections::pipeline::decide::Refusal> for Refusal {
    fn from(refusal: kulta_projections::pipeline::decide::Refusal) -> Self {
        Self::Broken { code: refusal.rule(), detail: refusal.to_string() }
    }
}

/// A payload, with the thing's own id in it.
fn named(category: &str, own: &str, data: &Json) -> Json {
    let rest = data.members().iter().filter(|(name, _)| name != category).cloned();
    Json::Object(std::iter::once((category.to_owned(), own.into())).chain(rest).collect())
}

/// People name contacts by any of their record ids.
fn contacts(data: &Json) -> Result<Vec<RecordId>, Refusal> {
    let Some(Json::Array(items)) = data.get("contacts") else { return Ok(Vec::new()) };
    let read = |(index, item): (usize, &Json)| {
        let id = item.as_str().and_then(|text| text.parse::<Uuid>().ok()).map(RecordId);
        let problem = || Problem::new("invalid", format!("/contacts/{index}"), "expected any record id");
        id.ok_or_else(|| Refusal::Invalid(vec![problem()]))
    };
    items.iter().enumerate().map(read).collect()
}

/// The event of a payload in which contacts are named as people name them.
fn told(deed: Deed, own: &str, data: &Json) -> Result<CommandEvent, Refusal> {
    let contacts = contacts(data)?;
    let as_outsiders_name_it = || Json::object([("source", "-".into()), ("subject", "-".into())]);
    let member = |(name, value): &(String, Json)| match value {
        Json::Array(items) if name == "contacts" => {
            (name.clone(), Json::Array(items.iter().map(|_| as_outsiders_name_it()).collect()))
        }
        value => (name.clone(), value.clone()),
    };
    let data = Json::Object(data.members().iter().map(member).collect());
    let mut event = checked(deed.type_name(), named(deed.category(), own, &data))?;
    if !contacts.is_empty() {
        event.data["contacts"] = json!(contacts);
    }
    Ok(event)
}

/// What was said, without what is empty: a lead's sum is the offer's unless that says otherwise.
fn with_default(data: &Json, name: &str, value: Option<Json>) -> Json {
    let mut members = data.members().to_vec();
    if data.get(name).is_none() {
        members.extend(value.map(|value| (name.to_owned(), value)));
    }
    Json::Object(members)
}

impl Customers {
    pub(super) async fn act(&self, transaction: &mut Transaction, act: &Act) -> Result<(i16, Value), Error> {
        self.work_known().await?;
        match act {
            Act::Create { customer, deed, data } => {
                let founder = self.founder_to_change(*customer, None).await?;
                let (id, _) = self.create(transaction, &founder, *deed, data).await?;
                Ok((201, answer(*deed, id, &founder)))
            }
            Act::Change { id, if_match, deed, data } => {
                let known = self.standing(*deed, *id, *if_match)?;
                let founder = self.tell(transaction, *id, &known, *deed, data).await?;
                Ok((200, answer(*deed, *id, &founder)))
            }
            Act::Undo { id, if_match, deed } => {
                let known = self.standing(*deed, *id, *if_match)?;
                let before = match deed {
                    Deed::Lead(_) => self.work.before_last_move::<Lead>(*id),
                    _ => self.work.before_last_move::<Offer>(*id),
                };
                let (pipeline, stage) = before.map_err(Refusal::from)?;
                let data = Json::object([("pipeline", pipeline.into()), ("stage", stage.into())]);
                let founder = self.tell(transaction, *id, &known, *deed, &data).await?;
                Ok((200, answer(*deed, *id, &founder)))
            }
            Act::Qualify { id, if_match, data, offer } => {
                self.qualify(transaction, (*id, *if_match), data, offer).await
            }
        }
    }

    /// The offer names the lead and the lead the offer; both by their ids in kulta. What is known of the lead holds for
    /// the offer as well, unless it says otherwise.
    async fn qualify(
        &self,
        transaction: &mut Transaction,
        (id, if_match): (Uuid, Option<u64>),
        data: &Json,
        offer: &Json,
    ) -> Result<(i16, Value), Error> {
        let deed = Deed::Lead(lead::What::Qualified);
        let known = self.standing(deed, id, if_match)?;
        let record = known.record.ok_or(Refusal::NotFound("nobody knows whose it is"))?;
        let founder = self.founder_to_change(record, None).await?;
        let (_, card) = self.work.thing::<Lead>(id, Default::default()).ok_or(Refusal::NotFound("no such lead"))?;
        let text = |text: &Option<Box<str>>| text.as_deref().map(Json::from);
        let own = known.name.as_deref().map_or_else(|| id.to_string(), str::to_owned);
        let known_of_lead = [
            ("lead", Some(own.as_str().into())),
            ("owner", text(&card.owner)),
            ("team", text(&card.team)),
            ("product", text(&card.product)),
            ("origin", text(&card.origin)),
            ("title", text(&card.title)),
        ];
        let mut offered = offer.clone();
        for (name, value) in known_of_lead {
            offered = with_default(&offered, name, value);
        }
        if offer.get("amount").is_none() {
            offered = with_default(&offered, "amount", card.amount.map(|amount| amount.to_string().as_str().into()));
            offered = with_default(&offered, "currency", text(&card.currency));
        }
        let (offer_id, offer_own) =
            self.create(transaction, &founder, Deed::Offer(offer::What::Created), &offered).await?;
        let data = with_default(data, "offer", Some(offer_own.as_str().into()));
        let founder = self.tell(transaction, id, &known, deed, &data).await?;
        let mut body = answer(deed, id, &founder);
        body["offer_id"] = json!(offer_id);
        Ok((200, body))
    }

    fn standing(&self, deed: Deed, id: Uuid, if_match: Option<u64>) -> Result<Known, Error> {
        let known = self.work.known(deed.category(), id).ok_or(Refusal::NotFound("there is no such thing"))?;
        Refusal::unless_read(if_match, known.position)?;
        Ok(known)
    }

    /// Makes a thing; its id here, and its own id in the source `kulta`.
    pub(super) async fn create(
        &self,
        transaction: &mut Transaction,
        founder: &RecordName,
        deed: Deed,
        data: &Json,
    ) -> Result<(Uuid, String), Error> {
        let (category, own) = (deed.category(), transaction.id(&self.commands.vault).to_string());
        let event = told(deed, &own, data)?;
        self.known_contacts(data).await?;
        self.work.judge(deed, None, data).map_err(Refusal::from)?;
        let id = self.commands.vault.hasher().entity(category, KULTA, &own);
        self.append(transaction, (category, id), founder, Tell { told: 0, event }).await?;
        Ok((id, own))
    }

    /// Refuses contacts that nobody knows.
    async fn known_contacts(&self, data: &Json) -> Result<(), Error> {
        let named = contacts(data)?;
        if named.is_empty() {
            return Ok(());
        }
        let known: Vec<RecordId> =
            self.reads.projections.live().records(&named).await?.into_iter().map(|row| row.record).collect();
        match named.iter().position(|id| !known.contains(id)) {
            None => Ok(()),
            Some(index) => {
                let problem = Problem::new("unknown", format!("/contacts/{index}"), "there is no such customer");
                Err(Refusal::Invalid(vec![problem]).into())
            }
        }
    }

    async fn tell(
        &self,
        transaction: &mut Transaction,
        id: Uuid,
        known: &Known,
        deed: Deed,
        data: &Json,
    ) -> Result<RecordName, Error> {
        // As the system that named it first calls it.
        let own = known.name.as_deref().map_or_else(|| id.to_string(), str::to_owned);
        let event = told(deed, &own, data)?;
        self.known_contacts(data).await?;
        self.work.judge(deed, Some(id), data).map_err(Refusal::from)?;
        let record = known.record.ok_or(Refusal::NotFound("nobody knows whose it is"))?;
        let members = self.members_at_hand(record).await?;
        self.facts_alone(&members, &event).await?;
        let founder = members.into_iter().next().ok_or(Refusal::NotFound("no such customer"))?;
        self.append(transaction, (deed.category(), id), &founder, Tell { told: known.told, event }).await?;
        Ok(founder)
    }

    /// What a person says of a thing is a fact about the person's record of the customer.
    async fn append(
        &self,
        transaction: &mut Transaction,
        (category, id): (&str, Uuid),
        founder: &RecordName,
        tell: Tell,
    ) -> Result<(), Error> {
        let stream = format!("{category}-{id}");
        let (subject, record) = self.person_record(founder);
        transaction.subject(stream.clone(), subject);
        transaction.execute::<Thing>(&stream, tell).await?;
        self.link(transaction, founder, record).await
    }
}

fn answer(deed: Deed, id: Uuid, founder: &RecordName) -> Value {
    let mut body = json!({"customer_id": founder.customer});
    body[format!("{}_id", deed.category())] = json!(id);
    body
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;

    #[test]
    fn what_was_told_meanwhile_is_looked_at_first() {
        let event = CommandEvent::new("offer.commented", json!({"offer": "a", "text": "?"}));
        let tell = |told| Tell { told, event: event.clone() };
        let given = || TestFramework::<Thing>::with(()).given(vec![event.clone()]);
        given().when(tell(1)).then_expect_events(vec![event.clone()]);
        given().when(tell(0)).then_expect_error(Refusal::Stale);
    }

    #[test]
    fn a_payload_names_its_own_thing() {
        let data = Json::object([("offer", "another".into()), ("stage", "new".into())]);
        assert_eq!(named("offer", "own", &data).to_string(), r#"{"offer":"own","stage":"new"}"#);
    }

    #[test]
    fn what_is_said_stays() {
        let data = Json::object([("owner", "maija".into())]);
        let with = with_default(&with_default(&data, "owner", Some("pekka".into())), "team", Some("north".into()));
        assert_eq!(with.to_string(), r#"{"owner":"maija","team":"north"}"#);
        assert_eq!(with_default(&data, "team", None), data);
    }
}
