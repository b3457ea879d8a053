//! What a store keeps of the projections.
//!
//! Each row is a function of the log up to a position, never of the batches in which the log was read: a rebuild gives
//! the same rows as the live service.

use std::collections::BTreeMap;
use std::sync::Arc;

use kulta_events::payload::SurvivorshipPolicy;
use kulta_events::recorded::EventName;
use kulta_events::{CustomerId, Instant, Order, RecordId, Recorded};

use crate::golden::{Golden, Member};
use crate::identity::policy::MatchPolicy;
use crate::record::RecordState;

/// A record, what it says, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordRow {
    /// Its id.
    pub record: RecordId,
    /// The system that publishes it.
    pub source: String,
    /// The customer's key there; `None` when it is erased.
    pub subject: Option<String>,
    /// Where the log first names it.
    pub first_position: u64,
    /// The highest position that shaped it: its first, that of a shaping event, of a decision that names it, or of such
    /// a decision's withdrawal.
    pub shaped_at: u64,
    /// The customer that holds it.
    pub customer: CustomerId,
    /// What it says.
    pub state: RecordState,
}

impl RecordRow {
    /// A record as its first event brings it into being: a customer of its own that says nothing yet.
    pub fn new(record: RecordId, source: String, subject: Option<String>, first_position: u64) -> Self {
        let (customer, state) = (record.into(), RecordState::default());
        Self { record, source, subject, first_position, shaped_at: first_position, customer, state }
    }

    /// As a golden record takes it.
    pub fn member(&self) -> Member<'_> {
        Member { record: self.record, source: &self.source, subject: self.subject.as_deref(), state: &self.state }
    }
}

/// What a record says of its relation to another, so that it is found from the other side as well. Rows follow from the
/// records' states alone, so merges and splits change none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelationRow {
    /// The other record.
    pub to: RecordId,
    /// The record that says so.
    pub record: RecordId,
    /// Which relation, such as `contact_of`.
    pub relation: String,
    /// The first day on which it holds.
    pub valid_from: Option<String>,
    /// The first day on which it no longer holds.
    pub valid_until: Option<String>,
}

impl RelationRow {
    /// The relations that a record speaks of. None ever goes away: what ended was.
    pub fn of(row: &RecordRow) -> impl Iterator<Item = Self> + '_ {
        row.state.relations().map(|view| Self {
            to: view.to,
            record: row.record,
            relation: view.relation.to_owned(),
            valid_from: view.valid_from.map(str::to_owned),
            valid_until: view.valid_until.map(str::to_owned),
        })
    }
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerRow {
    /// Its id: the record id of its founding record.
    pub customer: CustomerId,
    /// `person` or `organisation`, if anybody said.
    pub kind: Option<String>,
    /// The name to show.
    pub name: Option<String>,
    /// The highest position that shaped it: the highest `shaped_at` of its records, or that of the survivorship policy
    /// in force. This is the customer's ETag.
    pub position: u64,
    /// How many records it has.
    pub records: u32,
    /// Its golden record.
    pub golden: Golden,
}

impl CustomerRow {
    /// The customer of these records, which are all that it has; `None` without any.
    pub fn of(members: &[&RecordRow], policy: &PolicyRow) -> Option<Self> {
        let founder = members.iter().min_by_key(|row| (row.first_position, row.record))?;
        let folded: Vec<_> = members.iter().map(|row| row.member()).collect();
        let golden = Golden::of(&folded, &policy.policy);
        Some(Self {
            customer: founder.record.into(),
            kind: golden.kind.clone(),
            name: golden.name.clone(),
            position: members.iter().map(|row| row.shaped_at).fold(policy.position, u64::max),
            records: u32::try_from(members.len()).unwrap_or(u32::MAX),
            golden,
        })
    }
}

/// A published survivorship policy. The one with the highest order is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRow {
    /// When it was published, and by whom.
    pub order: Order,
    /// Its place in the log; 0 for the built-in one.
    pub position: u64,
    /// The policy.
    pub policy: SurvivorshipPolicy,
}

impl PolicyRow {
    /// The policy that an event publishes; `None` for other events, and for a policy that this binary cannot read.
    pub fn published(event: &Recorded) -> Option<Self> {
        if event.type_name != "survivorship_policy.published" {
            return None;
        }
        let policy = SurvivorshipPolicy::read(event.payload.data.get("policy")?).ok()?;
        Some(Self { order: event.order.clone(), position: event.position, policy })
    }

    /// What is in force while nothing was published.
    pub fn built_in() -> Self {
        Self { order: before_all(), position: 0, policy: SurvivorshipPolicy::built_in() }
    }
}

/// A published match policy. The one with the highest order is in force.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchPolicyRow {
    /// When it was published, and by whom.
    pub order: Order,
    /// Its place in the log; 0 for the built-in one.
    pub position: u64,
    /// The policy.
    pub policy: Arc<MatchPolicy>,
}

impl Eq for MatchPolicyRow {}

impl MatchPolicyRow {
    /// The policy that an event publishes; `None` for other events, and for a policy that this binary cannot use.
    pub fn published(event: &Recorded) -> Option<Self> {
        if event.type_name != MATCH_POLICY {
            return None;
        }
        let policy = MatchPolicy::read(&event.payload.data.get("policy")?.to_string()).ok()?;
        Some(Self { order: event.order.clone(), position: event.position, policy: Arc::new(policy) })
    }

    /// The one in force among these: that with the highest order, however they arrived; else the built-in one.
    pub fn in_force(published: impl IntoIterator<Item = Self>) -> Self {
        published.into_iter().max_by(|a, b| a.order.cmp(&b.order)).unwrap_or_else(Self::built_in)
    }

    /// What is in force while nothing was published.
    pub fn built_in() -> Self {
        Self { order: before_all(), position: 0, policy: Arc::new(MatchPolicy::built_in()) }
    }
}

/// The type of the event that publishes a match policy.
pub const MATCH_POLICY: &str = "match_policy.published";

/// The order of what is in force before anything is published.
fn before_all() -> Order {
    let year_one = Instant::from_micros(-62_135_596_800_000_000);
    Order { time: year_one, source: String::new(), id: EventName::Id(String::new()) }
}

/// How many members that no schema knows a source sent with events of a type. Their names are sealed: they are shown in
/// the event's detail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnknownRow {
    /// The source that sent it.
    pub source: String,
    /// The event's type.
    pub type_name: String,
    /// How many; in [`crate::batch::Changes`] how many more.
    pub count: u64,
}

/// Counts of members that no schema knows, by source and type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnknownCounts(BTreeMap<String, BTreeMap<String, u64>>);

impl UnknownCounts {
    /// Counts the members of one event.
    pub fn count(&mut self, event: &Recorded) {
        if event.unknown > 0 {
            self.add(&event.order.source, &event.type_name, u64::from(event.unknown));
        }
    }

    /// Adds what others counted.
    pub fn merge(&mut self, others: &Self) {
        for row in others.rows() {
            self.add(&row.source, &row.type_name, row.count);
        }
    }

    /// The counts, by source and type.
    pub fn rows(&self) -> impl Iterator<Item = UnknownRow> + '_ {
        self.0.iter().flat_map(|(source, types)| {
            types.iter().map(|(type_name, count)| UnknownRow {
                source: source.clone(),
                type_name: type_name.clone(),
                count: *count,
            })
        })
    }

    fn add(&mut self, source: &str, type_name: &str, count: u64) {
        let types = self.0.entry(source.to_owned()).or_default();
        *types.entry(type_name.to_owned()).or_default() += count;
    }
}
