//! Facts to the files of an archive, a part of the records in each, on all cores.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use kulta_projections::scores::facts::Facts;

use super::columns::{Column, Precision};
use super::manifest::{File, Manifest, Role};
use super::{Error, blocks, files, segment};
use crate::replay::read::Cancel;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Read the log up to a position of one.
    Reading(u64, u64),
    /// Written some files of many.
    Writing(usize, usize),
}

/// Is told how far it is.
pub type Progress<'a> = &'a (dyn Fn(Step) + Sync);

/// How hard an archive is worked at, and on whose behalf.
#[derive(Clone, Copy)]
pub struct Effort<'a> {
    /// On so many threads.
    pub threads: usize,
    /// After a page of the log it rests so many times as long as that took.
    pub rests: u32,
    /// Is told how far it is.
    pub progress: Progress<'a>,
    /// Whether to go on at all.
    pub cancel: &'a Cancel,
}

impl<'a> Effort<'a> {
    /// All there is, without a rest.
    pub fn full(progress: Progress<'a>, cancel: &'a Cancel) -> Self {
        Self { threads: crate::threads(), rests: 0, progress, cancel }
    }
}

/// Files of events that are to be written.
pub(super) struct Segments<'a> {
    dir: &'a Path,
    position: u64,
    role: Role,
    precision: Precision,
    columns: &'a [Column],
}

type Span = Option<(i64, i64)>;

/// Files, and the earliest and the latest time in them.
pub(super) type Made = (Vec<File>, Span);

impl<'a> Segments<'a> {
    /// Files of an archive.
    pub fn new(dir: &'a Path, manifest: &'a Manifest, role: Role) -> Self {
        let Manifest { position, precision, ref columns, .. } = *manifest;
        Self { dir, position, role, precision, columns }
    }

    /// Writes the facts of each part into a file of its own, on all cores.
    pub fn write(
        &self,
        parts: usize,
        make: impl Fn(usize) -> Result<Facts, Error> + Sync,
        effort: &Effort<'_>,
    ) -> Result<Made, Error> {
        let (next, written) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let work = || -> Result<(), Error> {
            loop {
                let part = next.fetch_add(1, Ordering::Relaxed);
                if part >= parts {
                    return Ok(());
                }
                effort.cancel.check()?;
                let facts = make(part)?;
                if facts.is_empty() && part > 0 {
                    continue;
                }
                let made = self.files(part, &facts)?;
                let mut written = written.lock().unwrap_or_else(PoisonError::into_inner);
                written.push((part, made, facts.span()));
                (effort.progress)(Step::Writing(written.len(), parts));
            }
        };
        on_threads(effort.threads.min(parts), work)?;
        let mut written = written.into_inner().unwrap_or_else(PoisonError::into_inner);
        written.sort_by_key(|(part, _, _)| *part);
        let widest = |one: Span, other: Span| match (one, other) {
            (Some((low, high)), Some((first, last))) => Some((low.min(first), high.max(last))),
            (one, other) => one.or(other),
        };
        let span = written.iter().fold(None, |span, (_, _, own)| widest(span, *own));
        Ok((written.into_iter().flat_map(|(_, made, _)| made).collect(), span))
    }

    /// The file of a part, and of a base the same rows as a replay reads them.
    fn files(&self, part: usize, facts: &Facts) -> Result<Vec<File>, Error> {
        let word = if self.role == Role::Base { "base" } else { "delta" };
        let stem = format!("events-{:012}-{word}-{part:04}", self.position);
        let bytes = segment::encode(facts, self.precision, self.columns)?;
        let mut made = vec![self.file(format!("{stem}.parquet"), self.role, facts, &bytes)?];
        if self.role == Role::Base {
            let encoded = blocks::encode(facts, self.columns);
            let mut file = self.file(format!("{stem}{}", blocks::SUFFIX), Role::Rows, facts, &encoded.bytes)?;
            file.index = Some(encoded.index);
            made.push(file);
        }
        Ok(made)
    }

    fn file(&self, name: String, role: Role, facts: &Facts, bytes: &[u8]) -> Result<File, Error> {
        files::write(&self.dir.join(format!("{name}{}", files::NEW)), bytes)?;
        let (rows, length, sha256) = (facts.len() as u64, bytes.len() as u64, files::sha256(bytes));
        let records = facts.records.first().copied().zip(facts.records.last().copied());
        Ok(File { name, role, rows, bytes: length, sha256, records, index: None })
    }
}

/// Does the same work on some threads until it is done.
pub(super) fn on_threads(threads: usize, work: impl Fn() -> Result<(), Error> + Sync) -> Result<(), Error> {
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(&work)).collect();
        let broken = || Err(Error::Io { file: "".into(), source: std::io::Error::other("a thread ended early") });
        let ends = workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| broken()));
        ends.collect::<Vec<_>>().into_iter().collect()
    })
}
