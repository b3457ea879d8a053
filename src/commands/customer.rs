//! What sellers and stewards do to customers.

use kulta_events::ids::KULTA;
use kulta_events::payload::{Pairing, Verdict};
use kulta_events::{CustomerId, Json, Problem, RecordId};
use kulta_projections::crosswalk::{attachments, contradictions, split_lists};
use serde_json::{Value, json};
use uuid::Uuid;

use super::decision::{self, Decision};
use super::event_type;
use super::person_record::{self, PersonRecord};
use super::policy;
use super::rule_set;
use super::transaction::{Context, Decide, Done, Transaction};
use super::wish::{Say, Wish};
use super::{Commands, Error, Refusal};
use crate::reads::{Found, Reads};
use crate::store::views::RecordName;
use crate::work::Work;

/// Commands about customers, which look at the projections before they decide.
#[derive(Clone, Debug)]
pub struct Customers {
    /// Runs them.
    pub commands: Commands,
    /// What they look at.
    pub reads: Reads,
    /// Leads, offers, complaints and tasks, as far as they are known.
    pub work: Work,
}

/// The stream of survivorship policies.
const SURVIVORSHIP: &str = "policy-survivorship";
/// The stream of match policies.
const MATCH: &str = "policy-match";

struct Asked<'a> {
    of: &'a Customers,
    wish: &'a Wish,
}

impl Decide for Asked<'_> {
    async fn decide(&self, transaction: &mut Transaction) -> Result<(i16, Value), Error> {
        let of = self.of;
        match self.wish {
            Wish::Register { attributes } => of.register(transaction, attributes).await,
            Wish::Change { id, if_match, command } => of.change(transaction, *id, *if_match, command).await,
            Wish::Relate(relating) => of.relate(transaction, relating).await,
            Wish::Unrelate(relating) => of.unrelate(transaction, relating).await,
            Wish::Merge { id, with, say } => of.merge(transaction, *id, *with, say).await,
            Wish::Answer { id, with, verdict, say } => of.answer(transaction, *id, *with, *verdict, say).await,
            Wish::Split { id, away, say } => of.split(transaction, *id, away, say).await,
            Wish::Withdraw { decision, reason } => {
                let command = decision::Command::Withdraw { decision: *decision, reason: reason.clone() };
                transaction.execute::<Decision>(&format!("decision-{decision}"), command).await?;
                Ok((200, json!({"decision_id": decision})))
            }
            Wish::Source { data } => {
                let name = data.get("source").and_then(Json::as_str).unwrap_or_default();
                let command = policy::Command::RegisterSource { data: data.clone() };
                transaction.execute::<policy::Policy>(&format!("source-{name}"), command).await?;
                Ok((200, json!({"source": name})))
            }
            Wish::Say { id, type_name, data } => of.say(transaction, *id, type_name, data).await,
            Wish::Act(act) => of.act(transaction, act).await,
            Wish::Define { kind, if_match, data } => of.define(transaction, *kind, *if_match, data).await,
            Wish::Fire(firing) => of.fire(transaction, firing).await,
            Wish::Rearm(firing) => of.rearm(transaction, firing).await,
            Wish::Send(id) => of.send(transaction, *id).await,
            Wish::Withhold(id, reason) => of.withhold(transaction, *id, reason).await,
            Wish::Subscriber(command) => of.subscriber(transaction, command).await,
            Wish::EventType(command) => {
                let event_type::Command::Register { data } = command;
                let name = data.get("type").and_then(Json::as_str).unwrap_or_default();
                if !of.reads.source.vocabulary.has_room_for(name) {
                    return Err(Refusal::rule("too-many-types", "no more event types can be registered").into());
                }
                transaction.execute::<event_type::EventType>(&event_type::stream(name), command.clone()).await?;
                Ok((200, json!({"type": name})))
            }
            Wish::Policy { command, if_match } => of.publish(transaction, command, *if_match).await,
            Wish::RuleSet(command) => {
                transaction.execute::<rule_set::RuleSet>(&command.stream(), command.clone()).await?;
                Ok((200, json!({"rule_set": command.name()})))
            }
        }
    }
}

