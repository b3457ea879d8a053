//! An archive into memory, checked.

use std::fs;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use kulta_projections::scores::facts::{Assembly, Facts, Filled, Names, Slot, Wanted};

use super::columns::shapes;
use super::manifest::{File, Manifest, Role};
use super::members::Members;
use super::plan::{Plan, Shared};
use super::segments::on_threads;
use super::{Error, files};
use crate::replay::read::Cancel;

/// How often an archive that is replaced while it is read is read again.
const TRIES: usize = 5;

/// What an archive holds.
#[derive(Clone, Debug)]
pub struct Archived {
    /// The facts.
    pub facts: Facts,
    /// Who they are about.
    pub members: Members,
    /// What the archive says of itself.
    pub manifest: Manifest,
}

/// Reads an archive on so many threads. Without `positions`, [`Facts::positions`] stays empty, which is faster.
///
/// # Errors
/// [`Error::Damaged`] when a file is not what was written.
pub fn read(dir: &Path, wanted: &Wanted, positions: bool, threads: usize, cancel: &Cancel) -> Result<Archived, Error> {
    retried(dir, |manifest| read_once(dir, manifest, wanted, positions, threads, cancel))
}

/// Reads an archive; again, when it was replaced meanwhile.
pub(super) fn retried<T>(dir: &Path, read: impl Fn(&Manifest) -> Result<T, Error>) -> Result<T, Error> {
    let mut manifest = Manifest::read(dir)?;
    for _ in 1..TRIES {
        match read(&manifest) {
            // Files that are gone may have been replaced meanwhile.
            Err(Error::Damaged { file, what }) => match Manifest::read(dir) {
                Ok(newer) if newer != manifest => manifest = newer,
                _ => return Err(Error::Damaged { file, what }),
            },
            other => return other,
        }
    }
    read(&manifest)
}

fn read_once(
    dir: &Path,
    manifest: &Manifest,
    wanted: &Wanted,
    positions: bool,
    threads: usize,
    cancel: &Cancel,
) -> Result<Archived, Error> {
    let shapes = shapes(&manifest.columns, wanted);
    let shared = Shared::new(shapes.len());
    let plan = Plan { manifest, shapes: &shapes, positions, wanted, shared: &shared };
    let (facts, members) = columns(dir, plan, threads, cancel, || Members::read(dir, manifest))?;
    Ok(Archived { facts: facts.named(shared.into_names()), members, manifest: manifest.clone() })
}

/// All events of an archive, whose texts the plan's numbers stand for, and what is read beside them.
pub(super) fn columns<T: Send + Default>(
    dir: &Path,
    plan: Plan<'_>,
    threads: usize,
    cancel: &Cancel,
    beside: impl Fn() -> Result<T, Error> + Sync,
) -> Result<(Facts, T), Error> {
    let (shapes, positions) = (plan.shapes, plan.positions);
    let reading = Reading::new(dir, plan.manifest, plan, threads, cancel)?;
    let rows: Vec<usize> = (0..reading.bases.files.len()).map(|base| reading.rows(base)).collect();
    let mut assembly = Assembly::new(rows.iter().sum(), shapes, positions)?;
    let slots: Vec<_> = assembly.slots(&rows).into_iter().map(|slot| Mutex::new(Some(slot))).collect();
    // What is read beside the facts comes first, since it is one piece.
    let other = Mutex::new(T::default());
    let mut filled = in_order(slots.len() + 1, threads, |number| {
        cancel.check()?;
        let Some(base) = number.checked_sub(1) else {
            *other.lock().unwrap_or_else(PoisonError::into_inner) = beside()?;
            return Ok(Filled::default());
        };
        let slot = slots[base].lock().unwrap_or_else(PoisonError::into_inner).take();
        slot.map_or_else(|| Ok(Filled::default()), |mut slot| reading.fill(base, &mut slot))
    })?;
    filled.remove(0);
    drop(slots);
    drop(reading);
    let other = other.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((assembly.finish(filled, Names::default()), other))
}

/// An archive whose deltas are read, so that each base file can be read with what came since.
struct Reading<'a> {
    dir: &'a Path,
    plan: Plan<'a>,
    bases: Bases<'a>,
    deltas: Vec<Facts>,
}

impl<'a> Reading<'a> {
    /// Reads the deltas.
    fn new(
        dir: &'a Path,
        manifest: &'a Manifest,
        plan: Plan<'a>,
        threads: usize,
        cancel: &Cancel,
    ) -> Result<Self, Error> {
        let bases = Bases::of(manifest)?;
        let later: Vec<&File> = manifest.files(Role::Delta).collect();
        let deltas = in_order(later.len(), threads, |delta| {
            cancel.check()?;
            whole(dir, later[delta], &plan, Names::default())
        })?;
        Ok(Self { dir, plan, bases, deltas })
    }

    /// How many rows a base file has with what came since.
    fn rows(&self, base: usize) -> usize {
        let later = self.deltas.iter().map(|delta| rows_at(delta, &self.bases.places(base, delta)));
        rows_of(self.bases.files[base]) + later.sum::<usize>()
    }

