//! Replays that a node runs for those who ask: one at a time, the last ones kept to be read.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kulta_events::{CustomerId, Instant};
use kulta_projections::scores::diff::{Change, Scores as Scored, changes};
use kulta_projections::scores::facts::Wanted;
use kulta_projections::scores::interpret::ScoreError;
use kulta_projections::scores::replay::Unscored;
use uuid::Uuid;

use super::Error;
use super::ask::{Given, known};
use super::data::{People, Step};
use super::ground::{Ground, Held, Ran};
use super::numbers::Numbers;
use super::read::Cancel;
use super::run::{How, Known, LeftOut, Outcome, Rules, score, wanted};
use crate::scores::Scores;
use crate::store::views::Generation;

/// Replays that are kept, the running and waiting ones included.
const KEPT: usize = 8;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// By which rules.
    pub rules: Given,
    /// Compared with which.
    pub against: Option<Given>,
    /// Events at or after it are left out.
    pub as_of: Instant,
    /// What was known then; `None`: all.
    pub known_at: Option<Instant>,
}

/// A replay, from the asking to its result.
#[derive(Debug)]
pub struct Job {
    /// Its id.
    pub id: Uuid,
    /// What was asked.
    pub asked: Asked,
    key: Option<Key>,
    cancel: Cancel,
    state: Mutex<State>,
    over: Mutex<Option<RunsOver>>,
}

/// How a repetition of what was asked is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Who asked.
    pub actor: i64,
    /// The idempotency key.
    pub key: String,
    /// The request, in one form.
    pub request: String,
}

/// What a replay runs over.
#[derive(Clone, Debug)]
pub struct RunsOver {
    /// Whether that is the archive of the node, with what came since; else it is the log.
    pub archive: bool,
    /// Why it is not, where there is one.
    pub why_log: Option<String>,
}

/// How a replay stands.
#[derive(Clone, Debug)]
pub enum State {
    /// Others come first.
    Waiting,
    /// At work.
    Running(Option<Step>),
    /// Its result.
    Done(Arc<Finished>),
    /// Why there is none.
    Failed(Arc<Error>),
}

/// A result.
#[derive(Debug)]
pub struct Finished {
    /// Customers, and the position of the log.
    pub people: Arc<People>,
    /// The scores.
    pub after: Side,
    /// Those that they are compared with, and who moves.
    pub against: Option<(Side, Vec<Change>, Numbers)>,
}

/// Scores by some rules.
#[derive(Debug)]
pub struct Side {
    /// The hash of the rules.
    pub hash: String,
    /// The versions of a published rule set that counted.
    pub versions: Vec<u64>,
    /// The scores.
    pub scores: Scored,
    /// What rules did not apply to.
    pub left_out: Vec<LeftOut>,
    /// Currencies that were taken as written though there are several.
    pub mixed: Vec<Box<str>>,
    /// The customers, the highest points first.
    pub order: Vec<u32>,
    /// By customer.
    pub ranks: Vec<u32>,
}

/// The replays of a node.
#[derive(Clone, Debug)]
pub struct Replays {
    scores: Scores,
    ground: Ground,
    jobs: Arc<Mutex<VecDeque<Arc<Job>>>>,
    /// One replay takes all cores.
    turn: Arc<tokio::sync::Mutex<()>>,
    /// What the last one ran over: another one at the same position needs to read nothing.
    kept: Arc<Mutex<Option<Kept>>>,
    /// Bytes of rows of an archive that stay in memory.
    kept_bytes: usize,
}

#[derive(Clone, Debug)]
struct Kept {
    wanted: Wanted,
    known_at: Option<Instant>,
    ran: Arc<Ran>,
    /// Tells one from the next.
    number: u64,
}

/// For how long columns are kept: whoever tries another draft does so within minutes, and they take memory.
const KEPT_FOR: Duration = Duration::from_secs(300);

/// Why no replay begins.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum NotBegun {
    /// No more can wait.
    #[error("{KEPT} replays are waiting already")]
    TooMany,
    /// A replay that is kept was asked for under the same key in other words.
    #[error("the idempotency key was used for another request")]
    KeyReused,
}

impl Replays {
    /// Replays by a node's scores, over its archive where it keeps one, of which so many bytes of rows may stay in memory.
    pub fn new(scores: Scores, ground: Ground, kept_bytes: usize) -> Self {
        Self { scores, ground, jobs: Arc::default(), turn: Arc::default(), kept: Arc::default(), kept_bytes }
    }