impl Customers {
    /// Does what somebody wants, or says why not.
    ///
    /// # Errors
    /// The refusal, or what the store says; the state is unchanged then.
    pub async fn run(&self, context: &Context, wish: &Wish) -> Result<Done, Error> {
        self.commands.run(context, &Asked { of: self, wish }).await
    }

    async fn register(&self, transaction: &mut Transaction, attributes: &Json) -> Result<(i16, Value), Error> {
        let vault = &self.commands.vault;
        let subject = transaction.id(vault).to_string();
        let record = vault.hasher().record(KULTA, &subject);
        transaction.subject(record.stream(), subject);
        let command = person_record::Command::Register { attributes: attributes.clone() };
        transaction.execute::<PersonRecord>(&record.stream(), command).await?;
        Ok((201, json!({"customer_id": record, "record_id": record})))
    }

    async fn change(
        &self,
        transaction: &mut Transaction,
        id: RecordId,
        if_match: Option<u64>,
        command: &person_record::Command,
    ) -> Result<(i16, Value), Error> {
        let founder = self.founder_to_change(id, if_match).await?;
        self.edit(transaction, &founder, command.clone()).await?;
        Ok((200, json!({"customer_id": founder.customer})))
    }

    /// The founding record of a customer that is to be changed, if it is as the caller read it. Where that one was erased
    /// it is the first that was not.
    pub(super) async fn founder_to_change(&self, id: RecordId, if_match: Option<u64>) -> Result<RecordName, Error> {
        let members = match if_match {
            Some(expected) => {
                let members = self.members(id).await?;
                self.unchanged(id, expected).await?;
                members
            }
            None => self.members_at_hand(id).await?,
        };
        self.not_erased(members).await
    }

    /// The first edit of a customer makes its record of the source `kulta` and links it, in the same append, to the
    /// founding record, with which it stays on a split.
    pub(super) async fn edit(
        &self,
        transaction: &mut Transaction,
        founder: &RecordName,
        command: person_record::Command,
    ) -> Result<(), Error> {
        let (subject, record) = self.person_record(founder);
        transaction.subject(record.stream(), subject);
        transaction.execute::<PersonRecord>(&record.stream(), command).await?;
        self.link(transaction, founder, record).await
    }

    /// The record of the source `kulta` for what people say of a customer, by its founding record, and its subject. A
    /// customer whom a person registered is edited in that very record.
    pub(super) fn person_record(&self, founder: &RecordName) -> (String, RecordId) {
        match &founder.subject {
            Some(subject) if founder.source == KULTA => (subject.clone(), founder.record),
            _ => {
                let subject = founder.record.to_string();
                let record = self.commands.vault.hasher().record(KULTA, &subject);
                (subject, record)
            }
        }
    }

    /// Links a person's record to the founding one, with the first thing that is said of it.
    pub(super) async fn link(
        &self,
        transaction: &mut Transaction,
        founder: &RecordName,
        record: RecordId,
    ) -> Result<(), Error> {
        // The decision has the new record's own id: that is how it is told from a steward's later merge.
        let stream = format!("decision-{record}");
        if record == founder.record
            || transaction.has_staged(&stream)
            || self.commands.log.revision(&stream).await?.is_some()
        {
            return Ok(());
        }
        let pairing = Pairing { records: vec![record], from: vec![founder.record] };
        let link = decision::Command::Decide { verdict: Verdict::Link, pairing, reason: None };
        transaction.execute::<Decision>(&stream, link).await
    }

