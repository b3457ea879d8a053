//! The golden record of a customer, now or at a point on both time axes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use kulta_events::{CustomerId, RecordId};
use kulta_projections::as_of::{Named, golden_at};
use kulta_projections::crosswalk::{Decision, clusters};
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
        let events = self.source.customer_events(&ids, until).await?;
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
        let (records, decisions) = connected(&live, id, cut).await?;
        let places: Vec<_> = records.values().map(|row| (row.record, row.first_position)).collect();
        let found = clusters(&places, &decisions).into_iter().find(|cluster| cluster.members.contains(&id));
        let Some(cluster) = found else { return Ok(Found::Unknown) };
        if cluster.customer() != id.into() {
            return Ok(Found::Moved(cluster.customer()));
        }
        let rows = cluster.members.iter().filter_map(|member| records.get(member).cloned()).collect();
        Ok(Found::Here(Members { customer: cluster.customer(), rows, cut: Some(cut) }))
    }
}

/// All records that some decision, however it ended, connects with this one, and these decisions, as of a position.
async fn connected(
    live: &Arc<dyn Generation>,
    id: RecordId,
    cut: u64,
) -> Result<(BTreeMap<RecordId, RecordRow>, Vec<Decision>), Error> {
    let mut records = BTreeMap::new();
    let mut decisions = BTreeMap::new();
    let mut seen = BTreeSet::from([id]);
    let mut ask = vec![id];
    while !ask.is_empty() {
        for record in &ask {
            if let Some(row) = live.record(*record).await?.filter(|row| row.first_position <= cut) {
                records.insert(*record, row);
            }
        }
        let found = live.decisions_of(&ask).await?;
        ask.clear();
        for decision in found {
            ask.extend(decision.named().filter(|record| seen.insert(*record)));
            decisions.insert(decision.id, known_by(decision, cut));
        }
    }
    Ok((records, decisions.into_values().collect()))
}

/// What was known of a decision at a position.
fn known_by(mut decision: Decision, cut: u64) -> Decision {
    decision.made = decision.made.filter(|made| made.position <= cut);
    decision.withdrawn = decision.withdrawn.filter(|withdrawn| withdrawn.position <= cut);
    decision
}

async fn policy_at(live: &Arc<dyn Generation>, cut: Option<u64>) -> Result<PolicyRow, Error> {
    let known = live.policies().await?.into_iter().filter(|policy| cut.is_none_or(|cut| policy.position <= cut));
    Ok(known.max_by(|a, b| a.order.cmp(&b.order)).unwrap_or_else(PolicyRow::built_in))
}
