//! What a replay runs over when it reads the rows of some customers of an archive at a time.

use std::ops::Range;
use std::sync::Arc;

use kulta_projections::scores::facts::{Codes, Facts};
use kulta_projections::scores::replay::{Chunk, Columns, Customers, Parts, Unread};

use super::data::{Over, People, gathered, slices};
use crate::archive::{Stream, Streamed};

/// Customers as an archive has them, whose rows are read when they are scored.
#[derive(Debug)]
pub struct Stored {
    /// The customers.
    pub people: Arc<People>,
    /// The sources of their records.
    pub sources: Codes,
    stream: Stream,
    customers: Customers,
    span: Option<(i64, i64)>,
}

impl Stored {
    /// Those of an archive.
    pub fn of(streamed: Streamed) -> Self {
        let Streamed { stream, members, manifest } = streamed;
        let (ids, records, ends) = gathered(members.records);
        let customers = Customers::of(stream.records(), slices(&records, &ends));
        let events = usize::try_from(manifest.events).unwrap_or(usize::MAX);
        let people = Arc::new(People { position: manifest.position, events, ids, records, ends });
        Self { people, sources: members.sources, stream, customers, span: manifest.times }
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
        self.customers.len()
    }

    fn rows_of(&self, customer: usize) -> usize {
        self.customers.places(customer).iter().map(|place| self.stream.rows(*place)).sum()
    }

    fn load(&self, customers: Range<usize>, chunk: &mut Chunk) -> Result<(), Unread> {
        for customer in customers {
            for place in self.customers.places(customer) {
                self.stream.load(*place, chunk).map_err(|error| Unread(Arc::new(error)))?;
            }
            chunk.end_customer();
        }
        Ok(())
    }
}

impl<'a> From<&'a Stored> for Over<'a> {
    fn from(stored: &'a Stored) -> Self {
        Self { people: &stored.people, columns: Columns::Parts(stored) }
    }
}
