//! Brings an archive up to date, or makes one.

use std::fs;
use std::path::Path;

use kulta_projections::scores::facts::{Facts, Names, Wanted};

use super::columns::{Column, Precision};
use super::manifest::{Manifest, NAME, Role};
use super::members::Members;
use super::merge::Merge;
use super::plan::{Plan, Shared};
use super::read::{checked, in_order, whole};
use super::segments::{Progress, Segments};
use super::ties::{Meetings, Ranks};
use super::write::{Gathered, PER_FILE, log, members, publish};
use super::{Error, files, types};
use crate::projector::Source;
use crate::replay::read::Cancel;
use crate::store::views::Crosswalk;

/// One part in so many of the base may be in deltas.
const SHARE: u64 = 10;
/// One part in so many, and the log is read from its beginning.
const FAR: u64 = 3;
/// Files of deltas, above which reading them costs more than a new base.
const MOST_DELTAS: usize = 32;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// There was none.
    Made,
    /// It was up to date.
    Unchanged,
    /// What came since is in deltas.
    Extended,
    /// What came since is in a new base, made of the old one.
    Merged,
    /// It was written anew, since it could not be extended: why.
    Rewritten(&'static str),
    /// It was damaged, and was written anew from the log: what was wrong.
    Repaired(String),
}

/// An archive that is up to date.
#[derive(Clone, Debug)]
pub struct Written {
    /// What it says of itself.
    pub manifest: Manifest,
    /// How it came to be so.
    pub how: How,
}

/// Brings the archive in a directory up to the position of a crosswalk. One that is damaged is written anew.
///
/// # Errors
/// [`Error::OtherLog`], [`Error::InUse`], or when the log cannot be read or a file cannot be written; what was there is
/// still there then.
pub async fn update(
    source: &Source,
    crosswalk: &Crosswalk,
    dir: &Path,
    progress: Progress<'_>,
    cancel: &Cancel,
) -> Result<Written, Error> {
    fs::create_dir_all(dir).map_err(Error::io(dir))?;
    let _lock = lock(dir)?;
    let mut how = match tokio::task::block_in_place(|| standing(dir, cancel)) {
        Ok((old, members)) if old.log == log(source) => {
            let new = Update { source, crosswalk, dir, old: &old, members: &members, progress, cancel };
            match new.run().await {
                Ok(Ok(written)) => return Ok(written),
                Ok(Err(reason)) => How::Rewritten(reason),
                Err(error) => return Err(error),
            }
        }
        Ok(_) => return Err(Error::OtherLog(dir.to_owned())),
        Err(Error::None(_)) => How::Made,
        Err(error @ Error::Damaged { .. }) => How::Repaired(error.to_string()),
        Err(error) => return Err(error),
    };
    let manifest = super::write(source, crosswalk, dir, progress, cancel).await?;
    if let How::Rewritten(reason) = &mut how {
        tracing::info!(reason, "the archive was written anew");
    }
    Ok(Written { manifest, how })
}

/// Keeps other processes from writing, as long as it is open.
fn lock(dir: &Path) -> Result<fs::File, Error> {
    let path = dir.join("lock");
    let file = fs::File::options().create(true).truncate(false).write(true).open(&path).map_err(Error::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Error::InUse(dir.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(Error::io(&path)(error)),
    }
}

/// The archive in a directory, if all its files are what was written. What an earlier run left behind is removed.
fn standing(dir: &Path, cancel: &Cancel) -> Result<(Manifest, Members), Error> {
    let manifest = Manifest::read(dir)?;
    super::read::Bases::of(&manifest)?;
    files::tidy(dir, |name| manifest.files.iter().any(|file| file.name == name))?;
    in_order(manifest.files.len(), crate::threads(), |file| {
        cancel.check()?;
        checked(dir, &manifest.files[file]).map(drop)
    })?;
    let members = Members::read(dir, &manifest)?;
    Ok((manifest, members))
}

struct Update<'a> {
    source: &'a Source,
    crosswalk: &'a Crosswalk,
    dir: &'a Path,
    old: &'a Manifest,
    members: &'a Members,
    progress: Progress<'a>,
    cancel: &'a Cancel,
}

