//! The loop that follows the log while this node holds the projector's epoch.
//!
//! On PostgreSQL one node projects; the others take intake, follow the checkpoint for their readers, and stand ready.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard, watch};
use tokio::time::timeout;

use super::advance::{Target, advance, mend};
use super::ahead::Ahead;
use super::pace::{FULL_SPEED, Pace};
use super::{Companion, Error, Identities, Projections, Source};
use crate::metrics::Steps;
use crate::store::Claim;
use crate::store::views::{Generation, Generations};

/// The name of the projector's epoch.
pub const OWNER: &str = "projector";
/// How often a node without the epoch asks for it, and follows the checkpoint of the node that has it.
pub(super) const STAND_BY: Duration = Duration::from_millis(250);
/// The first pause after a failure, which doubles, and the longest: readers who wait give up after ten seconds.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// So many events are worth a batch at once.
const FULL_BATCH: u64 = 1_000;
/// While intake is at full speed it goes first: the projector rests several times as long as it works, in fuller batches,
/// until it is so many events behind, or as many as take it so long beside intake. Alone it is faster.
const MOST_BEHIND: u64 = 350_000;
const LONGEST_BEHIND: Duration = Duration::from_secs(12);
/// How many times as long.
const RESTS: u32 = 8;
/// The longest of these rests.
const LONGEST_REST: Duration = Duration::from_secs(1);
/// The rest after every other batch, unless a reader waits: a transaction for each of a thousand single events a second
/// would cost intake more than the events do.
const SHORT_REST: Duration = Duration::from_millis(20);

/// The projector of one node.
#[derive(Debug)]
pub struct Projector {
    pub(super) source: Source,
    pub(super) generations: Arc<dyn Generations>,
    pub(super) projections: Projections,
    pub(super) identities: Identities,
    /// Held while a batch is folded; whoever holds it has the live generation standing still.
    pub(super) turn: Mutex<Turn>,
    /// Held by a rebuild until what it replaced is gone: a second one would take the first for the remains of one that died.
    pub(super) rebuilding: Arc<Mutex<()>>,
    state: watch::Sender<State>,
    pub(super) holder: String,
    /// Whether it leaves projecting to other nodes.
    stands_by: bool,
    /// So many events behind, it folds together with nodes that are ready.
    pub(super) alone: u64,
    pub(super) steps: Steps,
    companion: OnceLock<Weak<dyn Companion>>,
}

/// The live generation, standing still while this is held.
#[derive(Debug)]
pub struct Still<'a> {
    /// The projector's epoch.
    pub epoch: i64,
    /// Where it stands.
    pub position: u64,
    /// The generation.
    pub generation: Arc<dyn Generation>,
    _turn: MutexGuard<'a, Turn>,
}

/// What goes with the turn.
#[derive(Debug, Default)]
pub struct Turn {
    /// The claim to the epoch, while this node has it.
    pub claim: Option<Claim>,
    /// Something failed: what was written last may or may not be there.
    pub in_doubt: bool,
    /// A step could not be shared: up to this position it goes on alone.
    pub alone_until: u64,
    /// The next batch.
    ahead: Ahead,
}

/// What the projector is doing, for operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Another node projects.
    StandingBy,
    /// Follows the log.
    Live,
    /// The last batch failed; it is tried again.
    Failing,
    /// Stopped.
    Stopped,
}

impl Projector {
    /// A projector over a store.
    pub fn new(
        source: Source,
        generations: Arc<dyn Generations>,
        projections: Projections,
        identities: Identities,
        holder: String,
    ) -> Self {
        let (state, _) = watch::channel(State::StandingBy);
        Self {
            source,
            generations,
            projections,
            identities,
            turn: Mutex::default(),
            rebuilding: Arc::default(),
            state,
            holder,
            stands_by: false,
            alone: u64::MAX,
            steps: Steps::default(),
            companion: OnceLock::new(),
        }
    }

    /// Leaves projecting to other nodes, and follows what they have done.
    pub fn standing_by(self) -> Self {
        Self { stands_by: true, ..self }
    }

    /// Folds alone only while it is no more than so many events behind, or no other node is ready.
    pub fn sharing_beyond(self, alone: u64, steps: Steps) -> Self {
        Self { alone, steps, ..self }
    }

    /// Whether it leaves projecting to other nodes.
    pub fn stands_by(&self) -> bool {
        self.stands_by
    }

