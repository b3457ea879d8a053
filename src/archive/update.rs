//! Brings an archive up to date, or makes one.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use kulta_events::Vocabulary;
use kulta_projections::scores::facts::{Facts, Names, Wanted};
use uuid::Uuid;

use super::columns::{Column, Precision};
use super::manifest::{File, Manifest, NAME, Role};
use super::members::Members;
use super::merge::Merge;
use super::ordered::Order;
use super::plan::{Plan, Shared};
use super::read::{checked, has_length, in_order, whole};
use super::segments::{Effort, Segments};
use super::ties::{Meetings, Ranks};
use super::write::{Gathered, PER_FILE, delta_parts, log, members, publish};
use super::{Error, files, types};
use crate::projector::Source;
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

impl How {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            How::Made => "made",
            How::Unchanged => "unchanged",
            How::Extended => "extended",
            How::Merged => "merged",
            How::Rewritten(_) => "rewritten",
            How::Repaired(_) => "repaired",
        }
    }
}

/// An archive that is up to date.
#[derive(Clone, Debug)]
pub struct Written {
    /// What it says of itself.
    pub manifest: Manifest,
    /// How it came to be so.
    pub how: How,
}

/// What an archive is made of.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// The log.
    pub source: &'a Source,
    /// Who belongs to whom, and up to which position.
    pub crosswalk: &'a Crosswalk,
    /// The generation of projections that says so.
    pub generation: i64,
}

impl Basis<'_> {
    /// Tells archives apart that say different things of one log at one position: events have been read by other versions
    /// of their types, or projections were made anew, as they are when somebody has been erased and ids are gone.
    fn stamp(&self) -> Uuid {
        stamp(self.source, self.generation)
    }
}

/// See [`Basis::stamp`].
pub(super) fn stamp(source: &Source, generation: i64) -> Uuid {
    let vocabulary = Vocabulary::standard();
    let mut versions: Vec<String> = vocabulary.types().map(|kind| format!("{} {}", kind.name, kind.version)).collect();
    versions.sort_unstable();
    let generation = generation.to_string();
    let parts: Vec<&str> = std::iter::once(generation.as_str()).chain(versions.iter().map(String::as_str)).collect();
    source.vault.hasher().text("archive basis", &parts)
}

/// Files of an archive that this process has written, or read and found to be what was written. Of those only the length
/// is looked at again.
#[derive(Debug, Default)]
pub struct Checked(HashSet<(String, String)>);

impl Checked {
    fn add(&mut self, manifest: &Manifest) {
        self.0 = manifest.files.iter().map(Self::key).collect();
    }

    fn key(file: &File) -> (String, String) {
        (file.name.clone(), file.sha256.clone())
    }
}

/// Brings the archive in a directory up to the position of a crosswalk. One that is damaged is written anew.
///
/// # Errors
/// [`Error::OtherLog`], [`Error::InUse`], or when the log cannot be read or a file cannot be written; what was there is
/// still there then.
pub async fn update(
    basis: &Basis<'_>,
    dir: &Path,
    checked: &mut Checked,
    effort: &Effort<'_>,
) -> Result<Written, Error> {
    fs::create_dir_all(dir).map_err(Error::io(dir))?;
    let _lock = lock(dir)?;
    let mut how = match tokio::task::block_in_place(|| standing(dir, checked, effort)) {
        Ok((old, members)) if old.log == log(basis.source) => {
            let new = Update { basis, dir, old: &old, members: &members, effort };
            match new.run().await {
                Ok(Ok(written)) => {
                    checked.add(&written.manifest);
                    return Ok(written);
                }
                Ok(Err(reason)) => How::Rewritten(reason),
                // A file that was found whole before.
                Err(error @ Error::Damaged { .. }) => How::Repaired(error.to_string()),
                Err(error) => return Err(error),
            }
        }
        Ok(_) => return Err(Error::OtherLog(dir.to_owned())),
        Err(Error::None(_)) => How::Made,
        Err(error @ Error::Damaged { .. }) => How::Repaired(error.to_string()),
        Err(error) => return Err(error),
    };
    let manifest = super::write(basis, dir, effort).await?;
    checked.add(&manifest);
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
fn standing(dir: &Path, known: &Checked, effort: &Effort<'_>) -> Result<(Manifest, Members), Error> {
    let manifest = Manifest::read(dir)?;
    super::read::Bases::of(&manifest)?;
    files::tidy(dir, |name| manifest.files.iter().any(|file| file.name == name))?;
    in_order(manifest.files.len(), effort.threads, |place| {
        effort.cancel.check()?;
        let file = &manifest.files[place];
        if known.0.contains(&Checked::key(file)) {
            return has_length(dir, file);
        }
        checked(dir, file).map(drop)
    })?;
    let members = Members::read(dir, &manifest)?;
    Ok((manifest, members))
}

struct Update<'a> {
    basis: &'a Basis<'a>,
    dir: &'a Path,
    old: &'a Manifest,
    members: &'a Members,
    effort: &'a Effort<'a>,
}

