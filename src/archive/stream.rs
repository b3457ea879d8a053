//! The rows of some records at a time, from the files that hold them customer by customer.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use kulta_events::RecordId;
use kulta_projections::scores::facts::{Codes, Facts, Places, Wanted};
use kulta_projections::scores::replay::Chunk;

use super::held::{Block, Held, Lie};
use super::manifest::Manifest;
use super::members::Members;
use super::opened::{Of, Opened};
use super::pieces::Pieces;
use super::read::retried;
use super::{Error, blocks};
use crate::replay::data::Gathered;
use crate::replay::read::Cancel;

/// See the module. Records are called by their places in the crosswalk that the stream was made for.
#[derive(Debug)]
pub struct Stream {
    /// The columns without rows.
    pub(super) head: Facts,
    /// What the numbers in blocks mean, by file.
    pub(super) opened: Vec<Opened>,
    pub(super) files: Vec<(String, fs::File)>,
    /// What came since, in memory.
    pub(super) deltas: Vec<Facts>,
    /// By record.
    pub(super) held: Vec<Held>,
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
    pub customers: Gathered,
    /// For each record its source.
    pub sources: Codes,
    /// What the archive says of itself.
    pub manifest: Manifest,
}

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

/// The blocks of some records, as they were read.
#[derive(Debug, Default)]
struct Fetched {
    bytes: Vec<u8>,
    /// Where each block begins.
    begins: Vec<usize>,
}