    /// Has something made with every rebuild; the first one that is said.
    pub fn accompany(&self, companion: Weak<dyn Companion>) {
        // It is said once, where a node is put together.
        let _ = self.companion.set(companion);
    }

    pub(super) fn companion(&self) -> Option<Arc<dyn Companion>> {
        self.companion.get().and_then(Weak::upgrade)
    }

    /// Holds the live generation where it stands; `None` unless this node projects.
    pub async fn still(&self) -> Option<Still<'_>> {
        let turn = self.turn.lock().await;
        if turn.in_doubt {
            return None;
        }
        let epoch = turn.claim.as_ref().filter(|claim| claim.is_held())?.epoch();
        let (position, generation) = (self.projections.position(), self.projections.live());
        Some(Still { epoch, position, generation, _turn: turn })
    }

    /// What it is doing.
    pub fn state(&self) -> State {
        *self.state.borrow()
    }

    /// What readers see.
    pub fn projections(&self) -> &Projections {
        &self.projections
    }

    /// Follows the log until told to stop.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut head = self.source.log.head();
        let mut pause = FIRST_PAUSE;
        let mut pace = Pace::new(tokio::time::Instant::now(), self.source.head());
        while !*stop.borrow() {
            let (began, from) = (tokio::time::Instant::now(), self.projections.position());
            let pause_now = match self.turn().await {
                Ok(progress) => {
                    pause = FIRST_PAUSE;
                    let worked = began.elapsed();
                    let rate = pace.rate(tokio::time::Instant::now(), self.source.head());
                    let position = self.projections.position();
                    let behind = self.source.head().saturating_sub(position);
                    match progress {
                        Progress::Moved => Pause::Rest(rest(rate, behind, worked, position.saturating_sub(from))),
                        Progress::UpToDate => Pause::ForNews,
                        Progress::StandingBy => Pause::Whole(STAND_BY),
                    }
                }
                Err(error) => {
                    self.failed(&error).await;
                    let whole = pause;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    Pause::Whole(whole)
                }
            };
            tokio::select! {
                _ = stop.changed() => {}
                () = pause_now.over(&mut head, &self.projections) => {}
            }
        }
        self.state.send_replace(State::Stopped);
    }

    /// Lets go of the epoch and of the projection tables, unless a rebuild is just about to remove what it replaced.
    pub async fn close(&self) {
        let _ = timeout(STAND_BY.saturating_mul(8), self.old_is_gone()).await;
        self.turn.lock().await.claim = None;
        self.generations.close().await;
    }

    /// One turn: claims the epoch if need be, folds one batch.
    async fn turn(&self) -> Result<Progress, Error> {
        let mut turn = self.turn.lock().await;
        let Some(epoch) = self.claimed(&mut turn).await? else {
            drop(turn);
            let live = self.generations.live().await?;
            if live.number() != self.projections.live().number() {
                // The one before is removed in a moment, and who is who takes longer with many records.
                self.projections.replace(live.clone(), self.projections.position());
            }
            // Who is who first: whoever waited for a position finds it by search as well.
            self.identities.sync(&live).await?;
            self.identities.tidy();
            self.follow().await?;
            return Ok(Progress::StandingBy);
        };
        let from = self.projections.position();
        let live = self.projections.live();
        let target = Target { generation: &live, identities: &self.identities, epoch };
        if !self.identities.is_at(live.number(), from) {
            let differing = self.identities.sync(&live).await?;
            if !differing.is_empty() {
                tracing::warn!(customers = differing.len(), "customers are made what matching finds");
                mend(&self.source, target, differing, from).await?;
            }
        }
        let to = match self.step_with_others(&mut turn, target, from).await? {
            Some(to) => to,
            None => {
                let events = turn.ahead.take(&self.source, from).await?;
                advance(&self.source, target, from, events).await?
            }
        };
        self.state.send_replace(State::Live);
        if to == from {
            self.identities.tidy();
            return Ok(Progress::UpToDate);
        }
        self.projections.advanced(to);
        Ok(Progress::Moved)
    }

    /// The epoch, if this node has it or gets it now.
    pub(super) async fn claimed(&self, turn: &mut Turn) -> Result<Option<i64>, Error> {
        if let Some(claim) = &turn.claim
            && claim.is_held()
        {
            let epoch = claim.epoch();
            if turn.in_doubt {
                self.follow().await?;
                turn.in_doubt = false;
            }
            return Ok(Some(epoch));
        }
        turn.in_doubt = true;
        if !self.stands_by {
            turn.claim = self.source.log.claim(OWNER, &self.holder).await?;
        }
        if let Some(claim) = &turn.claim {
            tracing::info!(epoch = claim.epoch(), "this node projects");
            let epoch = claim.epoch();
            // Another node may have projected, or swapped, meanwhile.
            self.follow().await?;
            turn.in_doubt = false;
            return Ok(Some(epoch));
        }
        self.state.send_replace(State::StandingBy);
        Ok(None)
    }

    /// Takes over generation and checkpoint as the store has them.
    async fn follow(&self) -> Result<(), Error> {
        let live = self.generations.live().await?;
        let position = live.checkpoint().await?;
        if live.number() == self.projections.live().number() {
            self.projections.advanced(position);
        } else {
            self.projections.replace(live, position);
        }
        Ok(())
    }

    async fn failed(&self, error: &Error) {
        self.state.send_replace(State::Failing);
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::error!(error = %error, cause, "a batch could not be projected, trying again");
        let mut turn = self.turn.lock().await;
        turn.in_doubt = true;
        if matches!(error, Error::Store(crate::store::Error::Fenced)) {
            turn.claim = None;
        }
    }
}

