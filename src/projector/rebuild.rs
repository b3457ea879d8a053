//! A new generation from the whole log, on all cores, while the live one goes on; swapped in at one position.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc as std_mpsc;
use std::time::Duration;

use kulta_events::Recorded;
use kulta_projections::whole::{Central, Finished, Part, Shard, Shares, Whole};
use serde::Serialize;
use tokio::sync::mpsc;

use super::advance::{BATCH, Target, advance, read};
use super::identities::{Identities, Resident, Seen};
use super::live::{Projector, STAND_BY};
use super::{Error, Source, is_read};
use crate::store::sharing::Plan;
use crate::store::views::{Bulk, Generation, Generations};
use crate::store::{Page, Select};

/// Events read from the log at a time.
const PAGE: usize = 10_000;
/// Pages that are opened at once, and that wait for the shards.
const AHEAD: usize = 4;
/// Customers whose rows are made and written at a time. On PostgreSQL each ends a COPY, which costs 40 ms (see
/// `store/postgres/write.rs`).
pub(super) const CHUNK: usize = 4_000;
/// How long other nodes may take to see that another generation is live.
const OTHERS_LOOK: Duration = STAND_BY.saturating_mul(4);
/// How long a read of this node may hold on to its generation.
const LONGEST_READ: Duration = Duration::from_secs(10);

/// What a rebuild did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// The number of the new live generation.
    pub generation: i64,
    /// Up to which position it is folded.
    pub position: u64,
    /// How many customers there are.
    pub customers: u64,
    /// How many nodes shared it when it began.
    pub nodes: usize,
}

/// How far a rebuild is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Events folded, of so many.
    Folding(u64, u64),
    /// Customers written, of so many.
    Writing(u64, u64),
    /// Shares of the customers written, of so many, by whichever node.
    Sharing(u64, u64),
    /// Following what came meanwhile, from this position.
    CatchingUp(u64),
}

/// Hears how far a rebuild is.
pub type Progress<'a> = &'a (dyn Fn(Step) + Send + Sync);

impl Projector {
    /// Rebuilds all projections beside the live ones and swaps them in. Appends and reads go on meanwhile. The generation
    /// that was live is removed later, as soon as nobody can be reading it: see [`Self::old_is_gone`].
    ///
    /// # Errors
    /// When the store fails, or another node projects; the live generation stays as it is then.
    pub async fn rebuild(&self, progress: Progress<'_>) -> Result<Rebuilt, Error> {
        // Whoever helps another node to rebuild does not hold up the answer that this one cannot.
        self.epoch().await?;
        let alone = self.rebuilding.clone().lock_owned().await;
        let epoch = self.epoch().await?;
        let generation = self.generations.build(epoch).await?;
        let plan = Plan { generation: generation.number(), epoch, from: None, until: self.source.head() };
        let until = plan.until;
        let hand = self.with_others(plan, progress).await?;
        let nodes = hand.map_or(1, |hand| hand.nodes);
        let (customers, resident) = match hand {
            Some(hand) => hand.make_all().await?,
            None => self.make_alone(&generation, until, progress).await?,
        };
        generation.filled(until).await?;
        let identities = Identities::default();
        identities.put(resident);
        let old = self.projections.live();
        let target = Target { generation: &generation, identities: &identities, epoch };
        let position = self.swap_in(target, until, progress).await?;
        let retired = retire(self.generations.clone(), old, generation.number(), epoch);
        tokio::spawn(async move {
            retired.await;
            drop(alone);
        });
        Ok(Rebuilt { generation: generation.number(), position, customers, nodes })
    }

    async fn epoch(&self) -> Result<i64, Error> {
        let mut turn = self.turn.lock().await;
        self.claimed(&mut turn).await?.ok_or(Error::OtherNode)
    }

    /// Makes all rows in memory, up to a position; how many customers there are, and the records as matching holds them.
    async fn make_alone(
        &self,
        generation: &Arc<dyn Generation>,
        until: u64,
        progress: Progress<'_>,
    ) -> Result<(u64, Resident), Error> {
        let whole = fold_log(&self.source, until, progress).await?;
        let finished = finish(&whole)?;
        let customers = fill(&self.source, generation, &finished, progress).await?;
        let policy = generation.match_policy().await?;
        let seen = Seen { sources: finished.sources(), places: finished.places().collect() };
        Ok((customers, Resident::new(finished.into_resolver(), seen, policy, generation.number(), until)))
    }

    /// Waits until no rebuild is going on and what the last one replaced is removed.
    pub async fn old_is_gone(&self) {
        let _none = self.rebuilding.lock().await;
    }

