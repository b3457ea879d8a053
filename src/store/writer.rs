//! The one writer of a node: takes the appends that wait and commits them as a group.
//!
//! A position lock held across each commit would make more writers slower; one writer that groups what waits makes a
//! dense order for free, at no added latency: while one group commits, the next gathers. It begins as soon as the one before
//! is committed, with whoever waits, and only when it is on its way to the database the one before is answered: those who
//! are answered get ready for the group after while the database writes and flushes, so that the two work side by side.
//! Waiting for them makes larger groups, and less of them per second.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use kulta_events::Instant;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::Error;
use super::log::{Append, AppendError, Appended, CommandResult, NewEvent};
use super::plan::Plan;

/// The most that one group commits (a single larger append is a group of its own), see [`weight`].
const GROUP_WEIGHT: u32 = 5_000;
/// The most that may wait; beyond, callers wait for room.
const WAITING_WEIGHT: u32 = 60_000;
/// How long a caller waits for room before it is told to come back.
const WAIT_FOR_ROOM: Duration = Duration::from_secs(10);
/// How long a group is retried while the database is away.
const RETRY_FOR: Duration = Duration::from_secs(30);

/// What one caller hears.
pub type Outcome = Result<Appended, AppendError>;

/// A store's way to commit one group in one transaction.
#[async_trait]
pub trait Commit: Send + 'static {
    /// Locks the log; if `attempt` has a trace, looks whether the try before was committed after all and then gives
    /// its answers; else plans, notes the plan in `attempt` before anything is written, writes, commits.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database went away (the group may or may not be committed),
    /// [`Error::Refused`] when it refused (nothing is committed).
    async fn commit(&mut self, group: &[Append], attempt: &mut Attempt) -> Result<Vec<Outcome>, Error>;
}

/// What a try would leave in the database: a transaction is there whole or not at all, so one row tells.
#[derive(Debug)]
pub enum Trace {
    /// An event. Its place, its seal (which no other node makes the same) and its moment tell whose it is.
    Event {
        /// Its position.
        position: u64,
        /// Its identity.
        key: Uuid,
        /// Its id, sealed.
        sealed_id: Vec<u8>,
        /// When it was recorded.
        recorded_at: Instant,
    },
    /// A kept answer, sealed as no other node seals it.
    Result(CommandResult),
    /// Nothing, or only what may be written twice: cursors, dead letters, marks.
    None,
}

/// The tries of one group. When the answer to a COMMIT is lost, the next try must find out whether it was committed:
/// its callers hear what was decided then, not that everything is a duplicate of itself.
#[derive(Debug, Default)]
pub struct Attempt {
    pending: Option<(Trace, Vec<Outcome>)>,
}

impl Attempt {
    /// Takes the answers out of a plan, to be given when it is committed.
    pub fn note(&mut self, plan: &mut Plan<'_>) {
        let trace = match (plan.rows.first(), plan.results.first()) {
            (Some(row), _) => Trace::Event {
                position: row.position,
                key: row.event.key,
                sealed_id: row.event.sealed_id.clone(),
                recorded_at: plan.recorded_at,
            },
            (None, Some(result)) => Trace::Result(result.clone()),
            (None, None) => Trace::None,
        };
        self.pending = Some((trace, std::mem::take(&mut plan.outcomes)));
    }

    /// What the try before would have left; `None` on the first.
    pub fn trace(&self) -> Option<&Trace> {
        self.pending.as_ref().map(|(trace, _)| trace)
    }

    /// The answers of the noted plan, which is committed.
    pub fn answers(&mut self) -> Vec<Outcome> {
        self.pending.take().map(|(_, outcomes)| outcomes).unwrap_or_default()
    }
}

/// How much room an append takes: its events, or its kilobytes when these are more.
fn weight(append: &Append) -> u32 {
    let bytes = |event: &NewEvent| event.facts.len() + event.parts.iter().map(|(_, blob)| blob.len()).sum::<usize>();
    let kilobytes = append.events.iter().map(bytes).sum::<usize>() / 1_024;
    u32::try_from(append.events.len().max(kilobytes)).unwrap_or(WAITING_WEIGHT).clamp(1, WAITING_WEIGHT)
}

#[derive(Debug)]
struct Waiting {
    append: Append,
    caller: Caller,
}

/// Who waits for an answer, and the room that the append takes until then.
#[derive(Debug)]
struct Caller {
    answer: oneshot::Sender<Outcome>,
    _room: OwnedSemaphorePermit,
}

/// What the callers of a group are to hear.
#[derive(Debug, Default)]
struct Answers(Vec<(Caller, Outcome)>);

impl Answers {
    fn give(self) {
        for (caller, outcome) in self.0 {
            // The caller may have gone away; what it asked for is stored all the same.
            let _ = caller.answer.send(outcome);
        }
    }
}

/// The queue in front of the writer.
#[derive(Debug)]
pub struct Writer {
    queue: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
    closing: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the writer; it ends when it is closed or dropped and everything that waits is answered.
    pub fn start(commit: impl Commit) -> Self {
        Self::start_retrying(commit, RETRY_FOR)
    }

