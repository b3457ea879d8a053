//! The files of an archive, open: what a stream is made of.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use kulta_events::RecordId;
use kulta_projections::scores::facts::{Assembly, Facts, Names, Shape, Wanted};

use super::blocks::{self, Entry, Header, Index};
use super::columns::{Kind, shapes};
use super::manifest::{File, Manifest, Role};
use super::plan::{Plan, Shared};
use super::read::{Bases, in_order, whole};
use super::stream::{Block, Into, Later, Opened, Stream};
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
    /// By the parts of the base.
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
        let files: Vec<&File> = manifest.files(Role::Blocks).collect();
        if files.is_empty() || manifest.rows(Role::Blocks) != manifest.rows(Role::Base) {
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
                return Err(Error::damaged(&file.name, "its index is of another part"));
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

    /// The stream of these records' rows, and what its numbers stand for, which its head does not know yet.
    pub fn joined(self, records: &[RecordId]) -> Result<(Stream, Shared), Error> {
        let Self { shapes, shared, opened, files, indexes, deltas, is_wider, .. } = self;
        let head = Assembly::new(0, &shapes, false)?.finish(Vec::new(), Names::default());
        let name = |file: usize| files.get(file).map_or("", |(name, _)| name.as_str());
        let blocks = placed(&indexes, records);
        if let Some(block) = blocks.iter().find(|block| block.rows > 0 && block.part as usize >= opened.len()) {
            return Err(Error::damaged(name(block.file as usize), "its index is of a part that there is not"));
        }
        let later = Later::of(&deltas, records);
        Ok((Stream { head, opened, files, deltas, blocks, later, is_wider }, shared))
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
    let sums = index
        .entries()
        .fold((0, 0), |(rows, length), entry| (rows + u64::from(entry.rows), length + u64::from(entry.length)));
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

/// How far a record is looked for among those that follow.
const REACH: usize = 64;
/// The same, now and then, when it was in vain for several.
const FAR: usize = 1 << 16;

/// The blocks of records. They stand in the order that these had when the base was written: both are gone through side by
/// side, and only what belongs to another customer since is looked up.
fn placed(indexes: &[Index], records: &[RecordId]) -> Vec<Block> {
    let mut blocks = vec![Block::default(); records.len()];
    let mut strays: HashMap<RecordId, Block> = HashMap::new();
    let (mut next, mut missed) = (0, 0_usize);
    for (file, index) in (0..).zip(indexes) {
        let mut at = 0;
        for Entry { record, rows, length, part, sum } in index.entries() {
            let block = Block { at, sum, length, rows, part, file };
            at += u64::from(length);
            let reach = match missed {
                0..8 => REACH,
                many if many.is_multiple_of(REACH) => FAR,
                _ => 1,
            };
            match records[next..].iter().take(reach).position(|known| *known == record) {
                Some(over) => {
                    blocks[next + over] = block;
                    (next, missed) = (next + over + 1, 0);
                }
                None => {
                    strays.insert(record, block);
                    missed += 1;
                }
            }
        }
    }
    if !strays.is_empty() {
        for (block, record) in blocks.iter_mut().zip(records).filter(|(block, _)| block.rows == 0) {
            *block = strays.remove(record).unwrap_or_default();
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use kulta_projections::scores::facts::{Builder, NewRow};
    use uuid::Uuid;

    use super::*;
    use crate::archive::blocks::{encode, pack_part};

    fn record(number: u128) -> RecordId {
        RecordId(Uuid::from_u128(number))
    }

    /// The index of a file that has one row of each of these records, in this order.
    fn index(records: &[u128]) -> Index {
        let (mut builder, none) = (Builder::new(Wanted::default()), kulta_events::Json::Object(Vec::new()));
        for number in records {
            let (record, position) = (record(*number), *number as u64);
            let row = NewRow { record, time: 0, position, type_name: "t", source: "s", unit: None, facts: &none };
            builder.push_values(&row, std::iter::empty()).unwrap();
        }
        let (header, bytes, entries) = pack_part(0, &builder.finish_ranked(|_| 0), &[]);
        let length = bytes.len() / records.len();
        let blocks: HashMap<_, _> = entries
            .into_iter()
            .zip(bytes.chunks(length))
            .map(|(entry, block)| (entry.record, (entry, block)))
            .collect();
        let encoded = encode(&header, records.iter().map(|number| blocks[&record(*number)]));
        let (rest, tail) = encoded.bytes.split_last_chunk::<8>().unwrap();
        let from = rest.len() - blocks::index_length(tail).unwrap() as usize;
        Index::of(rest[from..].to_vec()).unwrap()
    }

    #[test]
    fn blocks_are_found_whoever_their_records_belong_to_by_now() {
        let files = [(100..600).collect::<Vec<u128>>(), (600..900).collect()];
        let indexes = files.each_ref().map(|file| index(file));
        let length = indexes[0].entries().map(|entry| u64::from(entry.length)).max().unwrap();
        let same: Vec<u128> = (100..900).collect();
        let newer: Vec<u128> = (0..1_000).collect();
        let mut moved = same.clone();
        for (from, to) in [(3, 700), (799, 0), (50, 51), (400, 20)] {
            let record = moved.remove(from);
            moved.insert(to, record);
        }
        let gone: Vec<u128> = (100..900).filter(|number| number % 7 > 0).collect();
        let backwards: Vec<u128> = (90..910).rev().collect();
        let swapped: Vec<u128> = (600..900).chain(100..600).collect();
        for records in [same, newer, moved, gone, backwards, swapped, Vec::new()] {
            let ids: Vec<RecordId> = records.iter().map(|number| record(*number)).collect();
            for (block, number) in placed(&indexes, &ids).iter().zip(&records) {
                let expected = (100..900).contains(number).then_some(*number);
                let found = (block.rows > 0).then(|| files[block.file as usize][(block.at / length) as usize]);
                assert_eq!(found, expected);
            }
        }
    }
}
