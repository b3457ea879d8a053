//! Follows the customers that change.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use kulta_events::{CustomerId, Instant, RecordId, Recorded};
use kulta_projections::crosswalk::Decision;
use kulta_projections::golden::RecordRef;
use kulta_projections::propagation::changes::Shaped;
use kulta_projections::propagation::index::{Index, Scope, Tracked};
use serde::Deserialize;
use tokio::sync::watch;
use uuid::Uuid;

use super::{Made, Propagation};
use crate::projector::live::State as Doing;
use crate::reads::Error;
use crate::store::views::{Generation, StoredCustomer};

/// Customers whose events are read together.
const TOGETHER: usize = 500;
/// The rest after a look, during which changes gather, unless a reader waits.
const REST: Duration = Duration::from_millis(100);
/// How soon it is looked again while a reader waits.
const SOON: Duration = Duration::from_millis(20);
/// How often it is looked without news: subscribers may have come.
const LOOK: Duration = Duration::from_millis(500);

/// The records of a stored golden record.
#[derive(Deserialize)]
struct Records {
    records: Vec<RecordRef>,
}

/// What was told of some records.
#[derive(Default)]
struct Told {
    events: HashMap<RecordId, Vec<Recorded>>,
    decisions: HashMap<RecordId, Vec<Decision>>,
}

impl Told {
    /// What was told of one customer's records, each decision once.
    fn take(&mut self, records: &[RecordId]) -> (Vec<Recorded>, Vec<Decision>) {
        let events = records.iter().filter_map(|record| self.events.remove(record)).flatten().collect();
        let mut decisions: Vec<Decision> =
            records.iter().filter_map(|record| self.decisions.get(record)).flatten().cloned().collect();
        decisions.sort_by_key(|decision| decision.id);
        decisions.dedup_by_key(|decision| decision.id);
        (events, decisions)
    }
}

impl Propagation {
    /// Follows until told to stop.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut wanted = self.followed.wanted();
        while !*stop.borrow() {
            let position = self.reads.projections.position();
            let turned = self.turn().await;
            self.pulse.turned(&turned);
            if let Err(error) = turned {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, cause, "who holds old data could not be looked after, trying again");
            }
            let news = async {
                let look = if *wanted.borrow_and_update() > self.position() { SOON } else { LOOK };
                let more = async {
                    tokio::select! {
                        _ = self.reads.projections.moved_from(position) => {}
                        _ = wanted.changed() => {}
                    }
                };
                drop(tokio::time::timeout(look, more).await);
                if *wanted.borrow() <= self.position() {
                    drop(tokio::time::timeout(REST, wanted.changed()).await);
                }
            };
            tokio::select! {
                _ = stop.changed() => {}
                () = news => {}
            }
        }
        self.pulse.is(Doing::Stopped);
    }

    /// Takes in whoever changed since the last turn.
    async fn turn(&self) -> Result<(), Error> {
        // In this order: what the projections hold, the ledger knows too.
        let position = self.reads.projections.position();
        let heard = self.work.position().min(position);
        if self.work.ledger(|ledger| Scope::of(ledger).is_none()) {
            // Nobody follows: whoever looks after work need not hurry for that.
            *self.state.write().unwrap_or_else(PoisonError::into_inner) = Default::default();
            self.followed.advanced(heard.max(self.position()));
            return Ok(());
        }
        self.work.after(position).await?;
        let (scope, everything) = self.work.ledger(|ledger| (Scope::of(ledger), ledger.floor()));
        // The last one has gone meanwhile.
        let Some(scope) = scope else { return Ok(()) };
        let live = self.reads.projections.live();
        let generation = (live.number(), live.setbacks());
        let everything = everything.unwrap_or(0);
        let (known, pruned) = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            (state.made.clone(), state.pruned)
        };
        // Whoever comes, or comes back, may hold less than those did for whom customers were forgotten.
        let is_whole = |made: &Made| made.scope.covers(&scope) && pruned <= everything;
        let same = known.filter(|made| made.generation == generation && is_whole(made));
        let (is_new, mut made) = match same {
            Some(made) => (false, made),
            None => (true, Made { generation, after: (scope.floor, Uuid::max()), scope }),
        };
        // Readers see a new index when it is whole.
        let mut fresh = is_new.then(Index::default);
        loop {
            let page = live.customers_since(made.after, TOGETHER).await?;
            let Some(last) = page.last().map(|last| (last.position, last.customer.0)) else { break };
            let count = page.len();
            let tracked = self.tracked(&live, page, &made.scope, position).await?;
            made.after = last;
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            let index = fresh.as_mut().unwrap_or(&mut state.index);
            for (customer, tracked) in tracked {
                index.put(customer, tracked);
            }
            if fresh.is_none() {
                state.made = Some(made.clone());
            }
            if count < TOGETHER {
                break;
            }
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(fresh) = fresh {
            state.index = fresh;
            state.pruned = 0;
        }
        state.index.prune(everything);
        state.pruned = state.pruned.max(everything);
        state.made = Some(made);
        drop(state);
        self.followed.advanced(position);
        Ok(())
    }

    /// What is kept of some customers.
    async fn tracked(
        &self,
        live: &Arc<dyn Generation>,
        page: Vec<StoredCustomer>,
        scope: &Scope,
        position: u64,
    ) -> Result<Vec<(CustomerId, Tracked)>, Error> {
        // The generation may have gone on since the position was read.
        let until = page.iter().map(|found| found.position).fold(position, u64::max);
        let mut customers = Vec::with_capacity(page.len());
        for found in page {
            let records: Records = serde_json::from_str(&found.golden).map_err(|error| {
                crate::store::Error::Inconsistent(format!("a golden record cannot be read: {error}"))
            })?;
            let records: Vec<RecordId> = records.records.into_iter().map(|record| record.record).collect();
            customers.push((found.customer, found.position, records));
        }
        let all: Vec<RecordId> = customers.iter().flat_map(|(_, _, records)| records).copied().collect();
        let mut told = self.told(live, &all, until).await?;
        let policies: Vec<(u64, Instant)> =
            live.policies().await?.into_iter().map(|policy| (policy.position, policy.order.time)).collect();
        let mut tracked = Vec::with_capacity(customers.len());
        for (customer, position, records) in customers {
            let (events, decisions) = told.take(&records);
            let at = self.learned(&events, position).await?;
            let shaped = Shaped {
                customer,
                position: (position, at),
                records: &records,
                events: &events,
                decisions: &decisions,
                policies: &policies,
            };
            tracked.push((customer, Tracked::of(&shaped, scope)));
        }
        Ok(tracked)
    }

    /// What was told of some records.
    async fn told(&self, live: &Arc<dyn Generation>, records: &[RecordId], until: u64) -> Result<Told, Error> {
        let mut told = Told::default();
        for event in self.reads.source.customer_events(records, until, true).await? {
            if let Some(record) = event.record {
                told.events.entry(record).or_default().push(event);
            }
        }
        for decision in live.decisions_of(records).await? {
            for record in decision.named() {
                told.decisions.entry(record).or_default().push(decision.clone());
            }
        }
        Ok(told)
    }

    /// When the log learned of what stands at a position.
    async fn learned(&self, events: &[Recorded], position: u64) -> Result<Instant, Error> {
        if let Some(event) = events.iter().find(|event| event.position == position) {
            return Ok(event.recorded_at);
        }
        let found = self.reads.events_at(&[position]).await?;
        Ok(found.first().map(|event| event.recorded_at).unwrap_or_default())
    }
}