impl Update<'_> {
    /// `Err`: why the archive is to be written anew.
    async fn run(&self) -> Result<Result<Written, &'static str>, Error> {
        let (from, until) = (self.old.position, self.crosswalk.position);
        let base = self.old.rows(Role::Base);
        if until < from {
            return Ok(Err("the log is shorter than the archive"));
        }
        if until == from {
            return Ok(Ok(Written { manifest: self.old.clone(), how: How::Unchanged }));
        }
        if until - from > PER_FILE.max(base / FAR) || base > 2 * PER_FILE * self.old.files(Role::Base).count() as u64 {
            return Ok(Err("much has come since"));
        }
        let gathered = Gathered::read(self.source, self.dir, from, until, self.progress, self.cancel).await?;
        let Some(columns) = gathered.survey.columns(self.old.columns.clone()) else {
            return Ok(Err("numbers have more decimals than before"));
        };
        if gathered.survey.precision == Precision::Microseconds && self.old.precision == Precision::Milliseconds {
            return Ok(Err("times are finer than before"));
        }
        let (groups, ties) = tokio::task::block_in_place(|| {
            let meetings = Meetings::new(gathered.moments.all()?, gathered.sources.clone());
            let met = self.met(&meetings)?;
            let ties = !met.is_empty();
            Ok::<_, Error>((meetings.groups(met), ties))
        })?;
        let ranks = Ranks::find(self.source, &groups, self.cancel).await?;
        let members = members(self.source, self.crosswalk, self.members).await?;
        let later = self.old.rows(Role::Delta) + gathered.events;
        let deltas = self.old.files(Role::Delta).count();
        let merge = ties || later * SHARE > base || deltas >= MOST_DELTAS;
        let types = types::registered(self.source, self.crosswalk.position).await?;
        tokio::task::block_in_place(|| self.write(&gathered, columns, &ranks, &members, (merge, types))).map(Ok)
    }

    /// Archived events that share time and source with new ones.
    fn met(&self, meetings: &Meetings) -> Result<Vec<(i64, u16, u64)>, Error> {
        let files: Vec<_> = self.old.files.iter().filter(|file| file.role.is_events()).collect();
        let wanted = Wanted { facets: Some(Default::default()), ..Wanted::default() };
        let met = in_order(files.len(), crate::threads(), |file| {
            self.cancel.check()?;
            let shared = Shared::new(0);
            let plan = Plan { manifest: self.old, shapes: &[], positions: true, wanted: &wanted, shared: &shared };
            let facts = whole(self.dir, files[file], &plan, Names::default())?;
            Ok(meetings.met(&facts.named(shared.into_names())))
        })?;
        Ok(met.concat())
    }

    fn write(
        &self,
        gathered: &Gathered,
        columns: Vec<Column>,
        ranks: &Ranks,
        members: &Members,
        (merge, types): (bool, Vec<serde_json::Value>),
    ) -> Result<Written, Error> {
        let (dir, position) = (self.dir, self.crosswalk.position);
        let mut manifest = Manifest::new(self.old.log, position, self.old.precision, columns);
        manifest.types = types;
        let make = |part| gathered.facts(part, ranks);
        let parts = gathered.rows.parts();
        let (written, times, how);
        if merge {
            let new: Vec<Facts> = (0..parts).map(make).collect::<Result<_, _>>()?;
            let merge = Merge { dir, old: self.old, new: &manifest, ranks };
            (written, times) = merge.write(new, self.progress, self.cancel)?;
            how = How::Merged;
        } else {
            manifest.files.extend(self.old.files.iter().filter(|file| file.role != Role::Crosswalk).cloned());
            manifest.spans(self.old.times);
            let segments = Segments::new(dir, &manifest, Role::Delta);
            let parts = if gathered.events == 0 { 0 } else { parts };
            (written, times) = segments.write(parts, make, self.progress, self.cancel)?;
            how = How::Extended;
        }
        manifest.files.extend(written);
        manifest.spans(times);
        manifest.files.push(members.write(dir, position)?);
        publish(dir, &mut manifest)?;
        debug_assert!(dir.join(NAME).exists());
        Ok(Written { manifest, how })
    }
}
