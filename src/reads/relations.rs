//! How a customer stands to others, read from either side through the crosswalk of now.

use std::collections::{BTreeSet, HashMap};

use jiff::tz::TimeZone;
use kulta_events::{CustomerId, Instant, RecordId};
use kulta_projections::company::{Belonging, CONTACT_OF, belongings};
use kulta_projections::relations::{Relation, relations};
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

/// From a moment on to before another; `None`: without end on that side.
pub type Stretch = (Option<Instant>, Option<Instant>);

/// The contacts of a company, whoever they are now, each with when they were.
#[derive(Debug, Default)]
pub struct Contacts {
    rows: Vec<RecordRow>,
    days: HashMap<CustomerId, Vec<Belonging>>,
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

    /// Their records, each with when it was a contact's.
    pub fn stretches(&self) -> HashMap<RecordId, Vec<Stretch>> {
        let moments = |days: &Vec<Belonging>| days.iter().map(|days| days.moments(&TimeZone::UTC)).collect();
        let of = |(record, contact): (&RecordId, &CustomerId)| Some((*record, moments(self.days.get(contact)?)));
        self.of.iter().filter_map(of).collect()
    }

    /// Whether an entry belongs on the company's timeline: its own do; of a contact's the conversations, while they were
    /// its contact.
    pub fn show(&self, entry: &Entry) -> bool {
        let contact = entry.record.and_then(|record| self.of.get(&record));
        let Some(days) = contact.and_then(|contact| self.days.get(contact)) else { return true };
        let family = entry.type_name.split_once('.').map_or("", |(family, _)| family);
        CONVERSATIONS.contains(&family) && days.iter().any(|days| days.holds(entry.order.time, &TimeZone::UTC))
    }
}

impl Reads {
    /// The contacts of the customer that these records make up, present and past: each on the days on which they were,
    /// though they came back later.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn contacts(&self, own: &[RecordId]) -> Result<Contacts, Error> {
        let live = self.projections.live();
        let Some(company) = live.records(own).await?.first().map(|row| row.customer) else {
            return Ok(Contacts::default());
        };
        let others = live.related_to(own).await?;
        let whose: HashMap<_, _> = others.iter().map(|row| (row.record, row.customer)).collect();
        let holder = |record: RecordId| match own.contains(&record) {
            true => Some(company),
            false => whose.get(&record).copied(),
        };
        // A record keeps only its last word; what it said before is in the log.
        let records: Vec<_> = whose.keys().copied().collect();
        let events = self.source.customer_events(&records, self.projections.position(), false).await?;
        let mut days: HashMap<_, Vec<Belonging>> = HashMap::new();
        for belonging in belongings(&events, company, &[CONTACT_OF], holder) {
            days.entry(belonging.customer).or_default().push(belonging);
        }
        let rows = live.members_of(&days.keys().copied().collect::<Vec<_>>()).await?;
        let of = rows.iter().map(|row| (row.record, row.customer)).collect();
        Ok(Contacts { rows, days, of })
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
