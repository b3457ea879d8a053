//! What reports read of whom a thing is about: as customers, their names and their relations are known now.

use std::collections::{BTreeSet, HashMap, HashSet};

use kulta_events::payload::SurvivorshipPolicy;
use kulta_events::{CustomerId, RecordId};
use kulta_projections::company::{SUBSIDIARY_OF, top};
use kulta_projections::expr::{Scope, Value};
use kulta_projections::pipeline::period::date_of;
use kulta_projections::relations::{Direction, relations};
use kulta_projections::report::Definition;
use kulta_projections::report::field::{Field, Of};
use kulta_projections::rows::RecordRow;
use kulta_projections::scores::customer::{OfCustomer, reads_attributes};

use super::{Counter, Error, Then};

/// Records that are remembered; with more, what was looked up is forgotten.
const MOST: usize = 200_000;
/// Customers that are looked up at a time.
const BATCH: usize = 500;

/// See the module.
pub(super) struct Lookups<'c> {
    counter: Counter<'c>,
    then: Then,
    /// The day on which companies belong to parents, `YYYY-MM-DD`.
    day: String,
    wanted: Wanted,
    policy: Option<SurvivorshipPolicy>,
    known: Known,
}

/// What the report reads of customers.
#[derive(Default)]
struct Wanted {
    names: bool,
    parents: bool,
    parent_names: bool,
    /// Without `customer.` in front.
    facts: BTreeSet<Box<str>>,
    anything: bool,
}

#[derive(Default)]
struct Known {
    /// `None`: nothing is known of it.
    customers: HashMap<RecordId, Option<CustomerId>>,
    names: HashMap<CustomerId, String>,
    /// Of each company its parent, if it has one.
    parents: HashMap<CustomerId, Option<CustomerId>>,
    facts: HashMap<CustomerId, OfCustomer>,
}

impl Wanted {
    fn of(definition: &Definition) -> Self {
        let groupings = definition.by.iter().map(|by| by.field());
        let conditions = definition.conditions.iter().map(|condition| &condition.field);
        let measures = definition.measures.iter().filter_map(|measure| measure.field());
        let mut wanted = Self::default();
        let is_asked = |field: &&Field| field.of == Of::Customer;
        for field in groupings.chain(conditions).chain(measures).filter(is_asked) {
            wanted.anything = true;
            match &*field.name {
                "customer" => {}
                "customer_name" => wanted.names = true,
                "parent" => wanted.parents = true,
                "parent_name" => (wanted.parents, wanted.parent_names) = (true, true),
                name => wanted.facts.extend(name.strip_prefix("customer.").map(Into::into)),
            }
        }
        wanted
    }
}

impl<'c> Lookups<'c> {
    /// Nothing looked up yet.
    pub async fn new(counter: Counter<'c>, definition: &Definition, then: Then) -> Result<Self, Error> {
        let wanted = Wanted::of(definition);
        // An as-of is exclusive: midnight belongs to the day that it ends.
        let day = date_of(then.as_of.plus_micros(-1), &counter.business.time_zone);
        let policy = match wanted.facts.is_empty() {
            true => None,
            false => Some(counter.reads.policy_until(then.moment.until).await?.policy),
        };
        let day = day.map(|day| day.to_string()).unwrap_or_default();
        Ok(Self { counter, then, day, wanted, policy, known: Known::default() })
    }

    /// Looks up what is wanted of these records.
    pub async fn fill(&mut self, mut records: Vec<RecordId>) -> Result<(), Error> {
        if !self.wanted.anything {
            return Ok(());
        }
        if self.known.customers.len() > MOST {
            self.known = Known::default();
        }
        records.retain(|record| !self.known.customers.contains_key(record));
        records.sort_unstable();
        records.dedup();
        let live = self.counter.reads.projections.live();
        let mut customers = HashSet::new();
        for batch in records.chunks(BATCH) {
            self.known.customers.extend(batch.iter().map(|record| (*record, None)));
            for row in live.records(batch).await? {
                self.known.customers.insert(row.record, Some(row.customer));
                customers.insert(row.customer);
            }
        }
        let customers: Vec<CustomerId> = customers.into_iter().collect();
        if self.wanted.parents {
            self.climb(customers.clone()).await?;
        }
        let mut named: BTreeSet<CustomerId> = BTreeSet::new();
        named.extend(customers.iter().filter(|_| self.wanted.names));
        named.extend(customers.iter().filter(|_| self.wanted.parent_names).map(|customer| self.known.top(*customer)));
        let named: Vec<CustomerId> = named.into_iter().filter(|id| !self.known.names.contains_key(id)).collect();
        for batch in named.chunks(BATCH) {
            let found = live.named(batch).await?;
            self.known.names.extend(found.into_iter().filter_map(|named| Some((named.customer, named.name?))));
        }
        for batch in customers.chunks(BATCH) {
            self.read_facts(batch).await?;
        }
        Ok(())
    }