impl Update<'_> {
    /// `Err`: why the archive is to be written anew.
    async fn run(&self) -> Result<Result<Written, &'static str>, Error> {
        let Basis { source, crosswalk, .. } = *self.basis;
        let (from, until) = (self.old.position, crosswalk.position);
        let base = self.old.rows(Role::Base);
        if until < from {
            return Ok(Err("the log is shorter than the archive"));
        }
        if self.old.basis != Some(self.basis.stamp()) {
            return Ok(Err("the projections were made anew, or events are read by other versions of their types"));
        }
        if until == from {
            return Ok(Ok(Written { manifest: self.old.clone(), how: How::Unchanged }));
        }
        if until - from > PER_FILE.max(base / FAR) || base > 2 * PER_FILE * self.old.files(Role::Base).count() as u64 {
            return Ok(Err("much has come since"));
        }
        let gathered = Gathered::read(source, self.dir, (from, until), delta_parts(until - from), self.effort).await?;
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
        let ranks = Ranks::find(source, &groups, self.effort.cancel).await?;
        let members = members(source, crosswalk, self.members).await?;
        let later = self.old.rows(Role::Delta) + gathered.events;
        let deltas = self.old.files(Role::Delta).count();
        let merge = ties || later * SHARE > base || deltas >= MOST_DELTAS;
        let types = types::registered(source, until).await?;
        tokio::task::block_in_place(|| self.write(&gathered, columns, &ranks, &members, (merge, types))).map(Ok)
    }

    /// Archived events that share time and source with new ones.
    fn met(&self, meetings: &Meetings) -> Result<Vec<(i64, u16, u64)>, Error> {
        let files: Vec<_> = self.old.files.iter().filter(|file| file.role.is_events()).collect();
        let wanted = Wanted { facets: Some(Default::default()), ..Wanted::default() };
        let met = in_order(files.len(), self.effort.threads, |file| {
            self.effort.cancel.check()?;
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
        let (dir, position) = (self.dir, self.basis.crosswalk.position);
        let mut manifest = Manifest::new(self.old.log, position, self.old.precision, columns);
        (manifest.types, manifest.basis) = (types, Some(self.basis.stamp()));
        let make = |part| gathered.facts(part, ranks);
        let parts = gathered.rows.parts();
        let (written, times, how);
        if merge {
            let new: Vec<Facts> = (0..parts).map(make).collect::<Result<_, _>>()?;
            let order = Order::of(&members.records);
            let merge = Merge { dir, old: self.old, new: &manifest, ranks, order: &order };
            (written, times) = merge.write(new, self.effort)?;
            how = How::Merged;
        } else {
            manifest.files.extend(self.old.files.iter().filter(|file| file.role != Role::Crosswalk).cloned());
            manifest.spans(self.old.times);
            let segments = Segments::delta(dir, &manifest);
            let parts = if gathered.events == 0 { 0 } else { parts };
            (written, times) = segments.write(parts, make, self.effort)?;
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
