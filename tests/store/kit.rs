//! What a test of the suite works with: a fresh database, ways around the log, and short words for appends.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use kulta::store::{
    Append, AppendError, Appended, CursorMove, Direction, EventOutcome, Log, MakeLetter, Mode, NewDeadLetter, NewEvent,
    Options, Page, Select, StoredEvent,
};
use kulta_events::field::Retention;
use kulta_events::{Instant, RecordId};
use kulta_test_support::pg::{self, TestDatabase};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use uuid::Uuid;

/// What the clock of a kit says first.
pub const START: i64 = 1_700_000_000_000_000;

/// A fresh database of one store.
pub struct Kit {
    place: Place,
    /// Every look at the clock moves it by one microsecond.
    pub clock: Arc<AtomicI64>,
}

enum Place {
    Sqlite(tempfile::TempDir),
    Postgres(TestDatabase),
}

impl Kit {
    pub fn sqlite() -> Self {
        Self::new(Place::Sqlite(tempfile::tempdir().unwrap()))
    }

    pub async fn postgres() -> Self {
        Self::new(Place::Postgres(pg::database().await))
    }

    fn new(place: Place) -> Self {
        Self { place, clock: Arc::new(AtomicI64::new(START)) }
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self.place, Place::Sqlite(_))
    }

    /// Address for `store::open`.
    pub fn url(&self) -> String {
        match &self.place {
            Place::Sqlite(directory) => format!("sqlite://{}", Self::file(directory).display()),
            Place::Postgres(database) => database.url().to_owned(),
        }
    }

    /// The SQLite file.
    pub fn path(&self) -> PathBuf {
        match &self.place {
            Place::Sqlite(directory) => Self::file(directory),
            Place::Postgres(_) => panic!("there is no file"),
        }
    }

    fn file(directory: &tempfile::TempDir) -> PathBuf {
        directory.path().join("kulta.db")
    }

    pub fn options(&self) -> Options {
        let clock = self.clock.clone();
        Options::new(Arc::new(move || Instant::from_micros(clock.fetch_add(1, Ordering::Relaxed))))
    }

    pub async fn open(&self) -> Arc<dyn Log> {
        kulta::store::open(&self.url(), &self.options()).await.unwrap()
    }

    /// Runs SQL past the log.
    pub async fn execute(&self, text: &str) {
        self.try_execute(text).await.unwrap();
    }

    /// Runs SQL past the log that may be refused.
    pub async fn try_execute(&self, text: &str) -> Result<(), sqlx::Error> {
        let text = AssertSqlSafe(text.to_owned());
        match &self.place {
            Place::Sqlite(_) => {
                let mut connection = self.sqlite_connection().await;
                sqlx::raw_sql(text).execute(&mut connection).await?;
                connection.close().await
            }
            Place::Postgres(database) => sqlx::raw_sql(text).execute(&mut database.connect().await).await.map(drop),
        }
    }

    /// One number past the log.
    pub async fn number(&self, text: &str) -> i64 {
        let text = AssertSqlSafe(text.to_owned());
        match &self.place {
            Place::Sqlite(_) => sqlx::query_scalar(text).fetch_one(&mut self.sqlite_connection().await).await.unwrap(),
            Place::Postgres(database) => {
                sqlx::query_scalar(text).fetch_one(&mut database.connect().await).await.unwrap()
            }
        }
    }

    /// One text past the log.
    pub async fn text(&self, text: &str) -> String {
        let text = AssertSqlSafe(text.to_owned());
        match &self.place {
            Place::Sqlite(_) => sqlx::query_scalar(text).fetch_one(&mut self.sqlite_connection().await).await.unwrap(),
            Place::Postgres(database) => {
                sqlx::query_scalar(text).fetch_one(&mut database.connect().await).await.unwrap()
            }
        }
    }

    async fn sqlite_connection(&self) -> SqliteConnection {
        SqliteConnection::connect(&self.url()).await.unwrap()
    }
}

