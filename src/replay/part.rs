//! The columns of some customers, read by their records.

use std::collections::HashMap;

use kulta_events::recorded::EventName;
use kulta_events::{CustomerId, RecordId};
use kulta_projections::scores::facts::{Builder, Facts, Wanted};

use super::Error;
use super::data::Data;
use super::read::push;
use crate::projector::Source;
use crate::store::{Page, Select, StoredEvent};

/// Events read at a time.
const PAGE: usize = 20_000;
/// Records that are read together; a customer is never divided.
const RECORDS: usize = 500;

/// Customers with their records, some at a time.
pub(crate) fn parts(members: &[(RecordId, CustomerId)]) -> impl Iterator<Item = &[(RecordId, CustomerId)]> {
    let mut rest = members;
    std::iter::from_fn(move || {
        let last = rest.get(RECORDS.min(rest.len()).checked_sub(1)?)?.1;
        let end = rest.partition_point(|(_, customer)| *customer <= last);
        let (part, others) = rest.split_at(end);
        rest = others;
        Some(part)
    })
}

/// The facts of these customers up to a position.
pub(crate) async fn read(
    source: &Source,
    members: &[(RecordId, CustomerId)],
    wanted: Wanted,
    until: u64,
) -> Result<Data, Error> {
    let facts = facts(source, members, wanted, until).await?;
    Ok(Data::of_part(until, members.to_vec(), facts))
}

pub(super) async fn facts(
    source: &Source,
    members: &[(RecordId, CustomerId)],
    wanted: Wanted,
    until: u64,
) -> Result<Facts, Error> {
    let select = Select::Records { ids: members.iter().map(|(record, _)| *record).collect(), type_prefix: None };
    let mut page = Page { until: Some(until), parts: false, ..Page::forwards(select, 0, PAGE) };
    let vocabulary = source.vocabulary.now();
    let (mut builder, mut read) = (Builder::new(wanted), Vec::<StoredEvent>::new());
    loop {
        let mut stored = source.log.read(&page).await?;
        let count = stored.len();
        page.after = stored.last().map(|event| event.position);
        for event in &mut stored {
            push(&mut builder, &vocabulary, event)?;
            // Only its id may be asked for yet.
            event.facts.clear();
            event.facts.shrink_to_fit();
        }
        read.append(&mut stored);
        if count < PAGE {
            break;
        }
    }
    let of: HashMap<RecordId, u64> =
        members.iter().map(|(record, customer)| (*record, customer.0.as_u64_pair().1)).collect();
    // Customers that are taken for one here only have more ids looked at.
    let tied = builder.tied(|record| of.get(&record).copied().unwrap_or_default());
    let mut positions: Vec<u64> = tied.iter().flat_map(|tied| &tied.positions).copied().collect();
    positions.sort_unstable();
    read.retain(|event| positions.binary_search(&event.position).is_ok());
    let opened = source.vault.open_events(&vocabulary, read, |_| true).await?;
    let ids: HashMap<u64, EventName> = opened.into_iter().map(|event| (event.position, event.order.id)).collect();
    Ok(builder.finish(tied, &ids))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn customers_are_not_divided() {
        let pair = |record: u128| (RecordId(Uuid::from_u128(record)), CustomerId(Uuid::from_u128(record / 450 * 450)));
        let members: Vec<_> = (0..1_000).map(pair).collect();
        let lengths: Vec<usize> = parts(&members).map(<[_]>::len).collect();
        assert_eq!(lengths, [900, 100]);
        assert_eq!(parts(&members).flatten().count(), 1_000);
        assert_eq!(parts(&[]).count(), 0);
    }
}
