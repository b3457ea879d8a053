//! The interface of the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use kulta_events::field::Retention;
use kulta_events::{CustomerId, Instant, RecordId};
use tokio::sync::watch;
use uuid::Uuid;

pub use super::page::{Direction, Page, Select, StoredEvent, StoredRecord, TimelinePage};
use super::{Claim, Error, Sent, SentCustomer};

/// What an append expects of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Anything.
    Any,
    /// The stream does not exist.
    None,
    /// The stream exists.
    Exists,
    /// The stream's last event has this revision (from 0).
    Exact(u64),
}

/// How the events of one append hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Facts from outside: each is accepted, a duplicate or a conflict by itself.
    EachAlone,
    /// A command: all are stored or none. When all are there already, the append is a repetition and succeeds.
    AllOrNothing,
}

/// An event, checked and sealed, ready for the log.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// The stream that it goes to.
    pub stream: Arc<str>,
    /// Keyed hash of (source, id): the identity of the fact.
    pub key: Uuid,
    /// Keyed hash of the content: tells a duplicate from a conflict.
    pub fingerprint: Uuid,
    /// Its type.
    pub type_name: &'static str,
    /// Payload version.
    pub version: i16,
    /// Its source.
    pub source: Arc<str>,
    /// The record that it is about.
    pub record: Option<RecordId>,
    /// When it happened.
    pub time: Instant,
    /// Who brought it.
    pub actor: i64,
    /// The business unit.
    pub unit: Option<Arc<str>>,
    /// The facts, a JSON object.
    pub facts: String,
    /// The event's id, sealed; empty when the record's keys are destroyed.
    pub sealed_id: Vec<u8>,
    /// The personal parts, sealed, at most one per class. An empty one came with the event and is not kept, since its
    /// record is erased: it is counted, not stored.
    pub parts: Vec<(Retention, Vec<u8>)>,
    /// How many members the schema does not know.
    pub unknown: i16,
    /// The dead letter that is written if this event conflicts with a stored one; made only then.
    pub letter: Option<Arc<dyn MakeLetter>>,
}

/// Seals an append by other data keys than it came with: somebody else stored keys for some of its records meanwhile.
pub trait Reseal: std::fmt::Debug + Send + Sync {
    /// The append, with what is about these records sealed by the keys that the log holds of them, in all classes; none:
    /// the record was erased. `None` when that cannot be done.
    fn reseal(&self, append: &Append, stored: &BTreeMap<RecordId, Vec<NewKey>>) -> Option<Append>;
}

/// Makes the dead letter of a conflicting event, sealed.
pub trait MakeLetter: std::fmt::Debug + Send + Sync {
    /// The letter.
    fn make(&self) -> NewDeadLetter;
}

/// A record that the log may not know yet.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// Its id.
    pub record: RecordId,
    /// Its source.
    pub source: Arc<str>,
    /// Its subject, sealed.
    pub sealed_subject: Vec<u8>,
}

/// A data key that the log may not know yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// Whose.
    pub record: RecordId,
    /// For which retention class.
    pub class: Retention,
    /// The key, wrapped by the master key.
    pub wrapped: Vec<u8>,
}

/// Something that could not be accepted, kept for a person to see.
#[derive(Clone, Debug)]
pub struct NewDeadLetter {
    /// Keyed hash of door, origin and body: the same letter is kept once.
    pub key: Uuid,
    /// Which door it came through: `http`, `file`, `kafka`.
    pub door: String,
    /// Where exactly: file and line, topic and partition and offset.
    pub origin: String,
    /// A stable word for the reason; `conflict` for a second content under one id.
    pub reason: String,
    /// The problems, a JSON array.
    pub problems: String,
    /// What came, sealed under the key of dead letters.
    pub sealed_body: Vec<u8>,
    /// The record that it is about, when that much could be read.
    pub record: Option<RecordId>,
}