    /// Customers that changed by others' events stand where that happened, which is not in the log: they stay there, for
    /// those who follow changes by position. A position that lies beyond the generation is nobody's.
    async fn keep_positions(&self, target: Target<'_>, at: u64) -> Result<(), Error> {
        let new: HashMap<_, _> = target.generation.positions().await?.into_iter().collect();
        let mut raised = self.projections.live().positions().await?;
        raised.retain(|(id, position)| *position <= at && new.get(id).is_some_and(|new| new < position));
        if !raised.is_empty() {
            target.generation.raise(&raised).await?;
        }
        Ok(())
    }

    /// Follows the log until little is left.
    async fn catch_up(&self, target: Target<'_>, mut at: u64, progress: Progress<'_>) -> Result<u64, Error> {
        while self.projections.position().saturating_sub(at) > BATCH as u64 {
            progress(Step::CatchingUp(at));
            at = advance(&self.source, target, at, read(&self.source, at, None).await?).await?;
        }
        Ok(at)
    }

    /// Follows the log until little is left, then stops the live generation for the rest and takes its place.
    async fn swap_in(&self, target: Target<'_>, mut at: u64, progress: Progress<'_>) -> Result<u64, Error> {
        at = self.catch_up(target, at, progress).await?;
        if let Some(companion) = self.companion() {
            companion.make(target.generation, target.epoch).await;
            at = self.catch_up(target, at, progress).await?;
        }
        let mut turn = self.turn.lock().await;
        let live_at = self.projections.position();
        while at < live_at {
            at = advance(&self.source, target, at, read(&self.source, at, Some(live_at)).await?).await?;
        }
        self.keep_positions(target, at).await?;
        // When its answer is lost, the store says which generation is live.
        turn.in_doubt = true;
        self.generations.swap(target.generation, target.epoch).await?;
        turn.in_doubt = false;
        self.identities.take_over(target.identities);
        self.projections.replace(target.generation.clone(), at);
        Ok(at)
    }
}

/// Removes the generation that was live, after whoever reads it has ended.
async fn retire(generations: Arc<dyn Generations>, old: Arc<dyn Generation>, live: i64, epoch: i64) {
    if generations.are_shared() {
        tokio::time::sleep(OTHERS_LOOK).await;
    }
    let give_up = tokio::time::Instant::now() + LONGEST_READ;
    while Arc::strong_count(&old) > 1 && tokio::time::Instant::now() < give_up {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    if let Err(error) = generations.remove_others(&[live], epoch).await {
        // It harms nobody, and the next rebuild tries again.
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        tracing::warn!(%error, cause, "the projections before the rebuild could not be removed");
    }
}

/// Folds the log from its beginning up to a position, with the records spread over as many threads as there are cores.
///
/// # Errors
/// When the store fails.
pub async fn fold_log(source: &Source, until: u64, progress: Progress<'_>) -> Result<Whole, Error> {
    fold(source, until, Own { select: Select::All, shares: Shares::ALL }, progress).await
}

/// What a node folds of the log.
#[derive(Clone, Debug)]
pub(super) struct Own {
    /// What it reads.
    pub select: Select,
    /// The records that it folds.
    pub shares: Shares,
}

/// Folds what is selected of the log, up to a position.
///
/// # Errors
/// When the store fails.
pub(super) async fn fold(source: &Source, until: u64, own: Own, progress: Progress<'_>) -> Result<Whole, Error> {
    let threads = crate::threads();
    let (mut central, shards) = Whole::new(threads).into_parts();
    let (feeds, workers): (Vec<_>, Vec<_>) =
        shards.into_iter().enumerate().map(|(number, shard)| start_shard(number, threads, own.shares, shard)).unzip();
    feed(source, (own.select, until), &mut central, &feeds, progress).await?;
    drop(feeds);
    let joined = tokio::task::spawn_blocking(|| workers.into_iter().map(std::thread::JoinHandle::join).collect());
    let joined: Vec<std::thread::Result<Shard>> = joined.await.map_err(|_| Error::NoProgress)?;
    let shards = joined.into_iter().collect::<Result<Vec<_>, _>>().map_err(|_| Error::NoProgress)?;
    let mut whole = Whole::from_parts(central, shards);
    let late: Vec<_> = whole.late().into_iter().collect();
    for some in late.chunks(5_000) {
        for (record, state) in source.refold(some.to_vec(), until).await? {
            whole.set_state(record, &state);
        }
    }
    Ok(whole)
}

type Feed = std_mpsc::SyncSender<Arc<Vec<Recorded>>>;

fn start_shard(number: usize, shards: usize, own: Shares, mut shard: Shard) -> (Feed, std::thread::JoinHandle<Shard>) {
    let (feed, pages) = std_mpsc::sync_channel::<Arc<Vec<Recorded>>>(AHEAD);
    let worker = std::thread::spawn(move || {
        for page in pages {
            for event in page.iter().filter(|event| event.record.is_some_and(|record| own.have(record))) {
                if matches!(Part::of(event, shards), Part::Shard(of) | Part::Both(of) if of == number) {
                    shard.apply(event);
                }
            }
        }
        shard
    });
    (feed, worker)
}

type Opening = tokio::task::JoinHandle<Result<Vec<Recorded>, Error>>;

/// Reads the log page by page, behind a position up to another; each page is being opened while the next one is read.
pub(super) fn read_ahead(source: Source, select: Select, (from, until): (u64, u64)) -> mpsc::Receiver<Opening> {
    let (pages, opened) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let mut after = from;
        loop {
            let page = Page { until: Some(until), ..Page::forwards(select.clone(), after, PAGE) };
            let (read, next) = match source.log.read(&page).await {
                Ok(stored) => {
                    let next = stored.last().map(|event| event.position);
                    (Ok(stored), next)
                }
                Err(error) => (Err(Error::from(error)), None),
            };
            if read.as_ref().is_ok_and(Vec::is_empty) {
                return;
            }
            let (vault, vocabulary) = (source.vault.clone(), source.vocabulary.clone());
            let opening = tokio::spawn(async move { Ok(vault.open_events(&vocabulary.now(), read?, is_read).await?) });
            let listened_to = pages.send(opening).await.is_ok();
            match next {
                Some(next) if listened_to => after = next,
                _ => return,
            }
        }
    });
    opened
}

