//! The archive of a node, kept up in the background for its replays.
//!
//! It works on one thread, rests longer than it works, and leaves the machine to intake while that is at full speed. What it
//! has not got to yet, replays read from the log.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kulta_projections::scores::facts::Wanted;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::update::stamp;
use super::write::log;
use super::{Basis, Checked, Effort, Error, How, Manifest, Open, Written, update};
use crate::metrics;
use crate::projector::{FULL_SPEED, Pace, Projections, Source};
use crate::replay::read::Cancel;

/// How often it is looked whether there is something to do: as often as the archive is to be brought up to date, within these.
const LOOK: Duration = Duration::from_secs(1);
const SHORTEST_LOOK: Duration = Duration::from_millis(20);
/// The rest after work, so many times as long as that took.
const RESTS: u32 = 10;
/// So many events are worth an update before its time; or a hundredth of the archive.
const MANY: u64 = 50_000;
const SHARE: u64 = 100;
/// For so many times as long as an update may otherwise wait, it waits for intake.
const LONGEST: u32 = 10;
/// How often every file is read again and looked at.
const CHECK_EVERY: Duration = Duration::from_secs(24 * 3_600);
/// The longest pause after failures.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// What is being done with an archive, for operators.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    /// There is none yet; it is being made.
    #[default]
    Making,
    /// It is kept up.
    Live,
    /// It is damaged, and is written anew.
    Repairing,
    /// The last update failed; it is tried again.
    Failing,
    /// Stopped.
    Stopped,
}

/// An archive as it stands.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Up to which position of the log it tells everything.
    pub position: u64,
    /// How many events it holds.
    pub events: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// What is done.
    pub doing: Doing,
    /// What is wrong with it, until it is mended.
    pub damage: Option<String>,
    /// How often damage was found.
    damages: u64,
}

/// Why a replay cannot run over an archive now.
#[derive(Debug)]
pub enum Unusable {
    /// Somebody ended it.
    Cancelled,
    /// There is none yet, or it is of something else.
    Not(String),
    /// It is damaged: what is wrong.
    Damaged(String),
}

/// Keeps the archive of a node.
#[derive(Debug)]
pub struct Keeper {
    source: Source,
    projections: Projections,
    dir: PathBuf,
    every: Duration,
    kept: Mutex<Kept>,
    news: Notify,
    metrics: metrics::Archive,
}

impl Keeper {
    /// Of an archive in a directory, which is brought up to date so often.
    pub fn new(
        source: Source,
        projections: Projections,
        (dir, every): (PathBuf, Duration),
        metrics: metrics::Archive,
    ) -> Arc<Self> {
        let (kept, news) = (Mutex::default(), Notify::new());
        let keeper = Self { source, projections, dir, every, kept, news, metrics };
        if let Ok(manifest) = keeper.usable(keeper.projections.live().number()) {
            keeper.stands(&manifest);
        }
        Arc::new(keeper)
    }

    /// How it stands.
    pub fn kept(&self) -> Kept {
        self.locked().clone()
    }

    fn locked(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stands(&self, manifest: &Manifest) {
        let mut kept = self.locked();
        (kept.position, kept.events, kept.bytes) = (manifest.position, manifest.events, manifest.bytes());
        kept.doing = Doing::Live;
    }

    /// Opens the archive for a replay over a generation of projections.
    ///
    /// # Errors
    /// When there is none, it is of something else, or it is damaged: then it is mended in the background.
    pub fn open(&self, generation: i64, wanted: &Wanted, cancel: &Cancel) -> Result<Open, Unusable> {
        if let Some(what) = self.locked().damage.clone() {
            return Err(Unusable::Damaged(what));
        }
        let opened = self.usable(generation).and_then(|_| {
            let open = Open::new(&self.dir, wanted, crate::threads(), cancel).map_err(told)?;
            // It may have been replaced meanwhile.
            self.fits(open.manifest(), generation)?;
            Ok(open)
        });
        if let Err(Unusable::Damaged(what)) = &opened {
            self.is_damaged(what);
        }
        opened
    }

    fn usable(&self, generation: i64) -> Result<Manifest, Unusable> {
        let manifest = super::manifest(&self.dir).map_err(told)?;
        self.fits(&manifest, generation)?;
        Ok(manifest)
    }

    fn fits(&self, manifest: &Manifest, generation: i64) -> Result<(), Unusable> {
        if manifest.log != log(&self.source) {
            return Err(Unusable::Not(Error::OtherLog(self.dir.clone()).to_string()));
        }
        if manifest.basis != Some(stamp(&self.source, generation)) {
            return Err(Unusable::Not("the archive is of other projections and is being written anew".to_owned()));
        }
        Ok(())
    }

    /// Takes note of damage that a replay met. Until it is mended, nobody runs over the archive.
    pub fn is_damaged(&self, what: &str) {
        let first = {
            let mut kept = self.locked();
            kept.damages += 1;
            kept.doing = Doing::Repairing;
            kept.damage.replace(what.to_owned()).is_none()
        };
        if first {
            tracing::error!(what, "the archive is damaged: it is mended, and replays run over the log meanwhile");
            self.metrics.damaged();
        }
        self.news.notify_one();
    }

    /// Counts a replay.
    pub fn replayed(&self, over_archive: bool) {
        self.metrics.replayed(over_archive);
    }

    /// Keeps the archive up until told to stop.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let (mut checked, mut since_check) = (Checked::default(), Instant::now());
        let mut last = Last { ended: Instant::now(), rest: Duration::ZERO, failures: 0 };
        let mut pace = Pace::new(Instant::now(), self.source.head());
        // Told by itself: an update may not look up for long.
        let cancel = Cancel::default();
        let watch = tokio::spawn({
            let (mut stop, cancel) = (stop.clone(), cancel.clone());
            async move {
                // When nobody can tell any more, the node is gone.
                drop(stop.wait_for(|stop| *stop).await);
                cancel.cancel();
            }
        });
        while !*stop.borrow() {
            let rate = pace.rate(Instant::now(), self.source.head());
            if self.is_due(&last, rate) {
                if self.locked().damage.is_some() || since_check.elapsed() > CHECK_EVERY {
                    (checked, since_check) = (Checked::default(), Instant::now());
                }
                let began = Instant::now();
                let done = self.update(&mut checked, &cancel).await;
                last = self.ended(done, last.failures, began.elapsed());
            }
            tokio::select! {
                _ = stop.changed() => {}
                () = self.news.notified() => {}
                () = tokio::time::sleep(self.every.clamp(SHORTEST_LOOK, LOOK)) => {}
            }
        }
        watch.abort();
        self.locked().doing = Doing::Stopped;
    }

