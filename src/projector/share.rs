//! A rebuild, or a live step, that several nodes share: what each of them does with the shares that it takes.
//!
//! The node that projects begins it. The others that may project ask, while they stand by, whether there is
//! something to be shared, and do what they take: they fold records, later they make customers. A node that is not heard
//! of loses its shares to the others, and what it had made of them is never seen.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use kulta_projections::rows::PolicyRow;
use kulta_projections::whole::{Central, SHARES, Whole};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::advance::customers_of;
use super::live::{Projector, STAND_BY, State};
use super::rebuild::{CHUNK, Own, Progress, Step, fold};
use super::{Error, Source};
use crate::store::sharing::{Held, Plan, Sharing, Stage};
use crate::store::views::Generations;
use crate::store::{self, Select};

/// How often a node tells that it goes on, and how long that may take: after five seconds of silence, others take over.
const BEAT: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(5);
/// Shares that a node writes at the same time.
const AT_ONCE: usize = 4;
/// Records whose rows are made at a time.
const ROWS: usize = 5_000;
/// After a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// A node at work on a shared rebuild or step.
#[derive(Clone, Copy)]
pub(super) struct Hand<'a> {
    pub source: &'a Source,
    pub generations: &'a Arc<dyn Generations>,
    pub sharing: &'a dyn Sharing,
    pub plan: Plan,
    /// Told to whoever looks at the shares.
    pub holder: &'a str,
    /// How many nodes share.
    pub nodes: usize,
    pub progress: Progress<'a>,
}

impl Hand<'_> {
    /// Takes shares of a stage. For each pass over records the log is read, so a node takes its part of them at once;
    /// customers are read by themselves.
    pub(super) async fn take(&self, stage: Stage) -> Result<Vec<Held>, Error> {
        let at_most = match stage {
            Stage::Records => usize::from(SHARES).div_ceil(self.nodes.max(1)),
            Stage::Customers => AT_ONCE,
        };
        Ok(self.sharing.take(self.plan, stage, self.holder, at_most).await?)
    }

    /// Does what is to be done with shares; with `beside`, what is about no record is folded along, and comes back. Ends
    /// early when all of them were lost.
    pub(super) async fn work(&self, stage: Stage, held: &[Held], beside: bool) -> Result<Option<Central>, Error> {
        let mut work = pin!(async {
            match (stage, self.plan.from) {
                (Stage::Records, None) => self.fold(held, beside).await.map(Some),
                (Stage::Records, Some(from)) => self.fold_span(held, from).await.map(|()| None),
                (Stage::Customers, _) => self.make(held).await.map(|()| None),
            }
        });
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = sleep(BEAT) => {}
            }
            let keeping = timeout(ANSWER, self.sharing.keep(self.plan, held)).await;
            let kept = keeping.unwrap_or(Err(store::Error::Busy))?;
            if kept == 0 && !held.is_empty() {
                tracing::warn!("the shares that this node had are others' now");
                return Ok(None);
            }
        }
    }

    /// Folds the records of these shares and writes them.
    async fn fold(&self, held: &[Held], beside: bool) -> Result<Central, Error> {
        let shares = held.iter().map(|held| held.share).collect();
        let own = Own { select: Select::Shares { shares, beside }, shares };
        let whole = fold(self.source, self.plan.until, own, self.progress).await?;
        let (central, shards) = whole.into_parts();
        let whole = Arc::new(Whole::from_parts(Central::default(), shards));
        let source = self.source.clone();
        self.each(held, move |task| {
            let (whole, source) = (whole.clone(), source.clone());
            async move { task.records(&whole, &source).await }
        })
        .await?;
        Ok(central)
    }

    /// Makes the customers of these shares and writes them.
    async fn make(&self, held: &[Held]) -> Result<(), Error> {
        let policy = self.sharing.generation(self.plan).policy().await?.unwrap_or_else(PolicyRow::built_in);
        let policy = Arc::new(policy);
        self.each(held, move |task| {
            let policy = policy.clone();
            async move {
                match task.plan.from {
                    None => task.customers(&policy).await,
                    Some(from) => task.touched(&policy, from).await,
                }
            }
        })
        .await
    }

    /// Does something for each share, some at the same time. Those that another node has taken meanwhile are left to it.
    pub(super) async fn each<W, F>(&self, held: &[Held], work: W) -> Result<(), Error>
    where
        W: Fn(Task) -> F,
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let room = Arc::new(Semaphore::new(AT_ONCE.min(crate::threads())));
        let mut tasks = JoinSet::new();
        for held in held {
            let task = Task { generations: self.generations.clone(), plan: self.plan, held: *held };
            let (room, work) = (room.clone(), work(task));
            tasks.spawn(async move {
                let _place = room.acquire_owned().await;
                work.await
            });
        }
        while let Some(done) = tasks.join_next().await {
            match done.map_err(|_| Error::NoProgress)? {
                Err(Error::Store(store::Error::Fenced)) => tracing::warn!("a share is another node's now"),
                done => done?,
            }
        }
        Ok(())
    }
}

