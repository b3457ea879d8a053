//! The files of an archive, open: what a stream is made of.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use kulta_events::RecordId;
use kulta_projections::scores::facts::{Assembly, Facts, Names, Shape, Wanted};

use super::blocks::{self, Header, Index};
use super::columns::{Kind, shapes};
use super::held::placed;
use super::manifest::{File, Manifest, Role};
use super::opened::{Into, Opened};
use super::plan::{Plan, Shared};
use super::read::{Bases, in_order, whole};
use super::stream::{Later, Stream, side_by_side};
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
    /// By file.
    opened: Vec<Opened>,
    files: Vec<(String, fs::File)>,
    indexes: Vec<Index>,
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
        Bases::of(manifest)?;
        let files: Vec<&File> = manifest.files(Role::Customers).collect();
        if files.is_empty() || manifest.rows(Role::Customers) != manifest.rows(Role::Base) {
            return Ok(None);
        }
        let shapes = shapes(&manifest.columns, wanted);
        let shared = Shared::new(shapes.len());
        let indexed = in_order(files.len(), threads, |file| {
            cancel.check()?;
            indexed(dir, files[file])
        })?;
        let plan = Plan { manifest, shapes: &shapes, positions: false, wanted, shared: &shared };
        let later: Vec<&File> = manifest.files(Role::Delta).collect();
        let deltas = in_order(later.len(), threads, |delta| whole(dir, later[delta], &plan, Names::default()))?;
        let (indexes, handles): (Vec<_>, Vec<_>) = indexed.into_iter().unzip();
        let mut opened = Vec::with_capacity(files.len());
        for (file, Index { header, .. }) in files.iter().zip(&indexes) {
            let Some(columns) = columns(header, manifest, &shapes, &shared) else { return Ok(None) };
            if header.part as usize != opened.len() {
                return Err(Error::damaged(&file.name, "its index is of another file"));
            }
            let codes = |kind, names: &[String]| shared.codes_of(kind, names);
            let (types, sources, units) =
                (codes(0, &header.types)?, codes(1, &header.sources)?, codes(2, &header.units)?);
            opened.push(Opened { types, sources, units, columns });
        }
        let files = files.into_iter().map(|file| file.name.clone()).zip(handles).collect();
        let manifest = manifest.clone();
        Ok(Some(Self { manifest, shapes, shared, opened, files, indexes, deltas, is_wider: false }))
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
        let (opened, files, indexes) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { manifest, shapes, shared, opened, files, indexes, deltas, is_wider: false })
    }

    /// The stream of these records' rows, of which each customer's stand side by side up to an end, and what its numbers stand
    /// for, which its head does not know yet.
    pub fn joined(self, records: &[RecordId], ends: &[u32]) -> Result<(Stream, Shared), Error> {
        let Self { shapes, shared, opened, files, indexes, deltas, is_wider, .. } = self;
        let head = Assembly::new(0, &shapes, false)?.finish(Vec::new(), Names::default());
        let ((held, blocks), later) = side_by_side(|| placed(&indexes, records, ends), || Later::of(&deltas, records))?;
        Ok((Stream { head, opened, files, deltas, held, blocks, later, is_wider }, shared))
    }
}

/// The index of a file, which is what was written, and the file.
fn indexed(dir: &Path, file: &File) -> Result<(Index, fs::File), Error> {
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
    let index = Index::of(bytes).ok_or_else(|| damaged("its index cannot be read"))?;
    let sums = index.entries().fold((0, 0), |(rows, length), entry| {
        let own = entry.records().map(|(_, rows)| u64::from(rows)).sum::<u64>();
        (rows + own, length + u64::from(entry.length))
    });
    if sums != (file.rows, from) {
        return Err(damaged("its index is of other rows"));
    }
    Ok((index, handle))
}

/// Where the columns of a part go; `None`: one is wanted that it does not have.
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
