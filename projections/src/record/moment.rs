//! Where a fact stands among those of its record.

use kulta_events::Instant;
use kulta_events::recorded::EventName;
use serde::{Deserialize, Serialize};

/// An event's place in the order of its record's facts. The source is the record's own, for every event of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(i64, EventName)", into = "(i64, EventName)")]
pub struct Moment {
    /// When it happened.
    pub time: Instant,
    /// The event's id.
    pub id: EventName,
}

impl From<(i64, EventName)> for Moment {
    fn from((micros, id): (i64, EventName)) -> Self {
        Self { time: Instant::from_micros(micros), id }
    }
}

impl From<Moment> for (i64, EventName) {
    fn from(moment: Moment) -> Self {
        (moment.time.micros(), moment.id)
    }
}
