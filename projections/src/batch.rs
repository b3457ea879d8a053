//! The live step: what to load for a batch of events, and what changes by it.
//!
//! A step has three parts. [`fold`] says what the records of the batch's events say now. Then matching is told
//! ([`Folded::prepared`], [`Folded::tell`]) and says which customers changed. [`settle`] makes the rows. A service
//! drives it like this, and writes the changes in one transaction with its checkpoint:
//!
//! ```text
//! let mut loaded = Loaded::new(policy_in_force);
//! let folded = ask_until_answered(|| fold(&loaded, &events));
//! let found = folded.tell(folded.prepared(resolver.policy()), &mut resolver);
//! let changes = ask_until_answered(|| settle(&loaded, &folded, &found, span));
//!
//! fn ask_until_answered(ask) {
//!     loop {
//!         match ask() {
//!             Ok(done) => break done,
//!             Err(needs) => loaded.answer(&needs, look_up(&needs)),
//!         }
//!     }
//! }
//! ```
//!
//! Most events (purchases, mails, …) only ask whether their record is known. An event that shapes a record asks for the
//! other records of its customer, and for those of all customers that change by it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use kulta_events::{CustomerId, RecordId, Recorded};
use uuid::Uuid;

use crate::crosswalk::Decision;
use crate::record::RecordState;
use crate::rows::{CustomerRow, MatchPolicyRow, PolicyRow, RecordRow, UnknownRow};

mod digest;
mod fold;
mod needs;
mod settle;
mod shared;

pub use fold::{Folded, Found, fold};
pub use settle::settle;
pub use shared::{Beside, Part, Places, customers_touched, fold_beside, fold_part, settle_places};

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
    /// The subjects of these new records, where they are readable.
    pub subjects: BTreeSet<RecordId>,
    /// An event of these records came late: their states, folded by [`RecordState::fold_unsorted`] from all their
    /// events up to the end of the batch (the batch's own included).
    pub refold: BTreeSet<RecordId>,
}

/// What was looked up for [`Needs`]. What is not in it is not there; rows that nobody asked for do no harm.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Those of `exist` that have a row.
    pub exist: Vec<RecordId>,
    /// For `records` and `members_of`.
    pub records: Vec<RecordRow>,
    /// For `decisions`.
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
    /// Records that have a row which nobody needed to read.
    known: HashSet<RecordId>,
    /// `None`: looked up, and not there.
    rows: HashMap<RecordId, Option<RecordRow>>,
    decisions: BTreeMap<Uuid, Option<Decision>>,
    /// Customers of which all records are in `rows`.
    members_of: HashSet<CustomerId>,
    subjects: HashMap<RecordId, Option<String>>,
    refolded: HashMap<RecordId, RecordState>,
}

/// The part of the log that a batch was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The checkpoint before it.
    pub from: u64,
    /// The last position in it.
    pub to: u64,
}

/// What a step changes; to be written in one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New and changed records, by id.
    pub records: Vec<RecordRow>,
    /// New and changed customers, by id.
    pub customers: Vec<CustomerRow>,
    /// Customers that are no more: all their records belong to others now.
    pub deleted: Vec<CustomerId>,
    /// New and changed decisions, by id.
    pub decisions: Vec<Decision>,
    /// New survivorship policies.
    pub policies: Vec<PolicyRow>,
    /// New match policies.
    pub match_policies: Vec<MatchPolicyRow>,
    /// By how much to raise the counts of members that no schema knows.
    pub unknown: Vec<UnknownRow>,
    /// Another survivorship policy is in force: every customer must be made again, by [`CustomerRow::of`] under the
    /// policy that is in force then. Those in `customers` are already.
    pub refold_all: bool,
}

impl Needs {
    /// What a batch of events asks for at first.
    pub fn of(events: &[Recorded]) -> Self {
        Loaded::new(PolicyRow::built_in()).missing(events)
    }

    /// Whether there is nothing to look up.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Changes {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Loaded {
    /// Nothing but the survivorship policy in force ([`PolicyRow::built_in`] while none was published).
    pub fn new(policy: PolicyRow) -> Self {
        Self {
            policy,
            known: HashSet::new(),
            rows: HashMap::new(),
            decisions: BTreeMap::new(),
            members_of: HashSet::new(),
            subjects: HashMap::new(),
            refolded: HashMap::new(),
        }
    }

    /// The survivorship policy that was in force before the step.
    pub fn policy(&self) -> &PolicyRow {
        &self.policy
    }

    /// Takes in records that are known to have a row, so that nobody needs to look whether they have.
    pub fn know(&mut self, records: impl IntoIterator<Item = RecordId>) {
        self.known.extend(records);
    }

    /// Takes in what was looked up. What was asked for and is not in the answer is held to be absent.
    pub fn answer(&mut self, needs: &Needs, answer: Answer) {
        self.known.extend(answer.exist);
        for row in answer.records {
            self.rows.insert(row.record, Some(row));
        }
        let absent = needs.exist.iter().filter(|record| !self.known.contains(record)).chain(&needs.records);
        for record in absent {
            self.rows.entry(*record).or_insert(None);
        }
        for decision in answer.decisions {
            self.decisions.insert(decision.id, Some(decision));
        }
        for id in &needs.decisions {
            self.decisions.entry(*id).or_insert(None);
        }
        self.members_of.extend(&needs.members_of);
        self.subjects.extend(answer.subjects.into_iter().map(|(record, subject)| (record, Some(subject))));
        for record in &needs.subjects {
            self.subjects.entry(*record).or_insert(None);
        }
        self.refolded.extend(answer.refolded);
    }

    fn row(&self, record: RecordId) -> Option<&RecordRow> {
        self.rows.get(&record).and_then(Option::as_ref)
    }

    /// The row of a record among changed ones, where it is put when it was not changed yet; `None`: it is not there.
    fn change<'r>(
        &self,
        changed: &'r mut BTreeMap<RecordId, RecordRow>,
        record: RecordId,
    ) -> Option<&'r mut RecordRow> {
        match changed.entry(record) {
            Entry::Occupied(entry) => Some(entry.into_mut()),
            Entry::Vacant(entry) => Some(entry.insert(self.row(record)?.clone())),
        }
    }

    fn is_absent(&self, record: RecordId) -> bool {
        matches!(self.rows.get(&record), Some(None)) && !self.known.contains(&record)
    }
}

#[cfg(test)]
mod tests;
