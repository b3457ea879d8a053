//! The rows of some records at a time, from the files that hold them record by record.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use kulta_events::RecordId;
use kulta_projections::scores::facts::column::Numbers;
use kulta_projections::scores::facts::{Assembly, Facts, Names, Shape, Wanted};
use kulta_projections::scores::replay::Chunk;

use super::blocks::{self, Block, Header};
use super::columns::{Kind, shapes};
use super::manifest::{File, Manifest, Role};
use super::members::Members;
use super::packed::Packed;
use super::plan::{Plan, Shared};
use super::read::{Bases, in_order, retried, whole};
use super::{Error, files};
use crate::replay::read::Cancel;

/// See the module.
#[derive(Debug)]
pub struct Stream {
    /// The columns without rows.
    head: Facts,
    opened: Vec<Opened>,
    /// What came since, in memory.
    deltas: Vec<Facts>,
    /// All records that have rows, ascending.
    records: Vec<RecordId>,
    runs: Vec<Run>,
    /// Behind the last run of each record.
    ends: Vec<u32>,
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
struct Run {
    /// Which of the opened files, or, behind them, of the deltas.
    part: u32,
    rows: u32,
    place: Place,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    /// In a file: where the block begins, how long it is and its checksum.
    Block(u64, u32, u64),
    /// In a delta: the first row.
    Row(u32),
}

/// A file that is open.
#[derive(Debug)]
struct Opened {
    name: String,
    file: fs::File,
    types: Vec<u16>,
    sources: Vec<u16>,
    units: Vec<u16>,
    columns: Vec<Into>,
}

/// Where a column's values go.
#[derive(Debug)]
enum Into {
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
        for run in self.runs(place) {
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
                }
            }
            chunk.end_run();
        }
        Ok(())
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
    let bases = Bases::of(manifest)?;
    let files: Vec<&File> = manifest.files(Role::Rows).collect();
    let same = |(base, rows): (&&File, &&File)| base.records == rows.records && base.rows == rows.rows;
    if files.len() != bases.files.len() || !bases.files.iter().zip(&files).all(same) {
        return Ok(None);
    }
    let shapes = shapes(&manifest.columns, wanted);
    let shared = Shared::new(shapes.len());
    // The crosswalk is read beside the others, first, since it is one piece.
    let (members, indexes) = side_by_side(
        || Members::read(dir, manifest),
        || {
            in_order(files.len(), threads.saturating_sub(1).max(1), |file| {
                cancel.check()?;
                indexed(dir, files[file])
            })
        },
    );
    let (members, indexes) = (members?, indexes?);
    let plan = Plan { manifest, shapes: &shapes, positions: false, wanted, shared: &shared };
    let later: Vec<&File> = manifest.files(Role::Delta).collect();
    let deltas = in_order(later.len(), threads, |delta| whole(dir, later[delta], &plan, Names::default()))?;
    let (mut opened, mut blocks) = (Vec::with_capacity(files.len()), Vec::with_capacity(files.len()));
    for (file, (header, own, handle)) in files.iter().zip(indexes) {
        let Some(columns) = columns(&header, manifest, &shapes, &shared) else { return Ok(None) };
        let codes = |kind, names: &[String]| shared.codes_of(kind, names);
        opened.push(Opened {
            name: file.name.clone(),
            file: handle,
            types: codes(0, &header.types)?,
            sources: codes(1, &header.sources)?,
            units: codes(2, &header.units)?,
            columns,
        });
        blocks.push(own);
    }
    let head = Assembly::new(0, &shapes, false)?.finish(Vec::new(), shared.into_names());
    let (records, runs, ends) = joined(&blocks, &deltas);
    let stream = Stream { head, opened, deltas, records, runs, ends };
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

