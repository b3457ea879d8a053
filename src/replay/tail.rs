//! An archive of the node, with what came since: the same customers and facts as the log has at the position of the
//! projections, whatever is archived of them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use kulta_events::RecordId;
use kulta_projections::scores::facts::{Facts, Wanted};
use tokio::task::block_in_place;

use super::Error;
use super::data::{Gathered, People, Progress, Step, gathered, slices};
use super::part;
use super::read::{self, Cancel};
use super::stored::Stored;
use crate::archive::{self, Growing, Keeper, Unusable};
use crate::projector::Source;
use crate::store::views::Generation;

/// Why there is none of that.
#[derive(Debug)]
pub(super) enum Without {
    /// The archive cannot be used; a replay over the log can.
    Unusable(Unusable),
    /// Nor can it be when it turns out to be damaged: what is wrong.
    Damaged(String),
    /// A replay over the log would fail as well.
    Failed(Error),
}

impl From<Error> for Without {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<crate::store::Error> for Without {
    fn from(error: crate::store::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<archive::Error> for Without {
    fn from(error: archive::Error) -> Self {
        match error {
            archive::Error::Log(error) => Self::Failed(error),
            other => Self::Damaged(other.to_string()),
        }
    }
}

/// Reads what of it is not read when customers are scored.
pub(super) async fn read(
    (source, keeper): (&Source, &Keeper),
    live: &dyn Generation,
    wanted: Wanted,
    cancel: &Cancel,
    progress: Progress<'_>,
) -> Result<Stored, Without> {
    let number = live.number();
    // First, so that the archive is not ahead of the projections.
    let open = block_in_place(|| keeper.open(number, &wanted, cancel)).map_err(Without::Unusable)?;
    let crosswalk = live.crosswalk().await?;
    cancel.check()?;
    let (archived, position) = (open.manifest().clone(), crosswalk.position);
    if archived.position > position {
        let why = "the archive is ahead of the projections".to_owned();
        return Err(Without::Unusable(Unusable::Not(why)));
    }
    let who = gathered(crosswalk.records);
    let told = |at, of| progress(Step::Reading(at, of));
    let builder = read::gathered(source, (archived.position, position), wanted.clone(), cancel, &told).await?;
    let of = block_in_place(|| customers_of(builder.records(), &who));
    let together = |record: RecordId| of.get(&record).map_or(u64::MAX, |customer| *customer as u64);
    let later = read::finished(source, builder, together, cancel).await?;
    let (ids, records, ends) = who;
    let events = usize::try_from(archived.events).unwrap_or(usize::MAX).saturating_add(later.len());
    let people = Arc::new(People { position, events, ids, records, ends });
    let mut growing = block_in_place(|| open.with(&later, &people.records, &people.ends))?;
    let unclear = block_in_place(|| unclear(&growing, &people, &of, cancel))?;
    put_in_place(source, &mut growing, (&people, unclear), wanted, position).await?;
    let span = wider(archived.times, &later);
    Ok(Stored::grown(people, growing.done(), span))
}

/// The places of the customers of some records.
fn customers_of(some: &[RecordId], (_, records, ends): &Gathered) -> HashMap<RecordId, usize> {
    let some: HashSet<RecordId> = some.iter().copied().collect();
    let all = slices(records, ends).enumerate();
    let found = all.flat_map(|(customer, own)| own.iter().map(move |record| (*record, customer)));
    found.filter(|(record, _)| some.contains(record)).collect()
}

/// Customers of whom events that came since and archived ones share time and source, ascending.
fn unclear(
    growing: &Growing,
    people: &People,
    of: &HashMap<RecordId, usize>,
    cancel: &Cancel,
) -> Result<Vec<usize>, archive::Error> {
    let mut touched: Vec<usize> = of.values().copied().collect();
    touched.sort_unstable();
    touched.dedup();
    let (mut found, mut chunk) = (Vec::new(), growing.chunk());
    for customer in touched {
        cancel.check()?;
        if growing.meet(people.places_of(customer), &mut chunk)? {
            found.push(customer);
        }
    }
    Ok(found)
}

/// Reads all events of some customers from the log, which knows their order.
async fn put_in_place(
    source: &Source,
    growing: &mut Growing,
    (people, customers): (&People, Vec<usize>),
    wanted: Wanted,
    position: u64,
) -> Result<(), Without> {
    let placed = |customer| people.places_of(customer).map(|place| (people.records[place], place));
    let places: HashMap<RecordId, usize> = customers.iter().flat_map(|customer| placed(*customer)).collect();
    for some in part::parts(&people.members(customers.into_iter())) {
        let facts = part::facts(source, some, wanted.clone(), position).await?;
        block_in_place(|| growing.put_in_place(&facts, &places))?;
    }
    Ok(())
}

fn wider(archived: Option<(i64, i64)>, later: &Facts) -> Option<(i64, i64)> {
    match (archived, later.span()) {
        (Some((low, high)), Some((first, last))) => Some((low.min(first), high.max(last))),
        (one, other) => one.or(other),
    }
}
