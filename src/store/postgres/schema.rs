//! The schema of a PostgreSQL log: brought to this binary's version, never touched when it is newer. And the settings of
//! the server under which nothing acknowledged is lost.

use sqlx::migrate::Migrator;
use sqlx::{PgConnection, Row};

use crate::store::{Error, sql};

static MIGRATOR: Migrator = sqlx::migrate!("migrations/postgres");

/// Applies the migrations that are missing; of several nodes that start at once, one does.
///
/// # Errors
/// [`Error::NewerSchema`] before anything is written.
pub(super) async fn migrate(connection: &mut PgConnection) -> Result<(), Error> {
    check_version(connection).await?;
    MIGRATOR.run_direct(None, connection, false).await.map_err(Error::Migration)
}

/// Refuses a database of a newer version.
async fn check_version(connection: &mut PgConnection) -> Result<(), Error> {
    const HAS_MIGRATIONS: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
    if !sqlx::query_scalar::<_, bool>(HAS_MIGRATIONS).fetch_one(&mut *connection).await? {
        return Ok(());
    }
    let found: Option<i64> = sqlx::query_scalar(sql::SCHEMA_VERSION).fetch_one(&mut *connection).await?;
    let known = MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or(0);
    match found {
        Some(found) if found > known => Err(Error::NewerSchema { found, known }),
        _ => Ok(()),
    }
}

/// Refuses a server that may lose or change what it has acknowledged.
///
/// # Errors
/// [`Error::Unsafe`] with the setting.
pub(super) async fn check_settings(connection: &mut PgConnection) -> Result<(), Error> {
    const SETTINGS: &str = "SELECT name, setting FROM pg_settings
        WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'server_encoding')";
    for row in sqlx::query(SETTINGS).fetch_all(connection).await? {
        let (name, setting): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
        match (name, setting) {
            ("server_encoding", "UTF8") => {}
            ("server_encoding", _) => {
                return Err(Error::Unsafe(format!("the database has {name} = {setting}, kulta needs UTF8")));
            }
            (_, "off") => {
                return Err(Error::Unsafe(format!(
                    "PostgreSQL runs with {name} = off: events that were acknowledged could be lost"
                )));
            }
            _ => {}
        }
    }
    Ok(())
}