enum Progress {
    Moved,
    UpToDate,
    StandingBy,
}

/// How long the projector rests after a batch of so many events, while so many a second come in.
fn rest(rate: f64, behind: u64, worked: Duration, batch: u64) -> Duration {
    let left = worked.mul_f64(behind as f64 / batch.max(1) as f64);
    if rate >= FULL_SPEED && behind < MOST_BEHIND && left < LONGEST_BEHIND {
        (worked * RESTS).clamp(SHORT_REST, LONGEST_REST)
    } else if behind < FULL_BATCH {
        SHORT_REST
    } else {
        Duration::ZERO
    }
}

/// Why nothing is done for a while.
#[derive(Clone, Copy, Debug)]
enum Pause {
    /// There is more to do, but intake goes first, or more is gathered; a reader who waits ends it.
    Rest(Duration),
    /// There is nothing to do.
    ForNews,
    /// Nothing can be done.
    Whole(Duration),
}

impl Pause {
    async fn over(self, head: &mut watch::Receiver<u64>, projections: &Projections) {
        match self {
            Self::Rest(rest) => {
                let _ = tokio::time::timeout(rest, projections.is_wanted(head)).await;
            }
            Self::ForNews => {
                let position = projections.position();
                let news = head.wait_for(|head| *head > position);
                // Without news a look now and then costs nothing and heals a lost signal.
                let _ = tokio::time::timeout(Duration::from_secs(2), news).await;
            }
            Self::Whole(whole) => tokio::time::sleep(whole).await,
        }
    }
}

impl Source {
    /// The head of the log as this node has seen it.
    pub fn head(&self) -> u64 {
        *self.log.head().borrow()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intake_goes_first_at_full_speed_until_the_projections_are_far_behind() {
        let worked = Duration::from_millis(80);
        assert_eq!(rest(FULL_SPEED, 5_000, worked, 5_000), worked * RESTS);
        assert_eq!(rest(FULL_SPEED, 100, worked, 100), worked * RESTS, "also where events come one by one");
        assert_eq!(rest(FULL_SPEED, 5_000, worked * 10, 5_000), LONGEST_REST);
        assert_eq!(rest(FULL_SPEED - 1.0, 5_000, worked, 5_000), Duration::ZERO);
        assert_eq!(rest(FULL_SPEED, MOST_BEHIND, worked, 5_000), Duration::ZERO);
        assert_eq!(rest(FULL_SPEED, 50_000, worked * 15, 5_000), Duration::ZERO, "12 s of work");
        assert_eq!(rest(FULL_SPEED, 49_000, worked * 15, 5_000), LONGEST_REST);
    }

    #[test]
    fn single_events_are_gathered_for_a_moment() {
        assert_eq!(rest(10.0, 0, Duration::from_millis(2), 1), SHORT_REST);
        assert_eq!(rest(FULL_SPEED - 1.0, FULL_BATCH - 1, Duration::from_millis(2), 5_000), SHORT_REST);
    }
}
