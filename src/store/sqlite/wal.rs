//! The writer's connection, and how the WAL file beside the database is kept short.

use std::path::{Path, PathBuf};

use sqlx::{Executor, SqliteConnection};
use tokio::sync::{MappedMutexGuard, MutexGuard};

use super::Shared;
use crate::store::{Error, number, sql};

/// Pages in the WAL after which a commit copies them into the database file: 16 MiB. Pages that change again and again
/// (the upper ones of the indexes) are copied once per round.
pub(super) const CHECKPOINT_PAGES: &str = "4096";
/// Beyond this the writer waits until no reader needs the WAL: while one reader always follows another, it would never
/// be begun anew and grow for ever.
const LONGEST_BYTES: u64 = 64 << 20;

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
        if bytes > LONGEST_BYTES
            && let Err(error) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await
        {
            tracing::warn!(%error, bytes, "the WAL could not be emptied");
        }
    }
}
