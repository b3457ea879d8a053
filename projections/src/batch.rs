//! The live step: what to load for a batch of events, and what changes by it.
//!
//! A service drives it like this, in one transaction with the checkpoint:
//!
//! ```text
//! let mut loaded = Loaded::new(policy_in_force);
//! let changes = loop {
//!     match step(&loaded, &events) {
//!         Ok(changes) => break changes,
//!         Err(needs) => { let answer = /* look up what `needs` names */; loaded.answer(&needs, answer); }
//!     }
//! };
//! // write `changes`, and the position of the last event
//! ```

use std::collections::{BTreeSet, HashMap, HashSet};

use kulta_events::{CustomerId, RecordId, Recorded};
use uuid::Uuid;

use crate::crosswalk::Decision;
use crate::record::RecordState;
use crate::rows::{CustomerRow, PolicyRow, RecordRow, UnknownRow};

/// What must be looked up before a step can be taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Of these records only whether there is a row.
    pub exist: BTreeSet<RecordId>,
    /// The rows of these records, where there are any.
    pub records: BTreeSet<RecordId>,
    /// The rows of all records of these customers.
    pub members_of: BTreeSet<CustomerId>,
    /// These decisions, where they are known.
    pub decisions: BTreeSet<Uuid>,
    /// All decisions that name one of these records on either side.
    pub decisions_of: BTreeSet<RecordId>,
    /// The subjects of these new records, where they are readable.
    pub subjects: BTreeSet<RecordId>,
    /// An event of these records came late: their states, folded by [`RecordState::fold_unsorted`] from all their
    /// events up to the end of the batch.
    pub refold: BTreeSet<RecordId>,
}

/// What was looked up for [`Needs`]. What is not in it is not there.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Those of `exist` that have a row.
    pub exist: Vec<RecordId>,
    /// For `records` and `members_of`.
    pub records: Vec<RecordRow>,
    /// For `decisions` and `decisions_of`.
    pub decisions: Vec<Decision>,
    /// For `subjects`.
    pub subjects: Vec<(RecordId, String)>,
    /// For `refold`; every one of them.
    pub refolded: Vec<(RecordId, RecordState)>,
}

/// What is known for a step.
#[derive(Clone, Debug)]
pub struct Loaded {
    policy: PolicyRow,
    known: HashSet<RecordId>,
    records: HashMap<RecordId, Option<RecordRow>>,
}

/// What a step changes; to be written in one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New and changed records.
    pub records: Vec<RecordRow>,
    /// New and changed customers.
    pub customers: Vec<CustomerRow>,
    /// Customers that are no more: all their records belong to others now.
    pub deleted: Vec<CustomerId>,
    /// New and changed decisions.
    pub decisions: Vec<Decision>,
    /// New policies.
    pub policies: Vec<PolicyRow>,
    /// By how much to raise the counts of members that no schema knows.
    pub unknown: Vec<UnknownRow>,
    /// Another survivorship policy is in force: the golden record of every customer must be made again.
    pub refold_all: bool,
}

impl Loaded {
    /// Nothing but the survivorship policy in force.
    pub fn new(policy: PolicyRow) -> Self {
        Self { policy, known: HashSet::new(), records: HashMap::new() }
    }

    /// Takes in what was looked up.
    pub fn answer(&mut self, needs: &Needs, answer: Answer) {
        let _ = (needs, answer, &self.policy, &self.known, &self.records);
    }
}

/// What a batch of events, in the order of the log and each new, changes.
///
/// # Errors
/// What must be looked up first; never empty.
pub fn step(loaded: &Loaded, events: &[Recorded]) -> Result<Changes, Box<Needs>> {
    let _ = (loaded, events);
    Ok(Changes::default())
}
