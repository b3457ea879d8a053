//! What a replay runs over: customers as they belonged together at one position of the log, and their facts up to it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use kulta_events::{CustomerId, Instant, RecordId};
use kulta_projections::scores::facts::{Codes, Facts, Wanted};
use kulta_projections::scores::replay::{Columns, Customers};

use super::Error;
use super::read::{Cancel, facts};
use crate::archive::Archived;
use crate::projector::Source;
use crate::projector::rebuild::{finish, fold_log};
use crate::store::views::{Crosswalk, Generation};

/// How far long work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Finding who belonged together: events, of so many.
    Identities(u64, u64),
    /// Reading events, of so many.
    Reading(u64, u64),
    /// Reading what is known of customers, of so many.
    Customers(u64, u64),
    /// Scoring customers, of so many.
    Scoring(u64, u64),
}

/// Who is told how far it is.
pub type Progress<'a> = &'a (dyn Fn(Step) + Sync);

/// See the module.
#[derive(Debug)]
pub struct Data {
    /// The customers.
    pub people: Arc<People>,
    /// The facts.
    pub facts: Facts,
    /// The customers by their places in the facts.
    pub customers: Customers,
}

/// Customers, and where their rows are.
#[derive(Clone, Copy)]
pub struct Over<'a> {
    /// The customers.
    pub people: &'a People,
    /// The rows.
    pub columns: Columns<'a>,
}

impl<'a> From<&'a Data> for Over<'a> {
    fn from(data: &'a Data) -> Self {
        Self { people: &data.people, columns: Columns::Whole(&data.facts, &data.customers) }
    }
}

/// Customers as they belonged together at a position.
#[derive(Debug)]
pub struct People {
    /// The position.
    pub position: u64,
    /// How many events there are up to it.
    pub events: usize,
    /// By id.
    pub ids: Vec<CustomerId>,
    /// The records of all customers, one customer behind the other, each founder first.
    pub records: Vec<RecordId>,
    /// Behind the last record of each customer.
    pub ends: Vec<u32>,
}

impl People {
    /// The records of a customer.
    pub fn records_of(&self, customer: usize) -> &[RecordId] {
        &self.records[self.places_of(customer)]
    }

    /// The places of the records of a customer.
    pub(super) fn places_of(&self, customer: usize) -> Range<usize> {
        let start = customer.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        start..self.ends[customer] as usize
    }

    /// The places of the records of some customers; `None`: of none.
    pub(super) fn places_of_all(&self, customers: Range<usize>) -> Option<Range<usize>> {
        let last = customers.end.checked_sub(1).filter(|last| *last >= customers.start)?;
        Some(self.places_of(customers.start).start..self.places_of(last).end)
    }

    /// The records of some customers, each with its customer.
    pub(super) fn members(&self, customers: impl Iterator<Item = usize>) -> Vec<(RecordId, CustomerId)> {
        let own = |customer| self.records_of(customer).iter().map(move |record| (*record, self.ids[customer]));
        customers.flat_map(own).collect()
    }
}

impl Data {
    /// Customers and facts as the live projections have them, or as they were known at some time.
    ///
    /// # Errors
    /// When the store fails, or it was cancelled.
    pub async fn read(
        source: &Source,
        live: &dyn Generation,
        known_at: Option<Instant>,
        wanted: Wanted,
        cancel: &Cancel,
        progress: Progress<'_>,
    ) -> Result<Self, Error> {
        let crosswalk = match known_at {
            None => live.crosswalk().await?,
            Some(known_at) => known(source, source.log.position_at(known_at).await?, cancel, progress).await?,
        };
        cancel.check()?;
        let (ids, records, ends) = gathered(crosswalk.records);
        let places: HashMap<RecordId, u64> = placed(&records, &ends).collect();
        let together = |record: RecordId| places.get(&record).copied().unwrap_or(u64::MAX);
        let told = |at, of| progress(Step::Reading(at, of));
        let facts = facts(source, crosswalk.position, wanted, together, cancel, &told).await?;
        drop(places);
        Ok(Self::of(crosswalk.position, (ids, records, ends), facts))
    }

