//! The same rows from a whole log: for rebuilds, for verification, for tests.
//!
//! One reader hands out the log's events in their order. Records fold by themselves, so they are spread over shards by
//! their ids, each of which may live on a thread of its own; the little that is not about one record (decisions,
//! policies) goes to [`Central`]. At the end the customers are found, and their rows are made chunk by chunk, on as many
//! threads as there are.
//!
//! ```text
//! let mut whole = Whole::new(threads);
//! for event in log { whole.apply(&event) }             // or take it apart, `into_parts`, and feed the parts
//! for record in whole.late() { whole.set_state(record, RecordState::fold_unsorted(all events of record)) }
//! let finished = whole.finish(threads)?;
//! for chunk in finished.chunks(1_000) { write(chunk.rows(subjects of chunk.records())) }   // or on several threads
//! ```
//!
//! Nodes that share the work fold some records each, by [`share_of`], and put their rows together: [`assign`] says then
//! which of them are whose.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};

use kulta_events::{CustomerId, RecordId, Recorded};
use uuid::Uuid;

use crate::crosswalk::{self, Decision};
use crate::identity::live::Resolver;
use crate::identity::threads::on_all;
use crate::record::RecordState;
use crate::rows::{CustomerRow, MATCH_POLICY, MatchPolicyRow, PolicyRow, RecordRow, UnknownCounts};

pub use assign::{Assigned, assign};
pub use shard::Shard;
pub use share::{SHARES, Shares, bounds, share_of};

mod assign;
mod shard;
mod share;

/// A whole log, folded.
#[derive(Debug)]
pub struct Whole {
    central: Central,
    shards: Vec<Shard>,
}

/// What is not about one record: decisions, policies.
#[derive(Debug, Default)]
pub struct Central {
    decisions: BTreeMap<Uuid, Decision>,
    policies: Vec<PolicyRow>,
    match_policies: Vec<MatchPolicyRow>,
    unknown: UnknownCounts,
}

/// The part of a [`Whole`] that must fold an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The shard with this number.
    Shard(usize),
    /// [`Central`].
    Central,
    /// Both.
    Both(usize),
}

/// Some records wait for [`Whole::set_state`]: events of theirs came late.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} records must be folded again first", .0.len())]
pub struct StillLate(pub BTreeSet<RecordId>);

impl Part {
    /// Which part of a whole with so many shards folds an event.
    pub fn of(event: &Recorded, shards: usize) -> Self {
        let central = event.type_name.starts_with("identity.")
            || matches!(event.type_name.as_str(), "survivorship_policy.published" | MATCH_POLICY);
        match event.record {
            Some(record) if central => Self::Both(shard_of(record, shards)),
            Some(record) => Self::Shard(shard_of(record, shards)),
            None => Self::Central,
        }
    }
}

/// The shard of a record, of so many. Record ids are keyed hashes, so their bits are as good as random.
pub fn shard_of(record: RecordId, shards: usize) -> usize {
    let number = record.0.as_u128() % u128::try_from(shards.max(1)).unwrap_or(1);
    usize::try_from(number).unwrap_or(0)
}

impl Central {
    /// Folds one event, whatever it is about.
    pub fn apply(&mut self, event: &Recorded) {
        crosswalk::fold(&mut self.decisions, event);
        self.policies.extend(PolicyRow::published(event));
        self.match_policies.extend(MatchPolicyRow::published(event));
        if event.record.is_none() {
            self.unknown.count(event);
        }
    }

    /// Every decision, by id.
    pub fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.values()
    }

    /// Every survivorship policy that was published, in the order of the log.
    pub fn policies(&self) -> &[PolicyRow] {
        &self.policies
    }

    /// Every match policy that was published, in the order of the log.
    pub fn match_policies(&self) -> &[MatchPolicyRow] {
        &self.match_policies
    }

    /// The counts of members that no schema knows, of events about no record.
    pub fn unknown(&self) -> &UnknownCounts {
        &self.unknown
    }
}

impl Whole {
    /// An empty log, to be folded in so many shards (at least one).
    pub fn new(shards: usize) -> Self {
        Self { central: Central::default(), shards: (0..shards.max(1)).map(|_| Shard::default()).collect() }
    }

    /// The parts, to be fed on several threads: each event to what [`Part::of`] says, in the order of the log.
    pub fn into_parts(self) -> (Central, Vec<Shard>) {
        (self.central, self.shards)
    }

