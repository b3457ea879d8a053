//! An archive with what came since, which stands in the log only: what a node's own replays run over.
//!
//! An archive tells the order of events of one time and source by ranks, which are of its own position. Where an event that
//! came since shares both with another one of its customer, nothing here tells which is first: all events of such a customer
//! are put in the place of those that are archived.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use kulta_events::RecordId;
use kulta_projections::scores::facts::{Facts, Shape, Wanted};
use kulta_projections::scores::replay::Chunk;

use super::merge::recoded;
use super::pieces::Pieces;
use super::plan::Shared;
use super::read::retried;
use super::stream::Stream;
use super::{Error, Manifest};
use crate::replay::read::Cancel;

/// An archive that is open, before what came since is known. Its files stay what they are, whoever replaces them meanwhile.
#[derive(Debug)]
pub struct Open(Pieces);

/// With what came since.
#[derive(Debug)]
pub struct Growing {
    stream: Stream,
    shapes: Vec<Shape>,
    shared: Shared,
}

impl Open {
    /// Opens an archive: record by record, where what is wanted lies there so, else all of it in memory.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a file is not what was written; of rows, only indexes are looked at yet.
    pub fn new(dir: &Path, wanted: &Wanted, threads: usize, cancel: &Cancel) -> Result<Self, Error> {
        retried(dir, |manifest| match Pieces::open(dir, manifest, wanted, threads, cancel)? {
            Some(pieces) => Ok(Self(pieces)),
            None => Pieces::whole(dir, manifest, wanted, threads, cancel).map(Self),
        })
    }

    /// What the archive says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// Adds what came since, for a crosswalk of these records, whose places the rows are called by, and of which each customer's
    /// stand side by side up to an end.
    ///
    /// # Errors
    /// When columns cannot tell more apart.
    pub fn with(self, later: &Facts, records: &[RecordId], ends: &[u32]) -> Result<Growing, Error> {
        let Self(mut pieces) = self;
        let shapes = later.widened(&pieces.shapes);
        if shapes != pieces.shapes {
            pieces.shared.grow(shapes.len());
            pieces.deltas.iter_mut().for_each(|facts| facts.widen(&shapes));
            (pieces.shapes, pieces.is_wider) = (shapes, true);
        }
        let later = recoded(later, 0..later.records.len() as u32, &pieces.shapes, &pieces.shared)?;
        pieces.deltas.push(later);
        let shapes = pieces.shapes.clone();
        let (stream, shared) = pieces.joined(records, ends)?;
        Ok(Growing { stream, shapes, shared })
    }
}

impl Growing {
    /// Room to look at some customers' rows in.
    pub fn chunk(&self) -> Chunk {
        Chunk::of(&self.stream.head)
    }

    /// Whether, among the rows of the records at these places, one that came since shares time and source with another one
    /// that is archived. Before [`Self::put_in_place`].
    ///
    /// # Errors
    /// [`Error::Damaged`] when rows are not what was written.
    pub fn meet(&self, places: Range<usize>, chunk: &mut Chunk) -> Result<bool, Error> {
        let runs: Vec<(usize, bool)> =
            places.clone().flat_map(|place| self.stream.last_added(place, &places)).collect();
        if runs.iter().all(|(_, later)| *later) {
            return Ok(false);
        }
        chunk.clear();
        self.stream.load(places, chunk, |_, _| ())?;
        let facts = &chunk.facts;
        let later = runs.into_iter().flat_map(|(rows, later)| std::iter::repeat_n(later, rows));
        let moments = facts.times.iter().zip(&facts.sources.codes).zip(later);
        let mut moments: Vec<_> = moments.map(|((time, source), later)| (*time, *source, later)).collect();
        moments.sort_unstable();
        Ok(moments.windows(2).any(|pair| pair[0].0 == pair[1].0 && pair[0].1 == pair[1].1 && pair[0].2 != pair[1].2))
    }

    /// Puts rows, which are all that there are of their records, in the place of those that are there; `places` are those
    /// of records.
    ///
    /// # Errors
    /// When columns cannot tell more apart, or what is archived is of other records.
    pub fn put_in_place(&mut self, facts: &Facts, places: &HashMap<RecordId, usize>) -> Result<(), Error> {
        if facts.widened(&self.shapes) != self.shapes {
            return Err(Error::damaged(super::manifest::NAME, "events of the log say more than its columns hold"));
        }
        let facts = recoded(facts, 0..facts.records.len() as u32, &self.shapes, &self.shared)?;
        let other = || Error::damaged(super::manifest::NAME, "a record of the log is in no file");
        self.stream.put_in_place(facts, places).ok_or_else(other)
    }

    /// The rows, when nothing more comes.
    pub fn done(self) -> Stream {
        let Self { mut stream, shared, .. } = self;
        stream.head = stream.head.named(shared.into_names());
        stream
    }
}