/// Blocks that are read record by record, taken apart: their rows, and which record each is of.
type Apart = HashMap<u32, (Facts, Vec<u32>)>;

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
        self.held[place].rows as usize + later.sum::<usize>()
    }

    /// Appends the rows of the records at these places, in runs; behind each record somebody is told, though those of records
    /// that are one customer's may all stand in front of the first such end. What lies side by side is read at once.
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
        let (read, mut apart) = (self.fetch(&places, &mut fetched), Apart::new());
        let loaded = read.and_then(|()| {
            places.clone().zip(&fetched.begins).try_for_each(|(place, begin)| {
                let before = chunk.facts.len();
                match self.whole(place, &places) {
                    Some(block) => self.append(block, &fetched.bytes[*begin..], &mut chunk.facts).map(drop)?,
                    None => self.append_own(place, &places, &mut apart, &mut chunk.facts)?,
                }
                if chunk.facts.len() > before {
                    chunk.end_run();
                }
                for run in self.later.of_record(place) {
                    let rows = run.from as usize..(run.from + run.rows) as usize;
                    chunk.facts.append(&self.deltas[run.delta as usize], rows);
                    chunk.end_run();
                }
                behind(place, chunk);
                Ok(())
            })
        });
        chunk.scratch = fetched.bytes;
        loaded
    }

    /// The block that is read as a whole with the record at a place, which is the first one with rows there.
    fn whole(&self, place: usize, places: &Range<usize>) -> Option<&Block> {
        let Lie::Block { block, .. } = self.held[place].lie else { return None };
        let block = &self.blocks[block as usize];
        (block.places.0 as usize == place && block.is_within(places)).then_some(block)
    }

    /// Reads blocks, those that lie side by side at once.
    fn fetch(&self, places: &Range<usize>, fetched: &mut Fetched) -> Result<(), Error> {
        let (mut end, mut span) = (0, None::<(u32, Range<u64>)>);
        for place in places.clone() {
            let Some(block) = self.whole(place, places) else {
                fetched.begins.push(0);
                continue;
            };
            let near = |known: &Range<u64>| block.at.checked_sub(known.end).is_some_and(|gap| gap <= GAP);
            if !span.as_ref().is_some_and(|(file, known)| *file == block.file && near(known)) {
                end = self.read(span.take(), end, &mut fetched.bytes)?;
            }
            let (_, known) = span.get_or_insert((block.file, block.at..block.at));
            fetched.begins.push(end + (block.at - known.start) as usize);
            known.end = block.at + u64::from(block.length);
        }
        self.read(span, end, &mut fetched.bytes).map(drop)
    }

    /// Reads from a file behind what was read before, and says where that ends.
    fn read(&self, span: Option<(u32, Range<u64>)>, begin: usize, bytes: &mut Vec<u8>) -> Result<usize, Error> {
        let Some((file, span)) = span else { return Ok(begin) };
        let end = begin + (span.end - span.start) as usize;
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        let (name, file) = &self.files[file as usize];
        file.read_exact_at(&mut bytes[begin..end], span.start).map_err(|error| unread(name, error))?;
        Ok(end)
    }

    /// Appends the rows of a block, of which these are the bytes and what follows.
    fn append<'b>(&self, block: &Block, bytes: &'b [u8], facts: &mut Facts) -> Result<Of<'b>, Error> {
        let damaged = |what: &str| Error::damaged(&self.files[block.file as usize].0, what);
        let bytes = &bytes[..block.length as usize];
        if blocks::checksum(bytes) != block.sum {
            return Err(damaged("the rows of a customer do not have their checksum"));
        }
        let of = self.opened[block.file as usize].append(bytes, block.rows as usize, facts);
        let of = of.ok_or_else(|| damaged("other columns than its index says"))?;
        if self.is_wider {
            facts.fill_up();
        }
        Ok(of)
    }

    /// Appends the rows of the record at a place, unless they come as part of a whole block.
    fn append_own(
        &self,
        place: usize,
        places: &Range<usize>,
        apart: &mut Apart,
        facts: &mut Facts,
    ) -> Result<(), Error> {
        let held = &self.held[place];
        let (number, of) = match held.lie {
            Lie::Nowhere => return Ok(()),
            Lie::Memory { delta, from } => {
                facts.append(&self.deltas[delta as usize], from as usize..(from + held.rows) as usize);
                return Ok(());
            }
            Lie::Block { block, .. } if self.blocks[block as usize].is_within(places) => return Ok(()),
            Lie::Block { block, number } => (block, number),
        };
        let (rows, numbers) = match apart.entry(number) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(vacant) => vacant.insert(self.taken_apart(&self.blocks[number as usize])?),
        };
        let mut from = 0;
        for stretch in numbers.chunk_by(|one, other| one == other) {
            let own = from..from + stretch.len();
            from = own.end;
            if stretch[0] == of {
                facts.append(rows, own);
            }
        }
        Ok(())
    }

    /// Reads a block, and which record each of its rows is of.
    fn taken_apart(&self, block: &Block) -> Result<(Facts, Vec<u32>), Error> {
        let (mut bytes, mut facts) = (Vec::new(), self.head.clone());
        facts.clear_rows();
        self.read(Some((block.file, block.at..block.at + u64::from(block.length))), 0, &mut bytes)?;
        let of = self.append(block, &bytes, &mut facts)?.numbers();
        let damaged = || Error::damaged(&self.files[block.file as usize].0, "a row is of no record");
        Ok((facts, of.ok_or_else(damaged)?))
    }

    /// How many rows each run has that is loaded with the record at a place, and whether it is of the part in memory that was
    /// added last.
    pub(super) fn last_added(&self, place: usize, places: &Range<usize>) -> impl Iterator<Item = (usize, bool)> {
        let last = self.deltas.len().saturating_sub(1) as u32;
        let rows = match (self.whole(place, places), self.held[place].lie) {
            (Some(block), _) => block.rows,
            (None, Lie::Block { block, .. }) if self.blocks[block as usize].is_within(places) => 0,
            _ => self.held[place].rows,
        };
        let later = self.later.of_record(place).iter().map(move |run| (run.rows as usize, run.delta == last));
        std::iter::once((rows as usize, false)).chain(later)
    }

    /// Puts rows in the place of all that there are of their records. `None`: one of them has no place here.
    pub(super) fn put_in_place(&mut self, facts: Facts, places: &HashMap<RecordId, usize>) -> Option<()> {
        let delta = self.deltas.len() as u32;
        for (number, record) in (0..).zip(&facts.records) {
            let place = *places.get(record)?;
            let rows = facts.rows_at(number);
            let lie = Lie::Memory { delta, from: rows.start };
            let before = std::mem::replace(self.held.get_mut(place)?, Held { rows: rows.len() as u32, lie });
            if let Lie::Block { block, .. } = before.lie {
                self.blocks[block as usize].take_apart();
            }
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

fn open(
    dir: &Path,
    manifest: &Manifest,
    wanted: &Wanted,
    threads: usize,
    cancel: &Cancel,
) -> Result<Option<Streamed>, Error> {
    // The crosswalk is read beside the others, first, since it is one piece.
    let (customers, pieces) = side_by_side(
        || Members::gathered(dir, manifest),
        || Pieces::open(dir, manifest, wanted, threads.saturating_sub(1).max(1), cancel),
    )?;
    let ((customers, sources), Some(pieces)) = (customers?, pieces?) else { return Ok(None) };
    let (_, records, ends) = &customers;
    let (mut stream, shared) = pieces.joined(records, ends)?;
    stream.head = stream.head.named(shared.into_names());
    Ok(Some(Streamed { stream, customers, sources, manifest: manifest.clone() }))
}

/// Two things on two threads.
pub(super) fn side_by_side<A: Send, B>(
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B,
) -> Result<(A, B), Error> {
    std::thread::scope(|scope| {
        let worker = scope.spawn(one);
        let other = other();
        let broken = || Error::Io { file: "".into(), source: std::io::Error::other("a thread ended early") };
        worker.join().map(|one| (one, other)).map_err(|_| broken())
    })
}
