//! What sellers do to offers.
//!
//! An offer of another system is moved in its own stream: whoever publishes and whoever decides here speak of one offer.
//! Whether something may be done is asked of the offer as all its facts tell it, in the order of facts; the aggregate
//! makes sure that nothing was told meanwhile.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use kulta_events::ids::KULTA;
use kulta_events::{Json, RecordId};
use kulta_projections::pipeline::decide;
use kulta_projections::pipeline::definition::Passing;
use kulta_projections::pipeline::offer::{Offer, Status, What};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::customer::{Customers, unreadable};
use super::event::CommandEvent;
use super::person_record::checked;
use super::transaction::Transaction;
use super::{Error, Refusal};
use crate::pipeline::Moment;

/// What a seller does.
#[derive(Clone, Debug)]
pub enum Selling {
    /// Makes an offer to a customer.
    Create {
        /// Any record id of the customer.
        customer: RecordId,
        /// What is offered.
        data: Json,
    },
    /// Changes an offer, or what becomes of it.
    Change {
        /// The offer, by the UUID of its stream.
        id: Uuid,
        /// The position that the caller read: refused when the offer changed since.
        if_match: Option<u64>,
        /// What.
        what: What,
        /// What is said of it.
        data: Json,
    },
    /// Takes back the last move: a move like any other.
    Undo {
        /// The offer.
        id: Uuid,
        /// As above.
        if_match: Option<u64>,
    },
}

/// The aggregate: how often an offer was spoken of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferStream {
    told: usize,
}

/// An event of an offer, decided when it had been spoken of so often.
#[derive(Clone, Debug)]
pub struct Tell {
    told: usize,
    event: CommandEvent,
}

impl Aggregate for OfferStream {
    const TYPE: &'static str = "offer";
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

impl From<decide::Refusal> for Refusal {
    fn from(refusal: decide::Refusal) -> Self {
        Self::Broken { code: refusal.rule(), detail: refusal.to_string() }
    }
}

fn type_of(what: What) -> &'static str {
    match what {
        What::Created => "offer.created",
        What::Amended => "offer.amended",
        What::StageChanged => "offer.stage_changed",
        What::Won => "offer.won",
        What::Lost => "offer.lost",
        What::Reopened => "offer.reopened",
        What::Commented => "offer.commented",
        What::DocumentAttached => "offer.document_attached",
    }
}

/// A payload, with the offer's own id in it.
fn named(offer: &str, data: &Json) -> Json {
    let rest = data.members().iter().filter(|(name, _)| name != "offer").cloned();
    Json::Object(std::iter::once(("offer".to_owned(), offer.into())).chain(rest).collect())
}

impl Customers {
    pub(super) async fn sell(&self, transaction: &mut Transaction, selling: &Selling) -> Result<(i16, Value), Error> {
        self.commands.log.ping().await?;
        let head = *self.commands.log.head().borrow();
        self.sales.after(head).await.map_err(unreadable)?;
        match selling {
            Selling::Create { customer, data } => self.offer(transaction, *customer, data).await,
            Selling::Change { id, if_match, what, data } => {
                let found = self.standing(*id, *if_match)?;
                self.tell(transaction, *id, &found, *what, data).await
            }
            Selling::Undo { id, if_match } => {
                let found = self.standing(*id, *if_match)?;
                let pipelines = self.sales.pipelines(Moment::default());
                let (pipeline, stage) = decide::undo(&found.0.standing, Status::Open, &pipelines, Passing::Offers)
                    .map_err(Refusal::from)?;
                let data = Json::object([("pipeline", pipeline.into()), ("stage", stage.into())]);
                self.tell(transaction, *id, &found, What::StageChanged, &data).await
            }
        }
    }

    fn standing(&self, id: Uuid, if_match: Option<u64>) -> Result<(Offer, usize), Error> {
        let found = self.sales.offer_told(id).ok_or(Refusal::NotFound("no such offer"))?;
        let position = found.0.standing.position;
        if if_match.is_some_and(|expected| expected != position) {
            return Err(Refusal::Changed { position }.into());
        }
        Ok(found)
    }

    async fn offer(
        &self,
        transaction: &mut Transaction,
        customer: RecordId,
        data: &Json,
    ) -> Result<(i16, Value), Error> {
        let own = transaction.id(&self.commands.vault).to_string();
        let event = checked(type_of(What::Created), named(&own, data))?;
        decide::offer(None, &self.sales.pipelines(Moment::default()), What::Created, data).map_err(Refusal::from)?;
        let founder = self.founder_to_change(customer, None).await?;
        let id = self.commands.vault.hasher().entity("offer", KULTA, &own);
        self.append(transaction, id, &founder, Tell { told: 0, event }).await?;
        Ok((201, json!({"offer_id": id, "customer_id": founder.customer})))
    }

    async fn tell(
        &self,
        transaction: &mut Transaction,
        id: Uuid,
        (offer, told): &(Offer, usize),
        what: What,
        data: &Json,
    ) -> Result<(i16, Value), Error> {
        // As the system that named it first calls it.
        let own = offer.standing.name.1.as_deref().map_or_else(|| id.to_string(), str::to_owned);
        let event = checked(type_of(what), named(&own, data))?;
        let pipelines = self.sales.pipelines(Moment::default());
        decide::offer(Some(offer), &pipelines, what, data).map_err(Refusal::from)?;
        let record = offer.standing.record.ok_or(Refusal::NotFound("nobody knows whose offer it is"))?;
        let founder = self.founder_to_change(record, None).await?;
        self.append(transaction, id, &founder, Tell { told: *told, event }).await?;
        Ok((200, json!({"offer_id": id, "customer_id": founder.customer})))
    }

    /// What a person says of an offer is a fact about the person's record of the customer.
    async fn append(
        &self,
        transaction: &mut Transaction,
        id: Uuid,
        founder: &kulta_projections::rows::RecordRow,
        tell: Tell,
    ) -> Result<(), Error> {
        let stream = format!("offer-{id}");
        let (subject, record) = self.person_record(founder);
        transaction.subject(stream.clone(), subject);
        transaction.execute::<OfferStream>(&stream, tell).await?;
        self.link(transaction, founder, record).await
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;

    #[test]
    fn what_was_told_meanwhile_is_looked_at_first() {
        let event = CommandEvent::new("offer.commented", json!({"offer": "a", "text": "?"}));
        let tell = |told| Tell { told, event: event.clone() };
        let given = || TestFramework::<OfferStream>::with(()).given(vec![event.clone()]);
        given().when(tell(1)).then_expect_events(vec![event.clone()]);
        given().when(tell(0)).then_expect_error(Refusal::Stale);
    }

    #[test]
    fn a_payload_names_its_own_offer() {
        let data = Json::object([("offer", "another".into()), ("stage", "new".into())]);
        assert_eq!(named("own", &data).to_string(), r#"{"offer":"own","stage":"new"}"#);
    }
}
