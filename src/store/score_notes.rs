//! Whose score changed, and by what, since it was published last: noted beside the lists, in the transactions that change
//! them. A customer is noted once in a list, so that there are no more notes than rows.

use async_trait::async_trait;
use kulta_events::CustomerId;
use uuid::Uuid;

use super::Error;
use super::number::unsigned;

/// What changed a score. That time went by is no cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Something happened, or records came to another customer.
    Event,
    /// Other rules, or another survivorship policy.
    Rules,
    /// Time went by, and the grade is another one.
    Grade,
    /// All scores are published, since none were.
    All,
}

impl Cause {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Rules => "rules",
            Self::Grade => "grade",
            Self::All => "all",
        }
    }

    fn of(name: &str) -> Option<Self> {
        [Self::Event, Self::Rules, Self::Grade, Self::All].into_iter().find(|cause| cause.name() == name)
    }
}

/// That a score changed, or is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// By which rule set.
    pub rule_set: String,
    /// Whose.
    pub customer: CustomerId,
    /// By what.
    pub cause: Cause,
    /// The position of the log up to which the score was computed.
    pub position: u64,
}

/// A note as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// Its number: a customer that is noted again gets a higher one.
    pub number: i64,
    /// The note.
    pub note: Note,
}

/// The notes of a generation.
#[async_trait]
pub trait ScoreNotes: Send + Sync {
    /// For which topic changes are noted, if they are.
    async fn noted_for(&self) -> Result<Option<String>, Error>;

    /// Has changes noted from now on, for a topic that lacks what these notes tell; `None`: all that the live lists hold.
    ///
    /// # Errors
    /// [`Error::Fenced`] when `epoch` is no longer the projector's.
    async fn begin_notes(&self, topic: &str, notes: Option<&[Note]>, epoch: i64) -> Result<(), Error>;

    /// Has no changes noted any more, and forgets those that are.
    ///
    /// # Errors
    /// [`Error::Fenced`] when `epoch` is no longer the projector's.
    async fn end_notes(&self, epoch: i64) -> Result<(), Error>;

    /// The first notes, by number, behind a number.
    async fn notes(&self, after: i64, limit: usize) -> Result<Vec<Noted>, Error>;

    /// Forgets notes that are published; those that were made anew meanwhile have other numbers.
    async fn forget_notes(&self, numbers: &[i64]) -> Result<(), Error>;
}

pub(super) const COLUMNS: &str = "rule_set, customer_id, cause, position";
pub(super) const TOPIC: &str = "SELECT topic FROM {g}score_topic";
pub(super) const CLEAR: [&str; 2] = ["DELETE FROM {g}score_topic", "DELETE FROM {g}score_note"];
pub(super) const SET_TOPIC: &str = "INSERT INTO {g}score_topic (topic) VALUES ($1)";
/// What a live list holds.
pub(super) const NOTE_LIST: &str = "INSERT INTO {g}score_note (rule_set, customer_id, cause, position) \
     SELECT s.rule_set, r.customer_id, $1, s.position FROM {g}score_set AS s, {s} AS r WHERE s.set_no = $2";
pub(super) const NOTES: &str = "SELECT note_no, rule_set, customer_id, cause, position FROM {g}score_note \
     WHERE note_no > $1 ORDER BY note_no LIMIT $2";

pub(super) fn noted(
    (number, rule_set, customer, cause, position): (i64, String, Uuid, String, i64),
) -> Result<Noted, Error> {
    let cause = Cause::of(&cause).ok_or_else(|| Error::Inconsistent(format!("note {number} has no known cause")))?;
    let note = Note { rule_set, customer: CustomerId(customer), cause, position: unsigned(position)? };
    Ok(Noted { number, note })
}