/// The index of a file, which is what was written, and the file.
fn indexed(dir: &Path, file: &File) -> Result<(Header, Vec<Block>, fs::File), Error> {
    let path = dir.join(&file.name);
    let damaged = |what: &str| Error::damaged(&file.name, what);
    let handle = match fs::File::open(&path) {
        Ok(handle) => handle,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(damaged("it is missing")),
        Err(error) => return Err(Error::io(&path)(error)),
    };
    let length = handle.metadata().map_err(Error::io(&path))?.len();
    if length != file.bytes {
        return Err(damaged(&format!("it has {length} bytes instead of {}", file.bytes)));
    }
    let end = length.checked_sub(blocks::tail_length()).ok_or_else(|| damaged("it ends early"))?;
    let part = |at: u64, length: u64| {
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        handle.read_exact_at(&mut bytes, at).map_err(Error::io(&path))?;
        Ok::<_, Error>(bytes)
    };
    let from = blocks::index_length(&part(end, blocks::tail_length())?).and_then(|length| end.checked_sub(length));
    let from = from.ok_or_else(|| damaged("its index is not where it should be"))?;
    let bytes = part(from, end - from)?;
    if file.index.as_deref() != Some(&*files::sha256(&bytes)) {
        return Err(damaged("its index does not have its SHA-256"));
    }
    let (header, blocks) = blocks::index(&bytes).ok_or_else(|| damaged("its index cannot be read"))?;
    let rises = blocks.is_sorted_by(|one, other| one.record < other.record && one.end <= other.end);
    let rows: u64 = blocks.iter().map(|block| u64::from(block.rows)).sum();
    if !rises || rows != file.rows || blocks.last().is_some_and(|last| last.end != from) {
        return Err(damaged("its index is of other rows"));
    }
    Ok((header, blocks, handle))
}

/// Where the columns of a file go; `None`: one is wanted that it does not have.
fn columns(header: &Header, manifest: &Manifest, shapes: &[Shape], shared: &Shared) -> Option<Vec<Into>> {
    let facet = |facet: &str| shapes.iter().position(|shape| *shape.name == *facet);
    let has = |name: &str| header.columns.iter().any(|stored| stored.name == name);
    if manifest.columns.iter().any(|column| facet(&column.facet).is_some() && !has(&column.name)) {
        return None;
    }
    let mut found = Vec::with_capacity(header.columns.len());
    for stored in &header.columns {
        let column = manifest.columns.iter().find(|column| column.name == stored.name)?;
        found.push(match (facet(&column.facet), column.kind) {
            (None, _) => Into::Nowhere,
            (Some(place), Kind::Number) => Into::Numbers(place),
            (Some(place), Kind::Bool) => Into::Bools(place),
            (Some(place), Kind::Text) => {
                let texts = stored.texts.iter().map(|text| shared.text(place, text));
                Into::Texts(place, std::iter::once(0).chain(texts).collect())
            }
            (Some(_), Kind::Wide) => return None,
        });
    }
    Some(found)
}

/// All records, and the runs of each: its block, then what came since.
fn joined(blocks: &[Vec<Block>], deltas: &[Facts]) -> (Vec<RecordId>, Vec<Run>, Vec<u32>) {
    let count: usize = blocks.iter().map(Vec::len).sum();
    let (mut records, mut runs, mut ends) =
        (Vec::with_capacity(count), Vec::with_capacity(2 * count), Vec::with_capacity(count));
    let mut bases = (0..).zip(blocks).flat_map(|(part, blocks)| {
        let starts = std::iter::once(0).chain(blocks.iter().map(|block| block.end));
        starts.zip(blocks).map(move |(start, block)| {
            let place = Place::Block(start, (block.end - start) as u32, block.sum);
            (block.record, Run { part, rows: block.rows, place })
        })
    });
    let mut later = vec![0_u32; deltas.len()];
    let mut base = bases.next();
    loop {
        let heads = deltas.iter().zip(&later).filter_map(|(delta, place)| delta.records.get(*place as usize));
        let Some(record) = heads.chain(base.as_ref().map(|(record, _)| record)).min().copied() else { break };
        if let Some((_, run)) = base.take_if(|(of, _)| *of == record) {
            runs.push(run);
            base = bases.next();
        }
        for (number, (delta, place)) in deltas.iter().zip(&mut later).enumerate() {
            if delta.records.get(*place as usize) == Some(&record) {
                let rows = delta.rows_at(*place);
                let part = (blocks.len() + number) as u32;
                runs.push(Run { part, rows: rows.len() as u32, place: Place::Row(rows.start) });
                *place += 1;
            }
        }
        records.push(record);
        ends.push(runs.len() as u32);
    }
    (records, runs, ends)
}
