//! What people say of customers' relations.

use kulta_events::{Json, Problem, RecordId};
use kulta_projections::relations::{Direction, Relation};
use serde_json::{Value, json};

use super::customer::{Customers, unreadable};
use super::person_record::Command;
use super::transaction::Transaction;
use super::{Error, Refusal};
use crate::reads::Found;

/// What a person says of the relation of one customer to another.
#[derive(Clone, Debug)]
pub struct Relating {
    /// Any record id of the one that is the contact, the subsidiary.
    pub id: RecordId,
    /// The position that the caller read: refused when the customer changed since.
    pub if_match: Option<u64>,
    /// Any record id of the other.
    pub to: RecordId,
    /// The relation's name and what is said of it, without the other.
    pub data: Json,
}

impl Customers {
    /// The word goes to the person's record of the one, and names the very record of the other that was given: on a split
    /// of the other the relation stays with that record.
    pub(super) async fn relate(
        &self,
        transaction: &mut Transaction,
        relating: &Relating,
    ) -> Result<(i16, Value), Error> {
        let founder = self.founder_to_change(relating.id, relating.if_match).await?;
        let other = match self.members(relating.to).await {
            Ok(members) => members.first().map(|row| row.customer),
            Err(Error::Refused(Refusal::NotFound(_))) => None,
            Err(error) => return Err(error),
        };
        let Some(other) = other else {
            return Err(Refusal::Invalid(vec![Problem::new("unknown", "/to", "there is no such customer")]).into());
        };
        if other == founder.customer {
            return Err(Refusal::rule("same-customer", "a customer stands in no relation to itself").into());
        }
        let command = Command::Relate { to: relating.to, data: relating.data.clone() };
        self.edit(transaction, &founder, command).await?;
        Ok((200, json!({"customer_id": founder.customer, "to_customer_id": other})))
    }

    /// Ends what any record of the one says of the relation, whichever record of the other it names.
    pub(super) async fn unrelate(
        &self,
        transaction: &mut Transaction,
        relating: &Relating,
    ) -> Result<(i16, Value), Error> {
        let founder = self.founder_to_change(relating.id, relating.if_match).await?;
        self.reads.caught_up().await.map_err(unreadable)?;
        let Found::Here(known) = self.reads.relations(founder.customer.into(), None).await.map_err(unreadable)? else {
            return Err(Error::Contended);
        };
        let name = relating.data.get("relation").and_then(Json::as_str).unwrap_or_default();
        let other = self.reads.projections.live().records(&[relating.to]).await?.pop().map(|row| row.customer);
        let meant = known.items.iter().filter(|relation| {
            let is_to = other.is_some() && relation.other == other || relation.other_record == relating.to;
            relation.direction == Direction::Outgoing && relation.relation == name && is_to
        });
        let standing: Vec<_> = meant.flat_map(Relation::newest).filter(|claim| !claim.ended).collect();
        standing.iter().for_each(|claim| transaction.follow(claim.since.time));
        let to: Vec<_> = standing.into_iter().map(|claim| claim.to).collect();
        if to.is_empty() {
            return Err(Refusal::NotFound("there is no such relation").into());
        }
        let command = Command::Unrelate { to, data: relating.data.clone() };
        self.edit(transaction, &founder, command).await?;
        Ok((200, json!({"customer_id": founder.customer, "to_customer_id": other})))
    }
}
