//! Facts to the files of an archive, a part of the records in each, on all cores.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use kulta_projections::scores::facts::Facts;

use super::columns::{Column, Precision};
use super::manifest::{File, Manifest, Role};
use super::ordered::{Aside, Kept, Order};
use super::read::in_order;
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
    /// Of a base: the order of customers.
    order: Option<&'a Order>,
}

type Span = Option<(i64, i64)>;

/// Files, and the earliest and the latest time in them.
pub(super) type Made = (Vec<File>, Span);

impl<'a> Segments<'a> {
    /// Files of a base, and the same rows once more in the order of customers.
    pub fn base(dir: &'a Path, manifest: &'a Manifest, order: &'a Order) -> Self {
        Self { role: Role::Base, order: Some(order), ..Self::delta(dir, manifest) }
    }

    /// Files of a delta.
    pub fn delta(dir: &'a Path, manifest: &'a Manifest) -> Self {
        let Manifest { position, precision, ref columns, .. } = *manifest;
        Self { dir, position, role: Role::Delta, precision, columns, order: None }
    }

    /// Writes the facts of each part into a file of its own, on all cores.
    pub fn write(
        &self,
        parts: usize,
        make: impl Fn(usize) -> Result<Facts, Error> + Sync,
        effort: &Effort<'_>,
    ) -> Result<Made, Error> {
        let aside = self.order.map(|order| Aside::new(self.dir, order, parts));
        let (next, written) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let steps = parts * if aside.is_some() { 2 } else { 1 };
        let work = || -> Result<(), Error> {
            loop {
                let part = next.fetch_add(1, Ordering::Relaxed);
                if part >= parts {
                    return Ok(());
                }
                effort.cancel.check()?;
                let facts = make(part)?;
                if let Some(aside) = &aside {
                    aside.put(part, &facts, self.columns)?;
                }
                if facts.is_empty() && part > 0 {
                    continue;
                }
                let made = self.parquet(part, &facts)?;
                let mut written = written.lock().unwrap_or_else(PoisonError::into_inner);
                written.push((part, made, facts.span()));
                (effort.progress)(Step::Writing(written.len(), steps));
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
        let mut files: Vec<File> = written.into_iter().map(|(_, made, _)| made).collect();
        if let Some(aside) = aside {
            files.extend(self.ordered(&aside.all(), parts, effort)?);
        }
        Ok((files, span))
    }

    /// The rows in the order of customers, a range of them in each file.
    fn ordered(&self, kept: &Kept, ranges: usize, effort: &Effort<'_>) -> Result<Vec<File>, Error> {
        let done = AtomicUsize::new(ranges);
        in_order(ranges, effort.threads, |range| {
            effort.cancel.check()?;
            let encoded = kept.file(range)?;
            let name = format!("{}{}", self.stem(range), blocks::SUFFIX);
            let mut file = self.file(name, Role::Customers, encoded.rows, &encoded.bytes)?;
            file.index = Some(encoded.index);
            (effort.progress)(Step::Writing(done.fetch_add(1, Ordering::Relaxed) + 1, 2 * ranges));
            Ok(file)
        })
    }

    fn stem(&self, part: usize) -> String {
        let word = if self.role == Role::Base { "base" } else { "delta" };
        format!("events-{:012}-{word}-{part:04}", self.position)
    }

    /// The file of a part.
    fn parquet(&self, part: usize, facts: &Facts) -> Result<File, Error> {
        let bytes = segment::encode(facts, self.precision, self.columns)?;
        let mut file = self.file(format!("{}.parquet", self.stem(part)), self.role, facts.len() as u64, &bytes)?;
        file.records = facts.records.first().copied().zip(facts.records.last().copied());
        Ok(file)
    }

    fn file(&self, name: String, role: Role, rows: u64, bytes: &[u8]) -> Result<File, Error> {
        files::write(&self.dir.join(format!("{name}{}", files::NEW)), bytes)?;
        let (length, sha256) = (bytes.len() as u64, files::sha256(bytes));
        Ok(File { name, role, rows, bytes: length, sha256, records: None, index: None })
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
