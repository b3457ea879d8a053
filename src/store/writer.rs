//! The one writer of a node: takes the appends that wait and commits them as a group.
//!
//! A position lock held across each commit would make more writers slower; one writer that groups what waits makes a
//! dense order for free, at no added latency: while one group commits, the next gathers.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use uuid::Uuid;

use super::Error;
use super::log::{Append, AppendError, Appended, EventOutcome};

/// The most events that one group commits (a single larger append is a group of its own).
const GROUP_EVENTS: usize = 5_000;
/// The most events that may wait; beyond, callers wait for room.
const WAITING_EVENTS: u32 = 60_000;
/// How long a caller waits for room before it is told to come back.
const WAIT_FOR_ROOM: Duration = Duration::from_secs(10);
/// How long a group is retried while the database is away.
const RETRY_FOR: Duration = Duration::from_secs(30);

type Outcome = Result<Appended, AppendError>;

/// A store's way to commit one group in one transaction.
#[async_trait]
pub trait Commit: Send + 'static {
    /// Locks the log, plans, writes, commits. `attempt` learns the planned positions before COMMIT is sent.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database went away (the group may or may not be committed),
    /// [`Error::Refused`] when it refused.
    async fn commit(&mut self, group: &[Append], attempt: &mut Attempt) -> Result<Vec<Outcome>, Error>;
}

/// What a commit whose answer was lost would have stored: on the next try, an event that stands exactly there was
/// stored by it, so the caller hears "accepted" and not "duplicate".
#[derive(Debug, Default)]
pub struct Attempt {
    planned: HashMap<Uuid, u64>,
}

impl Attempt {
    /// Notes the plan of this try.
    pub fn note(&mut self, plan: &super::plan::Plan<'_>) {
        self.planned.extend(plan.rows.iter().map(|row| (row.event.key, row.position)));
    }

    fn correct(&self, append: &Append, outcome: &mut Outcome) {
        let Ok(appended) = outcome else { return };
        let own_result = appended.earlier.is_some() && appended.earlier == append.result;
        if own_result && append.events.iter().all(|event| self.planned.contains_key(&event.key)) {
            appended.earlier = None;
            let accepted = |key| self.planned.get(key).copied().map(EventOutcome::Accepted);
            appended.events = append.events.iter().filter_map(|event| accepted(&event.key)).collect();
            return;
        }
        for (event, outcome) in append.events.iter().zip(&mut appended.events) {
            if let EventOutcome::Duplicate(position) = *outcome
                && self.planned.get(&event.key) == Some(&position)
            {
                *outcome = EventOutcome::Accepted(position);
            }
        }
    }
}

struct Waiting {
    append: Append,
    answer: oneshot::Sender<Outcome>,
    _room: OwnedSemaphorePermit,
}

/// The queue in front of the writer.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
}

impl Writer {
    /// Starts the writer; it ends when the last handle is dropped and everything that waits is answered.
    pub fn start(commit: impl Commit) -> Self {
        let (queue, waiting) = mpsc::channel(8_192);
        tokio::spawn(run(commit, waiting));
        Self { queue, room: Arc::new(Semaphore::new(WAITING_EVENTS as usize)) }
    }

    /// Queues an append and waits until it is durable.
    ///
    /// # Errors
    /// [`Error::Busy`] when there is no room in time, else what the store answers.
    pub async fn append(&self, append: Append) -> Outcome {
        let weight = u32::try_from(append.events.len()).unwrap_or(WAITING_EVENTS).clamp(1, WAITING_EVENTS);
        let room = tokio::time::timeout(WAIT_FOR_ROOM, self.room.clone().acquire_many_owned(weight))
            .await
            .map_err(|_| Error::Busy)?
            .map_err(|_| Error::Closed)?;
        let (answer, answered) = oneshot::channel();
        self.queue.send(Waiting { append, answer, _room: room }).await.map_err(|_| Error::Closed)?;
        answered.await.map_err(|_| Error::Closed)?
    }
}

async fn run(mut commit: impl Commit, mut waiting: mpsc::Receiver<Waiting>) {
    while let Some(first) = waiting.recv().await {
        let mut events = first.append.events.len();
        let mut group = vec![first];
        while events < GROUP_EVENTS
            && let Ok(next) = waiting.try_recv()
        {
            events += next.append.events.len();
            group.push(next);
        }
        serve(&mut commit, group).await;
    }
}

async fn serve(commit: &mut impl Commit, group: Vec<Waiting>) {
    let mut answers = Vec::with_capacity(group.len());
    let mut appends = Vec::with_capacity(group.len());
    let mut room = Vec::with_capacity(group.len());
    for waiting in group {
        appends.push(waiting.append);
        answers.push(waiting.answer);
        room.push(waiting._room);
    }
    let outcomes = commit_or_halve(commit, &appends).await;
    for (answer, outcome) in answers.into_iter().zip(outcomes) {
        // The caller may have gone away; what it asked for is stored all the same.
        let _ = answer.send(outcome);
    }
}

/// A group that the database refuses is retried in halves, until the guilty request alone fails.
async fn commit_or_halve(commit: &mut impl Commit, group: &[Append]) -> Vec<Outcome> {
    match commit_with_retries(commit, group).await {
        Ok(outcomes) => outcomes,
        Err(Error::Refused(_)) if group.len() > 1 => {
            let (first, second) = group.split_at(group.len() / 2);
            let mut outcomes = Box::pin(commit_or_halve(commit, first)).await;
            outcomes.extend(Box::pin(commit_or_halve(commit, second)).await);
            outcomes
        }
        Err(error) => all_fail(group.len(), error),
    }
}

async fn commit_with_retries(commit: &mut impl Commit, group: &[Append]) -> Result<Vec<Outcome>, Error> {
    let mut attempt = Attempt::default();
    let mut pause = Duration::from_millis(20);
    let give_up = tokio::time::Instant::now() + RETRY_FOR;
    loop {
        match commit.commit(group, &mut attempt).await {
            Ok(mut outcomes) => {
                for (append, outcome) in group.iter().zip(&mut outcomes) {
                    attempt.correct(append, outcome);
                }
                return Ok(outcomes);
            }
            Err(error) if error.is_transient() && tokio::time::Instant::now() + pause < give_up => {
                tracing::warn!(error = %error, "the log could not be written, trying again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
            Err(error) => return Err(error),
        }
    }
}

fn all_fail(count: usize, error: Error) -> Vec<Outcome> {
    let transient = error.is_transient();
    tracing::error!(error = %error, source = ?std::error::Error::source(&error).map(ToString::to_string), "an append failed");
    let mut outcomes = Vec::with_capacity(count);
    for _ in 1..count {
        let twin = if transient { Error::Closed } else { Error::Inconsistent("the group failed".to_owned()) };
        outcomes.push(Err(AppendError::Store(twin)));
    }
    outcomes.push(Err(AppendError::Store(error)));
    outcomes
}