/// A dead letter as stored.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// Its number, from 1, in the order of arrival.
    pub id: i64,
    /// What came.
    pub letter: NewDeadLetter,
    /// When.
    pub recorded_at: Instant,
    /// `open`, `resubmitted` or `dismissed`.
    pub state: String,
    /// The position at which it was settled.
    pub settled_position: Option<u64>,
}

/// The answer to a command, kept so that a repetition gets the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandResult {
    /// Keyed hash of (actor, idempotency key).
    pub key: Uuid,
    /// Keyed hash of the request: the same key with another request is an error.
    pub request: Uuid,
    /// HTTP status of the answer.
    pub status: i16,
    /// The log's last position after the command; the log itself fills it in.
    pub position: u64,
    /// The answer, sealed.
    pub sealed_body: Vec<u8>,
}

/// A named cursor that is moved, such as the offset of a Kafka partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorMove {
    /// Its name.
    pub name: String,
    /// Where the caller takes it to stand; `None`: it does not exist yet.
    pub from: Option<String>,
    /// Where it stands afterwards.
    pub to: String,
}

/// Everything that one caller wants stored in one transaction.
#[derive(Clone, Debug)]
pub struct Append {
    /// The events, in the order in which they are to stand.
    pub events: Vec<NewEvent>,
    /// Each event alone, or all or nothing.
    pub mode: Mode,
    /// What the streams must look like before.
    pub expect: Vec<(Arc<str>, Expected)>,
    /// Records of these events that may be new.
    pub records: Vec<NewRecord>,
    /// Data keys of these events that may be new.
    pub keys: Vec<NewKey>,
    /// Named cursors to be moved. When one stands elsewhere than its mover thinks, nothing of the append is stored.
    pub cursors: Vec<CursorMove>,
    /// What was published to a topic.
    pub sent: Option<Sent>,
    /// Dead letters.
    pub dead_letters: Vec<NewDeadLetter>,
    /// Dead letters that are settled by this append.
    pub settles: Vec<i64>,
    /// The answer to keep.
    pub result: Option<CommandResult>,
    /// Seals it again while it is being stored, so that it need not be refused for stale keys.
    pub reseal: Option<Arc<dyn Reseal>>,
}

impl Append {
    /// An append of nothing, to be filled.
    pub fn new(mode: Mode) -> Self {
        Self {
            events: Vec::new(),
            mode,
            expect: Vec::new(),
            records: Vec::new(),
            keys: Vec::new(),
            cursors: Vec::new(),
            sent: None,
            dead_letters: Vec::new(),
            settles: Vec::new(),
            result: None,
            reseal: None,
        }
    }
}

/// What became of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventOutcome {
    /// Stored now, here.
    Accepted(u64),
    /// Stored before, here, with the same content.
    Duplicate(u64),
    /// Another content is stored under this id, here; this one lies among the dead letters.
    Conflict(u64),
    /// Stored before, here, under an older payload version: whether the content is the same shows when that is lifted.
    /// Nothing was done.
    Older(u64),
}

/// What became of an append. Once a caller has it, it is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The last position of the log after this append.
    pub head: u64,
    /// Per event, in order.
    pub events: Vec<EventOutcome>,
    /// The answer that was kept earlier under the same idempotency key; nothing else was done then.
    pub earlier: Option<CommandResult>,
}

