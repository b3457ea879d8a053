//! The loop that keeps lists up while this node projects.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kulta_projections::scores::history::History;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::build::Maker;
use super::plan::{Plan, Wanted};
use super::step::{Touched, changed};
use super::{Error, Scorer};
use crate::projector::live::State as Doing;
use crate::replay::read::Cancel;
use crate::store::scores::{MadeBy, SetState};
use crate::store::views::Generation;
use crate::store::{Page, Select};

/// How often a node that does not project looks whether it does.
const STAND_BY: Duration = Duration::from_millis(250);
/// How often it is looked whether a day has ended.
const TICK: Duration = Duration::from_secs(1);
/// The rest after a step, during which changes gather.
const REST: Duration = Duration::from_millis(50);
/// While much comes in it goes first: a step is followed by a rest this many times as long, but no longer than that.
const RESTS: u32 = 2;
const LONGEST_REST: Duration = Duration::from_secs(2);
/// The first pause after a failure, which doubles, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// So long readers may go on with a list whose place another one has taken.
const PAST_FOR: Duration = Duration::from_secs(60);

/// What goes with the turn.
#[derive(Debug, Default)]
pub struct Turn {
    /// The rule sets as the log had them at a position.
    histories: Vec<History>,
    read_to: u64,
    making: Option<Making>,
    /// What could not be made, and when that was.
    failed: Option<(MadeBy, Instant)>,
    /// The generation in which nothing is to be done, since there are neither rule sets nor lists.
    idle: Option<i64>,
    /// The generation in which it was seen to that changes are noted, or are not.
    pub(super) noted: Option<i64>,
    /// Since when lists are past.
    past: HashMap<i64, Instant>,
}

/// A list that is being made.
#[derive(Debug)]
struct Making {
    set: i64,
    generation: i64,
    made_by: MadeBy,
    cancel: Cancel,
    work: JoinHandle<Result<u64, Error>>,
}

enum Progress {
    Worked,
    UpToDate,
    StandingBy,
}

impl Scorer {
    /// Keeps lists up until told to stop.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let mut pause = FIRST_PAUSE;
        while !*stop.borrow() {
            let (began, position) = (Instant::now(), self.projector.projections().position());
            let result = self.turn().await;
            if result.is_err() {
                self.pulse.is(Doing::Failing);
            }
            let rest = match result {
                Ok(Progress::Worked) => {
                    pause = FIRST_PAUSE;
                    (began.elapsed() * RESTS).clamp(REST, LONGEST_REST)
                }
                Ok(Progress::UpToDate) => {
                    pause = FIRST_PAUSE;
                    let news = self.projector.projections().moved_from(position);
                    tokio::select! {
                        _ = stop.changed() => continue,
                        _ = tokio::time::timeout(TICK, news) => REST,
                    }
                }
                Ok(Progress::StandingBy) => STAND_BY,
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::error!(%error, cause, "lists of scores could not be kept up, trying again");
                    let whole = pause;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    whole
                }
            };
            tokio::select! {
                _ = stop.changed() => {}
                () = tokio::time::sleep(rest) => {}
            }
        }
        self.turn.lock().await.stop_making().await;
        self.pulse.is(Doing::Stopped);
    }

    /// One turn: what changed is written, what is missing is begun, what nobody needs is removed.
    async fn turn(&self) -> Result<Progress, Error> {
        let mut turn = self.turn.lock().await;
        let (generation, epoch, position) = {
            let Some(still) = self.projector.still().await else {
                turn.stop_making().await;
                turn.noted = None;
                self.pulse.is(Doing::StandingBy);
                return Ok(Progress::StandingBy);
            };
            (still.generation.clone(), still.epoch, still.position)
        };
        self.see_to_notes(&mut turn, &*generation, epoch).await?;
        turn.look(self, position).await?;
        turn.made(generation.number()).await?;
        if turn.histories.is_empty() && turn.idle == Some(generation.number()) {
            self.pulse.is(Doing::Live);
            return Ok(Progress::UpToDate);
        }
        let (plan, kept) = self.plan(&turn, &generation).await?;
        turn.forget_failure(&plan);
        let mut worked = false;
        if plan.follow.iter().any(|(set, _)| set.position != position || set.state == SetState::Built) {
            self.follow(&plan, kept, &generation).await?;
            worked = true;
        }
        let is_due = |wanted: &&Wanted| {
            turn.failed.as_ref().is_none_or(|(failed, at)| *failed != wanted.made_by || at.elapsed() > LONGEST_PAUSE)
        };
        if turn.making.is_none()
            && let Some(wanted) = plan.make.iter().find(is_due)
        {
            let (scores, ground, generation) = (self.scores.clone(), self.ground.clone(), generation.clone());
            let maker = Maker { scores, ground, generation, epoch, cancel: Cancel::default() };
            turn.making = Some(self.begin(maker, wanted).await?);
            worked = true;
        }
        turn.idle = plan.none.then(|| generation.number());
        let remove = turn.removable(plan);
        if !remove.is_empty() {
            self.note_removed(&*generation, &remove, epoch).await?;
            generation.remove_scores(&remove, epoch).await?;
        }
        self.pulse.is(if turn.failed.is_some() { Doing::Failing } else { Doing::Live });
        Ok(if worked || turn.making.is_some() { Progress::Worked } else { Progress::UpToDate })
    }

    /// What is to be done, and from where on a list in the making needs to know who changed.
    async fn plan(&self, turn: &Turn, generation: &Arc<dyn Generation>) -> Result<(Plan, Option<u64>), Error> {
        let sets = generation.score_sets().await?;
        let (wanted, keep) = self.wanted(&turn.histories, &**generation).await?;
        let old = self.old(&turn.histories, &sets);
        let building = sets.iter().filter(|set| set.state == SetState::Building).map(|set| set.position).min();
        let making = turn.making.as_ref().filter(|making| making.generation == generation.number());
        Ok((Plan::of(sets, &wanted, &old, &keep, making.map(|making| making.set)), building))
    }

    /// Brings lists to where the projections are.
    async fn follow(&self, plan: &Plan, kept: Option<u64>, generation: &Arc<dyn Generation>) -> Result<(), Error> {
        let source = &self.scores.reads().source;
        let Some(from) = plan.follow.iter().map(|(set, _)| set.position).min() else { return Ok(()) };
        let mut touched = Touched::from(from);
        // Most of the log is looked through before the projector is held up.
        touched.look(source, self.projector.projections().position()).await?;
        let changed = {
            let Some(still) = self.projector.still().await else { return Ok(()) };
            if still.generation.number() != generation.number() {
                return Ok(());
            }
            changed(source, &still, touched).await?
        };
        self.write(&**generation, &plan.follow, changed, kept).await
    }

    /// Begins to make a list.
    async fn begin(&self, maker: Maker, wanted: &Wanted) -> Result<Making, Error> {
        let set = maker.generation.begin_scores(&wanted.made_by, maker.epoch).await?;
        // A batch that was being written did not see the list: who changed by it is not noted, but is seen hereafter.
        drop(self.projector.still().await);
        let (generation, cancel) = (maker.generation.number(), maker.cancel.clone());
        let (made_by, wanted) = (wanted.made_by.clone(), wanted.clone());
        let work = tokio::spawn(async move { maker.fill(set, &wanted).await });
        tracing::info!(rule_set = made_by.rule_set, version = made_by.version, "a list of scores is being made");
        Ok(Making { set, generation, made_by, cancel, work })
    }
}

