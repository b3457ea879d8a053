//! Customers as sets of records.

use kulta_events::RecordId;

use crate::scores::facts::Places;

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Customers {
    /// Places of records in the facts.
    places: Vec<u32>,
    /// Behind the last place of each customer.
    ends: Vec<u32>,
}

impl Customers {
    /// Customers whose records are these, by their places among those that have events, which ascend; a record without
    /// events is left out.
    pub fn of<'a>(with_events: &[RecordId], customers: impl IntoIterator<Item = &'a [RecordId]>) -> Self {
        let (mut found, places) = (Self::default(), Places::of(with_events));
        for records in customers {
            found.places.extend(records.iter().filter_map(|record| places.get(*record)));
            found.ends.push(found.places.len() as u32);
        }
        found
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The places of the records of a customer.
    pub fn places(&self, customer: usize) -> &[u32] {
        let start = customer.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.places[start..self.ends[customer] as usize]
    }

    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.ends.clear();
    }

    /// One more record of the customer that comes next.
    pub(super) fn push_place(&mut self, place: u32) {
        self.places.push(place);
    }

    /// Behind the last record of a customer.
    pub(super) fn end_customer(&mut self) {
        self.ends.push(self.places.len() as u32);
    }
}