/// An event that is the same every time: key, content and seal come from `number`.
pub fn event(number: u64, stream: &str) -> NewEvent {
    NewEvent {
        stream: stream.into(),
        key: Uuid::from_u128(0x1_0000_0000 + u128::from(number)),
        fingerprint: Uuid::from_u128(0x2_0000_0000 + u128::from(number)),
        type_name: "purchase.made",
        version: 1,
        source: "erp".into(),
        record: None,
        time: Instant::from_micros(1_000_000 * i64::try_from(number).unwrap()),
        actor: 1,
        unit: Some("helsinki".into()),
        facts: format!(r#"{{"amount":"{number}.50","currency":"EUR"}}"#),
        sealed_id: number.to_be_bytes().to_vec(),
        parts: Vec::new(),
        unknown: 0,
        letter: None,
    }
}

/// An event about a record, in its stream.
pub fn about(number: u64, record: RecordId) -> NewEvent {
    NewEvent { record: Some(record), ..event(number, &record.stream()) }
}

pub fn with_parts(event: NewEvent) -> NewEvent {
    let parts = vec![(Retention::Contact, vec![0, 1, 255]), (Retention::Conversation, b".;,'\0".to_vec())];
    NewEvent { parts, ..event }
}

pub fn record(number: u64) -> RecordId {
    RecordId(Uuid::from_u128(0x3_0000_0000 + u128::from(number)))
}

/// Facts from outside.
pub fn facts(events: Vec<NewEvent>) -> Append {
    Append { events, ..Append::new(Mode::EachAlone) }
}

/// A command.
pub fn command(events: Vec<NewEvent>) -> Append {
    Append { events, ..Append::new(Mode::AllOrNothing) }
}

/// A cursor that is moved from one number, or from nowhere, to another.
pub fn moved(name: &str, from: Option<u64>, to: u64) -> CursorMove {
    CursorMove { name: name.to_owned(), from: from.map(|from| from.to_string()), to: to.to_string() }
}

pub fn letter(number: u64) -> NewDeadLetter {
    NewDeadLetter {
        key: Uuid::from_u128(0x4_0000_0000 + u128::from(number)),
        door: "file".to_owned(),
        origin: format!("orders.csv:{number}"),
        reason: "conflict".to_owned(),
        problems: r#"[{"detail":"other content"}]"#.to_owned(),
        sealed_body: vec![0, 7, 255],
        record: Some(record(number)),
    }
}

/// Makes [`letter`] of its number.
#[derive(Debug)]
pub struct Letter(pub u64);

impl MakeLetter for Letter {
    fn make(&self) -> NewDeadLetter {
        letter(self.0)
    }
}

/// The whole log, forwards, paged by `limit`.
pub async fn all(log: &dyn Log, limit: usize) -> Vec<StoredEvent> {
    every(log, Select::All, Direction::Forwards, limit).await
}

/// Everything that a selection holds, paged by `limit`.
pub async fn every(log: &dyn Log, select: Select, direction: Direction, limit: usize) -> Vec<StoredEvent> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = Page { select: select.clone(), direction, after, until: None, limit, parts: true };
        let events = log.read(&page).await.unwrap();
        assert!(events.len() <= limit);
        let Some(last) = events.last() else { return found };
        after = Some(last.position);
        found.extend(events);
    }
}

pub fn positions(events: &[StoredEvent]) -> Vec<u64> {
    events.iter().map(|event| event.position).collect()
}

pub fn accepted(outcome: Result<Appended, AppendError>) -> Vec<u64> {
    let position = |event: &EventOutcome| match event {
        EventOutcome::Accepted(position) => *position,
        other => panic!("not accepted: {other:?}"),
    };
    outcome.unwrap().events.iter().map(position).collect()
}

/// Streams `a`, `a`, `b`, … : one event each, numbered from 1; `record-7` stands for the stream of record 7.
pub async fn fill(log: &dyn Log, streams: &[&str]) {
    let of_record = |stream: &str| stream.strip_prefix("record-")?.parse().ok().map(record);
    let one = |(stream, number): (&&str, u64)| match of_record(stream) {
        Some(record) => about(number, record),
        None => event(number, stream),
    };
    let events = streams.iter().zip(1..).map(one).collect();
    accepted(log.append(facts(events)).await);
}
