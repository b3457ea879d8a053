//! The writer's connection, and how the WAL file beside the database is kept short.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Executor, Row, SqliteConnection};
use tokio::sync::{MappedMutexGuard, MutexGuard};

use super::Shared;
use crate::store::{Error, number, sql};

/// Pages in the WAL after which a commit copies them into the database file: 16 MiB. Pages that change again and again
/// (the upper ones of the indexes) are copied once per round.
pub(super) const CHECKPOINT_PAGES: &str = "4096";
/// Beyond this the writer waits until no reader needs the WAL: while one reader always follows another, it would never
/// be begun anew and grow for ever.
const LONGEST_BYTES: u64 = 64 << 20;
/// How long it waits: a page is read in less. When somebody reads for longer, the WAL grows by so much until the next
/// try, so that appends hardly notice.
const WAIT_FOR_READERS: Duration = Duration::from_millis(250);
const GROWTH_BYTES: u64 = 16 << 20;

pub(super) fn path_of(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

impl Shared {
    /// The writer's connection, for a call that is not an append.
    pub(super) async fn write(&self) -> Result<MappedMutexGuard<'_, SqliteConnection>, Error> {
        MutexGuard::try_map(self.writer.lock().await, Option::as_mut).map_err(|_| Error::Closed)
    }

    /// Tells the head as it stands in the database.
    pub(super) async fn publish(&self, connection: &mut SqliteConnection) -> Result<(), Error> {
        let head: i64 = sqlx::query_scalar(sql::HEAD).fetch_one(connection).await?;
        self.head.send_replace(number::unsigned(head)?);
        Ok(())
    }

    /// Empties the WAL when it has grown too long.
    pub(super) async fn keep_wal_short(&self, connection: &mut SqliteConnection) {
        let bytes = std::fs::metadata(&self.wal).map_or(0, |file| file.len());
        if bytes <= LONGEST_BYTES.max(self.next_wal_bytes.load(Ordering::Relaxed)) {
            return;
        }
        let emptied = empty_wal(connection).await;
        let next = if matches!(emptied, Ok(true)) { 0 } else { bytes + GROWTH_BYTES };
        self.next_wal_bytes.store(next, Ordering::Relaxed);
        if !matches!(emptied, Ok(true)) {
            tracing::warn!(bytes, error = ?emptied.err(), "the WAL could not be emptied: a reader holds it");
        }
    }
}

async fn empty_wal(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    set_busy_timeout(connection, WAIT_FOR_READERS).await?;
    let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await;
    set_busy_timeout(connection, super::BUSY).await?;
    Ok(row?.try_get::<i64, _>(0)? == 0)
}

async fn set_busy_timeout(connection: &mut SqliteConnection, timeout: Duration) -> Result<(), sqlx::Error> {
    let text = format!("PRAGMA busy_timeout = {}", timeout.as_millis());
    connection.execute(AssertSqlSafe(text)).await.map(drop)
}