    fn start_retrying(commit: impl Commit, retry_for: Duration) -> Self {
        let (queue, waiting) = mpsc::channel(8_192);
        let (closing, closed) = watch::channel(false);
        let task = Mutex::new(Some(tokio::spawn(run(commit, retry_for, waiting, closed))));
        Self { queue, room: Arc::new(Semaphore::new(WAITING_WEIGHT as usize)), closing, task }
    }

    /// Queues an append and waits until it is durable.
    ///
    /// # Errors
    /// [`Error::Busy`] when there is no room in time, else what the store answers.
    pub async fn append(&self, append: Append) -> Outcome {
        let room = tokio::time::timeout(WAIT_FOR_ROOM, self.room.clone().acquire_many_owned(weight(&append)))
            .await
            .map_err(|_| Error::Busy)?
            .map_err(|_| Error::Closed)?;
        let (answer, answered) = oneshot::channel();
        let caller = Caller { answer, _room: room };
        self.queue.send(Waiting { append, caller }).await.map_err(|_| Error::Closed)?;
        answered.await.map_err(|_| Error::Closed)?
    }

    /// Refuses what comes from now on, and returns when everything that waits is answered.
    pub async fn close(&self) {
        self.room.close();
        self.closing.send_replace(true);
        let mut task = self.task.lock().await;
        if let Some(running) = task.take()
            && let Err(error) = running.await
        {
            tracing::error!(%error, "the writer of the log did not end well");
        }
    }
}

async fn run(
    mut commit: impl Commit,
    retry_for: Duration,
    mut waiting: mpsc::Receiver<Waiting>,
    mut closing: watch::Receiver<bool>,
) {
    let mut before = Answers::default();
    loop {
        let first = match waiting.try_recv() {
            Ok(first) => Some(first),
            Err(_) => {
                std::mem::take(&mut before).give();
                next(&mut waiting, &mut closing).await
            }
        };
        let Some(first) = first else { return };
        before = serve(&mut commit, retry_for, group(first, &mut waiting), before).await;
    }
}

/// Waits for the next append; `None` when the writer is closed and none waits.
async fn next(queue: &mut mpsc::Receiver<Waiting>, closing: &mut watch::Receiver<bool>) -> Option<Waiting> {
    tokio::select! {
        biased;
        first = queue.recv() => first,
        () = async { drop(closing.wait_for(|closing| *closing).await) } => {
            queue.close();
            queue.recv().await
        }
    }
}

/// What is committed together: the first that waits, and those behind it that there is room for.
fn group(first: Waiting, queue: &mut mpsc::Receiver<Waiting>) -> Vec<Waiting> {
    let mut heavy = weight(&first.append);
    let mut group = vec![first];
    while heavy < GROUP_WEIGHT
        && let Ok(next) = queue.try_recv()
    {
        heavy += weight(&next.append);
        group.push(next);
    }
    group
}

/// Commits a group. Once it is on its way, the answers to the one before are given.
async fn serve(commit: &mut impl Commit, retry_for: Duration, group: Vec<Waiting>, before: Answers) -> Answers {
    let (appends, callers): (Vec<_>, Vec<_>) = group.into_iter().map(|one| (one.append, one.caller)).unzip();
    let mut committed = pin!(commit_or_halve(commit, retry_for, &appends));
    let begun = poll_fn(|context| Poll::Ready(committed.as_mut().poll(context))).await;
    before.give();
    let outcomes = match begun {
        Poll::Ready(outcomes) => outcomes,
        Poll::Pending => committed.await,
    };
    Answers(callers.into_iter().zip(outcomes).collect())
}

/// A group that the database refuses is retried in halves, until the guilty request alone fails.
async fn commit_or_halve(commit: &mut impl Commit, retry_for: Duration, group: &[Append]) -> Vec<Outcome> {
    match commit_with_retries(commit, retry_for, group).await {
        Ok(outcomes) => outcomes,
        Err(Error::Refused(_)) if group.len() > 1 => {
            let (first, second) = group.split_at(group.len() / 2);
            let mut outcomes = Box::pin(commit_or_halve(commit, retry_for, first)).await;
            outcomes.extend(Box::pin(commit_or_halve(commit, retry_for, second)).await);
            outcomes
        }
        // Each caller is told the cause, and logs it with what was to be done.
        Err(error) => group.iter().map(|_| Err(AppendError::Store(error.for_another()))).collect(),
    }
}

async fn commit_with_retries(
    commit: &mut impl Commit,
    retry_for: Duration,
    group: &[Append],
) -> Result<Vec<Outcome>, Error> {
    let mut attempt = Attempt::default();
    let mut pause = Duration::from_millis(20);
    let give_up = tokio::time::Instant::now() + retry_for;
    loop {
        match commit.commit(group, &mut attempt).await {
            Err(error) if error.is_transient() && tokio::time::Instant::now() + pause < give_up => {
                let source = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, source, "the log could not be written, trying again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests;
