//! The golden record of a customer, now or at a point on both time axes.

use std::sync::Arc;

use kulta_events::{CustomerId, RecordId};
use kulta_projections::as_of::{Named, golden_at};
use kulta_projections::golden::wire;
use kulta_projections::rows::{PolicyRow, RecordRow};

use super::{At, Error, Found, Reads, holder_in};
use crate::store::views::Generation;

/// A customer as it is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Its id.
    pub customer: CustomerId,
    /// The position that shaped it; at an earlier `known_at` the last position known then.
    pub position: u64,
    /// The answer, JSON.
    pub json: String,
}

/// A customer's records at some `known_at`, with the log's position then.
#[derive(Clone, Debug)]
pub struct Members {
    /// The founding record's id.
    pub customer: CustomerId,
    /// The records, the founder first.
    pub rows: Vec<RecordRow>,
    /// The last position that counts; `None`: all that the projections have seen.
    pub cut: Option<u64>,
}

impl Reads {
    /// The survivorship policy as of a `known_at`; now: the one in force.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn policy_known(&self, at: At) -> Result<PolicyRow, Error> {
        let cut = match at.known_at {
            Some(known_at) => Some(self.source.log.position_at(known_at).await?),
            None => None,
        };
        self.policy_until(cut).await
    }

    /// The survivorship policy as far as was known at a position; `None`: the one in force.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn policy_until(&self, cut: Option<u64>) -> Result<PolicyRow, Error> {
        policy_at(&self.projections.live(), cut).await
    }

    /// A customer by any record id.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn customer(&self, id: RecordId, at: At) -> Result<Found<View>, Error> {
        if !at.is_now() {
            return self.customer_at(id, at).await;
        }
        let live = self.projections.live();
        if let Some(stored) = live.customer(id.into()).await? {
            let json = wire(stored.customer, stored.position, &stored.golden);
            return Ok(Found::Here(View { customer: stored.customer, position: stored.position, json }));
        }
        Ok(match live.record(id).await? {
            Some(row) => Found::Moved(row.customer),
            None => Found::Unknown,
        })
    }

    async fn customer_at(&self, id: RecordId, at: At) -> Result<Found<View>, Error> {
        let members = match self.members_at(id, at).await? {
            Found::Here(members) => members,
            Found::Moved(customer) => return Ok(Found::Moved(customer)),
            Found::Unknown => return Ok(Found::Unknown),
        };
        let live = self.projections.live();
        let until = members.cut.unwrap_or_else(|| self.projections.position());
        let policy = policy_at(&live, members.cut).await?;
        let ids: Vec<_> = members.rows.iter().map(|row| row.record).collect();
        let events = self.source.customer_events(&ids, until, true).await?;
        let named: Vec<_> = members
            .rows
            .iter()
            .map(|row| Named { record: row.record, source: row.source.clone(), subject: row.subject.clone() })
            .collect();
        let (golden, _) = golden_at(&named, &events, at.as_of, &policy.policy);
        let shaped = members.rows.iter().map(|row| row.shaped_at.min(until)).max().unwrap_or(0);
        let position = shaped.max(policy.position);
        let json = golden.to_wire(members.customer, position).map_err(|error| {
            crate::store::Error::Inconsistent(format!("a golden record cannot be written: {error}"))
        })?;
        Ok(Found::Here(View { customer: members.customer, position, json }))
    }

    /// Who belonged to a customer, as far as was known at `known_at`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn members_at(&self, id: RecordId, at: At) -> Result<Found<Members>, Error> {
        let live = self.projections.live();
        let Some(known_at) = at.known_at else {
            return Ok(match holder_in(&live, id).await? {
                Found::Here(rows) => Found::Here(Members { customer: id.into(), rows, cut: None }),
                Found::Moved(customer) => Found::Moved(customer),
                Found::Unknown => Found::Unknown,
            });
        };
        let cut = self.source.log.position_at(known_at).await?;
        self.after(cut).await?;
        let rows = self.customer_then(id, cut).await?;
        let Some(customer) = rows.first().map(|row| CustomerId::from(row.record)) else { return Ok(Found::Unknown) };
        if customer != id.into() {
            return Ok(Found::Moved(customer));
        }
        Ok(Found::Here(Members { customer, rows, cut: Some(cut) }))
    }
}

async fn policy_at(live: &Arc<dyn Generation>, cut: Option<u64>) -> Result<PolicyRow, Error> {
    let known = live.policies().await?.into_iter().filter(|policy| cut.is_none_or(|cut| policy.position <= cut));
    Ok(known.max_by(|a, b| a.order.cmp(&b.order)).unwrap_or_else(PolicyRow::built_in))
}
