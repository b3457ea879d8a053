//! SQLite: fresh files, and the yardsticks over them.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, Connection, Executor, SqliteConnection};

use crate::row::Row;

const SCHEMA: &str =
    "CREATE TABLE event (position INTEGER PRIMARY KEY, stream TEXT NOT NULL, revision INTEGER NOT NULL,
    event BLOB NOT NULL, kind TEXT NOT NULL, time INTEGER NOT NULL, payload TEXT NOT NULL) STRICT;
    CREATE UNIQUE INDEX event_stream ON event (stream, revision); CREATE UNIQUE INDEX event_id ON event (event)";
const COLUMNS: usize = 7;

async fn open(directory: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(directory.join("yardstick.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging();
    let mut connection = options.connect().await.expect("a SQLite file can be made");
    connection.execute(SCHEMA).await.expect("the yardstick's table can be made");
    connection
}

fn insert(rows: &[Row]) -> (String, SqliteArguments) {
    let values = vec!["(?,?,?,?,?,?,?)"; rows.len()].join(",");
    let mut arguments = SqliteArguments::default();
    arguments.reserve(rows.len() * COLUMNS, 0);
    for row in rows {
        let bound = arguments
            .add(row.position)
            .and_then(|()| arguments.add(row.stream.as_str()))
            .and_then(|()| arguments.add(row.revision))
            .and_then(|()| arguments.add(row.event))
            .and_then(|()| arguments.add(row.kind))
            .and_then(|()| arguments.add(row.time))
            .and_then(|()| arguments.add(row.payload.as_str()));
        bound.expect("a parameter can be encoded");
    }
    (format!("INSERT INTO event VALUES {values}"), arguments)
}

/// Yardstick of batches: rows per second by VALUES of 250 rows, in transactions of 1,000, WAL, synchronous FULL.
pub async fn many_rows(rows: &[Row]) -> f64 {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let mut connection = open(directory.path()).await;
    let start = Instant::now();
    insert_many(&mut connection, rows).await;
    let rate = rows.len() as f64 / start.elapsed().as_secs_f64();
    connection.close().await.expect("closes");
    rate
}

async fn insert_many(connection: &mut SqliteConnection, rows: &[Row]) {
    for transaction in rows.chunks(1_000) {
        connection.execute("BEGIN IMMEDIATE").await.expect("begins");
        for chunk in transaction.chunks(250) {
            let (text, arguments) = insert(chunk);
            let insert = sqlx::query_with(AssertSqlSafe(text), arguments);
            insert.execute(&mut *connection).await.expect("rows are inserted");
        }
        connection.execute("COMMIT").await.expect("commits");
    }
}

const PAGE: &str = "SELECT position, stream, revision, event, kind, time, payload FROM event WHERE position > ?
    ORDER BY position LIMIT 5000";

/// Yardstick of rebuilds: events per second of a paged read of the log, 5,000 a page, each payload decoded.
pub async fn read_log(rows: &[Row]) -> f64 {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let mut connection = open(directory.path()).await;
    insert_many(&mut connection, rows).await;
    let (start, mut after, mut read) = (Instant::now(), 0_i64, 0_u64);
    loop {
        type Stored = (i64, String, i64, uuid::Uuid, String, i64, String);
        let page: Vec<Stored> =
            sqlx::query_as(PAGE).bind(after).fetch_all(&mut connection).await.expect("a page is read");
        let Some(last) = page.last() else { break };
        after = last.0;
        let is_object =
            |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok_and(|value| value.is_object());
        read += page.iter().filter(|row| is_object(&row.6)).count() as u64;
    }
    let rate = read as f64 / start.elapsed().as_secs_f64();
    connection.close().await.expect("closes");
    rate
}

/// Yardstick of single events: rows per second, one row a transaction, for so long. SQLite has one writer, however many
/// connections there are.
pub async fn one_row(rows: &[Row], time: Duration) -> f64 {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let mut connection = open(directory.path()).await;
    let (start, mut done) = (Instant::now(), 0_u32);
    for row in rows {
        if start.elapsed() >= time {
            break;
        }
        let (text, arguments) = insert(std::slice::from_ref(row));
        let insert = sqlx::query_with(AssertSqlSafe(text), arguments);
        insert.execute(&mut connection).await.expect("a row is inserted");
        done += 1;
    }
    let rate = f64::from(done) / start.elapsed().as_secs_f64();
    connection.close().await.expect("closes");
    rate
}