    /// Begins a replay; when one that is kept was asked for under the same key, gives that one.
    ///
    /// # Errors
    /// When as many as are kept wait or run, or the key belongs to another request.
    pub fn begin(&self, asked: Asked, key: Option<Key>) -> Result<Arc<Job>, NotBegun> {
        self.start(asked, key, |all, job| async move { all.run(&job).await })
    }

    fn start<F>(
        &self,
        asked: Asked,
        key: Option<Key>,
        work: impl FnOnce(Self, Arc<Job>) -> F + Send + 'static,
    ) -> Result<Arc<Job>, NotBegun>
    where
        F: Future<Output = Result<Finished, Error>> + Send + 'static,
    {
        let (state, over) = (Mutex::new(State::Waiting), Mutex::default());
        let job = Arc::new(Job { id: Uuid::new_v4(), asked, key, cancel: Cancel::default(), state, over });
        {
            let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(same) = job.key.as_ref().and_then(|key| jobs.iter().find(|job| job.is_under(key))) {
                return if same.key == job.key { Ok(same.clone()) } else { Err(NotBegun::KeyReused) };
            }
            while jobs.len() >= KEPT {
                // The oldest that has ended makes room.
                let ended = jobs.iter().position(|job| job.has_ended()).ok_or(NotBegun::TooMany)?;
                jobs.remove(ended);
            }
            jobs.push_back(job.clone());
        }
        let (all, own) = (self.clone(), job.clone());
        tokio::spawn(async move {
            let _turn = all.turn.lock().await;
            // A task of its own: what panics there ends the replay, and is told of.
            let ended = tokio::spawn(work(all.clone(), own.clone())).await;
            own.set(match ended.unwrap_or(Err(Error::Broke)) {
                Ok(finished) => State::Done(Arc::new(finished)),
                Err(error) => State::Failed(Arc::new(error)),
            });
        });
        Ok(job)
    }

