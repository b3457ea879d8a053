//! The schema of a SQLite log: brought to this binary's version, never touched when it is newer.

use sqlx::SqliteConnection;
use sqlx::migrate::Migrator;

use crate::store::{Error, sql};

static MIGRATOR: Migrator = sqlx::migrate!("migrations/sqlite");

/// Applies the migrations that are missing.
///
/// # Errors
/// [`Error::NewerSchema`] before anything is written.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), Error> {
    check_version(connection).await?;
    MIGRATOR.run_direct(None, connection, false).await.map_err(Error::Migration)
}

/// Refuses a database of a newer version.
pub(super) async fn check_version(connection: &mut SqliteConnection) -> Result<(), Error> {
    const HAS_MIGRATIONS: &str = "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";
    let tables: i64 = sqlx::query_scalar(HAS_MIGRATIONS).fetch_one(&mut *connection).await?;
    if tables == 0 {
        return Ok(());
    }
    let found: Option<i64> = sqlx::query_scalar(sql::SCHEMA_VERSION).fetch_one(&mut *connection).await?;
    let known = MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0);
    match found {
        Some(found) if found > known => Err(Error::NewerSchema { found, known }),
        _ => Ok(()),
    }
}
