//! The rows of some records at a time, from the files that hold them customer by customer.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use kulta_events::RecordId;
use kulta_projections::scores::facts::{Facts, Places, Wanted};
use kulta_projections::scores::replay::Chunk;

use super::manifest::Manifest;
use super::members::Members;
use super::packed::Packed;
use super::pieces::Pieces;
use super::read::retried;
use super::{Error, blocks};
use crate::replay::read::Cancel;

/// See the module. Records are called by their places in the crosswalk that the stream was made for.
#[derive(Debug)]
pub struct Stream {
    /// The columns without rows.
    pub(super) head: Facts,
    /// What the numbers in blocks mean, by the parts of the base.
    pub(super) opened: Vec<Opened>,
    pub(super) files: Vec<(String, fs::File)>,
    /// What came since, in memory.
    pub(super) deltas: Vec<Facts>,
    /// By record.
    pub(super) blocks: Vec<Block>,
    pub(super) later: Later,
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

/// Rows of a record that lie side by side in a file, in the order of facts; or none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Block {
    /// Where they begin.
    pub at: u64,
    /// Their checksum.
    pub sum: u64,
    /// How many bytes they are.
    pub length: u32,
    pub rows: u32,
    /// The part of the base that they are of, or, [`IN_MEMORY`], the delta.
    pub part: u32,
    /// In which file; or [`IN_MEMORY`], and they begin with a row.
    pub file: u32,
}

/// In the place of a file.
const IN_MEMORY: u32 = u32::MAX;

/// Blocks with no more than so many bytes between them are read at once.
const GAP: u64 = 16 << 10;

/// Rows that came after the base.
#[derive(Debug, Default)]
pub(super) struct Later {
    runs: Vec<Run>,
    /// Behind the last run of each record.
    ends: Vec<u32>,
}

/// Rows of a record in a delta, in the order of facts.
#[derive(Clone, Copy, Debug)]
struct Run {
    delta: u32,
    from: u32,
    rows: u32,
}

/// What numbers in the blocks of a part mean.
#[derive(Debug)]
pub(super) struct Opened {
    pub types: Vec<u16>,
    pub sources: Vec<u16>,
    pub units: Vec<u16>,
    pub columns: Vec<Into>,
}

/// The blocks of some records, as they were read.
#[derive(Debug, Default)]
struct Fetched {
    bytes: Vec<u8>,
    /// Where each block begins.
    begins: Vec<usize>,
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

    /// How many rows the record at a place has.
    pub fn rows(&self, place: usize) -> usize {
        let later = self.later.of_record(place).iter().map(|run| run.rows as usize);
        self.blocks[place].rows as usize + later.sum::<usize>()
    }

    /// Appends the rows of the records at these places, a run for each part that has some; behind each record somebody is
    /// told. What lies side by side is read at once.
    ///
    /// # Errors
    /// [`Error::Damaged`] when they are not what was written.
    pub fn load(
        &self,
        places: Range<usize>,
        chunk: &mut Chunk,
        mut behind: impl FnMut(usize, &mut Chunk),
    ) -> Result<(), Error> {
        let mut fetched =
            Fetched { bytes: std::mem::take(&mut chunk.scratch), begins: Vec::with_capacity(places.len()) };
        let read = self.fetch(places.clone(), &mut fetched);
        let loaded = read.and_then(|()| {
            places.clone().zip(&fetched.begins).try_for_each(|(place, begin)| {
                self.append(place, &fetched.bytes[*begin..], chunk)?;
                behind(place, chunk);
                Ok(())
            })
        });
        chunk.scratch = fetched.bytes;
        loaded
    }

    /// Reads blocks, those that lie side by side at once.
    fn fetch(&self, places: Range<usize>, fetched: &mut Fetched) -> Result<(), Error> {
        let (mut end, mut span) = (0, None::<(u32, Range<u64>)>);
        for block in &self.blocks[places] {
            if block.rows == 0 || block.file == IN_MEMORY {
                fetched.begins.push(0);
                continue;
            }
            let near = |known: &Range<u64>| block.at.checked_sub(known.end).is_some_and(|gap| gap <= GAP);
            if !span.as_ref().is_some_and(|(file, known)| *file == block.file && near(known)) {
                end = self.read(span.take(), end, fetched)?;
            }
            let (_, known) = span.get_or_insert((block.file, block.at..block.at));
            fetched.begins.push(end + (block.at - known.start) as usize);
            known.end = block.at + u64::from(block.length);
        }
        self.read(span, end, fetched).map(drop)
    }

    /// Reads from a file behind what was read before, and says where that ends.
    fn read(&self, span: Option<(u32, Range<u64>)>, begin: usize, fetched: &mut Fetched) -> Result<usize, Error> {
        let Some((file, span)) = span else { return Ok(begin) };
        let end = begin + (span.end - span.start) as usize;
        if fetched.bytes.len() < end {
            fetched.bytes.resize(end, 0);
        }
        let (name, file) = &self.files[file as usize];
        file.read_exact_at(&mut fetched.bytes[begin..end], span.start).map_err(|error| unread(name, error))?;
        Ok(end)
    }

