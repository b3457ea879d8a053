//! The facts of events by columns: what rules read, and nothing personal.
//!
//! Rows are sorted by record and, within a record, by (time, source, id). The id itself is not kept, since it may be
//! personal: among events of one time and one source, whichever their record, a rank tells their order. A customer of
//! several records is read by merging their rows.

mod assemble;
mod build;
pub mod column;
mod merge;
mod places;
mod rows;
mod runs;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use kulta_events::RecordId;

use crate::expr::Value;

pub use assemble::{Assembly, FacetSlot, Filled, Names, Shape, Slot, Wide};
pub use build::{Builder, NewRow, Tied, TooMany, Wanted, each_value, scalar};
pub use column::{Codes, Facet, Held, MOST_DECIMALS, Texts};
pub use places::Places;
pub use runs::Room;

/// Rows of events, and columns of what they say.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Ascending; every record has a row.
    pub records: Vec<RecordId>,
    /// Rows of the record at a place: `starts[place]..starts[place + 1]`; one more than there are records.
    pub starts: Vec<u32>,
    /// When it happened, microseconds since 1970-01-01T00:00:00Z.
    pub times: Vec<i64>,
    /// Its place in the log; empty where nobody asked for it.
    pub positions: Vec<u64>,
    /// Its type.
    pub types: Codes,
    /// Its source.
    pub sources: Codes,
    /// Its business unit; the empty text where it has none.
    pub units: Codes,
    /// The order by id among the rows of its time and source.
    pub ranks: Vec<u32>,
    /// What events say, by the facet's name.
    pub facets: Vec<(Arc<str>, Facet)>,
}

impl Facts {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The rows of a record; `None` when it has none.
    pub fn rows(&self, record: RecordId) -> Option<std::ops::Range<u32>> {
        self.place(record).map(|place| self.rows_at(place))
    }

    /// The earliest and the latest time; `None` without rows.
    pub fn span(&self) -> Option<(i64, i64)> {
        let mut times = self.times.iter().copied();
        let first = times.next()?;
        Some(times.fold((first, first), |(low, high), time| (low.min(time), high.max(time))))
    }

    /// The highest position; 0 without rows or positions.
    pub fn reach(&self) -> u64 {
        self.positions.iter().copied().max().unwrap_or(0)
    }

    /// The place of a record; `None` when it has no rows.
    pub fn place(&self, record: RecordId) -> Option<u32> {
        self.records.binary_search(&record).ok().map(|place| place as u32)
    }

    /// The rows of the record at a place.
    pub fn rows_at(&self, place: u32) -> std::ops::Range<u32> {
        self.starts[place as usize]..self.starts[place as usize + 1]
    }

    /// Appends the rows of the records at these places, in the order of facts, and their times; `room` is to work in.
    pub fn merge_into(&self, places: &[u32], room: &mut Room, rows: &mut Vec<u32>, times: &mut Vec<i64>) {
        runs::merge_into(self, places.iter().map(|place| self.rows_at(*place)), room, rows, times);
    }

    /// Brings rows into the order of facts.
    pub fn sort(&self, rows: &mut [u32]) {
        rows.sort_by(|one, other| runs::compare(self, *one, *other));
    }

    /// The rows of a customer's records in the order of facts.
    pub fn rows_of(&self, records: &[RecordId]) -> Vec<u32> {
        let mut rows = Vec::new();
        let runs = records.iter().filter_map(|record| self.rows(*record));
        runs::merge_into(self, runs, &mut Room::default(), &mut rows, &mut Vec::new());
        rows
    }

    /// The place of a facet among [`Self::facets`].
    pub fn facet(&self, name: &str) -> Option<usize> {
        self.facets.iter().position(|(known, _)| &**known == name)
    }

    /// What a row says of a facet.
    pub fn value(&self, facet: usize, row: u32) -> Option<Value<'_>> {
        self.facets.get(facet)?.1.get(row as usize)
    }
}