/// Reads the log page by page, opens pages on all cores, and hands each to every shard in the order of the log.
async fn feed(
    source: &Source,
    (select, until): (Select, u64),
    central: &mut Central,
    feeds: &[Feed],
    progress: Progress<'_>,
) -> Result<(), Error> {
    let mut opened = read_ahead(source.clone(), select, (0, until));
    while let Some(events) = opened.recv().await {
        let events = events.await.map_err(|_| Error::NoProgress)??;
        let events = Arc::new(events);
        let shards = feeds.len();
        for event in events.iter().filter(|event| !matches!(Part::of(event, shards), Part::Shard(_))) {
            central.apply(event);
        }
        let at = events.last().map_or(0, |event| event.position);
        // A full channel holds this thread up: that is what bounds memory.
        tokio::task::block_in_place(|| feeds.iter().try_for_each(|feed| feed.send(events.clone())))
            .map_err(|_| Error::NoProgress)?;
        progress(Step::Folding(at, until));
    }
    Ok(())
}

/// Finds the customers of a folded log, on all cores.
///
/// # Errors
/// While records are to be folded again.
pub fn finish(whole: &Whole) -> Result<Finished<'_>, Error> {
    let threads = crate::threads();
    tokio::task::block_in_place(|| whole.finish(threads)).map_err(|_| Error::NoProgress)
}

/// Writes all rows, made on all cores.
async fn fill(
    source: &Source,
    generation: &Arc<dyn Generation>,
    finished: &Finished<'_>,
    progress: Progress<'_>,
) -> Result<u64, Error> {
    let others = Bulk {
        decisions: finished.decisions().cloned().collect(),
        policies: finished.policies().to_vec(),
        match_policies: finished.match_policies().to_vec(),
        unknown: finished.unknown().rows().collect(),
        ..Bulk::default()
    };
    generation.fill(others).await?;
    let total = finished.customer_count() as u64;
    let done = AtomicU64::new(0);
    each_chunk(
        finished,
        async |records, customers| {
            let made = customers.len() as u64;
            generation.fill(Bulk { records, customers, ..Bulk::default() }).await?;
            progress(Step::Writing(done.fetch_add(made, Ordering::Relaxed) + made, total));
            Ok(())
        },
        source,
    )?;
    Ok(total)
}

/// Makes the rows of all customers, chunk by chunk on all cores, and hands them to `take`.
///
/// # Errors
/// The first error of `take`, or when the store fails.
pub fn each_chunk<F>(finished: &Finished<'_>, take: F, source: &Source) -> Result<(), Error>
where
    F: AsyncFn(Vec<kulta_projections::rows::RecordRow>, Vec<kulta_projections::rows::CustomerRow>) -> Result<(), Error>
        + Sync,
{
    let threads = crate::threads();
    let chunks = StdMutex::new(finished.chunks(CHUNK));
    let next = || chunks.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
    let runtime = tokio::runtime::Handle::current();
    let work = || {
        while let Some(chunk) = next() {
            let ids: Vec<_> = chunk.records().collect();
            runtime.block_on(async {
                let mut named = source.vault.subjects(&ids).await?;
                let (records, customers) = chunk.rows(|record| named.remove(&record)?.subject);
                take(records, customers).await
            })?;
        }
        Ok(())
    };
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let ends = workers.into_iter().map(|worker| worker.join().unwrap_or(Err(Error::NoProgress)));
            ends.collect::<Vec<_>>().into_iter().collect()
        })
    })
}
