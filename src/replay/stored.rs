//! What a replay runs over when it reads the rows of some customers of an archive at a time.

use std::ops::Range;
use std::sync::Arc;

use kulta_projections::scores::facts::{Codes, Facts};
use kulta_projections::scores::replay::{Chunk, Columns, Parts, Shelf, Unread};

use super::data::{Over, People};
use crate::archive::{Stream, Streamed};

/// Customers as an archive has them, whose rows are read when they are scored.
#[derive(Debug)]
pub struct Stored {
    /// The customers.
    pub people: Arc<People>,
    /// The sources of their records.
    pub sources: Codes,
    stream: Stream,
    span: Option<(i64, i64)>,
    shelf: Option<Shelf>,
}

impl Stored {
    /// Those of an archive.
    pub fn of(streamed: Streamed) -> Self {
        let Streamed { stream, customers: (ids, records, ends), sources, manifest } = streamed;
        let events = usize::try_from(manifest.events).unwrap_or(usize::MAX);
        let people = Arc::new(People { position: manifest.position, events, ids, records, ends });
        Self { people, sources, stream, span: manifest.times, shelf: None }
    }

    /// Those of an archive of the node, with what came since.
    pub(super) fn grown(people: Arc<People>, stream: Stream, span: Option<(i64, i64)>) -> Self {
        Self { people, sources: Codes::default(), stream, span, shelf: None }
    }

    /// With so many bytes for rows that stay in memory once they were read.
    pub fn keeping(self, bytes: usize) -> Self {
        Self { shelf: (bytes > 0).then(|| Shelf::new(bytes)), ..self }
    }

    /// Gives the rows of a customer, in the order of facts, to somebody. `spare` is room to work in.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn with_rows<T>(
        &self,
        customer: usize,
        spare: &mut Option<Chunk>,
        take: impl FnOnce(&Facts, &[u32]) -> T,
    ) -> Result<T, Unread> {
        let chunk = spare.get_or_insert_with(|| Chunk::of(self.stream.head()));
        chunk.clear();
        self.load(customer..customer + 1, chunk)?;
        let mut rows: Vec<u32> = (0..chunk.facts.len() as u32).collect();
        chunk.facts.sort(&mut rows);
        Ok(take(&chunk.facts, &rows))
    }
}

impl Parts for Stored {
    fn head(&self) -> &Facts {
        self.stream.head()
    }

    fn span(&self) -> Option<(i64, i64)> {
        self.span
    }

    fn customers(&self) -> usize {
        self.people.ends.len()
    }

    fn rows_of(&self, customer: usize) -> usize {
        self.people.places_of(customer).map(|place| self.stream.rows(place)).sum()
    }

    fn shelf(&self) -> Option<&Shelf> {
        self.shelf.as_ref()
    }

    fn load(&self, customers: Range<usize>, chunk: &mut Chunk) -> Result<(), Unread> {
        let mut ends = self.people.ends[customers.clone()].iter().map(|end| *end as usize);
        let mut end = ends.next();
        let Some(places) = self.people.places_of_all(customers) else { return Ok(()) };
        let end_customers = |place: usize, chunk: &mut Chunk| {
            while end == Some(place + 1) {
                chunk.end_customer();
                end = ends.next();
            }
        };
        self.stream.load(places, chunk, end_customers).map_err(|error| Unread(Arc::new(error)))
    }
}

impl<'a> From<&'a Stored> for Over<'a> {
    fn from(stored: &'a Stored) -> Self {
        Self { people: &stored.people, columns: Columns::Parts(stored) }
    }
}