/// Why an append was refused. The others of its group are not touched by that.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The stream is not as expected.
    #[error("stream {stream} is at revision {actual:?}, expected {expected:?}")]
    WrongRevision {
        /// Which stream.
        stream: String,
        /// What was expected.
        expected: Expected,
        /// Its last revision, `None` when it does not exist.
        actual: Option<u64>,
    },
    /// A command's event id is taken by another content.
    #[error("an event of this command exists with other content, at position {position}")]
    Conflict {
        /// Where the stored one stands.
        position: u64,
    },
    /// Somebody else moved this cursor: what belongs to it is stored already.
    #[error("the cursor {name} was moved by somebody else")]
    CursorMoved {
        /// Which cursor.
        name: String,
    },
    /// Another node stored another data key for one of these records, and the append cannot be sealed again on its way:
    /// seal again with that one.
    #[error("a data key was made elsewhere at the same time")]
    StaleKeys(Vec<RecordId>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// The log. Object-safe; shared as `Arc<dyn Log>`.
#[async_trait]
pub trait Log: std::fmt::Debug + Send + Sync {
    /// Stores an append; returns when it is durable.
    async fn append(&self, append: Append) -> Result<Appended, AppendError>;

    /// Reads one page, in the direction's order of positions (for a stream: of revisions, which is the same order).
    async fn read(&self, page: &Page) -> Result<Vec<StoredEvent>, Error>;

    /// Reads one page of a timeline, latest time first, with sealed parts; equal times come in no given order.
    async fn timeline(&self, page: &TimelinePage) -> Result<Vec<StoredEvent>, Error>;

    /// The last position, as far as this node has seen; changes are signalled.
    fn head(&self) -> watch::Receiver<u64>;

    /// The last revision of a stream, `None` when it does not exist.
    async fn revision(&self, stream: &str) -> Result<Option<u64>, Error>;

    /// The last position recorded at or before `at`; 0 when there is none.
    async fn position_at(&self, at: Instant) -> Result<u64, Error>;

    /// The records among `ids` that the log knows.
    async fn records(&self, ids: &[RecordId]) -> Result<Vec<StoredRecord>, Error>;

    /// The wrapped data keys, all classes, of those of these records that exist. A record without any was erased.
    async fn keys(&self, ids: &[RecordId]) -> Result<BTreeMap<RecordId, Vec<NewKey>>, Error>;

    /// A named cursor.
    async fn cursor(&self, name: &str) -> Result<Option<String>, Error>;

    /// Those of these customers that a topic holds, in no order.
    async fn sent(&self, topic: &str, ids: &[CustomerId]) -> Result<Vec<SentCustomer>, Error>;

    /// Customers that a topic holds, by id, behind `after`.
    async fn sent_page(&self, topic: &str, after: Option<CustomerId>, limit: usize)
    -> Result<Vec<SentCustomer>, Error>;

    /// An answer kept under an idempotency key.
    async fn command_result(&self, key: Uuid) -> Result<Option<CommandResult>, Error>;

    /// Dead letters with numbers above `after`, oldest first; only open ones when asked.
    async fn dead_letters(&self, after: i64, limit: usize, only_open: bool) -> Result<Vec<DeadLetter>, Error>;

    /// One dead letter.
    async fn dead_letter(&self, id: i64) -> Result<Option<DeadLetter>, Error>;

    /// How many dead letters are open.
    async fn open_dead_letters(&self) -> Result<u64, Error>;

    /// Marks an open dead letter as dismissed; false when it is not open.
    async fn dismiss_dead_letter(&self, id: i64) -> Result<bool, Error>;

    /// The number of an actor, made when the name is new.
    async fn actor(&self, name: &str) -> Result<i64, Error>;

    /// The name of an actor; `None` when it was erased.
    async fn actor_name(&self, actor: i64) -> Result<Option<String>, Error>;

    /// The log's own secret (its HMAC key and the like), wrapped by the master key; `None` on a log that has none yet.
    async fn secret(&self) -> Result<Option<Vec<u8>>, Error>;

    /// Stores the log's own secret if it has none; returns the one that is there afterwards.
    async fn init_secret(&self, wrapped: &[u8]) -> Result<Vec<u8>, Error>;

    /// Claims a name for this node (`projector`), telling others who holds it; `None` while another node does.
    async fn claim(&self, name: &str, holder: &str) -> Result<Option<Claim>, Error>;

    /// Whether the database answers. When it does, [`Log::head`] is what any node had committed before the call.
    async fn ping(&self) -> Result<(), Error>;

    /// Stores what waits, refuses what comes later, and lets go of the database. A second call does nothing.
    async fn close(&self);
}