    async fn publish(
        &self,
        transaction: &mut Transaction,
        command: &policy::Command,
        if_match: Option<u64>,
    ) -> Result<(i16, Value), Error> {
        let stream = match command {
            policy::Command::PublishMatch { .. } | policy::Command::PublishBuiltInMatch => MATCH,
            _ => SURVIVORSHIP,
        };
        transaction.execute::<policy::Policy>(stream, command.clone()).await?;
        // Behind the reading of the stream: what is published from here on makes the append a conflict.
        if if_match.is_some() {
            self.reads.caught_up().await.map_err(unreadable)?;
            let position = match stream {
                MATCH => self.reads.match_policy().await.map_err(unreadable)?.position,
                _ => self.reads.policy().await.map_err(unreadable)?.position,
            };
            Refusal::unless_read(if_match, position)?;
        }
        Ok((200, json!({"stream": stream})))
    }

    async fn merge(
        &self,
        transaction: &mut Transaction,
        id: RecordId,
        with: RecordId,
        say: &Say,
    ) -> Result<(i16, Value), Error> {
        let ([first, second], pairing) = self.two(id, with).await?;
        self.unchanged_if(id, say).await?;
        let founder = if first.first_position < second.first_position { first } else { second };
        let decision = self.decide(transaction, Verdict::Link, pairing, say).await?;
        Ok((200, json!({"customer_id": founder.customer, "decision_id": decision})))
    }

    async fn answer(
        &self,
        transaction: &mut Transaction,
        id: RecordId,
        with: RecordId,
        verdict: Verdict,
        say: &Say,
    ) -> Result<(i16, Value), Error> {
        let ([first, second], pairing) = self.two(id, with).await?;
        let decision = self.decide(transaction, verdict, pairing, say).await?;
        Ok((200, json!({"customers": [first.customer, second.customer], "decision_id": decision})))
    }

    /// The founding records of two customers, and all records of the one against all of the other.
    async fn two(&self, id: RecordId, with: RecordId) -> Result<([RecordName; 2], Pairing), Error> {
        let (one, other) = (self.members(id).await?, self.members(with).await?);
        let (Some(first), Some(second)) = (one.first(), other.first()) else {
            return Err(Refusal::NotFound("no such customer").into());
        };
        if first.customer == second.customer {
            return Err(Refusal::rule("same-customer", "both ids lead to the same customer already").into());
        }
        let pairing = Pairing { records: ids(&other), from: ids(&one) };
        Ok(([first.clone(), second.clone()], pairing))
    }

    async fn split(
        &self,
        transaction: &mut Transaction,
        id: RecordId,
        away: &[RecordId],
        say: &Say,
    ) -> Result<(i16, Value), Error> {
        let members = self.members(id).await?;
        self.unchanged_if(id, say).await?;
        if let Some(stranger) = away.iter().position(|record| !members.iter().any(|row| row.record == *record)) {
            let detail = "this record does not belong to the customer";
            let problem = Problem::new("not-a-member", format!("/records/{stranger}"), detail);
            return Err(Refusal::Invalid(vec![problem]).into());
        }
        let all = ids(&members);
        let decisions = self.reads.projections.live().decisions_of(&all).await?;
        let pairing = split_lists(&all, away, &attachments(&decisions));
        if pairing.records.is_empty() || pairing.from.is_empty() {
            return Err(Refusal::rule("nothing-to-split", "each side needs at least one record").into());
        }
        let (went, stayed) = (founder(&members, &pairing.records), founder(&members, &pairing.from));
        let decision = self.decide(transaction, Verdict::Separate, pairing, say).await?;
        Ok((200, json!({"customers": [stayed, went], "decision_id": decision})))
    }

    async fn decide(
        &self,
        transaction: &mut Transaction,
        verdict: Verdict,
        pairing: Pairing,
        say: &Say,
    ) -> Result<Uuid, Error> {
        let named: Vec<_> = pairing.records.iter().chain(&pairing.from).copied().collect();
        // A link of two records is tacitly contradicted by a separation of any two records of their customers.
        let decisions = self.reads.projections.live().decisions_of(&named).await?;
        let older = contradictions(&pairing, verdict, &decisions);
        let overruled = verdict == Verdict::Link && !older.is_empty();
        if overruled && !say.overrule {
            return Err(Refusal::Contradicts(older).into());
        }
        let own =
            decisions.iter().filter_map(|decision| decision.made.as_ref()).filter(|made| made.order.source == KULTA);
        own.for_each(|made| transaction.follow(made.order.time));
        let decision = transaction.id(&self.commands.vault);
        let command = decision::Command::Decide { verdict, pairing, reason: say.reason.clone() };
        transaction.execute::<Decision>(&format!("decision-{decision}"), command).await?;
        Ok(decision)
    }

