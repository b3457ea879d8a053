//! The events of one customer by columns, as far as was known.

use std::collections::HashMap;

use kulta_events::payload::SurvivorshipPolicy;
use kulta_events::recorded::EventName;
use kulta_events::{CustomerId, Instant, RecordId, Recorded};
use kulta_projections::as_of::{Named, golden_at};
use kulta_projections::scores::customer::OfCustomer;
use kulta_projections::scores::facts::{Builder, Facts, NewRow, Wanted};
use kulta_projections::scores::summary::Events;

use super::{Error, Scores};
use crate::reads::customer::Members;
use crate::reads::{At, Found, Reads};
use crate::store::{Page, Select};

/// Events read at a time.
const PAGE: usize = 5_000;

/// All that is needed for the scores of a customer.
#[derive(Debug)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// The position up to which the log is read.
    pub position: u64,
    /// What its events say.
    facts: Facts,
    /// Their rows, in the order of facts.
    rows: Vec<u32>,
    /// The ids of the events, by position.
    names: HashMap<u64, EventName>,
    /// What its golden record is made of, when rules read it.
    golden: Option<Sayings>,
}

/// What a golden record is made of.
#[derive(Debug)]
struct Sayings {
    members: Vec<Named>,
    events: Vec<Recorded>,
    /// The same without their personal parts.
    facts: Vec<Recorded>,
    policy: SurvivorshipPolicy,
}

impl Scores {
    /// Reads the events of a customer as far as was known, by any of its records. `golden`: also what `customer.…` is
    /// made of.
    ///
    /// # Errors
    /// When the store fails, or the projections have not got to what was known.
    pub async fn customer(
        &self,
        id: RecordId,
        known_at: Option<Instant>,
        golden: bool,
    ) -> Result<Found<Customer>, Error> {
        let at = At { as_of: None, known_at };
        let members = match self.reads.members_at(id, at).await? {
            Found::Here(members) => members,
            Found::Moved(customer) => return Ok(Found::Moved(customer)),
            Found::Unknown => return Ok(Found::Unknown),
        };
        let position = members.cut.unwrap_or_else(|| self.reads.projections.position());
        let records: Vec<RecordId> = members.rows.iter().map(|row| row.record).collect();
        let (facts, names) = columns(&self.reads, &records, position).await?;
        let golden = if golden { Some(sayings(&self.reads, &members, at, position).await?) } else { None };
        let rows = facts.rows_of(&records);
        Ok(Found::Here(Customer { id: members.customer, position, facts, rows, names, golden }))
    }
}

/// What all events of these records up to a position say, and their ids by position.
async fn columns(reads: &Reads, records: &[RecordId], until: u64) -> Result<(Facts, HashMap<u64, EventName>), Error> {
    let source = &reads.source;
    let select = Select::Records { ids: records.to_vec(), type_prefix: None };
    let mut page = Page { until: Some(until), parts: false, ..Page::forwards(select, 0, PAGE) };
    let mut builder = Builder::new(Wanted::default());
    let mut names = HashMap::new();
    loop {
        let stored = source.log.read(&page).await?;
        let count = stored.len();
        page.after = stored.last().map(|event| event.position);
        for event in source.vault.open_events(&source.vocabulary.now(), stored, |_| true).await? {
            push(&mut builder, &event)?;
            names.insert(event.position, event.order.id);
        }
        if count < PAGE {
            break;
        }
    }
    let tied = builder.tied(|_| 0);
    Ok((builder.finish(tied, &names), names))
}

fn push(builder: &mut Builder, event: &Recorded) -> Result<(), Error> {
    let Some(record) = event.record else { return Ok(()) };
    let row = NewRow {
        record,
        time: event.order.time.micros(),
        position: event.position,
        type_name: &event.type_name,
        source: &event.order.source,
        unit: event.unit.as_deref(),
        facts: &event.payload.data,
    };
    Ok(builder.push(&row)?)
}

async fn sayings(reads: &Reads, members: &Members, at: At, until: u64) -> Result<Sayings, Error> {
    let records: Vec<RecordId> = members.rows.iter().map(|row| row.record).collect();
    let events = reads.source.customer_events(&records, until, true).await?;
    let facts = reads.source.customer_events(&records, until, false).await?;
    let policy = reads.policy_known(at).await?.policy;
    let named = members.rows.iter().map(|row| Named {
        record: row.record,
        source: row.source.clone(),
        subject: row.subject.clone(),
    });
    Ok(Sayings { members: named.collect(), events, facts, policy })
}

impl Scores {
    /// What rules read of several customers, each by all its records, as of a time and up to a position; free attributes
    /// only if they are wanted.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn of_customers(
        &self,
        customers: &[&[RecordId]],
        until: u64,
        as_of: Instant,
        (policy, attributes): (&SurvivorshipPolicy, bool),
    ) -> Result<Vec<OfCustomer>, crate::projector::Error> {
        let all: Vec<RecordId> = customers.iter().flat_map(|records| records.iter()).copied().collect();
        let source = &self.reads.source;
        let mut events = by_record(source.customer_events(&all, until, true).await?);
        let mut facts = match attributes {
            true => by_record(source.customer_events(&all, until, false).await?),
            false => HashMap::new(),
        };
        let named = self.reads.source.vault.subjects(&all).await?;
        let of = |records: &&[RecordId]| {
            let own = |of: &mut HashMap<RecordId, Vec<Recorded>>| -> Vec<Recorded> {
                records.iter().filter_map(|record| of.remove(record)).flatten().collect()
            };
            let name = |record: &RecordId| {
                let found = named.get(record);
                let source = found.map(|named| named.source.clone()).unwrap_or_default();
                Named { record: *record, source, subject: found.and_then(|named| named.subject.clone()) }
            };
            let members: Vec<Named> = records.iter().map(name).collect();
            let golden = |events: &[Recorded]| golden_at(&members, events, Some(as_of), policy).0;
            let whole = golden(&own(&mut events));
            match attributes {
                true => OfCustomer::of(&whole).with_attributes(&whole, &golden(&own(&mut facts))),
                false => OfCustomer::of(&whole),
            }
        };
        Ok(customers.iter().map(of).collect())
    }
}

fn by_record(events: Vec<Recorded>) -> HashMap<RecordId, Vec<Recorded>> {
    let mut of: HashMap<RecordId, Vec<Recorded>> = HashMap::new();
    for event in events {
        if let Some(record) = event.record {
            of.entry(record).or_default().push(event);
        }
    }
    of
}

impl Customer {
    /// Its events as rules see them.
    pub fn events(&self) -> Events<'_> {
        Events { facts: &self.facts, rows: &self.rows }
    }

    /// The id of the event at a position; `None` when it is erased.
    pub fn event_id(&self, position: u64) -> Option<&str> {
        match self.names.get(&position)? {
            EventName::Id(id) => Some(id),
            EventName::Erased(_) => None,
        }
    }

    /// What rules read of the customer as of a time; nothing when it was not read.
    pub fn of_customer(&self, as_of: Instant) -> OfCustomer {
        let of = |sayings: &Sayings| {
            let golden = |events: &[Recorded]| golden_at(&sayings.members, events, Some(as_of), &sayings.policy).0;
            let whole = golden(&sayings.events);
            OfCustomer::of(&whole).with_attributes(&whole, &golden(&sayings.facts))
        };
        self.golden.as_ref().map(of).unwrap_or_default()
    }
}