    /// Puts the parts together again, the shards in their order.
    pub fn from_parts(central: Central, shards: Vec<Shard>) -> Self {
        Self { central, shards }
    }

    /// Folds the next event of the log.
    pub fn apply(&mut self, event: &Recorded) {
        let (shard, central) = match Part::of(event, self.shards.len()) {
            Part::Shard(shard) => (Some(shard), false),
            Part::Central => (None, true),
            Part::Both(shard) => (Some(shard), true),
        };
        if central {
            self.central.apply(event);
        }
        if let Some(shard) = shard.and_then(|shard| self.shards.get_mut(shard)) {
            shard.apply(event);
        }
    }

    /// The records of which an event came late and whose states were not handed in since.
    pub fn late(&self) -> BTreeSet<RecordId> {
        self.shards.iter().flat_map(Shard::late).collect()
    }

    /// Hands in the state of a late record, folded from all its events in the log so far. Later events may follow.
    pub fn set_state(&mut self, record: RecordId, state: &RecordState) {
        let shard = shard_of(record, self.shards.len());
        if let Some(shard) = self.shards.get_mut(shard) {
            shard.set_state(record, state);
        }
    }

    /// The records of a share, by id.
    pub fn records_of(&self, share: u8) -> Vec<RecordId> {
        let records = self.shards.iter().flat_map(Shard::records);
        let mut records: Vec<_> = records.filter(|record| share_of(*record) == share).collect();
        records.sort_unstable();
        records
    }

    /// The row of a record as it is by itself: a customer of its own. `subject` is its key in its source, where that is
    /// readable.
    pub fn row(&self, record: RecordId, subject: Option<String>) -> Option<RecordRow> {
        self.shards.get(shard_of(record, self.shards.len()))?.row(record, subject)
    }

    /// The counts of members that no schema knows, of events about records of a share.
    pub fn unknown_of(&self, share: u8) -> UnknownCounts {
        let mut counts = UnknownCounts::default();
        self.shards.iter().filter_map(|shard| shard.unknown_of(share)).for_each(|more| counts.merge(more));
        counts
    }

    /// Finds the customers, on `threads` threads.
    ///
    /// # Errors
    /// While there are late records.
    pub fn finish(&self, threads: usize) -> Result<Finished<'_>, StillLate> {
        let late = self.late();
        if !late.is_empty() {
            return Err(StillLate(late));
        }
        let built_in = PolicyRow::built_in();
        let in_force = self.central.policies.iter().max_by(|a, b| a.order.cmp(&b.order)).unwrap_or(&built_in).clone();
        let mut finished = Finished {
            whole: self,
            in_force,
            resolver: self.resolver(threads),
            decided_at: HashMap::new(),
            customer_of: HashMap::new(),
            members_of: HashMap::new(),
            customers: Vec::new(),
        };
        finished.find_customers();
        Ok(finished)
    }

    /// Every record under the match policy in force.
    fn resolver(&self, threads: usize) -> Resolver {
        let in_force = MatchPolicyRow::in_force(self.central.match_policies.iter().cloned());
        let next = AtomicUsize::new(0);
        let prepare = |_: usize| {
            let mut prepared = Vec::new();
            while let Some(shard) = self.shards.get(next.fetch_add(1, Ordering::Relaxed)) {
                prepared.extend(shard.prepared(&in_force.policy));
            }
            prepared
        };
        let records = on_all(threads.min(self.shards.len()), prepare).into_iter().flatten().collect();
        let mut resolver = Resolver::new((*in_force.policy).clone());
        resolver.load(records, self.central.decisions.values().cloned().collect(), threads);
        resolver
    }

    fn first_position(&self, record: RecordId) -> Option<u64> {
        self.shards.get(shard_of(record, self.shards.len()))?.first_position(record)
    }
}

/// A folded log with its customers.
#[derive(Debug)]
pub struct Finished<'a> {
    whole: &'a Whole,
    in_force: PolicyRow,
    resolver: Resolver,
    /// Records that decisions name → the highest position of those decisions.
    decided_at: HashMap<RecordId, u64>,
    /// For records that did not found their customer; all others have their own id.
    customer_of: HashMap<RecordId, CustomerId>,
    /// For customers of several records.
    members_of: HashMap<CustomerId, Vec<RecordId>>,
    customers: Vec<CustomerId>,
}