    /// Appends the rows of a record, of whose block these are the bytes and what follows.
    fn append(&self, place: usize, bytes: &[u8], chunk: &mut Chunk) -> Result<(), Error> {
        let block = &self.blocks[place];
        if block.rows > 0 {
            let facts = &mut chunk.facts;
            if block.file == IN_MEMORY {
                let from = block.at as usize;
                facts.append(&self.deltas[block.part as usize], from..from + block.rows as usize);
            } else {
                let damaged = |what: &str| Error::damaged(&self.files[block.file as usize].0, what);
                let bytes = &bytes[..block.length as usize];
                if blocks::checksum(bytes) != block.sum {
                    return Err(damaged("the rows of a record do not have their checksum"));
                }
                let appended = self.opened[block.part as usize].append(bytes, block.rows as usize, facts);
                appended.ok_or_else(|| damaged("other columns than its index says"))?;
                if self.is_wider {
                    facts.fill_up();
                }
            }
            chunk.end_run();
        }
        for run in self.later.of_record(place) {
            chunk.facts.append(&self.deltas[run.delta as usize], run.from as usize..(run.from + run.rows) as usize);
            chunk.end_run();
        }
        Ok(())
    }

    /// How many rows each run of the record at a place has, and whether it is of the part in memory that was added last.
    pub(super) fn last_added(&self, place: usize) -> impl Iterator<Item = (usize, bool)> {
        let last = self.deltas.len().saturating_sub(1) as u32;
        let base = (self.blocks[place].rows as usize, false);
        let later = self.later.of_record(place).iter().map(move |run| (run.rows as usize, run.delta == last));
        std::iter::once(base).chain(later)
    }

    /// Puts rows in the place of all that there are of their records. `None`: one of them has no place here.
    pub(super) fn put_in_place(&mut self, facts: Facts, places: &HashMap<RecordId, usize>) -> Option<()> {
        let delta = self.deltas.len() as u32;
        for (number, record) in (0..).zip(&facts.records) {
            let place = *places.get(record)?;
            let rows = facts.rows_at(number);
            let (at, count) = (u64::from(rows.start), rows.len() as u32);
            *self.blocks.get_mut(place)? = Block { at, rows: count, part: delta, file: IN_MEMORY, ..Block::default() };
            self.later.forget(place);
        }
        self.deltas.push(facts);
        Some(())
    }
}

impl Later {
    /// What deltas have of records.
    pub fn of(deltas: &[Facts], records: &[RecordId]) -> Self {
        let mut known: Vec<(RecordId, Run)> = Vec::new();
        for (delta, facts) in (0..).zip(deltas) {
            let run = |rows: Range<u32>| Run { delta, from: rows.start, rows: rows.len() as u32 };
            known.extend((0..).zip(&facts.records).map(|(place, record)| (*record, run(facts.rows_at(place)))));
        }
        // Of a record those of earlier deltas stay first.
        known.sort_by_key(|(record, _)| *record);
        let mut distinct: Vec<RecordId> = known.iter().map(|(record, _)| *record).collect();
        distinct.dedup();
        let places = Places::of(&distinct);
        let several = distinct.len() < known.len();
        let mut later = Self { runs: Vec::with_capacity(known.len()), ends: Vec::with_capacity(records.len()) };
        for record in records {
            if let Some(place) = places.get(*record) {
                let first = if several { known.partition_point(|(of, _)| of < record) } else { place as usize };
                later.runs.extend(known[first..].iter().take_while(|(of, _)| of == record).map(|(_, run)| *run));
            }
            later.ends.push(later.runs.len() as u32);
        }
        later
    }

    fn range(&self, place: usize) -> Range<usize> {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        start..self.ends[place] as usize
    }

    fn of_record(&self, place: usize) -> &[Run] {
        &self.runs[self.range(place)]
    }

    fn forget(&mut self, place: usize) {
        let range = self.range(place);
        self.runs[range].iter_mut().for_each(|run| run.rows = 0);
    }
}

fn unread(name: &str, error: std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        return Error::damaged(name, "it ends early");
    }
    Error::io(Path::new(name))(error)
}

/// No value, false, true: as they are in a column.
const BOOLS: [u8; 3] = [0, 1, 2];

impl Opened {
    /// Appends the rows of a block. `None`: it is none.
    fn append(&self, mut block: &[u8], rows: usize, facts: &mut Facts) -> Option<()> {
        let mut next = || Packed::take(&mut block, rows);
        next()?.append_to(&mut facts.times);
        for (codes, table) in
            [(&mut facts.types, &self.types), (&mut facts.sources, &self.sources), (&mut facts.units, &self.units)]
        {
            next()?.look_up(table, &mut codes.codes)?;
        }
        next()?.append_small(&mut facts.ranks)?;
        for column in &self.columns {
            let packed = next()?;
            match column {
                Into::Nowhere => {}
                Into::Numbers(place) => {
                    packed.append_to(facts.facets.get_mut(*place)?.1.numbers.as_mut()?.integers_mut());
                }
                Into::Texts(place, table) => {
                    packed.look_up(table, &mut facts.facets.get_mut(*place)?.1.texts.as_mut()?.codes)?;
                }
                Into::Bools(place) => {
                    packed.look_up(&BOOLS, &mut facts.facets.get_mut(*place)?.1.bools.as_mut()?.values)?;
                }
            }
        }
        block.is_empty().then_some(())
    }
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
    let records: Vec<RecordId> = members.records.iter().map(|(record, _)| *record).collect();
    let (mut stream, shared) = pieces.joined(&records)?;
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
