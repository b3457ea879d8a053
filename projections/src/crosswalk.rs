//! Stewards' decisions, and the customers that follow from them.

use kulta_events::payload::Verdict;
use kulta_events::{Order, RecordId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a steward decided, as far as the log has told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Its id: the stream is `decision-<id>`.
    pub id: Uuid,
    /// What was decided; `None` while only its withdrawal is known.
    pub made: Option<Made>,
    /// That it was taken back.
    pub withdrawn: Option<Withdrawn>,
}

/// A decision's content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// One customer, or two.
    pub verdict: Verdict,
    /// One side.
    pub records: Vec<RecordId>,
    /// The other side.
    pub from: Vec<RecordId>,
    /// Among contradicting decisions the later one holds.
    pub order: Order,
    /// Its place in the log.
    pub position: u64,
}

/// That a decision was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// The first withdrawal.
    pub order: Order,
    /// The highest place in the log of any withdrawal of this decision.
    pub position: u64,
}