impl Finished<'_> {
    fn find_customers(&mut self) {
        self.decided_at = assign::decided_at(self.whole.central.decisions.values());
        for mut members in self.resolver.clusters_changed().clusters.into_iter().filter(|members| members.len() > 1) {
            let first = |record| self.whole.first_position(record);
            let Some(customer) = assign::found(&mut members, first) else { continue };
            self.customer_of.extend(members.iter().skip(1).map(|member| (*member, customer)));
            self.members_of.insert(customer, members);
        }
        let founders = self.whole.shards.iter().flat_map(Shard::records);
        self.customers = founders.filter(|id| !self.customer_of.contains_key(id)).map(CustomerId::from).collect();
        self.customers.sort_unstable();
    }

    /// The customers by id, so many at a time.
    pub fn chunks(&self, customers: usize) -> impl Iterator<Item = Chunk<'_>> {
        self.customers.chunks(customers.max(1)).map(|customers| Chunk { finished: self, customers })
    }

    /// Which record belongs to which customer, by customer and within it by first position.
    pub fn crosswalk(&self) -> Vec<(RecordId, CustomerId)> {
        let members = |customer: &CustomerId| match self.members_of.get(customer) {
            Some(members) => members.clone(),
            None => vec![RecordId::from(*customer)],
        };
        let pairs =
            self.customers.iter().flat_map(|customer| members(customer).into_iter().map(|record| (record, *customer)));
        pairs.collect()
    }

    /// How many customers there are.
    pub fn customer_count(&self) -> usize {
        self.customers.len()
    }

    /// The policy in force.
    pub fn policy_in_force(&self) -> &PolicyRow {
        &self.in_force
    }

    /// Every survivorship policy that was published, in the order of the log.
    pub fn policies(&self) -> &[PolicyRow] {
        &self.whole.central.policies
    }

    /// Every match policy that was published, in the order of the log.
    pub fn match_policies(&self) -> &[MatchPolicyRow] {
        &self.whole.central.match_policies
    }

    /// The sources of all records.
    pub fn sources(&self) -> BTreeSet<String> {
        self.whole.shards.iter().flat_map(Shard::source_names).map(str::to_owned).collect()
    }

    /// Of each record its first position, and the highest that shaped it.
    pub fn places(&self) -> impl Iterator<Item = (RecordId, (u64, u64))> + '_ {
        let shaped = |record: RecordId, at: u64| self.decided_at.get(&record).map_or(at, |decided| at.max(*decided));
        let all = self.whole.shards.iter().flat_map(Shard::places);
        all.map(move |(record, first, at)| (record, (first, shaped(record, at))))
    }

    /// The records as matching holds them, for whoever goes on from here.
    pub fn into_resolver(self) -> Resolver {
        self.resolver
    }

    /// Every decision, by id.
    pub fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.whole.central.decisions.values()
    }

    /// The counts of members that no schema knows.
    pub fn unknown(&self) -> UnknownCounts {
        let mut counts = self.whole.central.unknown.clone();
        self.whole.shards.iter().flat_map(Shard::unknown).for_each(|more| counts.merge(more));
        counts
    }
}

/// Some customers, whose rows can be made on a thread of their own.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    finished: &'a Finished<'a>,
    customers: &'a [CustomerId],
}

impl Chunk<'_> {
    /// All records of these customers.
    pub fn records(&self) -> impl Iterator<Item = RecordId> + '_ {
        self.customers.iter().flat_map(|customer| self.members(*customer))
    }

    /// The rows of these customers and of all their records. `subject` is asked for each record: its key in its source,
    /// where that is readable.
    pub fn rows(&self, mut subject: impl FnMut(RecordId) -> Option<String>) -> (Vec<RecordRow>, Vec<CustomerRow>) {
        let (mut records, mut customers) = (Vec::new(), Vec::with_capacity(self.customers.len()));
        for customer in self.customers {
            let from = records.len();
            for member in self.members(*customer) {
                let Some(mut row) = self.finished.whole.row(member, subject(member)) else { continue };
                row.customer = *customer;
                row.shaped_at =
                    self.finished.decided_at.get(&member).map_or(row.shaped_at, |at| row.shaped_at.max(*at));
                records.push(row);
            }
            let members: Vec<_> = records.iter().skip(from).collect();
            customers.extend(CustomerRow::of(&members, &self.finished.in_force));
        }
        (records, customers)
    }

    fn members(&self, customer: CustomerId) -> impl Iterator<Item = RecordId> + use<'_> {
        let several = self.finished.members_of.get(&customer);
        let single = several.is_none().then_some(RecordId::from(customer));
        several.into_iter().flatten().copied().chain(single)
    }
}

#[cfg(test)]
mod tests;