    /// Reads a base file and what came since into a slot of as many rows.
    fn fill(&self, base: usize, slot: &mut Slot<'_>) -> Result<Filled, Error> {
        let mut filled = decode(self.dir, self.bases.files[base], &self.plan, slot)?;
        for delta in &self.deltas {
            let places = self.bases.places(base, delta);
            filled = slot.merge(filled, delta, places, |one, other| self.plan.shared.compare_sources(one, other));
        }
        Ok(filled)
    }
}

/// The base files of an archive, each with a range of records.
pub(super) struct Bases<'a> {
    /// By record.
    pub files: Vec<&'a File>,
}

impl<'a> Bases<'a> {
    /// Those of an archive.
    pub fn of(manifest: &'a Manifest) -> Result<Self, Error> {
        let files: Vec<&File> = manifest.files(Role::Base).collect();
        let ranges: Vec<_> = files.iter().filter_map(|file| file.records).collect();
        if files.is_empty() || ranges.windows(2).any(|pair| pair[0].1 >= pair[1].0) {
            return Err(Error::damaged(super::manifest::NAME, "base files are missing or overlap"));
        }
        Ok(Self { files })
    }

    /// The records of a delta that come to a base file: all from its first one to the next file's.
    pub fn places(&self, base: usize, delta: &Facts) -> Range<u32> {
        let first = |base: usize| self.files[base..].iter().find_map(|file| file.records).map(|(first, _)| first);
        let before = |base: usize| match first(base) {
            Some(record) => delta.records.partition_point(|known| *known < record),
            None => delta.records.len(),
        };
        let start = if base == 0 { 0 } else { before(base) };
        start as u32..before(base + 1).max(start) as u32
    }
}

/// How many rows a file has.
pub(super) fn rows_of(file: &File) -> usize {
    usize::try_from(file.rows).unwrap_or(usize::MAX)
}

/// How many rows some records have.
pub(super) fn rows_at(facts: &Facts, places: &Range<u32>) -> usize {
    (facts.starts[places.end as usize] - facts.starts[places.start as usize]) as usize
}

/// The facts of one file.
pub(super) fn whole(dir: &Path, file: &File, plan: &Plan<'_>, names: Names) -> Result<Facts, Error> {
    let mut assembly = Assembly::new(rows_of(file), plan.shapes, plan.positions)?;
    let mut filled = Vec::new();
    for slot in &mut assembly.slots(&[rows_of(file)]) {
        filled.push(decode(dir, file, plan, slot)?);
    }
    Ok(assembly.finish(filled, names))
}

/// Reads a file into the last rows of a slot.
pub(super) fn decode(dir: &Path, file: &File, plan: &Plan<'_>, slot: &mut Slot<'_>) -> Result<Filled, Error> {
    let bytes = checked(dir, file)?;
    let filled = plan.decode(bytes, slot, rows_of(file)).map_err(|what| Error::damaged(&file.name, what))?;
    let range = filled.records.first().copied().zip(filled.records.last().copied());
    if range != file.records || !filled.records.is_sorted_by(|one, other| one < other) {
        return Err(Error::damaged(&file.name, "other records than the manifest says"));
    }
    Ok(filled)
}

/// Does many things on some threads; gives what came out in order.
pub(super) fn in_order<T: Send>(
    count: usize,
    threads: usize,
    make: impl Fn(usize) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let (next, made) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(count)));
    on_threads(threads.min(count), || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(());
            }
            let one = make(number)?;
            made.lock().unwrap_or_else(PoisonError::into_inner).push((number, one));
        }
    })?;
    let mut made = made.into_inner().unwrap_or_else(PoisonError::into_inner);
    made.sort_by_key(|(number, _)| *number);
    Ok(made.into_iter().map(|(_, one)| one).collect())
}

/// Whether a file of an archive is there and as long as it was written.
pub(super) fn has_length(dir: &Path, file: &File) -> Result<(), Error> {
    let path = dir.join(&file.name);
    match fs::metadata(&path) {
        Ok(found) if found.len() == file.bytes => Ok(()),
        Ok(found) => Err(Error::damaged(&file.name, format!("it has {} bytes instead of {}", found.len(), file.bytes))),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Error::damaged(&file.name, "it is missing")),
        Err(error) => Err(Error::io(&path)(error)),
    }
}

/// The bytes of a file of an archive, which are what was written.
pub(super) fn checked(dir: &Path, file: &File) -> Result<Vec<u8>, Error> {
    let path = dir.join(&file.name);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(Error::damaged(&file.name, "it is missing")),
        Err(error) => return Err(Error::io(&path)(error)),
    };
    if bytes.len() as u64 != file.bytes {
        let what = format!("it has {} bytes instead of {}", bytes.len(), file.bytes);
        return Err(Error::damaged(&file.name, what));
    }
    if files::sha256(&bytes) != file.sha256 {
        return Err(Error::damaged(&file.name, "its content does not have its SHA-256"));
    }
    Ok(bytes)
}