    /// A replay that is kept still.
    pub fn get(&self, id: Uuid) -> Option<Arc<Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).iter().find(|job| job.id == id).cloned()
    }

    /// All that are kept, the latest first.
    pub fn all(&self) -> Vec<Arc<Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }

    async fn run(&self, job: &Job) -> Result<Finished, Error> {
        job.cancel.check()?;
        job.set(State::Running(None));
        let asked = &job.asked;
        let progress = |step| job.set(State::Running(Some(step)));
        let until = match asked.known_at {
            Some(known_at) => Some(self.scores.reads().source.log.position_at(known_at).await?),
            None => None,
        };
        self.scores.reads().caught_up().await?;
        let rules = asked.rules.rules(&self.scores, asked.as_of, until).await?;
        let against = match &asked.against {
            Some(against) => Some(against.rules(&self.scores, asked.as_of, until).await?),
            None => None,
        };
        let both: Vec<&Rules> = [Some(&rules), against.as_ref()].into_iter().flatten().collect();
        let facets = self.scores.facets();
        let reads: Vec<_> = both.iter().flat_map(|rules| rules.reads(&facets)).collect();
        let wanted = wanted(&reads);
        let live = self.scores.reads().projections.live();
        let ran = self.data(&*live, &wanted, job, &progress).await?;
        match self.score(job, &ran.held, &rules, against.as_ref(), &wanted).await {
            Err(Error::Unread(unread)) if ran.held.is_stored() => {
                let ran = self.ground.instead(&unread, &*live, wanted.clone(), &job.cancel, &progress).await?;
                let ran = self.keep(wanted.clone(), None, Arc::new(ran));
                job.runs_over(&ran);
                self.score(job, &ran.held, &rules, against.as_ref(), &wanted).await
            }
            ended => ended,
        }
    }

    /// Scores, and who moves.
    async fn score(
        &self,
        job: &Job,
        held: &Held,
        rules: &Rules,
        against: Option<&Rules>,
        wanted: &Wanted,
    ) -> Result<Finished, Error> {
        let (asked, facets) = (&job.asked, self.scores.facets());
        let progress = |step| job.set(State::Running(Some(step)));
        let both: Vec<&Rules> = [Some(rules), against].into_iter().flatten().collect();
        let times = (asked.as_of, asked.known_at);
        let known = known(&self.scores, held.people(), &both, times, &job.cancel, &progress).await?;
        let (as_of, breakdown, cancel) = (asked.as_of, against.is_some(), &job.cancel);
        let how = How { as_of, facets: &facets, tolerant: false, breakdown, cancel, progress: &progress };
        let scored = async |rules: &Rules| match tokio::task::block_in_place(|| score(held, &known, rules, &how)) {
            Err(Error::Refused { customer, position, error }) => {
                Err(self.refused(held, (customer, position, error), (&known, rules), wanted, &how).await?)
            }
            ended => ended,
        };
        let after = scored(rules).await?;
        let before = match against {
            Some(against) => Some(scored(against).await?),
            None => None,
        };
        let compared = against.zip(before).map(|(against, before)| {
            tokio::task::block_in_place(|| {
                let moved = changes(&before.scores, &after.scores);
                let numbers = Numbers::of(&before, &after);
                (Side::of(against, before), moved, numbers)
            })
        });
        Ok(Finished { people: held.people().clone(), after: Side::of(rules, after), against: compared })
    }

    /// Why a customer has no score, with the place in the log of the event for which a rule failed.
    async fn refused(
        &self,
        held: &Held,
        (customer, position, error): (Option<CustomerId>, Option<u64>, Box<ScoreError>),
        by: (&Known, &Rules),
        wanted: &Wanted,
        how: &How<'_>,
    ) -> Result<Error, Error> {
        let place = customer.and_then(|customer| held.people().ids.iter().position(|id| *id == customer));
        let Some(place) = place else { return Ok(Error::Refused { customer, position, error }) };
        let mut refused = [Unscored { customer: place, position, error: *error }];
        self.ground.positions(held, &mut refused, by, wanted.clone(), how).await?;
        let [Unscored { position, error, .. }] = refused;
        Ok(Error::Refused { customer, position, error: Box::new(error) })
    }

    /// Customers and facts: those of the last replay when nothing changed since.
    async fn data(
        &self,
        live: &dyn Generation,
        wanted: &Wanted,
        job: &Job,
        progress: super::data::Progress<'_>,
    ) -> Result<Arc<Ran>, Error> {
        let known_at = job.asked.known_at;
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(kept) = kept.filter(|kept| kept.known_at == known_at && kept.wanted.holds(wanted)) {
            let same = known_at.is_some() || live.checkpoint().await? == kept.ran.held.people().position;
            if same {
                job.runs_over(&kept.ran);
                return Ok(kept.ran);
            }
        }
        let Ran { held, why_log } = self.ground.read(live, known_at, wanted.clone(), &job.cancel, progress).await?;
        let ran = Ran { held: held.keeping(self.kept_bytes), why_log };
        job.runs_over(&ran);
        Ok(self.keep(wanted.clone(), known_at, Arc::new(ran)))
    }

    /// Keeps columns for some minutes.
    fn keep(&self, wanted: Wanted, known_at: Option<Instant>, ran: Arc<Ran>) -> Arc<Ran> {
        let place = self.kept.clone();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let number = kept.as_ref().map_or(1, |kept| kept.number + 1);
        *kept = Some(Kept { wanted, known_at, ran: ran.clone(), number });
        tokio::spawn(async move {
            tokio::time::sleep(KEPT_FOR).await;
            let mut kept = place.lock().unwrap_or_else(PoisonError::into_inner);
            kept.take_if(|kept| kept.number == number);
        });
        ran
    }
}

impl Job {
    /// How it stands.
    pub fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What it runs over; `None`: that is not known yet.
    pub fn over(&self) -> Option<RunsOver> {
        self.over.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn runs_over(&self, ran: &Ran) {
        let over = RunsOver { archive: ran.held.is_stored(), why_log: ran.why_log.clone() };
        *self.over.lock().unwrap_or_else(PoisonError::into_inner) = Some(over);
    }

    /// Ends it as soon as it can be ended.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    fn set(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    fn is_under(&self, key: &Key) -> bool {
        self.key.as_ref().is_some_and(|own| (own.actor, &own.key) == (key.actor, &key.key))
    }

    fn has_ended(&self) -> bool {
        matches!(self.state(), State::Done(_) | State::Failed(_))
    }
}

impl Side {
    fn of(rules: &Rules, outcome: Outcome) -> Self {
        let ranks = outcome.scores.ranks();
        let mut order: Vec<u32> = (0..ranks.len() as u32).collect();
        order.sort_unstable_by_key(|customer| (ranks[*customer as usize], *customer));
        Self {
            hash: rules.hash(),
            versions: rules.spans.iter().filter_map(|span| span.version).collect(),
            scores: outcome.scores,
            left_out: outcome.left_out,
            mixed: outcome.mixed.into_iter().collect(),
            order,
            ranks,
        }
    }
}

#[cfg(test)]
mod tests;
