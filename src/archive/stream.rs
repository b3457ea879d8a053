//! The rows of some records at a time, from the files that hold them record by record.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use kulta_events::RecordId;
use kulta_projections::scores::facts::column::Numbers;
use kulta_projections::scores::facts::{Facts, Wanted};
use kulta_projections::scores::replay::Chunk;

use super::manifest::Manifest;
use super::members::Members;
use super::packed::Packed;
use super::pieces::Pieces;
use super::read::retried;
use super::{Error, blocks};
use crate::replay::read::Cancel;

/// See the module.
#[derive(Debug)]
pub struct Stream {
    /// The columns without rows.
    pub(super) head: Facts,
    pub(super) opened: Vec<Opened>,
    /// What came since, in memory.
    pub(super) deltas: Vec<Facts>,
    /// All records that have rows, ascending.
    pub(super) records: Vec<RecordId>,
    pub(super) runs: Vec<Run>,
    /// Behind the last run of each record.
    pub(super) ends: Vec<u32>,
    /// Whether there are columns that the opened files do not have.
    pub(super) is_wider: bool,
}

/// A stream, and what else an archive holds.
#[derive(Debug)]
pub struct Streamed {
    /// The rows.
    pub stream: Stream,
    /// Who they are about.
    pub members: Members,
    /// What the archive says of itself.
    pub manifest: Manifest,
}

/// Rows of a record that lie side by side, in the order of facts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// Which of the opened files, or, behind them, of the deltas.
    pub part: u32,
    pub rows: u32,
    pub place: Place,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// In a file: where the block begins, how long it is and its checksum.
    Block(u64, u32, u64),
    /// In a delta: the first row.
    Row(u32),
}

/// A file that is open.
#[derive(Debug)]
pub(super) struct Opened {
    pub name: String,
    pub file: fs::File,
    pub types: Vec<u16>,
    pub sources: Vec<u16>,
    pub units: Vec<u16>,
    pub columns: Vec<Into>,
}

/// Where a column's values go.
#[derive(Debug)]
pub(super) enum Into {
    /// Nobody wants them.
    Nowhere,
    Numbers(usize),
    /// The facet, and the numbers there of texts.
    Texts(usize, Vec<u32>),
    Bools(usize),
}

impl Stream {
    /// Opens an archive. `None`: what is wanted does not lie there record by record.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a file is not what was written; of rows, only indexes are looked at yet.
    pub fn open(dir: &Path, wanted: &Wanted, threads: usize, cancel: &Cancel) -> Result<Option<Streamed>, Error> {
        retried(dir, |manifest| open(dir, manifest, wanted, threads, cancel))
    }

    /// The columns without rows.
    pub fn head(&self) -> &Facts {
        &self.head
    }

    /// All records that have rows, ascending.
    pub fn records(&self) -> &[RecordId] {
        &self.records
    }

    fn runs(&self, place: u32) -> &[Run] {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
        &self.runs[start as usize..self.ends[place as usize] as usize]
    }

    /// How many rows the record at a place has.
    pub fn rows(&self, place: u32) -> usize {
        self.runs(place).iter().map(|run| run.rows as usize).sum()
    }

    /// Appends the rows of the record at a place, a run for each part that has some.
    ///
    /// # Errors
    /// [`Error::Damaged`] when they are not what was written.
    pub fn load(&self, place: u32, chunk: &mut Chunk) -> Result<(), Error> {
        for run in self.runs(place).iter().filter(|run| run.rows > 0) {
            match run.place {
                Place::Row(row) => {
                    let delta = &self.deltas[run.part as usize - self.opened.len()];
                    chunk.facts.append(delta, row as usize..(row + run.rows) as usize);
                }
                Place::Block(at, length, sum) => {
                    let opened = &self.opened[run.part as usize];
                    chunk.scratch.resize(length as usize, 0);
                    opened.file.read_exact_at(&mut chunk.scratch, at).map_err(|error| opened.unread(error))?;
                    if blocks::checksum(&chunk.scratch) != sum {
                        return Err(Error::damaged(&opened.name, "the rows of a record do not have their checksum"));
                    }
                    let Chunk { facts, scratch, .. } = chunk;
                    let other = || Error::damaged(&opened.name, "other columns than its index says");
                    opened.append(scratch, run.rows as usize, facts).ok_or_else(other)?;
                    if self.is_wider {
                        facts.fill_up();
                    }
                }
            }
            chunk.end_run();
        }
        Ok(())
    }

