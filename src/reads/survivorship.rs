//! What another survivorship policy would change, by all customers as they are.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kulta_events::CustomerId;
use kulta_events::payload::SurvivorshipPolicy;
use kulta_projections::golden::Member;
use kulta_projections::golden::whatif::{WhatIf, differences};
use kulta_projections::rows::RecordRow;
use tokio::time::Instant;

use super::{Error, Reads};

/// Customers whose records are read at a time.
const PAGE: usize = 1_000;

/// What a policy would change, and how far the projections were when it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// The position.
    pub position: u64,
    /// The counts.
    pub found: WhatIf,
}

impl Reads {
    /// What another survivorship policy would change. Every customer is looked at; no golden record is written.
    ///
    /// # Errors
    /// [`Error::TooLong`] when that takes longer than `within`, or when the store fails.
    pub async fn preview_survivorship(&self, policy: SurvivorshipPolicy, within: Duration) -> Result<Preview, Error> {
        let until = Instant::now() + within;
        let looking = tokio::time::timeout_at(until, self.look_at_all(policy, until)).await;
        looking.unwrap_or(Ok(None))?.ok_or(Error::TooLong { seconds: within.as_secs() })
    }

    /// Nothing when it is late before all are looked at: a time-out alone speaks only when something waits.
    async fn look_at_all(&self, policy: SurvivorshipPolicy, until: Instant) -> Result<Option<Preview>, Error> {
        // In this order: another generation that takes the place of this one meanwhile is not behind the position.
        let position = self.projections.position();
        let live = self.projections.live();
        let policies = Arc::new((self.policy().await?.policy, policy));
        let mut customers: Vec<CustomerId> =
            live.crosswalk().await?.records.into_iter().map(|(_, customer)| customer).collect();
        customers.sort_unstable();
        customers.dedup();
        let mut found = WhatIf::default();
        for some in customers.chunks(PAGE) {
            if Instant::now() >= until {
                return Ok(None);
            }
            let rows = live.members_of(some).await?;
            let policies = policies.clone();
            let counting = tokio::task::spawn_blocking(move || {
                count(&mut found, &rows, &policies);
                found
            });
            found = counting.await.map_err(|_| crate::projector::Error::NoProgress)?;
        }
        Ok(Some(Preview { position, found }))
    }
}

/// Counts the customers of these records, by id.
fn count(found: &mut WhatIf, rows: &[RecordRow], (before, after): &(SurvivorshipPolicy, SurvivorshipPolicy)) {
    let mut customers: BTreeMap<CustomerId, Vec<Member<'_>>> = BTreeMap::new();
    for row in rows {
        customers.entry(row.customer).or_default().push(row.member());
    }
    for (customer, members) in customers {
        found.count(customer, differences(&members, before, after));
    }
}