    /// The same as far as the projections are, if they know the record. An edit goes to a record that stays with the
    /// founding one, and so to whatever customer that one belongs to: nobody needs to wait for what happens meanwhile.
    pub(super) async fn members_at_hand(&self, id: RecordId) -> Result<Vec<RecordName>, Error> {
        match self.found(id).await? {
            Found::Here(members) => Ok(members),
            Found::Moved(_) | Found::Unknown => self.members(id).await,
        }
    }

    /// The records of the customer that holds a record, by first position, after the projections have caught up.
    pub(super) async fn members(&self, id: RecordId) -> Result<Vec<RecordName>, Error> {
        self.reads.caught_up().await.map_err(unreadable)?;
        match self.found(id).await? {
            Found::Here(members) => Ok(members),
            Found::Moved(_) => Err(Error::Contended),
            Found::Unknown => Err(Refusal::NotFound("no such customer").into()),
        }
    }

    /// The records of the customer that holds a record, whoever gives that one its id; moved: by now to yet another.
    async fn found(&self, id: RecordId) -> Result<Found<Vec<RecordName>>, Error> {
        let found = self.reads.members(id).await.map_err(unreadable)?;
        let Found::Moved(customer) = found else { return Ok(found) };
        Ok(match self.reads.members(customer.into()).await.map_err(unreadable)? {
            Found::Here(members) => Found::Here(members),
            Found::Moved(_) | Found::Unknown => Found::Moved(customer),
        })
    }

    /// Waits until everything that any node has stored of offers, tasks and their like is known here.
    pub(super) async fn work_known(&self) -> Result<(), Error> {
        self.commands.log.ping().await?;
        let head = *self.commands.log.head().borrow();
        self.work.after(head).await.map_err(unreadable)
    }

    async fn unchanged_if(&self, id: RecordId, say: &Say) -> Result<(), Error> {
        match say.if_match {
            Some(expected) => self.unchanged(id, expected).await,
            None => Ok(()),
        }
    }

    async fn unchanged(&self, id: RecordId, expected: u64) -> Result<(), Error> {
        match self.reads.customer(id, crate::reads::At::default()).await.map_err(unreadable)? {
            Found::Here(view) => Ok(Refusal::unless_read(Some(expected), view.position)?),
            // The id was merged away: what the caller read is no more.
            Found::Moved(_) | Found::Unknown => {
                Err(Refusal::Changed { position: self.reads.projections.position() }.into())
            }
        }
    }
}

fn ids(members: &[RecordName]) -> Vec<RecordId> {
    members.iter().map(|row| row.record).collect()
}

/// The customer id that some of these records have by themselves.
fn founder(members: &[RecordName], some: &[RecordId]) -> Option<CustomerId> {
    let own = members.iter().filter(|row| some.contains(&row.record));
    own.min_by_key(|row| row.first_position).map(|row| row.record.into())
}

pub(super) fn unreadable(error: crate::reads::Error) -> Error {
    match error {
        crate::reads::Error::Store(error) => Error::Store(error),
        crate::reads::Error::Privacy(error) => Error::Privacy(error),
        crate::reads::Error::NotYet { .. } => Error::Contended,
        crate::reads::Error::Projector(crate::projector::Error::Store(error)) => Error::Store(error),
        crate::reads::Error::Projector(crate::projector::Error::Privacy(error)) => Error::Privacy(error),
        other => Error::Unreadable(Box::new(other)),
    }
}