    /// How many rows each run of the record at a place has, and whether it is of the part in memory that was added last.
    pub(super) fn last_added(&self, place: u32) -> impl Iterator<Item = (usize, bool)> {
        let last = (self.opened.len() + self.deltas.len()).saturating_sub(1) as u32;
        self.runs(place).iter().map(move |run| (run.rows as usize, run.part == last))
    }

    /// Puts rows in the place of all that there are of their records. `None`: one of them has no place here.
    pub(super) fn put_in_place(&mut self, facts: Facts) -> Option<()> {
        let part = (self.opened.len() + self.deltas.len()) as u32;
        for (number, record) in (0..).zip(&facts.records) {
            let place = self.records.binary_search(record).ok()?;
            let start = place.checked_sub(1).map_or(0, |before| self.ends[before]) as usize;
            let rows = facts.rows_at(number);
            let mut runs = self.runs.get_mut(start..self.ends[place] as usize)?.iter_mut();
            *runs.next()? = Run { part, rows: rows.len() as u32, place: Place::Row(rows.start) };
            runs.for_each(|run| run.rows = 0);
        }
        self.deltas.push(facts);
        Some(())
    }
}

impl Opened {
    fn unread(&self, error: std::io::Error) -> Error {
        if error.kind() == std::io::ErrorKind::UnexpectedEof {
            return Error::damaged(&self.name, "it ends early");
        }
        Error::io(Path::new(&self.name))(error)
    }

    /// Appends the rows of a block. `None`: it is none.
    fn append(&self, mut block: &[u8], rows: usize, facts: &mut Facts) -> Option<()> {
        let mut next = || Packed::take(&mut block, rows);
        next()?.append(0, |time| time, &mut facts.times);
        for (codes, table) in
            [(&mut facts.types, &self.types), (&mut facts.sources, &self.sources), (&mut facts.units, &self.units)]
        {
            looked_up(&next()?, table, &mut codes.codes)?;
        }
        next()?.append(0, |rank| rank as u32, &mut facts.ranks);
        for column in &self.columns {
            let packed = next()?;
            let facet = |facet: &usize| *facet;
            match column {
                Into::Nowhere => {}
                Into::Numbers(place) => {
                    let numbers = facts.facets.get_mut(facet(place))?.1.numbers.as_mut()?;
                    packed.append(Numbers::NONE, |number| number, numbers.integers_mut());
                }
                Into::Texts(place, table) => {
                    looked_up(&packed, table, &mut facts.facets.get_mut(facet(place))?.1.texts.as_mut()?.codes)?;
                }
                Into::Bools(place) => {
                    let bools = facts.facets.get_mut(facet(place))?.1.bools.as_mut()?;
                    packed.append(0, |value| value as u8, &mut bools.values);
                }
            }
        }
        block.is_empty().then_some(())
    }
}

/// Appends what a table has for numbers. `None`: a number is beyond it.
fn looked_up<T: Copy + Default>(packed: &Packed<'_>, table: &[T], out: &mut Vec<T>) -> Option<()> {
    let beyond = std::cell::Cell::new(false);
    let of = |code: i64| match table.get(code as usize) {
        Some(value) => *value,
        None => {
            beyond.set(true);
            T::default()
        }
    };
    packed.append(T::default(), of, out);
    (!beyond.get()).then_some(())
}

fn open(
    dir: &Path,
    manifest: &Manifest,
    wanted: &Wanted,
    threads: usize,
    cancel: &Cancel,
) -> Result<Option<Streamed>, Error> {
    // The crosswalk is read beside the others, first, since it is one piece.
    let (members, pieces) = side_by_side(
        || Members::read(dir, manifest),
        || Pieces::open(dir, manifest, wanted, threads.saturating_sub(1).max(1), cancel),
    );
    let (members, Some(pieces)) = (members?, pieces?) else { return Ok(None) };
    let (mut stream, shared) = pieces.joined()?;
    stream.head = stream.head.named(shared.into_names());
    Ok(Some(Streamed { stream, members, manifest: manifest.clone() }))
}

/// Two things on two threads.
fn side_by_side<A: Send, B>(
    one: impl FnOnce() -> Result<A, Error> + Send,
    other: impl FnOnce() -> B,
) -> (Result<A, Error>, B) {
    std::thread::scope(|scope| {
        let worker = scope.spawn(one);
        let other = other();
        let broken = |_| Err(Error::Io { file: "".into(), source: std::io::Error::other("a thread ended early") });
        (worker.join().unwrap_or_else(broken), other)
    })
}
