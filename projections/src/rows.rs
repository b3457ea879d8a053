//! What a store keeps of the projections.
//!
//! Each row is a function of the log up to a position, never of the batches in which the log was read: a rebuild gives
//! the same rows as the live service.

use kulta_events::payload::SurvivorshipPolicy;
use kulta_events::recorded::EventName;
use kulta_events::{CustomerId, Instant, Order, RecordId};

use crate::golden::Golden;
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
    /// What is in force while nothing was published.
    pub fn built_in() -> Self {
        let year_one = Instant::from_micros(-62_135_596_800_000_000);
        let order = Order { time: year_one, source: String::new(), id: EventName::Id(String::new()) };
        Self { order, position: 0, policy: SurvivorshipPolicy::built_in() }
    }
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
