//! What sellers and stewards do to customers.

use kulta_events::ids::KULTA;
use kulta_events::payload::{Pairing, Verdict};
use kulta_events::{CustomerId, Json, RecordId};
use kulta_projections::crosswalk::{attachments, contradictions, split_lists};
use kulta_projections::rows::RecordRow;
use serde_json::json;
use uuid::Uuid;

use super::decision::{self, Decision};
use super::person_record::{self, PersonRecord};
use super::transaction::{Context, Done, Transaction};
use super::{Commands, Error, Refusal};
use crate::reads::{Found, Reads};

/// Commands about customers, which look at the projections before they decide.
#[derive(Clone, Debug)]
pub struct Customers {
    /// Runs them.
    pub commands: Commands,
    /// What they look at.
    pub reads: Reads,
}

/// What a steward says about two customers.
#[derive(Clone, Debug, Default)]
pub struct Say {
    /// Why.
    pub reason: Option<String>,
    /// Whether older decisions that say otherwise are overruled.
    pub overrule: bool,
}

impl Customers {
    /// Registers a customer that no source knows yet.
    ///
    /// # Errors
    /// When the attributes are not valid, or the store fails.
    pub async fn register(&self, context: &Context, attributes: Json) -> Result<Done, Error> {
        let vault = &self.commands.vault;
        self.commands
            .run(context, async |transaction: &mut Transaction| {
                let subject = transaction.id(vault).to_string();
                let record = vault.hasher().record(KULTA, &subject);
                transaction.subject(record.stream(), subject);
                let command = person_record::Command::Register { attributes: attributes.clone() };
                transaction.execute::<PersonRecord>(&record.stream(), command).await?;
                Ok((201, json!({"customer_id": record, "record_id": record})))
            })
            .await
    }

    /// Edits, verifies or declines a field of a customer.
    ///
    /// # Errors
    /// When the customer is not there, changed since `if_match`, or the command is not valid.
    pub async fn change(
        &self,
        context: &Context,
        id: RecordId,
        if_match: Option<u64>,
        command: person_record::Command,
    ) -> Result<Done, Error> {
        self.commands
            .run(context, async |transaction: &mut Transaction| {
                let members = self.members(id).await?;
                if let Some(expected) = if_match {
                    self.unchanged(id, expected).await?;
                }
                let founder = members.first().ok_or(Refusal::NotFound("no such customer"))?;
                self.edit(transaction, founder, command.clone()).await?;
                Ok((200, json!({"customer_id": founder.customer})))
            })
            .await
    }

    /// The first edit of a customer makes its record of the source `kulta` and links it, in the same append, to the
    /// founding record, with which it stays on a split.
    async fn edit(
        &self,
        transaction: &mut Transaction,
        founder: &RecordRow,
        command: person_record::Command,
    ) -> Result<(), Error> {
        let hasher = self.commands.vault.hasher();
        // A customer whom a person registered is edited in that very record.
        let (subject, record) = match &founder.subject {
            Some(subject) if founder.source == KULTA => (subject.clone(), founder.record),
            _ => {
                let subject = founder.record.to_string();
                let record = hasher.record(KULTA, &subject);
                (subject, record)
            }
        };
        transaction.subject(record.stream(), subject);
        let is_new = record != founder.record && self.commands.log.revision(&record.stream()).await?.is_none();
        transaction.execute::<PersonRecord>(&record.stream(), command).await?;
        if is_new {
            // The decision has the new record's own id: that is how it is told from a steward's later merge.
            let pairing = Pairing { records: vec![record], from: vec![founder.record] };
            let link = decision::Command::Decide { verdict: Verdict::Link, pairing, reason: None };
            transaction.execute::<Decision>(&format!("decision-{record}"), link).await?;
        }
        Ok(())
    }