/// One share at work.
pub(super) struct Task {
    generations: Arc<dyn Generations>,
    pub plan: Plan,
    pub held: Held,
}

impl Task {
    pub fn sharing(&self) -> Result<&dyn Sharing, Error> {
        self.generations.sharing().ok_or(Error::NoProgress)
    }

    async fn records(&self, whole: &Whole, source: &Source) -> Result<(), Error> {
        let share = self.held.share;
        let records = whole.records_of(share);
        let mut filling = self.sharing()?.fill(self.plan, self.held).await?;
        for some in records.chunks(ROWS) {
            let mut named = source.vault.subjects(some).await?;
            let mut row = |id| whole.row(id, named.remove(&id).and_then(|named| named.subject));
            let rows: Vec<_> = tokio::task::block_in_place(|| some.iter().filter_map(|id| row(*id)).collect());
            filling.records(&rows).await?;
        }
        let unknown: Vec<_> = whole.unknown_of(share).rows().collect();
        Ok(filling.done(records.len() as u64, &unknown).await?)
    }

    async fn customers(&self, policy: &PolicyRow) -> Result<(), Error> {
        let sharing = self.sharing()?;
        let mut filling = sharing.fill(self.plan, self.held).await?;
        let mut made = 0;
        let mut last = None;
        loop {
            let records = sharing.customers_page(self.plan, self.held.share, last.as_ref(), CHUNK).await?;
            if records.is_empty() {
                return Ok(filling.done(made, &[]).await?);
            }
            let customers = tokio::task::block_in_place(|| customers_of(&records, policy));
            made += customers.len() as u64;
            filling.customers(&records, &customers).await?;
            last = records.into_iter().next_back();
        }
    }
}

impl Projector {
    /// Takes part in the rebuilds and steps of the node that projects, while this one stands by, until told to stop.
    pub async fn help(&self, mut stop: watch::Receiver<bool>) {
        let Some(sharing) = self.generations.sharing().filter(|_| !self.stands_by()) else { return };
        while !*stop.borrow() {
            let done = tokio::select! {
                done = self.help_once(sharing) => done,
                // What was begun is another node's in a moment.
                _ = stop.wait_for(|stop| *stop) => break,
            };
            let pause = match done {
                Ok(true) => Duration::ZERO,
                Ok(false) => STAND_BY,
                Err(error) => {
                    // Its share is taken by another node, and what is shared goes on.
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(%error, cause, "a share was not done");
                    PAUSE
                }
            };
            let _ = timeout(pause, stop.wait_for(|stop| *stop)).await;
        }
        sharing.leave().await;
    }

    /// Takes some shares, if there are any, and does them; whether there were.
    async fn help_once(&self, sharing: &dyn Sharing) -> Result<bool, Error> {
        let alone = self.rebuilding.try_lock();
        if alone.is_err() || self.state() != State::StandingBy {
            sharing.leave().await;
            return Ok(false);
        }
        let asked = timeout(ANSWER, sharing.attend()).await;
        let (plan, stage) = match asked.unwrap_or(Err(store::Error::Busy)) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(false),
            Err(error) => {
                // That the database is away is said by whoever has work to do.
                tracing::debug!(%error, "nothing is known of what there is to take part in");
                return Ok(false);
            }
        };
        let nodes = sharing.others().await? + 2;
        let (source, generations, holder) = (&self.source, &self.generations, self.holder.as_str());
        let hand = Hand { source, generations, sharing, plan, holder, nodes, progress: &|_: Step| () };
        let held = hand.take(stage).await?;
        if held.is_empty() {
            return Ok(false);
        }
        let what = if plan.from.is_some() { "step" } else { "rebuild" };
        tracing::info!(
            generation = plan.generation,
            until = plan.until,
            shares = held.len(),
            ?stage,
            "takes part in a {what}"
        );
        hand.work(stage, &held, false).await?;
        if plan.from.is_some() {
            self.steps.helped(held.len());
        }
        Ok(true)
    }
}
