//! A rebuild that several nodes share: what the one does that builds the generation.
//!
//! It takes shares as the others do. What is single is its own: who is who, over the records of all.

use std::sync::Arc;
use std::time::Duration;

use kulta_events::{CustomerId, RecordId};
use kulta_projections::identity::live::Resolver;
use kulta_projections::identity::policy::MatchPolicy;
use kulta_projections::identity::prepared::Prepared;
use kulta_projections::rows::MatchPolicyRow;
use kulta_projections::whole::{Assigned, Central, SHARES, assign};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Error;
use super::identities::{Resident, Seen};
use super::live::Projector;
use super::load::prepare;
use super::rebuild::{Progress, Step};
use super::share::Hand;
use crate::store;
use crate::store::sharing::{Plan, Sharing, Stage};
use crate::store::views::{Bulk, Generations};

/// Records read at a time.
pub(super) const PAGE: usize = 5_000;
/// How often it looks whether the others are done.
const LOOK: Duration = Duration::from_millis(50);

impl Projector {
    /// A hand in a rebuild that is shared, if other nodes are ready for one.
    pub(super) async fn with_others<'a>(
        &'a self,
        plan: Plan,
        progress: Progress<'a>,
    ) -> Result<Option<Hand<'a>>, Error> {
        let Some(sharing) = self.generations.sharing() else { return Ok(None) };
        // It may have stood by a moment ago.
        sharing.leave().await;
        let nodes = sharing.others().await? + 1;
        if nodes == 1 {
            sharing.leave().await;
            return Ok(None);
        }
        tracing::info!(nodes, generation = plan.generation, "a rebuild is shared");
        let (source, generations, holder) = (&self.source, &self.generations, self.holder.as_str());
        Ok(Some(Hand { source, generations, sharing, plan, holder, nodes, progress }))
    }
}