    /// Two customers are one.
    ///
    /// # Errors
    /// When one of them is not there, both are one already, or older decisions say otherwise.
    pub async fn merge(&self, context: &Context, id: RecordId, with: RecordId, say: &Say) -> Result<Done, Error> {
        self.commands
            .run(context, async |transaction: &mut Transaction| {
                let (one, other) = (self.members(id).await?, self.members(with).await?);
                let (Some(first), Some(second)) = (one.first(), other.first()) else {
                    return Err(Refusal::NotFound("no such customer").into());
                };
                if first.customer == second.customer {
                    return Err(Refusal::rule("same-customer", "both ids lead to the same customer already").into());
                }
                let founder = if first.first_position < second.first_position { first } else { second };
                let pairing = Pairing { records: ids(&other), from: ids(&one) };
                let decision = self.decide(transaction, Verdict::Link, pairing, say).await?;
                Ok((200, json!({"customer_id": founder.customer, "decision_id": decision})))
            })
            .await
    }

    /// Some records of a customer are another customer.
    ///
    /// # Errors
    /// When the records are not all the customer's, nothing would remain on one side, or older decisions say otherwise.
    pub async fn split(&self, context: &Context, id: RecordId, away: &[RecordId], say: &Say) -> Result<Done, Error> {
        self.commands
            .run(context, async |transaction: &mut Transaction| {
                let members = self.members(id).await?;
                if let Some(stranger) = away.iter().position(|record| !members.iter().any(|row| row.record == *record))
                {
                    let problem = kulta_events::Problem::new(
                        "not-a-member",
                        format!("/records/{stranger}"),
                        "this record does not belong to the customer",
                    );
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
            })
            .await
    }

    /// Takes a decision back.
    ///
    /// # Errors
    /// When there is no such decision, or it was withdrawn already.
    pub async fn withdraw(&self, context: &Context, decision: Uuid, reason: Option<String>) -> Result<Done, Error> {
        self.commands
            .run(context, async |transaction: &mut Transaction| {
                let command = decision::Command::Withdraw { decision, reason: reason.clone() };
                transaction.execute::<Decision>(&format!("decision-{decision}"), command).await?;
                Ok((200, json!({"decision_id": decision})))
            })
            .await
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
        let decision = transaction.id(&self.commands.vault);
        let command = decision::Command::Decide { verdict, pairing, reason: say.reason.clone() };
        transaction.execute::<Decision>(&format!("decision-{decision}"), command).await?;
        Ok(decision)
    }

    /// The records of the customer that holds a record, by first position, after the projections have caught up.
    async fn members(&self, id: RecordId) -> Result<Vec<RecordRow>, Error> {
        self.reads.caught_up().await.map_err(unreadable)?;
        match self.reads.holder(id).await.map_err(unreadable)? {
            Found::Here(members) => Ok(members),
            Found::Moved(customer) => match self.reads.holder(customer.into()).await.map_err(unreadable)? {
                Found::Here(members) => Ok(members),
                _ => Err(Error::Contended),
            },
            Found::Unknown => Err(Refusal::NotFound("no such customer").into()),
        }
    }

    async fn unchanged(&self, id: RecordId, expected: u64) -> Result<(), Error> {
        match self.reads.customer(id, crate::reads::At::default()).await.map_err(unreadable)? {
            Found::Here(view) if view.position == expected => Ok(()),
            Found::Here(view) => Err(Refusal::Changed { position: view.position }.into()),
            // The id was merged away: what the caller read is no more.
            Found::Moved(_) | Found::Unknown => {
                Err(Refusal::Changed { position: self.reads.projections.position() }.into())
            }
        }
    }
}

fn ids(members: &[RecordRow]) -> Vec<RecordId> {
    members.iter().map(|row| row.record).collect()
}

/// The customer id that some of these records have by themselves.
fn founder(members: &[RecordRow], some: &[RecordId]) -> Option<CustomerId> {
    let own = members.iter().filter(|row| some.contains(&row.record));
    own.min_by_key(|row| row.first_position).map(|row| row.record.into())
}

fn unreadable(error: crate::reads::Error) -> Error {
    match error {
        crate::reads::Error::Store(error) => Error::Store(error),
        crate::reads::Error::Privacy(error) => Error::Privacy(error),
        crate::reads::Error::NotYet { .. } => Error::Contended,
        other => Error::Unreadable(Box::new(other)),
    }
}
