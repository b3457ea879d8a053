//! What is kept beside events in their transactions: dead letters, cursors, answers to commands.

use kulta_events::{Instant, RecordId};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

use super::known;
use crate::store::number::{limit, unsigned};
use crate::store::{CommandResult, DeadLetter, Error, NewDeadLetter, sql};

/// A named cursor.
pub(super) async fn cursor(readers: &SqlitePool, name: &str) -> Result<Option<String>, Error> {
    Ok(sqlx::query_scalar(sql::CURSOR).bind(name).fetch_optional(readers).await?)
}

/// An answer kept under an idempotency key.
pub(super) async fn command_result(readers: &SqlitePool, key: Uuid) -> Result<Option<CommandResult>, Error> {
    let row = sqlx::query(sql::COMMAND_RESULT).bind(key).fetch_optional(readers).await?;
    row.map(|row| known::result(&row, 0)).transpose()
}

/// A page of dead letters.
pub(super) async fn dead_letters(
    readers: &SqlitePool,
    after: i64,
    at_most: usize,
    only_open: bool,
) -> Result<Vec<DeadLetter>, Error> {
    let text = if only_open { sql::OPEN_DEAD_LETTERS } else { sql::DEAD_LETTERS };
    let rows = sqlx::query(text).bind(after).bind(limit(at_most)).fetch_all(readers).await?;
    rows.iter().map(letter).collect()
}

/// One dead letter.
pub(super) async fn dead_letter(readers: &SqlitePool, id: i64) -> Result<Option<DeadLetter>, Error> {
    let row = sqlx::query(sql::DEAD_LETTER).bind(id).fetch_optional(readers).await?;
    row.as_ref().map(letter).transpose()
}

/// How many dead letters are open.
pub(super) async fn open_dead_letters(readers: &SqlitePool) -> Result<u64, Error> {
    let count: i64 = sqlx::query_scalar(sql::COUNT_OPEN_DEAD_LETTERS).fetch_one(readers).await?;
    unsigned(count)
}

/// Marks an open dead letter as dismissed.
pub(super) async fn dismiss(connection: &mut SqliteConnection, id: i64) -> Result<bool, Error> {
    let done = sqlx::query(sql::DISMISS_DEAD_LETTER).bind(id).execute(connection).await?;
    Ok(done.rows_affected() == 1)
}

fn letter(row: &SqliteRow) -> Result<DeadLetter, Error> {
    Ok(DeadLetter {
        id: row.try_get(0)?,
        letter: NewDeadLetter {
            key: row.try_get(1)?,
            door: row.try_get(2)?,
            origin: row.try_get(3)?,
            reason: row.try_get(4)?,
            problems: row.try_get(5)?,
            sealed_body: row.try_get(6)?,
            record: row.try_get::<Option<Uuid>, _>(7)?.map(RecordId),
        },
        recorded_at: Instant::from_micros(row.try_get(8)?),
        state: row.try_get(9)?,
        settled_position: row.try_get::<Option<i64>, _>(10)?.map(unsigned).transpose()?,
    })
}