    /// Customers and facts as an archive has them, and the sources of the records.
    pub fn of_archive(archived: Archived) -> (Self, Codes) {
        let Archived { facts, members, manifest } = archived;
        (Self::of(manifest.position, gathered(members.records), facts), members.sources)
    }

    /// Some customers, with their records (by customer), and their facts up to a position.
    pub fn of_part(position: u64, members: Vec<(RecordId, CustomerId)>, facts: Facts) -> Self {
        Self::of(position, gathered(members), facts)
    }

    /// Customers, as [`gathered`], with their facts.
    fn of(position: u64, (ids, records, ends): Gathered, facts: Facts) -> Self {
        let customers = Customers::of(&facts.records, slices(&records, &ends));
        let people = Arc::new(People { position, events: facts.len(), ids, records, ends });
        Self { people, facts, customers }
    }
}

/// Customers by id, their records, and behind the last record of each.
pub type Gathered = (Vec<CustomerId>, Vec<RecordId>, Vec<u32>);

pub(super) fn gathered(crosswalk: Vec<(RecordId, CustomerId)>) -> Gathered {
    let (mut ids, mut records, mut ends) = (Vec::new(), Vec::with_capacity(crosswalk.len()), Vec::new());
    for (record, customer) in crosswalk {
        records.push(record);
        count(customer, &mut ids, &mut ends);
    }
    (ids, records, ends)
}

/// The next record is of this customer.
pub(crate) fn count(customer: CustomerId, ids: &mut Vec<CustomerId>, ends: &mut Vec<u32>) {
    match ends.last_mut() {
        Some(end) if ids.last() == Some(&customer) => *end += 1,
        last => {
            let end = last.map_or(0, |end| *end) + 1;
            ids.push(customer);
            ends.push(end);
        }
    }
}

/// The records of each customer.
pub(super) fn slices<'a>(records: &'a [RecordId], ends: &'a [u32]) -> impl Iterator<Item = &'a [RecordId]> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).map(|(start, end)| &records[start as usize..*end as usize])
}

/// For each record the place of its customer.
fn placed<'a>(records: &'a [RecordId], ends: &'a [u32]) -> impl Iterator<Item = (RecordId, u64)> + 'a {
    (0..).zip(slices(records, ends)).flat_map(|(place, own)| own.iter().map(move |record| (*record, place)))
}

/// Who belonged together at a position: found again from all that was known then.
async fn known(source: &Source, position: u64, cancel: &Cancel, progress: Progress<'_>) -> Result<Crosswalk, Error> {
    cancel.check()?;
    let told = |step| {
        if let crate::projector::rebuild::Step::Folding(at, of) = step {
            progress(Step::Identities(at, of));
        }
    };
    let whole = fold_log(source, position, &told).await?;
    let finished = finish(&whole)?;
    Ok(Crosswalk { position, records: finished.crosswalk() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn records_are_gathered_by_customer() {
        let pair = |record, customer| (RecordId(Uuid::from_u128(record)), CustomerId(Uuid::from_u128(customer)));
        let (ids, records, ends) = gathered(vec![pair(1, 1), pair(5, 1), pair(2, 2), pair(9, 3), pair(3, 3)]);
        assert_eq!((ids.len(), records.len()), (3, 5));
        assert_eq!(ends, [2, 3, 5]);
        let sets: Vec<usize> = slices(&records, &ends).map(<[_]>::len).collect();
        assert_eq!(sets, [2, 1, 2]);
        let places: Vec<u64> = placed(&records, &ends).map(|(_, place)| place).collect();
        assert_eq!(places, [0, 0, 1, 2, 2]);
        assert_eq!(gathered(Vec::new()).2, Vec::<u32>::new());
    }
}
