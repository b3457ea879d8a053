//! The files of an archive, open: what a stream is made of.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use kulta_events::RecordId;
use kulta_projections::scores::facts::{Assembly, Facts, Names, Shape, Wanted};

use super::blocks::{self, Block, Header};
use super::columns::{Kind, shapes};
use super::manifest::{File, Manifest, Role};
use super::plan::{Plan, Shared};
use super::read::{Bases, in_order, whole};
use super::stream::{Into, Opened, Place, Run, Stream};
use super::{Error, files};
use crate::replay::read::Cancel;

/// What a stream is made of.
#[derive(Debug)]
pub(super) struct Pieces {
    /// What the archive says of itself.
    pub manifest: Manifest,
    /// The facets that are wanted.
    pub shapes: Vec<Shape>,
    /// What numbers stand for.
    pub shared: Shared,
    opened: Vec<Opened>,
    blocks: Vec<Vec<Block>>,
    /// What came since the files were written that are open; or everything, when none is.
    pub deltas: Vec<Facts>,
    /// Whether there are columns that the opened files do not have.
    pub is_wider: bool,
}

impl Pieces {
    /// Opens the files of an archive. `None`: what is wanted does not lie there record by record.
    pub fn open(
        dir: &Path,
        manifest: &Manifest,
        wanted: &Wanted,
        threads: usize,
        cancel: &Cancel,
    ) -> Result<Option<Self>, Error> {
        let bases = Bases::of(manifest)?;
        let files: Vec<&File> = manifest.files(Role::Rows).collect();
        let same = |(base, rows): (&&File, &&File)| base.records == rows.records && base.rows == rows.rows;
        if files.len() != bases.files.len() || !bases.files.iter().zip(&files).all(same) {
            return Ok(None);
        }
        let shapes = shapes(&manifest.columns, wanted);
        let shared = Shared::new(shapes.len());
        let indexes = in_order(files.len(), threads, |file| {
            cancel.check()?;
            indexed(dir, files[file])
        })?;
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
        Ok(Some(Self { manifest: manifest.clone(), shapes, shared, opened, blocks, deltas, is_wider: false }))
    }

    /// All events of an archive, in memory.
    pub fn whole(
        dir: &Path,
        manifest: &Manifest,
        wanted: &Wanted,
        threads: usize,
        cancel: &Cancel,
    ) -> Result<Self, Error> {
        let shapes = shapes(&manifest.columns, wanted);
        let shared = Shared::new(shapes.len());
        let plan = Plan { manifest, shapes: &shapes, positions: false, wanted, shared: &shared };
        let (facts, ()) = super::read::columns(dir, plan, threads, cancel, || Ok(()))?;
        let (manifest, deltas) = (manifest.clone(), vec![facts]);
        Ok(Self { manifest, shapes, shared, opened: Vec::new(), blocks: Vec::new(), deltas, is_wider: false })
    }

    /// The stream, and what its numbers stand for, which its head does not know yet.
    pub fn joined(self) -> Result<(Stream, Shared), Error> {
        let Self { shapes, shared, opened, blocks, deltas, is_wider, .. } = self;
        let head = Assembly::new(0, &shapes, false)?.finish(Vec::new(), Names::default());
        let (records, runs, ends) = joined(&blocks, &deltas);
        Ok((Stream { head, opened, deltas, records, runs, ends, is_wider }, shared))
    }
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
