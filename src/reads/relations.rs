//! How a customer stands to others, read from either side through the crosswalk of now.

use std::collections::{BTreeSet, HashMap};

use kulta_events::{CustomerId, RecordId};
use kulta_projections::relations::{Claim, Direction, Relation, relations};
use kulta_projections::rows::RecordRow;
use kulta_projections::timeline::Entry;

use super::{Error, Found, Reads, holder_in};
use crate::store::views::NamedCustomer;

/// The families of events that are a conversation with a customer.
const CONVERSATIONS: [&str; 9] =
    ["activity", "complaint", "email", "enquiry", "feedback", "form", "message", "note", "ticket"];

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

/// The contacts of a company, whoever they are now, each with when they were.
#[derive(Debug, Default)]
pub struct Contacts {
    rows: Vec<RecordRow>,
    words: HashMap<CustomerId, Vec<Claim>>,
    of: HashMap<RecordId, CustomerId>,
}

impl Contacts {
    /// All their records.
    pub fn records(&self) -> impl Iterator<Item = RecordId> + '_ {
        self.rows.iter().map(|row| row.record)
    }

    /// The same with what they hold.
    pub fn into_records(self) -> Vec<RecordRow> {
        self.rows
    }

    /// Whether an entry belongs on the company's timeline: its own do; of a contact's the conversations, while they were
    /// its contact.
    pub fn show(&self, entry: &Entry) -> bool {
        let contact = entry.record.and_then(|record| self.of.get(&record));
        let Some(words) = contact.and_then(|contact| self.words.get(contact)) else { return true };
        let family = entry.type_name.split_once('.').map_or("", |(family, _)| family);
        let day: String = entry.order.time.to_string().chars().take(10).collect();
        CONVERSATIONS.contains(&family) && words.iter().any(|word| word.holds_on(&day))
    }
}

impl Reads {
    /// The contacts of the customer that these records make up, present and past.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn contacts(&self, own: &[RecordRow]) -> Result<Contacts, Error> {
        let live = self.projections.live();
        let ids: Vec<_> = own.iter().map(|row| row.record).collect();
        let others = live.related_to(&ids).await?;
        let words: HashMap<_, _> = relations(own, &others, |_| None, None)
            .into_iter()
            .filter(|relation| relation.direction == Direction::Incoming && relation.relation == "contact_of")
            .filter_map(|relation| Some((relation.other?, relation.newest().cloned().collect())))
            .collect();
        let rows = live.members_of(&words.keys().copied().collect::<Vec<_>>()).await?;
        let of = rows.iter().map(|row| (row.record, row.customer)).collect();
        Ok(Contacts { rows, words, of })
    }

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