    fn is_due(&self, last: &Last, rate: f64) -> bool {
        let waited = last.ended.elapsed();
        if waited < last.rest {
            return false;
        }
        let kept = self.kept();
        if kept.damage.is_some() {
            return true;
        }
        if rate >= FULL_SPEED && waited < self.every * LONGEST {
            return false;
        }
        let behind = self.projections.position().saturating_sub(kept.position);
        let much = behind >= MANY.max(kept.events / SHARE);
        let not_there = kept.doing != Doing::Live || self.usable(self.projections.live().number()).is_err();
        not_there || much || behind > 0 && waited >= self.every
    }

    async fn update(&self, checked: &mut Checked, cancel: &Cancel) -> Result<(Written, u64), Error> {
        let damages = self.locked().damages;
        let live = self.projections.live();
        let crosswalk = live.crosswalk().await.map_err(crate::replay::Error::from)?;
        let basis = Basis { source: &self.source, crosswalk: &crosswalk, generation: live.number() };
        let effort = Effort { threads: 1, rests: 1, progress: &|_| (), cancel };
        Ok((update(&basis, &self.dir, checked, &effort).await?, damages))
    }

    /// Takes note of what came of an update; says how long to rest.
    fn ended(&self, done: Result<(Written, u64), Error>, failures: u32, took: Duration) -> Last {
        let ended = Instant::now();
        match done {
            Ok((Written { manifest, how }, damages)) => {
                self.stands(&manifest);
                let mut kept = self.locked();
                if matches!(how, How::Repaired(_)) && kept.damage.is_none() {
                    // Nobody had met it before.
                    self.metrics.damaged();
                }
                if kept.damages == damages {
                    kept.damage = None;
                } else {
                    kept.doing = Doing::Repairing;
                }
                drop(kept);
                self.metrics.updated(how.word());
                let (position, duration_ms) = (manifest.position, took.as_millis() as u64);
                match &how {
                    How::Repaired(what) => tracing::warn!(what, position, duration_ms, "the archive was mended"),
                    how => tracing::debug!(how = how.word(), position, duration_ms, "the archive is up to date"),
                }
                Last { ended, rest: took * RESTS, failures: 0 }
            }
            Err(Error::Log(crate::replay::Error::Cancelled)) => Last { ended, rest: Duration::ZERO, failures },
            Err(error) => {
                self.locked().doing = Doing::Failing;
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "the archive could not be brought up to date, trying again");
                let rest = (LOOK * 2_u32.saturating_pow(failures)).min(LONGEST_PAUSE);
                Last { ended, rest, failures: failures.saturating_add(1).min(16) }
            }
        }
    }
}

/// When an update ended, and what follows.
#[derive(Debug)]
struct Last {
    ended: Instant,
    rest: Duration,
    failures: u32,
}

fn told(error: Error) -> Unusable {
    match error {
        Error::Damaged { .. } => Unusable::Damaged(error.to_string()),
        Error::Log(crate::replay::Error::Cancelled) => Unusable::Cancelled,
        Error::None(_) => Unusable::Not("the archive is not made yet".to_owned()),
        error => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(%error, cause, "the archive cannot be read");
            Unusable::Not("the archive cannot be read".to_owned())
        }
    }
}
