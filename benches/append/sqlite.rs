//! SQLite and its yardsticks.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row, SqliteConnection};
use uuid::Uuid;

use crate::kulta_log::{self, CLIENT_COUNTS};
use crate::{BATCH, Rate, events, id, payload, rate, rounds, singles};

const TABLE: &str = "
CREATE TABLE yardstick (
    position INTEGER PRIMARY KEY, stream TEXT NOT NULL, revision INTEGER NOT NULL, event_id BLOB NOT NULL UNIQUE,
    type TEXT NOT NULL, recorded_at INTEGER NOT NULL, payload TEXT NOT NULL, UNIQUE (stream, revision)) STRICT";
const INSERT: &str = "INSERT INTO yardstick (stream, revision, event_id, type, recorded_at, payload) VALUES (?, ?, ?, 'purchase.made', 1, ?)";
const PAGE: &str = "
SELECT position, stream, revision, event_id, type, payload FROM yardstick WHERE position > ? ORDER BY position LIMIT ?";
/// Rows of one statement.
const ROWS: usize = 250;

pub async fn run() {
    let round = async |figures: &mut crate::Figures| {
        let directory = tempfile::tempdir().unwrap();
        let mut yardstick = connect(&directory.path().join("yardstick.db")).await;
        yardstick.execute(TABLE).await.unwrap();
        let log = kulta_log::open(directory.path().join("kulta.db").to_str().unwrap()).await;

        let kulta = kulta_log::batches(&log).await;
        let values = batches(&mut yardstick).await;
        figures.add("batches of 1,000, one caller / VALUES", kulta, values);
        figures.add("reading, pages of 5,000", kulta_log::read(&log).await, read(&mut yardstick).await);
        figures.add("batches of 1,000, four callers / VALUES", kulta_log::concurrent_batches(&log, 4).await, values);
        let inserts = single(&mut yardstick).await;
        for clients in CLIENT_COUNTS {
            let kulta = kulta_log::single(&log, clients).await;
            figures.add(&format!("single events, {clients} callers / one INSERT"), kulta, inserts);
        }
        log.close().await;
        yardstick.close().await.unwrap();
    };
    rounds(round, "SQLite, events/s").await;
}

async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging()
        .connect()
        .await
        .unwrap()
}

async fn batches(connection: &mut SqliteConnection) -> Rate {
    let row = "(?, ?, ?, 'purchase.made', 1, ?)";
    let text = INSERT.split(" VALUES ").next().unwrap();
    let text = format!("{text} VALUES {}", vec![row; ROWS].join(","));
    let statement = |first: usize| -> Vec<_> {
        let row =
            |number| (format!("record-{}", id(number / 4, 1)), (number % 4) as i64, id(number, 2), payload(number));
        (first..first + ROWS).map(row).collect()
    };
    let prepared: Vec<_> = (0..events() / ROWS).map(|nth| statement(nth * ROWS)).collect();
    rate(events(), async {
        for batch in prepared.chunks(BATCH / ROWS) {
            let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
            for rows in batch {
                let mut insert = sqlx::query(AssertSqlSafe(text.clone()));
                for (stream, revision, id, payload) in rows {
                    insert = insert.bind(stream).bind(revision).bind(id).bind(payload);
                }
                insert.execute(&mut *transaction).await.unwrap();
            }
            transaction.commit().await.unwrap();
        }
    })
    .await
}

async fn single(connection: &mut SqliteConnection) -> Rate {
    let count = singles(1);
    rate(count, async {
        for number in 20_000_000..20_000_000 + count {
            let insert = sqlx::query(INSERT)
                .bind(format!("record-{}", id(number / 4, 1)))
                .bind((number % 4) as i64)
                .bind(id(number, 2))
                .bind(payload(number));
            insert.execute(&mut *connection).await.unwrap();
        }
    })
    .await
}

async fn read(connection: &mut SqliteConnection) -> Rate {
    let mut after = 0_i64;
    rate(events(), async {
        loop {
            let rows = sqlx::query(PAGE).bind(after).bind(5_000_i64).fetch_all(&mut *connection).await.unwrap();
            let decoded: Vec<(i64, String, i64, Uuid, String, String)> = rows
                .iter()
                .map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4), row.get(5)))
                .collect();
            let Some(last) = decoded.last() else { break };
            after = last.0;
            std::hint::black_box(decoded);
        }
    })
    .await
}