impl Turn {
    /// Reads the rule sets if there are new ones.
    async fn look(&mut self, scorer: &Scorer, position: u64) -> Result<(), Error> {
        let log = &scorer.scores.reads().source.log;
        let select = Select::Category("ruleset".to_owned());
        let page = Page { until: Some(position), parts: false, ..Page::forwards(select, self.read_to, 1) };
        if position > self.read_to {
            if !log.read(&page).await?.is_empty() {
                self.histories = scorer.scores.histories(Some(position)).await?;
            }
            self.read_to = position;
        }
        Ok(())
    }

    /// Takes note when a list is made.
    async fn made(&mut self, generation: i64) -> Result<(), Error> {
        let Some(making) = &mut self.making else { return Ok(()) };
        if making.generation != generation {
            self.stop_making().await;
            return Ok(());
        }
        if !making.work.is_finished() {
            return Ok(());
        }
        let made = (&mut making.work).await;
        let Some(making) = self.making.take() else { return Ok(()) };
        match made {
            Ok(Ok(position)) => {
                let MadeBy { rule_set, version, .. } = &making.made_by;
                tracing::info!(rule_set, version, position, "a list of scores is made");
                Ok(())
            }
            Ok(Err(error)) => {
                self.failed = Some((making.made_by, Instant::now()));
                Err(error)
            }
            // It was stopped with the node.
            Err(_) => Ok(()),
        }
    }

    /// Forgets what could not be made when nobody wants it any more, or it is being made again.
    fn forget_failure(&mut self, plan: &Plan) {
        let is_wanted = |failed: &MadeBy| plan.make.iter().any(|wanted| wanted.made_by == *failed);
        self.failed.take_if(|(failed, _)| !is_wanted(failed));
    }

    /// Ends what is being made; somebody else makes it, or nobody needs it.
    async fn stop_making(&mut self) {
        if let Some(making) = self.making.take() {
            making.cancel.cancel();
            // Whether it fails is of no account.
            let _ = making.work.await;
        }
    }

    /// The lists to be removed: past ones when those who read them have had time to end.
    fn removable(&mut self, plan: Plan) -> Vec<i64> {
        let Plan { past, mut remove, .. } = plan;
        self.past.retain(|number, _| past.contains(number));
        let old = past
            .into_iter()
            .filter(|number| self.past.entry(*number).or_insert_with(Instant::now).elapsed() > PAST_FOR);
        remove.extend(old);
        remove
    }
}
