//! How a customer stands to others, read from either side through the crosswalk of now.

use std::collections::{BTreeSet, HashMap};

use kulta_events::{CustomerId, RecordId};
use kulta_projections::relations::{Relation, relations};

use super::{Error, Found, Reads, holder_in};
use crate::store::views::NamedCustomer;

/// A customer's relations, and what their other sides are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relations {
    /// Whose.
    pub customer: CustomerId,
    /// By direction, name and the other customer.
    pub items: Vec<Relation>,
    /// The other customers.
    pub names: HashMap<CustomerId, NamedCustomer>,
}

impl Reads {
    /// The relations of the customer that holds a record; with a day (`YYYY-MM-DD`) those that hold on it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn relations(&self, id: RecordId, day: Option<&str>) -> Result<Found<Relations>, Error> {
        let live = self.projections.live();
        let own = match holder_in(&live, id).await? {
            Found::Here(rows) => rows,
            Found::Moved(customer) => return Ok(Found::Moved(customer)),
            Found::Unknown => return Ok(Found::Unknown),
        };
        let ids: Vec<_> = own.iter().map(|row| row.record).collect();
        let others = live.related_to(&ids).await?;
        let named: BTreeSet<_> = own.iter().flat_map(|row| row.state.relations()).map(|view| view.to).collect();
        let named: Vec<_> = named.into_iter().collect();
        let holders: HashMap<_, _> =
            live.records(&named).await?.into_iter().map(|row| (row.record, row.customer)).collect();
        let items = relations(&own, &others, |record| holders.get(&record).copied(), day);
        let customers: BTreeSet<_> = items.iter().filter_map(|relation| relation.other).collect();
        let names = live.named(&customers.into_iter().collect::<Vec<_>>()).await?;
        let names = names.into_iter().map(|named| (named.customer, named)).collect();
        Ok(Found::Here(Relations { customer: id.into(), items, names }))
    }
}