impl Hand<'_> {
    /// Makes all rows with the others; how many customers there are, and the records as matching holds them.
    pub(super) async fn make_all(self) -> Result<(u64, Resident), Error> {
        let made = self.build().await;
        if made.is_err()
            && let Err(error) = self.sharing.give_up(self.plan).await
        {
            // Another node projects, most often, and has removed it.
            tracing::debug!(%error, "a shared rebuild that failed could not be given up");
        }
        made
    }

    async fn build(self) -> Result<(u64, Resident), Error> {
        let Self { sharing, plan, .. } = self;
        sharing.begin(plan).await?;
        let mut central = None;
        let records = self.whole_stage(Stage::Records, &mut central).await?;
        let central = central.ok_or(Error::NoProgress)?;
        sharing.gathered(plan).await?;
        let policy = self.fill_central(&central).await?;
        let (resolver, seen, assigned) = self.identify(&central, &policy).await?;
        check(records, seen.places.len(), "records")?;
        let founders = seen.places.len() - others(&assigned);
        sharing.assigned(plan, &assigned).await?;
        let customers = self.whole_stage(Stage::Customers, &mut Some(central)).await?;
        check(customers, founders, "customers")?;
        sharing.end(plan).await?;
        Ok((customers, Resident::new(resolver, seen, policy, plan.generation, plan.until)))
    }

    /// Does shares of a stage until all are done, by whichever node; how many rows there are. `central` is folded along
    /// while it is not there.
    pub(super) async fn whole_stage(&self, stage: Stage, central: &mut Option<Central>) -> Result<u64, Error> {
        loop {
            let held = self.take(stage).await?;
            if !held.is_empty() || central.is_none() {
                let found = self.work(stage, &held, central.is_none()).await?;
                *central = central.take().or(found);
                continue;
            }
            let standing = self.sharing.standing(self.plan, stage).await?;
            if stage == Stage::Customers {
                let of = u64::from(SHARES);
                (self.progress)(Step::Sharing(of.saturating_sub(standing.open), of));
            }
            if standing.open == 0 {
                return Ok(standing.rows);
            }
            sleep(LOOK).await;
        }
    }

    /// Writes what is about no record; the match policy in force.
    async fn fill_central(&self, central: &Central) -> Result<MatchPolicyRow, Error> {
        let few = Bulk {
            decisions: central.decisions().cloned().collect(),
            policies: central.policies().to_vec(),
            match_policies: central.match_policies().to_vec(),
            unknown: central.unknown().rows().collect(),
            ..Bulk::default()
        };
        let generation = self.sharing.generation(self.plan);
        generation.fill(few).await?;
        Ok(generation.match_policy().await?)
    }

    /// Reads something of all shares, several at the same time.
    pub(super) async fn read_all<T, R>(&self, read: impl Fn(Arc<dyn Generations>, u8) -> R) -> Result<Vec<T>, Error>
    where
        T: Send + 'static,
        R: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let room = Arc::new(Semaphore::new(crate::threads()));
        let mut shares = JoinSet::new();
        for share in 0..SHARES {
            let (room, reading) = (room.clone(), read(self.generations.clone(), share));
            shares.spawn(async move {
                let _place = room.acquire_owned().await;
                reading.await
            });
        }
        let mut all = Vec::new();
        while let Some(read) = shares.join_next().await {
            all.push(read.map_err(|_| Error::NoProgress)??);
        }
        Ok(all)
    }

    /// Reads the records of all shares, normalised.
    async fn read(&self, policy: &Arc<MatchPolicy>) -> Result<Normalised, Error> {
        let plan = self.plan;
        let read = |generations: Arc<dyn Generations>, share| {
            let policy = policy.clone();
            async move { read_share(generations.sharing().ok_or(Error::NoProgress)?, plan, share, &policy).await }
        };
        let mut all = Normalised::default();
        for (records, seen) in self.read_all(read).await? {
            all.0.extend(records);
            all.1.sources.extend(seen.sources);
            all.1.places.extend(seen.places);
        }
        Ok(all)
    }

    /// Finds who is who.
    async fn identify(
        &self,
        central: &Central,
        policy: &MatchPolicyRow,
    ) -> Result<(Resolver, Seen, Vec<Assigned>), Error> {
        let (records, mut seen) = self.read(&policy.policy).await?;
        let decisions: Vec<_> = central.decisions().cloned().collect();
        let policy = policy.policy.clone();
        let finding = tokio::task::spawn_blocking(move || {
            let mut resolver = Resolver::new((*policy).clone());
            resolver.load(records, decisions.clone(), crate::threads());
            let clusters = resolver.clusters_changed().clusters;
            let assigned = assign(clusters, &decisions, |record| seen.places.get(&record).copied());
            for of in &assigned {
                if let Some(place) = seen.places.get_mut(&of.record) {
                    place.1 = of.shaped_at;
                }
            }
            (resolver, seen, assigned)
        });
        finding.await.map_err(|_| Error::NoProgress)
    }
}

/// Records as matching takes them, and what else is kept of them.
type Normalised = (Vec<(RecordId, Prepared)>, Seen);

async fn read_share(sharing: &dyn Sharing, plan: Plan, share: u8, policy: &MatchPolicy) -> Result<Normalised, Error> {
    let (mut records, mut seen) = Normalised::default();
    let mut last = None;
    loop {
        let rows = sharing.records_page(plan, share, last.as_ref(), PAGE).await?;
        seen.see(&rows);
        tokio::task::block_in_place(|| records.extend(rows.iter().map(|row| (row.record, prepare(row, policy)))));
        last = rows.into_iter().next_back();
        if last.is_none() {
            return Ok((records, seen));
        }
    }
}

/// Records that did not found their customers.
fn others(assigned: &[Assigned]) -> usize {
    assigned.iter().filter(|of| of.customer != CustomerId::from(of.record)).count()
}

/// What is shared is lost when the server crashes, and a rebuild that may miss some of it is given up.
pub(super) fn check(written: u64, expected: usize, what: &str) -> Result<(), Error> {
    if written == expected as u64 {
        return Ok(());
    }
    let text = format!("{written} {what} were written by the nodes that share a rebuild, there are {expected}");
    Err(store::Error::Inconsistent(text).into())
}