    /// Finds the parents of these companies, and theirs.
    async fn climb(&mut self, customers: Vec<CustomerId>) -> Result<(), Error> {
        let live = self.counter.reads.projections.live();
        let mut ahead = customers;
        loop {
            ahead.retain(|customer| !self.known.parents.contains_key(customer));
            let mut next = Vec::new();
            for batch in ahead.chunks(BATCH) {
                self.known.parents.extend(batch.iter().map(|customer| (*customer, None)));
                let of = by_customer(live.members_of(batch).await?);
                let views = of.values().flatten().flat_map(|row| row.state.relations());
                let named: BTreeSet<RecordId> =
                    views.filter(|view| view.relation == SUBSIDIARY_OF).map(|view| view.to).collect();
                let named: Vec<RecordId> = named.into_iter().collect();
                let holders: HashMap<RecordId, CustomerId> =
                    live.records(&named).await?.into_iter().map(|row| (row.record, row.customer)).collect();
                for (customer, own) in of {
                    let parent = parent(&own, &holders, &self.day);
                    next.extend(parent);
                    self.known.parents.insert(customer, parent);
                }
            }
            if next.is_empty() {
                return Ok(());
            }
            next.sort_unstable();
            next.dedup();
            ahead = next;
        }
    }

    /// Reads what rules may read too.
    async fn read_facts(&mut self, customers: &[CustomerId]) -> Result<(), Error> {
        let Some(policy) = &self.policy else { return Ok(()) };
        let rows = self.counter.reads.projections.live().members_of(customers).await?;
        let of: Vec<(CustomerId, Vec<RecordId>)> = by_customer(rows)
            .into_iter()
            .map(|(customer, rows)| (customer, rows.into_iter().map(|row| row.record).collect()))
            .collect();
        let sets: Vec<&[RecordId]> = of.iter().map(|(_, records)| records.as_slice()).collect();
        let asked = (policy, reads_attributes(&self.wanted.facts));
        let found = self.counter.scores.of_customers(&sets, self.then.position, self.then.as_of, asked).await?;
        self.known.facts.extend(of.iter().map(|(customer, _)| *customer).zip(found));
        Ok(())
    }

    /// What is known of a record; `None`: nobody said.
    pub fn get(&self, record: RecordId, field: &str) -> Option<String> {
        let known = &self.known;
        let customer = (*known.customers.get(&record)?)?;
        match field {
            "customer" => Some(customer.to_string()),
            "customer_name" => known.names.get(&customer).cloned(),
            "parent" => Some(known.top(customer).to_string()),
            "parent_name" => known.names.get(&known.top(customer)).cloned(),
            _ => match known.facts.get(&customer)?.get(field)? {
                Value::Text(text) => Some(text.into_owned()),
                Value::Number(number) => Some(number.normalize().to_string()),
                Value::Bool(value) => Some(value.to_string()),
                Value::Time(_) => None,
            },
        }
    }
}

impl Known {
    /// The company at the top of a customer's; itself where it has no parent.
    fn top(&self, customer: CustomerId) -> CustomerId {
        top(customer, |company| self.parents.get(&company).copied().flatten())
    }
}

/// The rows by customer.
fn by_customer(rows: Vec<RecordRow>) -> HashMap<CustomerId, Vec<RecordRow>> {
    let mut of: HashMap<CustomerId, Vec<RecordRow>> = HashMap::new();
    for row in rows {
        of.entry(row.customer).or_default().push(row);
    }
    of
}

/// The parent of the company of these records on a day; of several the one that was said last. One of which nobody tells
/// anything more is a customer still.
fn parent(own: &[RecordRow], holders: &HashMap<RecordId, CustomerId>, day: &str) -> Option<CustomerId> {
    let all = relations(own, &[], |record| holders.get(&record).copied(), Some(day)).into_iter();
    let is_parent = |relation: &kulta_projections::relations::Relation| {
        relation.direction == Direction::Outgoing && relation.relation == SUBSIDIARY_OF
    };
    let last = all.filter(is_parent).max_by_key(|relation| relation.claims.first().map(|claim| claim.since.clone()))?;
    Some(last.other.unwrap_or_else(|| last.other_record.into()))
}
