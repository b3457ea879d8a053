//! Generations as files beside the log: `<log>-g<number>`, and the link `<log>-live` to the one that counts.
//!
//! Which one is live stands in the log's own file, so a swap is one transaction there. One process holds that file, so
//! what it has found out about generations it need not ask again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions, SqliteConnection, SqlitePool};

use super::super::number::unsigned;
use super::super::views::Generation as _;
use super::super::{Clock, Error, Options, sql, views};
use super::generation::{Epoch, Tables};
use super::generation_schema::{beside, delete, path_of};

/// Appends hold the log's file for milliseconds only.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

const LIVE: &str = "SELECT number FROM generation WHERE state = 'live'";
const ADD: &str = "INSERT INTO generation (created_at, state) VALUES ($1, 'building') RETURNING number";
const BUILDING: &str = "SELECT number FROM generation WHERE state = 'building' AND number <> $1 ORDER BY number";
const NOT_LIVE: &str = "SELECT number FROM generation WHERE state <> 'live' ORDER BY number";
const RETIRE: &str = "UPDATE generation SET state = 'retired' WHERE state = 'live' AND number <> $1";
const SET_LIVE: &str = "UPDATE generation SET state = 'live' WHERE number = $1";
const FORGET: &str = "DELETE FROM generation WHERE number = $1 AND state <> 'live'";

/// The generations beside one log.
pub(in crate::store) struct Generations {
    path: PathBuf,
    log: SqlitePool,
    readers: u32,
    clock: Clock,
    live: RwLock<Option<Arc<Tables>>>,
    /// Held while the first live generation is made.
    making: tokio::sync::Mutex<()>,
    /// What was opened, to be closed when it is removed.
    opened: Mutex<HashMap<i64, Weak<Tables>>>,
}

impl std::fmt::Debug for Generations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Generations").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Generations {
    /// The generations beside the log at `path`, which must be there and at this binary's version.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(in crate::store) async fn open(path: &Path, options: &Options) -> Result<Self, Error> {
        // The same files are meant, however the log's own file is called this time.
        let path = std::fs::canonicalize(path)
            .map_err(|source| Error::Io { what: format!("opening {}", path.display()), source })?;
        let connect = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(false)
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging();
        let log = SqlitePoolOptions::new()
            .max_connections(2)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(connect)
            .await?;
        Ok(Self {
            path,
            log,
            readers: options.readers,
            clock: options.clock.clone(),
            live: RwLock::default(),
            making: tokio::sync::Mutex::default(),
            opened: Mutex::default(),
        })
    }

    fn known_live(&self) -> Option<Arc<Tables>> {
        self.live.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_live(&self, tables: &Arc<Tables>) {
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = Some(tables.clone());
    }

    fn opened(&self, number: i64) -> Option<Arc<Tables>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).get(&number).and_then(Weak::upgrade)
    }

    fn remember(&self, tables: &Arc<Tables>) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|_, tables| tables.strong_count() > 0);
        opened.insert(tables.number, Arc::downgrade(tables));
    }

    async fn handle(&self, number: i64, create: bool) -> Result<Arc<Tables>, Error> {
        if let Some(tables) = self.opened(number) {
            return Ok(tables);
        }
        let path = path_of(&self.path, number);
        if create {
            delete(&path)?; // left by a log that was taken back to an earlier state
        }
        let tables = Arc::new(Tables::open(number, path, create, self.readers, self.log.clone()).await?);
        self.remember(&tables);
        Ok(tables)
    }

    /// Finds the live generation, or makes an empty one.
    async fn find_live(&self) -> Result<Arc<Tables>, Error> {
        let tables = match self.usable().await? {
            Some(tables) => tables,
            None => self.make_first().await?,
        };
        self.point_at(tables.number)?;
        Ok(tables)
    }

    /// The generation that is said to be live, unless its file is missing, or knows more than the log: then the log was
    /// brought back from a backup, and what stands in the file may never have happened.
    async fn usable(&self) -> Result<Option<Arc<Tables>>, Error> {
        let Some(number) = sqlx::query_scalar(LIVE).fetch_optional(&self.log).await? else { return Ok(None) };
        if !path_of(&self.path, number).exists() {
            tracing::warn!(generation = number, "the file of the projections is missing, they are made anew");
            return Ok(None);
        }
        let tables = self.handle(number, false).await?;
        let head = unsigned(sqlx::query_scalar(sql::HEAD).fetch_one(&self.log).await?)?;
        let checkpoint = tables.checkpoint().await?;
        if checkpoint > head {
            tracing::warn!(generation = number, checkpoint, head, "the log has gone back, projections are made anew");
            return Ok(None);
        }
        Ok(Some(tables))
    }

    /// Makes an empty generation the live one.
    async fn make_first(&self) -> Result<Arc<Tables>, Error> {
        let created_at = (self.clock)().micros();
        let number = sqlx::query_scalar(ADD).bind(created_at).fetch_one(&self.log).await?;
        let tables = self.handle(number, true).await?;
        tables.index().await?;
        let mut transaction = self.log.begin_with("BEGIN IMMEDIATE").await?;
        make_live(&mut transaction, number).await?;
        transaction.commit().await?;
        Ok(tables)
    }

    /// Points the link at a generation's file; whoever opens it gets either the old or the new one.
    fn point_at(&self, number: i64) -> Result<(), Error> {
        let link = beside(&self.path, "-live");
        let target = path_of(&self.path, number);
        let target = PathBuf::from(target.file_name().unwrap_or_default());
        if std::fs::read_link(&link).is_ok_and(|present| present == target) {
            return Ok(());
        }
        let new = beside(&self.path, "-live.new");
        let failed = |source| Error::Io { what: format!("pointing {} at the live generation", link.display()), source };
        delete(&new)?;
        std::os::unix::fs::symlink(&target, &new).map_err(failed)?;
        std::fs::rename(&new, &link).map_err(failed)
    }

    /// Removes files first, then the rows that name them: what a crash leaves is found again.
    async fn remove(&self, numbers: Vec<i64>) -> Result<(), Error> {
        for number in numbers {
            if let Some(tables) = self.opened(number) {
                tables.close().await;
            }
            delete(&path_of(&self.path, number))?;
            sqlx::query(FORGET).bind(number).execute(&self.log).await?;
        }
        Ok(())
    }
}

