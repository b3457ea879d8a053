//! Customers as sets of records.

use kulta_events::RecordId;

use crate::scores::facts::{Facts, Places};

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Customers {
    /// Places of records in the facts.
    places: Vec<u32>,
    /// Behind the last place of each customer.
    ends: Vec<u32>,
}

impl Customers {
    /// Customers whose records are these; a record without events is left out.
    pub fn of<'a>(facts: &Facts, customers: impl IntoIterator<Item = &'a [RecordId]>) -> Self {
        let (mut found, places) = (Self::default(), Places::of(facts));
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

    pub(super) fn places(&self, customer: usize) -> &[u32] {
        let start = customer.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.places[start..self.ends[customer] as usize]
    }
}