async fn make_live(connection: &mut SqliteConnection, number: i64) -> Result<(), Error> {
    sqlx::query(RETIRE).bind(number).execute(&mut *connection).await?;
    match sqlx::query(SET_LIVE).bind(number).execute(connection).await?.rows_affected() {
        1 => Ok(()),
        _ => Err(Error::Inconsistent(format!("generation {number} was removed"))),
    }
}

#[async_trait]
impl views::Generations for Generations {
    async fn live(&self) -> Result<Arc<dyn views::Generation>, Error> {
        if let Some(tables) = self.known_live() {
            return Ok(tables);
        }
        let _making = self.making.lock().await;
        if let Some(tables) = self.known_live() {
            return Ok(tables);
        }
        let tables = self.find_live().await?;
        self.set_live(&tables);
        Ok(tables)
    }

    async fn build(&self, epoch: i64) -> Result<Arc<dyn views::Generation>, Error> {
        let mut transaction = self.log.begin_with("BEGIN IMMEDIATE").await?;
        Epoch(epoch).check(&mut *transaction).await?;
        let created_at = (self.clock)().micros();
        let number: i64 = sqlx::query_scalar(ADD).bind(created_at).fetch_one(&mut *transaction).await?;
        let left: Vec<i64> = sqlx::query_scalar(BUILDING).bind(number).fetch_all(&mut *transaction).await?;
        transaction.commit().await?;
        self.remove(left).await?;
        Ok(self.handle(number, true).await?)
    }

    async fn swap(&self, generation: &Arc<dyn views::Generation>, epoch: i64) -> Result<(), Error> {
        let number = generation.number();
        let tables = self.handle(number, false).await?;
        let mut transaction = self.log.begin_with("BEGIN IMMEDIATE").await?;
        Epoch(epoch).check(&mut *transaction).await?;
        make_live(&mut transaction, number).await?;
        transaction.commit().await?;
        self.set_live(&tables);
        self.point_at(number)
    }

    async fn remove_others(&self, keep: &[i64], epoch: i64) -> Result<(), Error> {
        let mut transaction = self.log.begin_with("BEGIN IMMEDIATE").await?;
        Epoch(epoch).check(&mut *transaction).await?;
        let mut numbers: Vec<i64> = sqlx::query_scalar(NOT_LIVE).fetch_all(&mut *transaction).await?;
        transaction.commit().await?;
        numbers.retain(|number| !keep.contains(number));
        self.remove(numbers).await
    }

    async fn close(&self) {
        let opened: Vec<_> = {
            let opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
            opened.values().filter_map(Weak::upgrade).collect()
        };
        for tables in opened {
            tables.close().await;
        }
        self.log.close().await;
    }
}
